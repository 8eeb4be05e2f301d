//! `LookupSubjects`: what is found, exceptions from wildcards, cursors, and what is refused.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::lookup_subjects_request::WildcardOption;
use tonic::Status;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, OPTIONAL_RELATION, TYPE, broken, fully_consistent};

const SCHEMA: &str = "
caveat open(is_open bool) { is_open }
caveat late(is_late bool) { is_late }
definition user {}
definition group {
    relation member: user | group#member
}
definition doc {
    relation viewer: user | user:* | group#member | user with open | user:* with open
    relation banned: user | user with late
    permission view = viewer
    permission see = viewer - banned
    permission both = viewer & banned
}";

const DATA: &str = "+doc:1#viewer@user:a, +doc:1#viewer@user:b, +doc:1#viewer@group:g#member, \
                    +group:g#member@user:c, +group:g#member@group:h#member, +group:h#member@user:d, \
                    +doc:1#banned@user:b, +doc:2#viewer@user:*, +doc:2#viewer@user:e, +doc:2#banned@user:f, \
                    +doc:2#banned@user:e";

async fn populated() -> (Running, Client) {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    client.write(notation::updates(DATA)).await.unwrap();
    (running, client)
}

/// `doc:1 view user` or `doc:1 view group#member`: resource, permission, kind of subject.
fn request(text: &str) -> v1::LookupSubjectsRequest {
    let parts: Vec<_> = text.split(' ').collect();
    let [resource, permission, kind] = parts[..] else { panic!("`{text}` has not three parts") };
    let (subject_type, relation) = kind.split_once('#').unwrap_or((kind, ""));
    v1::LookupSubjectsRequest {
        consistency: fully_consistent(),
        resource: Some(notation::object(resource)),
        permission: permission.to_owned(),
        subject_object_type: subject_type.to_owned(),
        optional_subject_relation: relation.to_owned(),
        ..Default::default()
    }
}

async fn responses(
    client: &mut Client,
    request: v1::LookupSubjectsRequest,
) -> Result<Vec<v1::LookupSubjectsResponse>, Status> {
    let mut stream = client.permissions.lookup_subjects(request).await?.into_inner();
    let mut responses = Vec::new();
    while let Some(response) = stream.message().await? {
        responses.push(response);
    }
    Ok(responses)
}

fn resolved(subject: &v1::ResolvedSubject) -> String {
    let missing = subject.partial_caveat_info.as_ref().map(|info| info.missing_required_context.join("+"));
    let is_conditional = subject.permissionship() == v1::LookupPermissionship::ConditionalPermission;
    assert_eq!(is_conditional, missing.is_some());
    let condition = missing.map(|missing| format!("[{missing}]")).unwrap_or_default();
    format!("{}{condition}", subject.subject_object_id)
}

/// As in `*-f a b[is_open]`.
fn text(response: &v1::LookupSubjectsResponse) -> String {
    let subject = response.subject.as_ref().unwrap();
    // Older clients read the older fields.
    assert_eq!(response.subject_object_id, subject.subject_object_id);
    assert_eq!(response.permissionship, subject.permissionship);
    assert_eq!(response.partial_caveat_info, subject.partial_caveat_info);
    let excluded: Vec<_> =
        response.excluded_subjects.iter().map(|excluded| &excluded.subject_object_id).collect();
    assert_eq!(response.excluded_subject_ids.iter().collect::<Vec<_>>(), excluded);
    let subjects: Vec<_> =
        std::iter::once(subject).chain(&response.excluded_subjects).map(resolved).collect();
    subjects.join("-")
}

async fn look_up(client: &mut Client, request: v1::LookupSubjectsRequest) -> String {
    match responses(client, request).await {
        Ok(responses) => responses.iter().map(text).collect::<Vec<_>>().join(" "),
        Err(status) => told_of::<()>(Err(status)),
    }
}

#[tokio::test]
async fn subjects_come_in_order_of_their_ids() {
    let (_running, mut client) = populated().await;
    let cases = [
        ("doc:1 view user", "a b c d"),
        ("doc:1 see user", "a c d"),
        ("doc:1 both user", "b"),
        ("doc:1 view group#member", "g h"),
        ("doc:1 view group", ""),
        ("group:new member group#member", "new"),
        ("doc:9 view user", ""),
        ("doc:* view user", ""),
        ("doc:2 view user", "* e"),
        ("doc:2 see user", "*-e-f"),
        ("doc:2 both user", "e f"),
    ];
    for (text, expected) in cases {
        assert_eq!(look_up(&mut client, request(text)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn conditions_are_those_of_each_subject_and_each_exception() {
    let (_running, mut client) = populated().await;
    let caveated = |text: &str, caveat: &str| {
        let mut update = notation::update(text);
        update.relationship.as_mut().unwrap().optional_caveat =
            Some(v1::ContextualizedCaveat { caveat_name: caveat.to_owned(), context: None });
        update
    };
    let updates = vec![
        caveated("+doc:3#viewer@user:*", "open"),
        caveated("+doc:3#banned@user:a", "late"),
        notation::update("+doc:3#banned@user:b"),
        caveated("+doc:3#viewer@user:c", "open"),
        notation::update("+doc:3#viewer@user:d"),
    ];
    client.write(updates).await.unwrap();
    assert_eq!(look_up(&mut client, request("doc:3 view user")).await, "*[is_open] c[is_open] d");
    let see = request("doc:3 see user");
    assert_eq!(look_up(&mut client, see.clone()).await, "*[is_open]-a[is_late]-b c[is_open] d");
    let mut closed = see.clone();
    let no = prost_types::Value { kind: Some(prost_types::value::Kind::BoolValue(false)) };
    closed.context = Some(prost_types::Struct { fields: [("is_open".to_owned(), no)].into() });
    assert_eq!(look_up(&mut client, closed).await, "d");
    let mut open = see;
    let yes = prost_types::Value { kind: Some(prost_types::value::Kind::BoolValue(true)) };
    open.context = Some(prost_types::Struct { fields: [("is_open".to_owned(), yes)].into() });
    assert_eq!(look_up(&mut client, open).await, "*-a[is_late]-b c d");
}

#[tokio::test]
async fn a_limit_counts_those_that_are_not_wildcards_and_cursors_go_on() {
    let (_running, mut client) = populated().await;
    for (question, expected) in [("doc:1 view user", "a b c d"), ("doc:2 view user", "* e")] {
        for limit in 1..4 {
            let mut page = request(question);
            page.optional_concrete_limit = limit;
            let mut told = Vec::new();
            loop {
                let found = responses(&mut client, page.clone()).await.unwrap();
                let concrete = found.iter().filter(|response| response.subject_object_id != "*").count();
                assert!(concrete <= limit as usize);
                let Some(last) = found.last() else { break };
                page.optional_cursor.clone_from(&last.after_result_cursor);
                told.extend(found.iter().map(text));
                client
                    .write(notation::updates("~doc:1#viewer@user:aa, ~doc:2#viewer@user:zz"))
                    .await
                    .unwrap();
            }
            assert_eq!(told.join(" "), expected, "{question} by {limit}");
            client.write(notation::updates("-doc:1#viewer@user:aa, -doc:2#viewer@user:zz")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn wildcards_can_be_left_out() {
    let (_running, mut client) = populated().await;
    let mut without = request("doc:2 view user");
    without.set_wildcard_option(WildcardOption::ExcludeWildcards);
    assert_eq!(look_up(&mut client, without.clone()).await, "e");
    without.set_wildcard_option(WildcardOption::IncludeWildcards);
    assert_eq!(look_up(&mut client, without).await, "* e");
}

#[tokio::test]
async fn what_is_wrong_is_told_in_order() {
    let (_running, mut client) = populated().await;
    let unknown = |name: &str| {
        format!(
            "FailedPrecondition `object definition `{name}` not found` UNKNOWN_DEFINITION {{definition_name: {name}}}"
        )
    };
    let missing = |definition: &str, name: &str| {
        format!(
            "FailedPrecondition `relation/permission `{name}` not found under definition `{definition}`` \
             UNKNOWN_RELATION_OR_PERMISSION {{definition_name: {definition}, relation_or_permission_name: {name}}}"
        )
    };
    let cases = [
        ("nothing:1 view user", unknown("nothing")),
        ("doc:1 missing nothing", missing("doc", "missing")),
        ("doc:1 view nothing", unknown("nothing")),
        ("doc:1 view user#missing", missing("user", "missing")),
        ("doc:1  user", missing("doc", "")),
        ("doc:* missing user", missing("doc", "missing")),
        ("doc:1 ... user", broken("permission", OPTIONAL_RELATION)),
        ("doc: view user", broken("resource.object_id", ID)),
        ("doc:1 view us", broken("subject_object_type", TYPE)),
        ("doc:1 view user#...", broken("optional_subject_relation", OPTIONAL_RELATION)),
    ];
    for (text, expected) in cases {
        assert_eq!(look_up(&mut client, request(text)).await, expected, "{text}");
    }
    let mut garbled = request("doc:1 missing user");
    garbled.optional_cursor = Some(v1::Cursor { token: "garbage".to_owned() });
    let expected = "InvalidArgument `error decoding cursor: it is not one of ours` INVALID_CURSOR {}";
    assert_eq!(look_up(&mut client, garbled).await, expected);
    let mut large = request("doc:1 missing user");
    let text = prost_types::Value { kind: Some(prost_types::value::Kind::StringValue("x".repeat(5000))) };
    large.context = Some(prost_types::Struct { fields: [("a".to_owned(), text)].into() });
    let told = look_up(&mut client, large).await;
    assert!(
        told.starts_with("InvalidArgument `request caveat context should have less than 4096 bytes"),
        "{told}"
    );
}

/// The rows that make everyone but so many a viewer who is not banned; their ids are long.
fn everyone_but(count: usize) -> impl Iterator<Item = String> {
    let name = "n".repeat(1000);
    let banned = (0..count).map(move |number| format!("~doc:9#banned@user:{name}{number:05}"));
    std::iter::once("~doc:9#viewer@user:*".to_owned()).chain(banned)
}

#[tokio::test]
async fn exceptions_that_fit_into_no_message_are_an_error() {
    let (_running, mut client) = populated().await;
    // Each counts for 2,022 bytes of 8 MiB.
    for (count, is_whole) in [(4_148, true), (4_149, false)] {
        let rows: Vec<_> = everyone_but(count).map(|row| notation::update(&row)).collect();
        for rows in rows.chunks(1000) {
            client.write(rows.to_vec()).await.unwrap();
        }
        client.permissions = client.permissions.max_decoding_message_size(16 << 20);
        match responses(&mut client, request("doc:9 see user")).await {
            Ok(responses) => {
                assert!(is_whole, "{count} fit");
                assert_eq!(responses[0].excluded_subjects.len(), count);
            }
            Err(status) => {
                assert!(!is_whole, "{count}: {status}");
                let message = "the subjects that are excepted from the wildcard take more than 8388608 bytes";
                assert_eq!((status.code(), status.message()), (tonic::Code::ResourceExhausted, message));
            }
        }
    }
}
