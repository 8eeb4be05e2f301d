//! Caveats, contexts and times in short, and answers with three values as text.

use std::fmt::Write as _;

use arrowroot::relationship::Relationship;
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_bulk_permissions_pair::Response as Answer;
use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp, Value};
use tonic::Status;

use crate::harness::{Client, Running, told_of};
use crate::notation;

/// JSON as a `google.protobuf.Value`.
pub(crate) fn value(json: serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(value) => Kind::BoolValue(value),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(elements) => {
            Kind::ListValue(ListValue { values: elements.into_iter().map(value).collect() })
        }
        serde_json::Value::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(name, of)| (name, value(of))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

/// The text of a JSON object as context; no context for an empty text.
pub(crate) fn context(json: &str) -> Option<Struct> {
    if json.is_empty() {
        return None;
    }
    match value(serde_json::from_str(json).unwrap()).kind {
        Some(Kind::StructValue(structure)) => Some(structure),
        _ => panic!("`{json}` is no object"),
    }
}

/// A context of one field.
pub(crate) fn field(name: &str, value: Value) -> Struct {
    Struct { fields: [(name.to_owned(), value)].into() }
}

pub(crate) fn number(number: f64) -> Value {
    Value { kind: Some(Kind::NumberValue(number)) }
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value { kind: Some(Kind::StringValue(text.into())) }
}

pub(crate) fn list(values: Vec<Value>) -> Value {
    Value { kind: Some(Kind::ListValue(ListValue { values })) }
}

/// An update such as `+doc:1#viewer@user:a[cav:{"x":1}][expiration:2100-01-01T00:00:00Z]`.
pub(crate) fn update(text: &str) -> v1::RelationshipUpdate {
    let parsed: Relationship = text[1..].parse().unwrap();
    let mut update = notation::update(text.split('[').next().unwrap());
    let relationship = update.relationship.as_mut().unwrap();
    relationship.optional_caveat = parsed.caveat.map(|caveat| v1::ContextualizedCaveat {
        caveat_name: caveat.name.into(),
        context: context(&caveat.context_json),
    });
    relationship.optional_expires_at = parsed.expires_at.map(|expires_at| Timestamp {
        seconds: expires_at.seconds,
        nanos: expires_at.nanoseconds.try_into().unwrap(),
    });
    update
}

/// A caveat with a context of any kind upon what a text says otherwise.
pub(crate) fn caveated(text: &str, name: &str, context: Struct) -> v1::RelationshipUpdate {
    let mut update = notation::update(text);
    let caveat = v1::ContextualizedCaveat { caveat_name: name.to_owned(), context: Some(context) };
    update.relationship.as_mut().unwrap().optional_caveat = Some(caveat);
    update
}

/// Writes updates in one call; `OK` or what is wrong.
pub(crate) async fn write(client: &mut Client, updates: &[&str]) -> String {
    told_of(client.write(updates.iter().copied().map(update).collect()).await)
}

/// Asks `doc:1 view user:a` with a context: `HAS`, `NO`, `COND {missing, names}`, or what is wrong.
pub(crate) async fn ask(client: &mut Client, question: &str, json: &str) -> String {
    ask_with(client, question, context(json)).await
}

/// The same with a context of any kind.
pub(crate) async fn ask_with(client: &mut Client, question: &str, context: Option<Struct>) -> String {
    let request = v1::CheckPermissionRequest { context, ..notation::check(question) };
    match client.permissions.check_permission(request).await {
        Ok(response) => {
            let response = response.into_inner();
            assert!(!response.checked_at.unwrap().token.is_empty());
            answered(response.permissionship, response.partial_caveat_info)
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

/// Asks several questions at once, each with a context: the answers with ` / ` between them.
pub(crate) async fn ask_all(client: &mut Client, questions: &[(&str, &str)]) -> String {
    let item = |(question, json): &(&str, &str)| v1::CheckBulkPermissionsRequestItem {
        context: context(json),
        ..notation::item(question)
    };
    ask_items(client, questions.iter().map(item).collect()).await
}

pub(crate) async fn ask_items(
    client: &mut Client,
    items: Vec<v1::CheckBulkPermissionsRequestItem>,
) -> String {
    let consistency = notation::fully_consistent();
    let request = v1::CheckBulkPermissionsRequest { consistency, items, ..Default::default() };
    let response = match client.permissions.check_bulk_permissions(request).await {
        Ok(response) => response.into_inner(),
        Err(status) => return told_of::<()>(Err(status)),
    };
    let answers = response.pairs.into_iter().map(|pair| match pair.response.unwrap() {
        Answer::Item(item) => answered(item.permissionship, item.partial_caveat_info),
        Answer::Error(error) => {
            let details = error.encode_to_vec().into();
            told_of::<()>(Err(Status::with_details(error.code.into(), error.message, details)))
        }
    });
    answers.collect::<Vec<_>>().join(" / ")
}

fn answered(permissionship: i32, info: Option<v1::PartialCaveatInfo>) -> String {
    let permissionship = Permissionship::try_from(permissionship).unwrap();
    let Some(info) = info else {
        return match permissionship {
            Permissionship::HasPermission => "HAS".to_owned(),
            Permissionship::NoPermission => "NO".to_owned(),
            other => panic!("{other:?} without what is missing"),
        };
    };
    assert_eq!(permissionship, Permissionship::ConditionalPermission);
    // Their order says nothing.
    let mut missing = info.missing_required_context;
    assert!(!missing.is_empty());
    missing.sort();
    format!("COND {{{}}}", missing.join(", "))
}

/// What a filter selects, with caveats, contexts that are not empty, and times, as `doc:1#viewer@user:a[cav:{"x":1}][4102444800.000000001]`.
pub(crate) async fn read(client: &mut Client, filter: &str) -> String {
    let request = v1::ReadRelationshipsRequest {
        consistency: notation::fully_consistent(),
        relationship_filter: Some(notation::filter(filter)),
        ..Default::default()
    };
    match client.read(request).await {
        Ok(responses) => {
            let shown = responses.into_iter().map(|response| shown(&response.relationship.unwrap()));
            shown.collect::<Vec<_>>().join(" ")
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

fn shown(relationship: &v1::Relationship) -> String {
    let mut shown = notation::text(relationship);
    if let Some(caveat) = &relationship.optional_caveat {
        let context = caveat.context.clone().filter(|context| !context.fields.is_empty());
        let json = context.map(json);
        let json = json.map(|json| format!(":{json}")).unwrap_or_default();
        write!(shown, "[{}{json}]", caveat.caveat_name).unwrap();
    }
    if let Some(Timestamp { seconds, nanos }) = relationship.optional_expires_at {
        write!(shown, "[{seconds}.{nanos:09}]").unwrap();
    }
    shown
}

/// A context as JSON.
pub(crate) fn json(context: Struct) -> String {
    to_json(Value { kind: Some(Kind::StructValue(context)) }).to_string()
}

fn to_json(value: Value) -> serde_json::Value {
    match value.kind.unwrap() {
        Kind::NullValue(_) => serde_json::Value::Null,
        Kind::BoolValue(value) => value.into(),
        Kind::NumberValue(number) => number.into(),
        Kind::StringValue(text) => text.into(),
        Kind::ListValue(list) => list.values.into_iter().map(to_json).collect(),
        Kind::StructValue(structure) => {
            structure.fields.into_iter().map(|(name, value)| (name, to_json(value))).collect()
        }
    }
}

/// A server with a caveat for each of some cases, given as parameters and expression: the relation `row0` takes users
/// with `cav0`, and so on. `doc:1` has `user:a` in each of them without a stored context.
pub(crate) async fn with_caveats(cases: &[(&str, &str)]) -> (Running, Client) {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(&schema_of(cases)).await.unwrap();
    let updates: Vec<_> =
        (0..cases.len()).map(|case| update(&format!("+doc:1#row{case}@user:a[cav{case}]"))).collect();
    client.write(updates).await.unwrap();
    (running, client)
}

/// The schema of such a server.
pub(crate) fn schema_of(cases: &[(&str, &str)]) -> String {
    let mut caveats = String::new();
    let mut relations = String::new();
    for (case, (parameters, expression)) in cases.iter().enumerate() {
        writeln!(caveats, "caveat cav{case}({parameters}) {{ {expression} }}").unwrap();
        writeln!(relations, " relation row{case}: user with cav{case}").unwrap();
    }
    format!("definition user {{}}\n{caveats}definition doc {{\n{relations}}}")
}

/// That a case's caveat cannot be evaluated.
pub(crate) fn failed(case: usize, problem: &str) -> String {
    format!(
        "InvalidArgument `evaluation error for caveat cav{case}: {problem}` CAVEAT_EVALUATION_ERROR {{caveat_name: \
         cav{case}}}"
    )
}

/// That a request's `x` does not fit a case's caveat.
pub(crate) fn misfit(case: usize, problem: &str) -> String {
    format!(
        "InvalidArgument `type error for parameters for caveat `cav{case}`: could not convert context parameter `x`: \
         {problem}` CAVEAT_PARAMETER_TYPE_ERROR {{caveat_name: cav{case}, parameter_name: x}}"
    )
}

/// That a stored `x` does not.
pub(crate) fn stored_misfit(case: usize, problem: &str) -> String {
    format!(
        "InvalidArgument `invalid context for caveat `cav{case}`: could not convert context parameter `x`: {problem}` \
         CAVEAT_PARAMETER_TYPE_ERROR {{caveat_name: cav{case}, parameter_name: x}}"
    )
}
