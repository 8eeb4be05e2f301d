//! Which nodes can hold which subjects.

use std::fmt::Write;

use super::*;

const SCHEMA: &str = "
use self
definition user {}
definition bot {}
definition group {
  relation member: user | group#member
  relation robot: bot
  relation anyone: user:*
  permission all = member + robot
}
definition folder {
  relation parent: folder
  relation viewer: user | group#member
  relation banned: bot
  permission view = viewer + parent->view
  permission both = viewer & banned
  permission allowed = viewer - banned
  permission own = self
}
definition doc {
  relation folder: folder | group
  relation viewer: group#all | group:*
  permission view = folder->view + viewer
  permission every = folder.all(view)
  permission none = nil
}";

/// The nodes that can hold a subject such as `user` or `group#member`.
fn holders(subject: &str) -> Vec<String> {
    let schema = compiled(SCHEMA);
    let reachability = Reachability::new(&schema);
    let (definition, relation) = subject.split_once('#').unwrap_or((subject, ""));
    let definition = schema.find_definition(definition).unwrap();
    let set = reachability.nodes_for(definition, schema.find_node(definition, relation));
    let ids = (0..u32::try_from(schema.nodes().len()).unwrap()).map(NodeId);
    ids.filter(|id| set.contains(*id)).map(|id| schema.node_text(id)).collect()
}

#[test]
fn object_is_held_where_relations_allow_it_and_by_what_uses_them() {
    assert_eq!(
        holders("user"),
        [
            "group#member",
            "group#anyone",
            "group#all",
            "folder#viewer",
            "folder#view",
            "folder#both",
            "folder#allowed",
            "doc#viewer",
            "doc#view",
            "doc#every",
        ]
    );
}

#[test]
fn object_is_not_held_by_what_only_subtracts_it() {
    assert_eq!(
        holders("bot"),
        ["group#robot", "group#all", "folder#banned", "folder#both", "doc#viewer", "doc#view"]
    );
}

#[test]
fn object_of_a_type_with_usersets_is_held_by_wildcards_and_self() {
    assert_eq!(holders("group"), ["doc#folder", "doc#viewer", "doc#view"]);
    assert_eq!(holders("folder"), ["folder#parent", "folder#own", "doc#folder"]);
    assert_eq!(holders("doc"), Vec::<String>::new());
}

#[test]
fn userset_is_held_by_itself_by_who_allows_it_and_by_wildcards_of_its_type() {
    assert_eq!(
        holders("group#member"),
        [
            "group#member",
            "group#all",
            "folder#viewer",
            "folder#view",
            "folder#both",
            "folder#allowed",
            "doc#viewer",
            "doc#view",
            "doc#every",
        ]
    );
    assert_eq!(holders("group#anyone"), ["group#anyone", "doc#viewer", "doc#view"]);
    assert_eq!(holders("user#nothing").len(), 10, "no relation");
    assert_eq!(holders("folder#own"), ["folder#own"]);
    assert_eq!(holders("doc#none"), ["doc#none"]);
}

#[test]
fn sets_are_kept_and_shared() {
    let schema = compiled(SCHEMA);
    let reachability = Reachability::new(&schema);
    let first = reachability.nodes_for(DefinitionId(0), None);
    assert!(std::ptr::eq(first.as_ref(), reachability.nodes_for(DefinitionId(0), None).as_ref()));
    assert!(!first.contains(NodeId(1_000_000)));
}

/// The ways on from a node, such as `doc#view by folder->`, with `?` where they are not certain.
fn ways(from: &str) -> Vec<String> {
    let schema = compiled(SCHEMA);
    let reachability = Reachability::new(&schema);
    let describe = |usage: &Use| {
        let way = match usage.way {
            Way::Userset => "userset".to_owned(),
            Way::Computed => "name".to_owned(),
            Way::Arrow { tupleset } => format!("{}->", schema.node(tupleset).name),
        };
        format!("{} by {way}{}", schema.node_text(usage.node), if usage.is_certain { "" } else { "?" })
    };
    reachability.used_by(node(&schema, from)).iter().map(describe).collect()
}

#[test]
fn ways_on_say_how_and_whether_they_are_certain() {
    assert_eq!(
        ways("group#member"),
        ["group#member by userset", "group#all by name", "folder#viewer by userset"]
    );
    assert_eq!(ways("group#all"), ["doc#viewer by userset"]);
    assert_eq!(
        ways("folder#viewer"),
        ["folder#view by name", "folder#both by name?", "folder#allowed by name?"]
    );
    assert_eq!(ways("folder#banned"), ["folder#both by name?"]);
    assert_eq!(
        ways("folder#view"),
        ["folder#view by parent->", "doc#view by folder->", "doc#every by folder->?"]
    );
    assert_eq!(ways("doc#none"), Vec::<String>::new());
}

#[test]
fn certain_way_hides_an_uncertain_one_of_the_same_kind() {
    let schema = compiled(
        "definition doc {\n relation one: doc\n permission view = one & one + one\n permission all = (one & one) + one\n}",
    );
    let reachability = Reachability::new(&schema);
    let certain: Vec<_> = reachability.used_by(NodeId(0)).iter().map(|usage| usage.is_certain).collect();
    assert_eq!(certain, [false, true]);
}

#[test]
fn entries_say_in_which_form_objects_are_held() {
    let schema = compiled(SCHEMA);
    let reachability = Reachability::new(&schema);
    let entries = |definition: &str| -> Vec<(String, EntryForm, bool)> {
        let entries = reachability.entries(schema.find_definition(definition).unwrap()).iter();
        entries.map(|entry| (schema.node_text(entry.node), entry.form, entry.is_certain)).collect()
    };
    assert_eq!(
        entries("folder"),
        [
            ("folder#parent".to_owned(), EntryForm::Object, true),
            ("folder#own".to_owned(), EntryForm::SelfObject, true),
            ("doc#folder".to_owned(), EntryForm::Object, true),
        ]
    );
    assert_eq!(
        entries("group"),
        [
            ("doc#folder".to_owned(), EntryForm::Object, true),
            ("doc#viewer".to_owned(), EntryForm::Wildcard, true),
        ]
    );
}

#[test]
fn beyond_the_bound_sets_are_worked_out_each_time() {
    let mut text = String::from("definition user {\n");
    for index in 0..5_000 {
        writeln!(text, " relation r{index:04}: user").unwrap();
    }
    let schema = compiled(&(text + "}\n"));
    let reachability = Reachability::new(&schema);
    let is_kept = |index: u32| {
        let first = reachability.nodes_for(DefinitionId(0), Some(NodeId(index)));
        assert!(first.contains(NodeId(index)));
        let second = reachability.nodes_for(DefinitionId(0), Some(NodeId(index)));
        std::ptr::eq(first.as_ref(), second.as_ref())
    };
    assert_eq!((0..5_000).filter(|index| is_kept(*index)).count(), 4_096);
}
