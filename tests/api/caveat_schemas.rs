//! Schemas with caveats and expiration: written, read back, refused, and changed while data is there.

use arrowroot::server::wire::v1;

use crate::conditions::{ask, read, write};
use crate::harness::{Client, Running, told_of};

/// The relation `viewer` with these types, and the caveats `ca` and `cb`.
fn schema(types: &str) -> String {
    schema_with("x int, y int", "x == 1 || y == 1", types)
}

fn schema_with(parameters: &str, expression: &str, types: &str) -> String {
    format!(
        "use expiration\n\ndefinition user {{}}\n\ncaveat ca({parameters}) {{\n\t{expression}\n}}\n\ncaveat cb(z bool) \
         {{\n\tz\n}}\n\ndefinition doc {{\n\trelation viewer: {types}\n\trelation other: user\n}}"
    )
}

const EVERY_TYPE: &str = "user | user with ca | user with cb | user:* with ca | user with ca and expiration";
const ROW: &str = "doc:1#viewer@user:a[ca:{\"x\":1.0}]";

async fn holding(row: &str) -> (Running, Client) {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(&schema(EVERY_TYPE)).await.unwrap();
    if !row.is_empty() {
        assert_eq!(write(&mut client, &[&format!("+{row}")]).await, "OK");
    }
    (running, client)
}

#[tokio::test]
async fn what_was_written_is_read_back() {
    let (_running, mut client) = holding("").await;
    let response = client.schema.read_schema(v1::ReadSchemaRequest {}).await.unwrap().into_inner();
    assert_eq!(response.schema_text, schema(EVERY_TYPE));
    assert_eq!(told_of(client.write_schema(&response.schema_text).await), "OK");
}

#[tokio::test]
async fn faults_of_caveats_are_shown_with_their_place() {
    let running = Running::start();
    let mut client = running.client().await;
    let parse = "SCHEMA_PARSE_ERROR {end_column_position: ";
    let expression = "InvalidArgument `parse error in `schema`, line 2, column ";
    let cases = [
        ("caveat cav(x int) { x == 'a' }", expression, parse),
        ("caveat cav(x int) { x }", expression, parse),
        ("caveat cav(x int) { nothing == x }", expression, parse),
        ("caveat cav(x int) { x == }", expression, parse),
        ("caveat cav(x int) { }", "InvalidArgument `parse error in `schema`, line 2", parse),
        ("caveat cav(x nothing) { x == 1 }", "InvalidArgument `parse error in `schema`, line 2", parse),
        ("caveat cav() { true }", "InvalidArgument `parse error in `schema`, line 2", parse),
        ("caveat cav(x int, x int) { x == 1 }", "InvalidArgument `parse error in `schema`, line 2", parse),
        (
            "caveat cav(x int, y int) { x == 1 }",
            "FailedPrecondition `parameter `y` for caveat `cav` is unused",
            "SCHEMA_TYPE_ERROR {caveat_name: cav, parameter_name: y}",
        ),
        (
            "definition doc {\n relation viewer: user with cav\n}",
            "FailedPrecondition `could not lookup caveat `cav` for relation `viewer`: caveat with name `cav` not found",
            "SCHEMA_TYPE_ERROR {caveat_name: cav",
        ),
        (
            "definition doc {\n relation viewer: user with expiration\n}",
            "FailedPrecondition `could not lookup caveat `expiration` for relation `viewer`",
            "SCHEMA_TYPE_ERROR {caveat_name: expiration",
        ),
    ];
    for (text, start, details) in cases {
        let told = told_of(client.write_schema(&format!("definition user {{}}\n{text}")).await);
        assert!(told.starts_with(start), "{text}: {told}");
        assert!(told.contains(&format!("` {details}")), "{text}: {told}");
        assert!(!told.contains("Unimplemented"), "{told}");
    }
    assert!(client.is_alive().await);
}

/// What a change of the types says while a row is there.
async fn changed(row: &str, types: &str) -> String {
    let (_running, mut client) = holding(row).await;
    told_of(client.write_schema(&schema(types)).await)
}

#[tokio::test]
async fn a_kind_of_subject_stays_while_it_has_rows() {
    let expiring = "doc:1#viewer@user:a[ca][expiration:2100-01-01T00:00:00Z]";
    let cases = [
        (ROW, "user | user with cb", "user with ca", "doc:1#viewer@user:a[ca:{\"x\":1}]"),
        (ROW, "user", "user with ca", "doc:1#viewer@user:a[ca:{\"x\":1}]"),
        ("doc:1#viewer@user:a", "user with ca", "user", "doc:1#viewer@user:a"),
        ("doc:1#viewer@user:*[ca]", "user | user with ca", "user:* with ca", "doc:1#viewer@user:*[ca]"),
        (expiring, "user | user with ca", "user with ca and expiration", expiring),
    ];
    for (row, types, removed, shown) in cases {
        assert_eq!(
            changed(row, types).await,
            format!(
                "InvalidArgument `cannot remove allowed type `{removed}` from relation `viewer` in object definition \
                 `doc`, as a relationship exists with it: {shown}` SCHEMA_TYPE_ERROR {{allowed_type: {removed}, \
                 operation: remove_allowed_type, relation: viewer, relationship: {shown}, resource_type: doc}}"
            ),
            "{row} {types}"
        );
    }
    for (row, types) in [
        (ROW, "user with ca"),
        ("", "user"),
        ("doc:1#viewer@user:a", "user | user with cb"),
        ("doc:1#viewer@user:a[ca][expiration:1970-01-01T00:00:00Z]", "user"),
    ] {
        assert_eq!(changed(row, types).await, "OK", "{row} {types}");
    }
}

#[tokio::test]
async fn relations_and_definitions_stay_while_they_have_rows_with_conditions() {
    let (_running, mut client) = holding(ROW).await;
    let shown = "doc:1#viewer@user:a[ca:{\"x\":1}]";
    let rest = "definition user {}\ncaveat ca(x int, y int) { x == 1 || y == 1 }\n";
    let told =
        told_of(client.write_schema(&format!("{rest}definition doc {{\n relation other: user\n}}")).await);
    let relation = "InvalidArgument `cannot delete relation `viewer` in object definition `doc`, as at least one \
                    relationship exists under it: ";
    assert!(told.starts_with(relation), "{told}");
    let details =
        format!("operation: delete_relation, relation: viewer, relationship: {shown}, resource_type: doc");
    assert!(told.contains(&details), "{told}");
    let told = told_of(client.write_schema(rest).await);
    assert!(
        told.starts_with("InvalidArgument `cannot delete object definition `doc`, as at least one"),
        "{told}"
    );
    assert!(told.contains("SCHEMA_TYPE_ERROR {operation: delete_object_definition, "), "{told}");
    assert_eq!(read(&mut client, "type=doc").await, ROW);
}

#[tokio::test]
async fn parameters_stay_and_expressions_may_change() {
    let (_running, mut client) = holding(ROW).await;
    assert_eq!(ask(&mut client, "doc:1 viewer user:a", "").await, "HAS");
    let cases = [
        ("x int", "x == 1", "remove parameter `y` on", "remove_parameter", "y"),
        ("z int, y int", "z == 1 || y == 1", "remove parameter `x` on", "remove_parameter", "x"),
        (
            "x uint, y int",
            "x == 1 || y == 1",
            "change the type of parameter `x` on",
            "change_parameter_type",
            "x",
        ),
        (
            "x any, y int",
            "x == 1 || y == 1",
            "change the type of parameter `x` on",
            "change_parameter_type",
            "x",
        ),
    ];
    for (parameters, expression, what, operation, parameter) in cases {
        let text = schema_with(parameters, expression, EVERY_TYPE);
        assert_eq!(
            told_of(client.write_schema(&text).await),
            format!(
                "InvalidArgument `cannot {what} caveat `ca`` SCHEMA_TYPE_ERROR {{caveat_name: ca, operation: \
                 {operation}, parameter_name: {parameter}}}"
            )
        );
    }
    let stricter = schema_with("y int, x int, w int", "x == 1 && y == 1 && w == 1", EVERY_TYPE);
    assert_eq!(told_of(client.write_schema(&stricter).await), "OK");
    assert_eq!(ask(&mut client, "doc:1 viewer user:a", "").await, "COND {w, y}");
    assert_eq!(ask(&mut client, "doc:1 viewer user:a", r#"{"y": 1, "w": 1}"#).await, "HAS");
    let opposite = schema_with("x int, y int, w int", "x == 2 && y == w", EVERY_TYPE);
    assert_eq!(told_of(client.write_schema(&opposite).await), "OK");
    assert_eq!(ask(&mut client, "doc:1 viewer user:a", "").await, "NO");
}
