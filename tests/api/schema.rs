//! `WriteSchema` and `ReadSchema`.

use arrowroot::server::wire::v1;

use crate::harness::{Client, Running, SCHEMA, told_of};
use crate::notation;

async fn read(client: &mut Client) -> Result<String, tonic::Status> {
    Ok(client.schema.read_schema(v1::ReadSchemaRequest {}).await?.into_inner().schema_text)
}

#[tokio::test]
async fn a_schema_is_read_back() {
    let running = Running::start();
    let mut client = running.client().await;
    let none = "NotFound `no schema has been defined; please call WriteSchema to start`";
    assert_eq!(told_of(read(&mut client).await), none);
    client.write_schema(SCHEMA).await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), SCHEMA);
    client.write_schema("").await.unwrap();
    assert_eq!(told_of(read(&mut client).await), none);
}

#[tokio::test]
async fn a_schema_that_is_no_schema_is_refused_and_the_old_one_stays() {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    let cases = [
        ("definition user {", "InvalidArgument `parse error in `schema`", "SCHEMA_PARSE_ERROR"),
        ("definition us {}", "InvalidArgument `parse error in `schema`, line 1", "start_line_number: 0"),
        ("definition doc {\n relation a: nothing\n}", "InvalidArgument `parse error", "SCHEMA_PARSE_ERROR"),
        (
            "definition doc {\n relation aaa: nothing\n}",
            "FailedPrecondition `could not lookup definition `nothing` for relation `aaa`",
            "SCHEMA_TYPE_ERROR {definition_name: nothing}",
        ),
        (
            "definition doc {\n permission view = nothing\n}",
            "FailedPrecondition `relation/permission `nothing` not found under definition `doc`",
            "SCHEMA_TYPE_ERROR {definition_name: doc, relation_or_permission_name: nothing}",
        ),
        (
            "definition user {}\ncaveat cav(x int) { x == 'one' }\ndefinition doc { relation aaa: user with cav; }",
            "InvalidArgument `parse error in `schema`, line 2, column 21: invalid expression for caveat `cav`",
            "source_code: x == 'one'",
        ),
        ("import 'x.zed'", "InvalidArgument", "SCHEMA_PARSE_ERROR"),
        ("definition \u{0} {}", "InvalidArgument", "SCHEMA_PARSE_ERROR"),
    ];
    for (text, start, within) in cases {
        let told = told_of(client.write_schema(text).await);
        assert!(told.starts_with(start) && told.contains(within), "{text}\n{told}");
        assert_eq!(read(&mut client).await.unwrap(), SCHEMA);
    }
}

#[tokio::test]
async fn a_schema_that_would_orphan_relationships_is_refused() {
    let (_running, mut client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let told = told_of(client.write_schema("definition user {}").await);
    assert_eq!(
        told,
        "InvalidArgument `cannot delete object definition `doc`, as at least one relationship exists under it: \
         doc:1#viewer@user:a` SCHEMA_TYPE_ERROR {operation: delete_object_definition, relationship: \
         doc:1#viewer@user:a, resource_type: doc}"
    );
    client.write(notation::updates("-doc:1#viewer@user:a")).await.unwrap();
    client.write_schema("definition user {}").await.unwrap();
}

#[tokio::test]
async fn huge_schemas_are_refused_in_bounded_time() {
    let running = Running::start();
    let mut client = running.client().await;
    for megabytes in [5, 10] {
        let told = told_of(client.write_schema(&"/".repeat(megabytes << 20)).await);
        assert!(told.starts_with("ResourceExhausted `grpc: received message larger than max"), "{told}");
    }
    let nested = |open: &str, middle: &str, close: &str, depth: usize| {
        let expression = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        format!(
            "definition user {{}}\ndefinition doc {{\n relation aaa: user\n permission view = {expression}\n}}"
        )
    };
    for (open, close) in [("(", ")"), ("aaa - (", ")"), ("aaa & (", ")"), ("((", "")] {
        let told = told_of(client.write_schema(&nested(open, "aaa", close, 100_000)).await);
        assert!(told.starts_with("InvalidArgument") || told == "OK", "{}", &told[..told.len().min(300)]);
    }
    let lists = format!("caveat cav(x {}int{}) {{ true }}", "list<".repeat(100_000), ">".repeat(100_000));
    let told = told_of(client.write_schema(&lists).await);
    assert!(!told.starts_with("Internal") && told != "OK", "{}", &told[..told.len().min(300)]);
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a_large_schema_is_accepted() {
    let running = Running::start();
    let mut client = running.client().await;
    let definitions = (0..3000).map(|index| {
        format!("definition doc{index} {{\n relation owner: user\n permission view = owner\n}}\n")
    });
    let text: String = std::iter::once("definition user {}\n".to_owned()).chain(definitions).collect();
    client.write_schema(&text).await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), text);
}
