//! The API over HTTP: requests, answers and errors as JSON.

use arrowroot::engine::EngineOptions;
use arrowroot::server::PresharedKey;
use hyper::Method;
use serde_json::{Value, json};

use super::harness::{Running, SCHEMA};
use super::http::{Http, options};

const CHECK: &str = r#"{"resource":{"objectType":"doc","objectId":"1"},"permission":"view",
    "subject":{"object":{"objectType":"user","objectId":"a"}},"consistency":{"fullyConsistent":true}}"#;

async fn start() -> (Running, Http) {
    let running = Running::with(options(), EngineOptions::default());
    let http = Http::connect(&running).await;
    (running, http)
}

/// A server with the usual schema, and `doc:1#viewer@user:a`.
async fn started() -> (Running, Http) {
    let (running, mut http) = start().await;
    let written = http.post("/v1/schema/write", &json!({"schema": SCHEMA}).to_string()).await;
    assert_eq!(written.status, 200, "{written:?}");
    let updates = json!({"updates": [touch("1", "a")]});
    assert_eq!(http.post("/v1/relationships/write", &updates.to_string()).await.status, 200);
    (running, http)
}

fn touch(document: &str, user: &str) -> Value {
    json!({"operation": "OPERATION_TOUCH", "relationship": {
        "resource": {"objectType": "doc", "objectId": document},
        "relation": "viewer",
        "subject": {"object": {"objectType": "user", "objectId": user}},
    }})
}

/// The same with every token in place of which stands `T`.
fn without_tokens(mut value: Value) -> Value {
    fn replace(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(token) if name == "token" => "T".clone_into(token),
                        value => replace(value),
                    }
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(replace),
            _ => {}
        }
    }
    replace(&mut value);
    value
}

#[tokio::test]
async fn a_check_is_answered_with_every_field() {
    let (_running, mut http) = started().await;
    let answer = http.post("/v1/permissions/check", CHECK).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let length: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, answer.text.len());
    let expected = json!({
        "checkedAt": {"token": "T"},
        "permissionship": "PERMISSIONSHIP_HAS_PERMISSION",
        "partialCaveatInfo": null,
        "debugTrace": null,
        "optionalExpiresAt": null,
    });
    assert_eq!(without_tokens(answer.json()), expected);
}

#[tokio::test]
async fn each_item_of_a_bulk_has_its_own_answer() {
    let (_running, mut http) = started().await;
    let item = |permission| {
        let mut item: Value = serde_json::from_str(CHECK).unwrap();
        item.as_object_mut().unwrap().remove("consistency");
        item["permission"] = Value::from(permission);
        item
    };
    let request = json!({"items": [item("edit"), item("nothing")]});
    let answer = http.post("/v1/permissions/checkbulk", &request.to_string()).await.json();
    let expected = json!({
        "permissionship": "PERMISSIONSHIP_NO_PERMISSION",
        "partialCaveatInfo": null,
        "debugTrace": null,
    });
    assert_eq!(answer["pairs"][0]["item"], expected);
    assert_eq!(answer["pairs"][0]["request"]["subject"]["optionalRelation"], "");
    assert!(answer["pairs"][0].get("error").is_none() && answer["pairs"][1].get("item").is_none());
    let error = &answer["pairs"][1]["error"];
    assert_eq!(error["code"], 9);
    assert_eq!(error["details"][0]["reason"], "ERROR_REASON_UNKNOWN_RELATION_OR_PERMISSION");
}

#[tokio::test]
async fn what_was_written_is_read_as_lines_and_deleted() {
    let (_running, mut http) = started().await;
    let updates = json!({"updates": [touch("2", "b")]});
    let written = http.post("/v1/relationships/write", &updates.to_string()).await;
    assert_eq!(without_tokens(written.json()), json!({"writtenAt": {"token": "T"}}));
    let filter = r#"{"relationship_filter":{"resource_type":"doc"},"consistency":{"fully_consistent":true}}"#;
    let read = http.post("/v1/relationships/read", filter).await;
    assert_eq!((read.status, read.header("transfer-encoding")), (200, Some("chunked")));
    let lines = read.lines();
    assert_eq!(lines.len(), 2);
    let expected = json!({"result": {
        "readAt": {"token": "T"},
        "relationship": {
            "resource": {"objectType": "doc", "objectId": "1"},
            "relation": "viewer",
            "subject": {"object": {"objectType": "user", "objectId": "a"}, "optionalRelation": ""},
            "optionalCaveat": null,
            "optionalExpiresAt": null,
        },
        "afterResultCursor": {"token": "T"},
    }});
    assert_eq!(without_tokens(lines[0].clone()), expected);
    let deleted = http.post("/v1/relationships/delete", filter).await;
    let expected = json!({
        "deletedAt": {"token": "T"},
        "deletionProgress": "DELETION_PROGRESS_COMPLETE",
        "relationshipsDeletedCount": "2",
    });
    assert_eq!(without_tokens(deleted.json()), expected);
    let read = http.post("/v1/relationships/read", filter).await;
    assert_eq!((read.status, read.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_stream_has_the_type_that_its_client_prefers() {
    let (_running, mut http) = started().await;
    let filter = r#"{"relationshipFilter":{"resourceType":"doc"}}"#;
    for (accept, expected) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/json;q=0.1, Application/X-NDJSON; q=0.9", "application/x-ndjson"),
    ] {
        let headers = [("accept", accept)];
        let read = http.ask(Method::POST, "/v1/relationships/read", &headers, filter).await;
        assert_eq!((read.header("content-type"), read.lines().len()), (Some(expected), 1), "{accept}");
        let check = http.ask(Method::POST, "/v1/permissions/check", &headers, CHECK).await;
        assert_eq!(check.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn no_body_is_an_empty_message() {
    let (_running, mut http) = started().await;
    for body in ["", "{}", " {\"unknown\":[1]} "] {
        let read = http.post("/v1/schema/read", body).await;
        assert_eq!(read.json()["schemaText"], SCHEMA, "{body}");
    }
}

#[tokio::test]
async fn an_error_has_its_code_its_details_and_the_status_that_grpc_gateway_gives_it() {
    let (_running, mut http) = start().await;
    let read = http.post("/v1/schema/read", "{}").await;
    let message = "no schema has been defined; please call WriteSchema to start";
    assert_eq!(read.json(), json!({"code": 5, "message": message, "details": []}));
    assert_eq!(read.status, 404);
    let written =
        http.post("/v1/schema/write", r#"{"schema":"definition user {\n relation viewer: nobody\n}"}"#).await;
    assert_eq!((written.status, written.json()["code"].clone()), (400, 9.into()));
    let detail = &written.json()["details"][0];
    assert_eq!(detail["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    assert_eq!(detail["reason"], "ERROR_REASON_SCHEMA_TYPE_ERROR");
    assert_eq!((&detail["domain"], detail["metadata"].is_object()), (&"authzed.com".into(), true));
    let (_running, mut http) = started().await;
    let create = json!({"updates": [{"operation": 1, "relationship": touch("1", "a")["relationship"]}]});
    assert_eq!(http.post("/v1/relationships/write", &create.to_string()).await.error().0, 409);
    assert_eq!(http.post("/v1/permissions/check", "{}").await.error().0, 400);
    // An error that comes before a stream's first message is a line, under the error's own status.
    let unknown =
        http.post("/v1/relationships/read", r#"{"relationshipFilter":{"resourceType":"nothing"}}"#).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.lines()[0]["error"]["details"][0]["reason"], "ERROR_REASON_UNKNOWN_DEFINITION");
}

#[tokio::test]
async fn what_is_no_json_of_the_message_is_refused() {
    let (_running, mut http) = started().await;
    for (path, body, expected) in [
        ("/v1/permissions/check", "{", "EOF while parsing"),
        ("/v1/permissions/check", "{}{}", "trailing characters"),
        ("/v1/permissions/check", "\u{0}", "expected value"),
        ("/v1/permissions/check", r#"{"permission":1}"#, "invalid type"),
        ("/v1/relationships/read", r#"{"relationshipFilter":[]}"#, "RelationshipFilter"),
        ("/v1/relationships/read", r#"{"consistency":{}}"#, "Consistency must have a field"),
        ("/v1/relationships/importbulk", "[]", "expected an object"),
    ] {
        let (status, code, message) = http.post(path, body).await.error();
        let is_expected = (status, code) == (400, 3) && message.contains(expected);
        // Calls that are not served say so first.
        assert!(is_expected || code == 12, "{path} {body}: {status} {code} {message}");
    }
    let deep = format!("{{\"context\":{{\"x\":{}", "[".repeat(1_000_000));
    assert_eq!(http.post("/v1/permissions/check", &deep).await.error().1, 3);
    assert_eq!(http.post("/v1/permissions/check", CHECK).await.status, 200);
}

#[tokio::test]
async fn too_much_is_refused() {
    let (running, mut http) = started().await;
    // More than a message may have on the wire, and more than its JSON may have.
    for (bytes, expected) in [(5 << 20, "received message larger than max"), (17 << 20, "bytes of JSON")] {
        let body = format!("{{\"schema\":\"{}\"}}", " ".repeat(bytes));
        let mut http = Http::connect(&running).await;
        let (status, code, message) = http.post("/v1/schema/write", &body).await.error();
        assert_eq!((status, code), (429, 8), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(http.post("/v1/permissions/check", CHECK).await.status, 200);
}

#[tokio::test]
async fn every_rpc_has_its_path_and_takes_nothing_but_post() {
    let (_running, mut http) = started().await;
    let document = http.get("/openapi.json").await.json();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths.len(), 27 + 2);
    for path in paths.iter().filter(|path| path.starts_with("/v1/") && *path != "/v1/watch") {
        let answer = http.post(path, "{}").await;
        assert!(answer.status != 405 && !answer.text.contains("Not Found"), "{path}: {answer:?}");
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let refused = http.ask(method, path, &[], "").await;
            assert_eq!(refused.error(), (405, 12, "Method Not Allowed".to_owned()), "{path}");
            assert_eq!(refused.header("allow"), Some("POST"));
        }
    }
    for path in ["/", "/v1", "/v1/permissions/check/", "/v2/permissions/check", "/v1/permissions/Check"] {
        assert_eq!(http.post(path, "{}").await.error(), (404, 5, "Not Found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn keys_are_asked_for_as_over_grpc() {
    let mut options = options();
    options.preshared_keys = vec![PresharedKey::new("k1").unwrap(), PresharedKey::new("k2").unwrap()];
    let running = Running::with(options, EngineOptions::default());
    let mut http = Http::connect(&running).await;
    for (headers, status) in [
        (&[][..], 401),
        (&[("authorization", "Basic k1")][..], 401),
        (&[("authorization", "Bearer k3")][..], 403),
        (&[("authorization", "Bearer k2")][..], 404),
        (&[("grpc-metadata-authorization", "Bearer k1")][..], 404),
    ] {
        // Whoever may not come in is told nothing about the body.
        for body in ["{}", "{"] {
            let expected = if status == 404 && body == "{" { 400 } else { status };
            let answer = http.ask(Method::POST, "/v1/schema/read", headers, body).await;
            assert_eq!(answer.error().0, expected, "{headers:?} {body}");
            assert_eq!(answer.header("www-authenticate").is_some(), expected == 401);
        }
        let stream = http.ask(Method::POST, "/v1/relationships/read", headers, "{}").await;
        assert_eq!(stream.error().0, if status == 404 { 400 } else { status });
    }
    assert_eq!(http.get("/healthz").await.status, 200);
    assert_eq!(http.get("/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn health_is_told() {
    let (_running, mut http) = start().await;
    for path in ["/healthz", "/healthz?service=authzed.api.v1.SchemaService", "/healthz?x=y&service="] {
        let health = http.get(path).await;
        assert_eq!((health.status, health.text.as_str()), (200, "{\"status\":\"SERVING\"}\n"), "{path}");
    }
    assert_eq!(http.get("/healthz?service=nobody").await.error(), (404, 5, "unknown service".to_owned()));
    assert_eq!(http.post("/healthz", "").await.status, 405);
}

#[tokio::test]
async fn ids_and_metadata_go_through() {
    let (_running, mut http) = started().await;
    let headers = [
        ("x-request-id", "mine"),
        ("te", "trailers"),
        ("grpc-metadata-io.spicedb.requestversion", "1"),
        ("grpc-metadata-grpc-timeout", "1n"),
    ];
    let answer = http.ask(Method::POST, "/v1/permissions/check", &headers, CHECK).await;
    assert_eq!((answer.status, answer.header("x-request-id")), (200, Some("mine")));
    assert_eq!(answer.header("grpc-metadata-content-type"), Some("application/grpc"));
    let trailer = |name: &str| answer.trailers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(trailer("grpc-trailer-x-request-id").as_deref(), Some("mine"));
    assert_eq!(
        trailer("grpc-trailer-io.spicedb.debug.version"),
        Some(format!("v{}", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(trailer("grpc-trailer-io.spicedb.respmeta.dispatchedoperationscount").as_deref(), Some("1"));
    assert_eq!(trailer("grpc-trailer-grpc-status"), None);
    // Without being asked for, none are sent; every answer has an id.
    let plain = http.post("/v1/permissions/check", CHECK).await;
    assert!(plain.trailers.is_empty() && plain.header("trailer").is_none());
    assert_eq!(plain.header("x-request-id").unwrap().len(), 32);
    let refused = http.ask(Method::POST, "/v1/permissions/check", &[("x-request-id", "mine")], "{").await;
    assert_eq!(refused.header("x-request-id"), Some("mine"));
    let invalid = http.ask(Method::POST, "/v1/schema/read", &[("grpc-timeout", "soon")], "{}").await;
    assert_eq!(invalid.error(), (400, 3, "invalid grpc-timeout: soon".to_owned()));
}
