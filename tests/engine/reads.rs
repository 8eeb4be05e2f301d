//! What a read finds, in which order, page by page.

use arrowroot::engine::{ReadRelationshipsError, RelationshipReader, View};
use arrowroot::relationship::Relationship;

use crate::support::{engine, filter, head, read, with_schema, write};

const ALL: [&str; 7] = [
    "doc:1#owner@user:ana",
    "doc:1#viewer@group:eng#member",
    "doc:1#viewer@user:*",
    "doc:1#viewer@user:ana",
    "doc:2#parent@doc:1",
    "doc:2#viewer@user:ana",
    "group:eng#member@user:ben",
];

#[test]
fn every_field_of_a_filter_narrows_the_read() {
    let engine = engine();
    write(&engine, &ALL.map(|text| format!("+{text}")).each_ref().map(String::as_str));
    let view = head(&engine);
    for (filter, expected) in [
        ("doc", &ALL[..6]),
        ("doc:1", &ALL[..4]),
        ("doc:1#viewer", &ALL[1..4]),
        ("doc:2%", &ALL[4..6]),
        (":1", &ALL[..4]),
        ("#viewer", &[ALL[1], ALL[2], ALL[3], ALL[5]]),
        ("doc@user", &[ALL[0], ALL[2], ALL[3], ALL[5]]),
        ("@user:ana", &[ALL[0], ALL[3], ALL[5]]),
        ("doc:1@user:ana", &[ALL[0], ALL[3]]),
        ("doc:%#viewer@user:ana", &[ALL[3], ALL[5]]),
        ("@user:*", &[ALL[2]]),
        ("@group:eng#member", &[ALL[1]]),
        ("@group:eng#", &[]),
        ("doc@user#", &[ALL[0], ALL[2], ALL[3], ALL[5]]),
        ("doc:9", &[]),
        ("group#member@user:ben#", &[ALL[6]]),
    ] {
        assert_eq!(read(&view, filter), expected, "{filter}");
    }
}

#[test]
fn pages_of_any_size_are_the_whole_whatever_is_written_meanwhile() {
    let engine = engine();
    for resource in 0..40 {
        let updates: Vec<String> = (0..7)
            .map(|subject| format!("+doc:d{resource}#viewer@user:u{}", subject * resource % 11))
            .collect();
        let updates: Vec<&str> = updates.iter().map(String::as_str).collect();
        let mut unique = updates.clone();
        unique.sort_unstable();
        unique.dedup();
        write(&engine, &unique);
    }
    let view = head(&engine);
    for filter_text in ["doc", "@user:u0", "doc:d7", "doc:d1%", "#viewer@user"] {
        let whole = read(&view, filter_text);
        assert!(whole.is_sorted_by(|one, other| one.split('#').next() <= other.split('#').next()));
        for page_size in [1, 3, 1000] {
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let reader = view.read_relationships(&filter(filter_text), after.as_deref()).unwrap();
                let page: Vec<_> = reader.take(page_size).collect();
                let Some(last) = page.last() else { break };
                after = Some(RelationshipReader::position_of(last));
                paged.extend(page.iter().map(ToString::to_string));
                write(&engine, &[&format!("~doc:new{}#viewer@user:u0", paged.len())]);
            }
            assert_eq!(paged, whole, "{filter_text} in pages of {page_size}");
        }
    }
}

#[test]
fn a_filter_that_describes_nothing_is_refused() {
    let view = head(&engine());
    let refused = |text| view.read_relationships(&filter(text), None).unwrap_err();
    assert!(matches!(refused(""), ReadRelationshipsError::InvalidFilter(_)));
    assert!(matches!(refused("file"), ReadRelationshipsError::UnknownName(_)));
    assert!(matches!(refused("doc#nothing"), ReadRelationshipsError::UnknownName(_)));
    assert!(matches!(refused("doc@nothing"), ReadRelationshipsError::UnknownName(_)));
    assert!(matches!(refused("doc#view"), ReadRelationshipsError::FilterByPermission { .. }));
    let both = arrowroot::relationship::RelationshipFilter {
        resource_id: Some("one".parse().unwrap()),
        ..filter("doc:o%")
    };
    assert!(matches!(view.read_relationships(&both, None), Err(ReadRelationshipsError::InvalidFilter(_))));
}

#[test]
fn a_wildcard_does_not_hide_the_resources_of_its_type() {
    let engine = with_schema("definition user { relation friend: user | user:*; }");
    let friends = ["user:ana#friend@user:*", "user:ben#friend@user:ana"];
    write(&engine, &friends.map(|text| format!("+{text}")).each_ref().map(String::as_str));
    for text in ["user", "#friend", "user#friend"] {
        assert_eq!(read(&head(&engine), text), friends, "{text}");
    }
    assert_eq!(read(&head(&engine), "@user:*"), friends[..1]);
}

/// Relationships in groups that are larger than what a reader holds sorted.
const MANY: usize = 40_000;

fn many() -> impl Iterator<Item = String> {
    (0..MANY).flat_map(|number| {
        let form = if number % 3 == 0 { "#member" } else { "" };
        let definition = if number % 3 == 0 || number % 7 == 0 { "group" } else { "user" };
        let of_group = definition == "group" && form.is_empty();
        let subject =
            if of_group { format!("user:g{number}") } else { format!("{definition}:s{number}{form}") };
        [format!("doc:wide#viewer@{subject}"), format!("doc:d{number}#viewer@user:busy")]
    })
}

fn sort_key(relationship: &Relationship) -> impl Ord {
    let Relationship { resource, relation, subject, .. } = relationship;
    let subject_relation = subject.relation().map(ToString::to_string).unwrap_or_default();
    let subject = (subject.definition().to_string(), subject.id().to_owned(), subject_relation);
    (resource.definition.to_string(), resource.id.to_string(), relation.to_string(), subject)
}

fn read_on(view: &View, text: &str, after: Option<&Relationship>) -> impl Iterator<Item = Relationship> {
    let after = after.map(RelationshipReader::position_of);
    view.read_relationships(&filter(text), after.as_deref()).unwrap()
}

#[test]
fn what_is_too_much_to_be_held_comes_in_order_and_goes_on_anywhere() {
    let engine = engine();
    let mut import = engine.import_relationships().unwrap();
    for text in many() {
        import.add(&text.parse().unwrap()).unwrap();
    }
    import.add(&"doc:wide#owner@user:ana".parse().unwrap()).unwrap();
    import.add(&"doc:wide#viewer@user:*".parse().unwrap()).unwrap();
    engine.commit_import(import).unwrap();
    let view = head(&engine);
    for (filter, count) in
        [("doc", 2 * MANY + 2), ("doc:wide", MANY + 2), ("@user:busy", MANY), ("doc@user:busy", MANY)]
    {
        let whole: Vec<_> = read_on(&view, filter, None).collect();
        assert_eq!(whole.len(), count, "{filter}");
        assert!(whole.is_sorted_by(|one, other| sort_key(one) < sort_key(other)), "{filter}");
        for place in [0, 1, count / 3, count / 2, count - 2, count - 1] {
            let rest = read_on(&view, filter, Some(&whole[place]));
            assert!(
                rest.take(100).eq(whole[place + 1..].iter().take(100).cloned()),
                "{filter} after {place}"
            );
        }
    }
}

#[test]
fn a_read_goes_on_after_what_is_gone_and_not_after_what_never_was() {
    let engine = engine();
    write(&engine, &ALL.map(|text| format!("+{text}")).each_ref().map(String::as_str));
    let view = head(&engine);
    let after = |text: &str, position: &str| {
        let reader = view.read_relationships(&filter(text), Some(position));
        reader.map(|reader| reader.map(|relationship| relationship.to_string()).collect::<Vec<_>>())
    };
    for (position, rest) in [
        ("doc:1#viewer@user:a", &ALL[3..6]),
        ("doc:1#viewer@user:zoe", &ALL[4..6]),
        ("doc:1z#owner@user:ana", &ALL[4..6]),
        ("doc:2#viewer@user:ana", &ALL[6..6]),
    ] {
        assert_eq!(after("doc", position).unwrap(), rest, "{position}");
    }
    assert_eq!(after("@user:ana", "doc:1#owner@user:ana").unwrap(), [ALL[3], ALL[5]]);
    for position in ["doc:1#nothing@user:ana", "doc:1#viewer@nothing:ana", "doc:1", ""] {
        assert_eq!(after("doc", position), Err(ReadRelationshipsError::InvalidPosition), "{position}");
    }
}
