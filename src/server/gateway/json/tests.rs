//! Messages and their JSON, each way.

use prost::Message;
use prost_reflect::MessageDescriptor;
use prost_types::value::Kind;
use prost_types::{Duration, ListValue, Struct, Timestamp, Value};

use super::{read, write};
use crate::server::gateway::routes::Routes;
use crate::server::wire::v1;
use crate::server::wire::v1::consistency::Requirement;

fn descriptor(name: &str) -> MessageDescriptor {
    let routes = Routes::new().unwrap();
    routes.status.parent_pool().get_message_by_name(&format!("authzed.api.v1.{name}")).unwrap()
}

fn written(name: &str, message: &impl Message) -> String {
    let mut json = Vec::new();
    write(&descriptor(name), &message.encode_to_vec(), &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fn parsed<T: Message + Default>(name: &str, json: &str) -> Result<T, String> {
    let wire = read(&descriptor(name), json.as_bytes()).map_err(|error| error.to_string())?;
    Ok(T::decode(&wire[..]).unwrap())
}

fn object(object_type: &str, object_id: &str) -> v1::ObjectReference {
    v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() }
}

fn subject(object_type: &str, object_id: &str) -> v1::SubjectReference {
    let object = Some(object(object_type, object_id));
    v1::SubjectReference { object, optional_relation: String::new() }
}

fn structure(members: &[(&str, Kind)]) -> Struct {
    let value = |kind: &Kind| Value { kind: Some(kind.clone()) };
    Struct { fields: members.iter().map(|(name, kind)| ((*name).to_owned(), value(kind))).collect() }
}

fn values(kinds: &[Kind]) -> Kind {
    let values = kinds.iter().map(|kind| Value { kind: Some(kind.clone()) }).collect();
    Kind::ListValue(ListValue { values })
}

// Answers, written with every field.

#[test]
fn absent_messages_are_null_and_empty_lists_are_empty() {
    let empty = v1::CheckPermissionResponse::default();
    assert_eq!(
        written("CheckPermissionResponse", &empty),
        "{\"checkedAt\":null,\"permissionship\":\"PERMISSIONSHIP_UNSPECIFIED\",\"partialCaveatInfo\":null,\
         \"debugTrace\":null,\"optionalExpiresAt\":null}"
    );
    let empty = v1::CheckBulkPermissionsResponse::default();
    assert_eq!(written("CheckBulkPermissionsResponse", &empty), "{\"checkedAt\":null,\"pairs\":[]}");
    assert_eq!(written("WriteSchemaRequest", &v1::WriteSchemaRequest::default()), "{\"schema\":\"\"}");
    assert_eq!(written("ReadSchemaRequest", &v1::ReadSchemaRequest {}), "{}");
}

#[test]
fn enums_are_names_and_large_numbers_are_text() {
    let deleted = v1::DeleteRelationshipsResponse {
        deleted_at: Some(v1::ZedToken { token: "t".to_owned() }),
        deletion_progress: v1::delete_relationships_response::DeletionProgress::Partial.into(),
        relationships_deleted_count: u64::MAX,
    };
    assert_eq!(
        written("DeleteRelationshipsResponse", &deleted),
        "{\"deletedAt\":{\"token\":\"t\"},\"deletionProgress\":\"DELETION_PROGRESS_PARTIAL\",\
         \"relationshipsDeletedCount\":\"18446744073709551615\"}"
    );
    let unknown = v1::DeleteRelationshipsResponse { deletion_progress: 77, ..Default::default() };
    assert!(written("DeleteRelationshipsResponse", &unknown).contains("\"deletionProgress\":77,"));
    let read = v1::ReadRelationshipsRequest { optional_limit: 12, ..Default::default() };
    assert!(written("ReadRelationshipsRequest", &read).contains("\"optionalLimit\":12,"));
}

#[test]
fn of_a_choice_only_the_chosen_is_written() {
    assert_eq!(written("Consistency", &v1::Consistency::default()), "{}");
    let chosen = v1::Consistency { requirement: Some(Requirement::FullyConsistent(false)) };
    assert_eq!(written("Consistency", &chosen), "{\"fullyConsistent\":false}");
    let pair = v1::CheckBulkPermissionsPair {
        request: None,
        response: Some(v1::check_bulk_permissions_pair::Response::Item(
            v1::CheckBulkPermissionsResponseItem::default(),
        )),
    };
    assert_eq!(
        written("CheckBulkPermissionsPair", &pair),
        "{\"request\":null,\"item\":{\"permissionship\":\"PERMISSIONSHIP_UNSPECIFIED\",\"partialCaveatInfo\":null,\
         \"debugTrace\":null}}"
    );
}

#[test]
fn a_relationship_is_written_with_its_caveat_and_its_end() {
    let context = Some(structure(&[
        ("b", Kind::BoolValue(true)),
        (
            "a",
            values(&[Kind::NullValue(0), Kind::NumberValue(1.0), Kind::StringValue("x\"\n<é>".to_owned())]),
        ),
        ("c", Kind::StructValue(structure(&[("d", Kind::NumberValue(-0.5))]))),
        ("e", Kind::StructValue(Struct::default())),
        ("f", values(&[])),
    ]));
    let relationship = v1::Relationship {
        resource: Some(object("doc", "1")),
        relation: "viewer".to_owned(),
        subject: Some(subject("user", "a")),
        optional_caveat: Some(v1::ContextualizedCaveat { caveat_name: "c".to_owned(), context }),
        optional_expires_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 120_000_000 }),
    };
    let text = "{\"resource\":{\"objectType\":\"doc\",\"objectId\":\"1\"},\"relation\":\"viewer\",\
                \"subject\":{\"object\":{\"objectType\":\"user\",\"objectId\":\"a\"},\"optionalRelation\":\"\"},\
                \"optionalCaveat\":{\"caveatName\":\"c\",\"context\":{\"a\":[null,1,\"x\\\"\\n<é>\"],\"b\":true,\
                \"c\":{\"d\":-0.5},\"e\":{},\"f\":[]}},\"optionalExpiresAt\":\"2023-11-14T22:13:20.120Z\"}";
    assert_eq!(written("Relationship", &relationship), text);
    assert_eq!(parsed::<v1::Relationship>("Relationship", text).unwrap(), relationship);
}

#[test]
fn times_have_no_three_six_or_nine_digits_of_a_fraction() {
    let text = |seconds, nanos| {
        let expires = v1::Relationship {
            optional_expires_at: Some(Timestamp { seconds, nanos }),
            ..Default::default()
        };
        let text = written("Relationship", &expires);
        text.split("\"optionalExpiresAt\":").nth(1).unwrap().trim_end_matches('}').to_owned()
    };
    assert_eq!(text(0, 0), "\"1970-01-01T00:00:00Z\"");
    assert_eq!(text(0, 1), "\"1970-01-01T00:00:00.000000001Z\"");
    assert_eq!(text(0, 1000), "\"1970-01-01T00:00:00.000001Z\"");
    assert_eq!(text(-1, 999_000_000), "\"1969-12-31T23:59:59.999Z\"");
    assert_eq!(text(-62_135_596_800, 0), "\"0001-01-01T00:00:00Z\"");
    assert_eq!(text(253_402_300_799, 999_999_999), "\"9999-12-31T23:59:59.999999999Z\"");
}

#[test]
fn durations_are_seconds() {
    let text = |seconds, nanos| {
        let duration = Some(Duration { seconds, nanos });
        let text = written("CheckDebugTrace", &v1::CheckDebugTrace { duration, ..Default::default() });
        let found = text.split("\"duration\":\"").nth(1).unwrap();
        found.split('"').next().unwrap().to_owned()
    };
    assert_eq!(text(0, 0), "0s");
    assert_eq!(text(1, 500_000_000), "1.500s");
    assert_eq!(text(0, 1_500), "0.000001500s");
    assert_eq!(text(-2, -1_000), "-2.000001s");
}

#[test]
fn what_json_cannot_say_is_no_answer() {
    let malformed = |name: &str, wire: &[u8]| write(&descriptor(name), wire, &mut Vec::new()).is_err();
    let context = Some(structure(&[("x", Kind::NumberValue(f64::NAN))]));
    let caveat = v1::ContextualizedCaveat { caveat_name: String::new(), context };
    assert!(malformed("ContextualizedCaveat", &caveat.encode_to_vec()));
    let late = v1::Relationship {
        optional_expires_at: Some(Timestamp { seconds: 253_402_300_800, nanos: 0 }),
        ..Default::default()
    };
    assert!(malformed("Relationship", &late.encode_to_vec()));
    for wire in [&[0x0a, 0x05, b'x'][..], &[0x0a], &[0xff; 11], &[0x0b], &[0x0a, 0x01, 0xff], &[0x08, 0x01]] {
        assert!(malformed("ZedToken", wire), "{wire:?}");
    }
}

#[test]
fn doubles_are_written_as_javascript_does() {
    let text = |number: f64| {
        let context = Some(structure(&[("x", Kind::NumberValue(number))]));
        let caveat = v1::ContextualizedCaveat { caveat_name: String::new(), context };
        let text = written("ContextualizedCaveat", &caveat);
        text.split("\"x\":").nth(1).unwrap().trim_end_matches('}').to_owned()
    };
    let cases = [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.000_001, "0.000001"),
        (0.000_000_1, "1e-7"),
        (0.1 + 0.2, "0.30000000000000004"),
        (9_007_199_254_740_993.0, "9007199254740992"),
    ];
    for (number, expected) in cases {
        assert_eq!(text(number), expected);
    }
}

#[test]
fn errors_in_answers_have_the_types_of_their_details() {
    let details = tonic_types::pb::ErrorInfo {
        reason: "R".to_owned(),
        domain: "authzed.com".to_owned(),
        metadata: [("b", "2"), ("a", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
    };
    let any = |name: &str, value| prost_types::Any { type_url: format!("type.googleapis.com/{name}"), value };
    let error = tonic_types::Status {
        code: 3,
        message: "m".to_owned(),
        details: vec![any("google.rpc.ErrorInfo", details.encode_to_vec()), any("x.Unknown", vec![1, 2])],
    };
    let pair = v1::CheckBulkPermissionsPair {
        request: None,
        response: Some(v1::check_bulk_permissions_pair::Response::Error(error)),
    };
    assert_eq!(
        written("CheckBulkPermissionsPair", &pair),
        "{\"request\":null,\"error\":{\"code\":3,\"message\":\"m\",\"details\":[\
         {\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"R\",\"domain\":\"authzed.com\",\
         \"metadata\":{\"a\":\"1\",\"b\":\"2\"}},\
         {\"@type\":\"type.googleapis.com/x.Unknown\",\"value\":\"AQI=\"}]}}"
    );
}

// Requests, read leniently where grpc-gateway does.

#[test]
fn names_are_taken_in_both_forms_and_unknown_ones_are_passed_over() {
    let expected = v1::ObjectReference { object_type: "doc".to_owned(), object_id: "1".to_owned() };
    for json in [
        r#"{"objectType":"doc","objectId":"1"}"#,
        r#"{"object_type":"doc","object_id":"1"}"#,
        r#" {"objectId":"1", "x":{"y":[1,{"z":null}]}, "object_type":"doc" } "#,
        r#"{"objectType":"do\u0063","objectId":"1","extra":null}"#,
    ] {
        assert_eq!(parsed::<v1::ObjectReference>("ObjectReference", json).unwrap(), expected, "{json}");
    }
}

#[test]
fn nothing_and_null_are_the_same() {
    for json in ["", " \n", "{}", r#"{"consistency":null,"relationshipFilter":null,"optionalLimit":null}"#] {
        let read = parsed::<v1::ReadRelationshipsRequest>("ReadRelationshipsRequest", json).unwrap();
        assert_eq!(read, v1::ReadRelationshipsRequest::default(), "{json}");
    }
    let write = parsed::<v1::WriteRelationshipsRequest>("WriteRelationshipsRequest", r#"{"updates":null}"#);
    assert_eq!(write.unwrap(), v1::WriteRelationshipsRequest::default());
    let json = r#"{"fullyConsistent":null,"minimizeLatency":true}"#;
    let chosen = v1::Consistency { requirement: Some(Requirement::MinimizeLatency(true)) };
    assert_eq!(parsed::<v1::Consistency>("Consistency", json).unwrap(), chosen);
}

#[test]
fn numbers_may_be_text_and_enums_may_be_numbers() {
    for limit in ["12", "12.0", "1.2e1", "\"12\"", "\"1.2e1\""] {
        let json = format!("{{\"optionalLimit\":{limit}}}");
        let read = parsed::<v1::ReadRelationshipsRequest>("ReadRelationshipsRequest", &json).unwrap();
        assert_eq!(read.optional_limit, 12, "{limit}");
    }
    for operation in ["2", "2.0", "\"OPERATION_TOUCH\""] {
        let json = format!("{{\"operation\":{operation}}}");
        let update = parsed::<v1::RelationshipUpdate>("RelationshipUpdate", &json).unwrap();
        assert_eq!(update.operation(), v1::relationship_update::Operation::Touch, "{operation}");
    }
    let json = r#"{"optionalUpdateKinds":["WATCH_KIND_INCLUDE_CHECKPOINTS",1]}"#;
    let watch = parsed::<v1::WatchRequest>("WatchRequest", json).unwrap();
    assert_eq!(watch.optional_update_kinds, [3, 1]);
}

#[test]
fn a_context_may_hold_whatever_json_can() {
    let json = r#"{"context":{"n":null,"b":false,"i":-3,"f":2.5,"s":"","l":[[],{},null],"o":{"o":{"k":"v"}},"b":true}}"#;
    let check = parsed::<v1::CheckPermissionRequest>("CheckPermissionRequest", json).unwrap();
    let expected = structure(&[
        ("n", Kind::NullValue(0)),
        ("b", Kind::BoolValue(true)),
        ("i", Kind::NumberValue(-3.0)),
        ("f", Kind::NumberValue(2.5)),
        ("s", Kind::StringValue(String::new())),
        ("l", values(&[values(&[]), Kind::StructValue(Struct::default()), Kind::NullValue(0)])),
        (
            "o",
            Kind::StructValue(structure(&[(
                "o",
                Kind::StructValue(structure(&[("k", Kind::StringValue("v".to_owned()))])),
            )])),
        ),
    ]);
    assert_eq!(check.context, Some(expected));
}

#[test]
fn instants_are_texts_of_rfc_3339() {
    let read = |text: &str| {
        let json = format!("{{\"optionalExpiresAt\":{text}}}");
        let time = parsed::<v1::Relationship>("Relationship", &json).ok()?.optional_expires_at?;
        Some((time.seconds, time.nanos))
    };
    for (text, expected) in [
        ("\"1970-01-01T00:00:01Z\"", (1, 0)),
        ("\"1970-01-01T01:00:00.5+01:00\"", (0, 500_000_000)),
        ("\"1969-12-31T23:59:59.25Z\"", (-1, 250_000_000)),
        ("\"0001-01-01T00:00:00Z\"", (-62_135_596_800, 0)),
        ("\"9999-12-31T23:59:59.999999999-00:00\"", (253_402_300_799, 999_999_999)),
        ("\"9999-12-31T23:59:59.999999999Z\"", (253_402_300_799, 999_999_999)),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
    for text in [
        "\"\"",
        "\"now\"",
        "1",
        "{}",
        "\"1970-01-01\"",
        "\"1970-01-01 00:00:01Z\"",
        "\"1970-01-01T00:00:01\"",
        "\"0000-12-31T23:59:59Z\"",
        "\"9999-12-31T23:59:59-00:01\"",
        "\"1970-01-01T00:00:01+24:00\"",
        "\"1970-01-01T00:00:01é00:00\"",
        "\"1970-01-01T00:00\"",
        "\"1970-01-01T00:00:01+00:00[UTC]\"",
        "\"1970-01-01T00:00:00.0000000001Z\"",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn what_is_no_message_of_its_kind_is_refused_with_its_place() {
    for (name, json, expected) in [
        (
            "ObjectReference",
            "[]",
            "invalid type: sequence, expected an object (authzed.api.v1.ObjectReference)",
        ),
        ("ObjectReference", "null", "invalid type: null"),
        ("ObjectReference", "{", "EOF while parsing an object at line 1 column 1"),
        ("ObjectReference", "{} {}", "trailing characters at line 1 column 4"),
        ("ObjectReference", r#"{"objectId":1}"#, "invalid type"),
        ("ObjectReference", r#"{"objectId":{}}"#, "expected a string"),
        ("ObjectReference", r#"{"objectId":"1","object_id":"2"}"#, "duplicate field \"object_id\""),
        ("ObjectReference", r#"{"objectId":"\ud800"}"#, "at line 1 column"),
        ("Consistency", r#"{"fullyConsistent":true,"minimizeLatency":true}"#, "requirement is already set"),
        ("Consistency", r#"{"fullyConsistent":"true"}"#, "expected a bool"),
        ("Consistency", "{}", "Consistency must have a field that is not empty"),
        ("Consistency", r#"{"minimizeLatency":false}"#, "must have a field that is not empty"),
        ("Cursor", r#"{"token":""}"#, "Cursor must have a field that is not empty"),
        ("ReadRelationshipsRequest", r#"{"optionalLimit":-1}"#, "no value of this field"),
        ("ReadRelationshipsRequest", r#"{"optionalLimit":4294967296}"#, "no value of this field"),
        ("ReadRelationshipsRequest", r#"{"optionalLimit":1.5}"#, "no value of this field"),
        ("ReadRelationshipsRequest", r#"{"optionalLimit":" 1"}"#, "expected a uint32"),
        ("RelationshipUpdate", r#"{"operation":"OPERATION_X"}"#, "\"OPERATION_X\" is no value of"),
        ("RelationshipUpdate", r#"{"operation":9}"#, "no value of this field"),
        ("WriteRelationshipsRequest", r#"{"updates":{}}"#, "expected an array"),
        ("WriteRelationshipsRequest", r#"{"updates":[null]}"#, "an array cannot hold null"),
        ("CheckPermissionRequest", r#"{"context":[]}"#, "expected a google.protobuf.Struct"),
        ("CheckPermissionRequest", r#"{"context":{"x":1e999}}"#, "number out of range"),
    ] {
        let message = read(&descriptor(name), json.as_bytes()).unwrap_err().to_string();
        assert!(message.contains(expected), "{json}: {message}");
    }
}

#[test]
fn nesting_is_bounded_below_what_the_wire_takes() {
    let nested = |count: usize| {
        let json = format!("{{\"context\":{{\"x\":{}{}}}}}", "[".repeat(count), "]".repeat(count));
        parsed::<v1::CheckPermissionRequest>("CheckPermissionRequest", &json)
    };
    // Each array is two messages; the request, its context, the entry and the value are four.
    assert!(nested(40).is_ok());
    assert!(nested(50).unwrap_err().contains("nested too deeply"));
    assert!(nested(100_000).is_err());
    let objects = format!("{}1{}", "{\"x\":".repeat(28), "}".repeat(28));
    let json = format!("{{\"context\":{objects}}}");
    assert!(parsed::<v1::CheckPermissionRequest>("CheckPermissionRequest", &json).is_ok());
}

#[test]
fn what_is_written_reads_as_what_it_was() {
    let request = v1::WriteRelationshipsRequest {
        updates: vec![v1::RelationshipUpdate {
            operation: v1::relationship_update::Operation::Delete.into(),
            relationship: Some(v1::Relationship {
                resource: Some(object("doc", "1")),
                relation: "r".repeat(300),
                subject: Some(subject("user", "*")),
                ..Default::default()
            }),
        }],
        optional_preconditions: vec![v1::Precondition {
            operation: v1::precondition::Operation::MustMatch.into(),
            filter: Some(v1::RelationshipFilter {
                optional_resource_id_prefix: "p".to_owned(),
                optional_subject_filter: Some(v1::SubjectFilter {
                    optional_relation: Some(v1::subject_filter::RelationFilter::default()),
                    ..Default::default()
                }),
                ..Default::default()
            }),
        }],
        optional_transaction_metadata: Some(structure(&[("k", Kind::StringValue("v".to_owned()))])),
    };
    let text = written("WriteRelationshipsRequest", &request);
    let read = parsed::<v1::WriteRelationshipsRequest>("WriteRelationshipsRequest", &text);
    assert_eq!(read.unwrap(), request);
}
