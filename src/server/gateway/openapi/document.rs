//! The document: paths, answers, security.

use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value, json};

use crate::server::gateway::healthz;
use crate::server::gateway::metadata::LINES;
use crate::server::gateway::routes::{Route, Routes};

use super::comments::Comments;
use super::schemas::{Direction, Schemas};

pub(in crate::server::gateway) const PATH: &str = "/openapi.json";

/// The statuses of errors, and what each means.
const ERRORS: &[(&str, &str)] = &[
    ("400", "The request is malformed, breaks a rule, or cannot be carried out as things stand."),
    ("401", "No key was shown."),
    ("403", "The key is not one of the server's."),
    ("404", "There is no schema yet, or there is nothing of this name."),
    ("409", "The relationship is there already, or another write was first."),
    ("429", "The request is too large, or needs more than the server may spend on it."),
    ("499", "The request was given up."),
    ("500", "The server failed."),
    ("501", "The server does not do this."),
    ("503", "The server cannot do this now."),
    ("504", "The request took longer than its client, or the server, waits."),
];

/// The document of an API with these routes.
pub(in crate::server::gateway) fn document(routes: &Routes) -> Value {
    let comments = Comments::new(routes.status.parent_pool());
    let mut schemas = Schemas::new(&comments);
    let mut paths = Map::new();
    for route in routes.all() {
        let operation = operation(route, &routes.status, &comments, &mut schemas);
        paths.insert(route.path.to_owned(), json!({"post": operation}));
    }
    paths.insert(healthz::PATH.to_owned(), json!({"get": health(&routes.status, &mut schemas)}));
    paths.insert(PATH.to_owned(), json!({"get": own_operation()}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "arrowroot",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The API authzed.api.v1 over HTTP. Streams answer with one JSON object a line; whoever accepts application/x-ndjson gets that as their type.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.into_named(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "One of the preshared keys."},
            },
        },
    })
}

fn operation(
    route: &Route,
    status: &MessageDescriptor,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> Value {
    let request = schemas.message(&route.request, Direction::Request);
    let answer = schemas.message(&route.response, Direction::Answer);
    let error = schemas.message(status, Direction::Answer);
    let (answer, error) = if route.method.is_server_streaming() {
        let line = json!({
            "type": "object",
            "properties": {"result": answer, "error": error},
            "minProperties": 1,
            "maxProperties": 1,
        });
        // What goes wrong before the RPC begins is no line.
        let line_of_error = json!({"type": "object", "properties": {"error": error}, "required": ["error"]});
        (line, json!({"anyOf": [line_of_error, error]}))
    } else {
        (answer, error)
    };
    let mut responses = Map::new();
    let what =
        if route.method.is_server_streaming() { "The stream, one object a line." } else { "The answer." };
    let mut success = response(what, &answer);
    if route.method.is_server_streaming() {
        success["content"][LINES] = json!({"schema": answer});
    }
    responses.insert("200".to_owned(), success);
    for (code, text) in ERRORS {
        responses.insert((*code).to_owned(), response(text, &error));
    }
    let summary = comments.of_method(&route.method).unwrap_or_default();
    let content = json!({"application/json": {"schema": request}});
    // No body at all is an empty message.
    let is_required = schemas.requires_fields(&route.request);
    json!({
        "operationId": route.method.full_name(),
        "tags": [route.method.parent_service().name()],
        "summary": summary,
        "requestBody": {"required": is_required, "content": content},
        "responses": responses,
    })
}

fn response(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn health(status: &MessageDescriptor, schemas: &mut Schemas<'_>) -> Value {
    let error = schemas.message(status, Direction::Answer);
    let serving = json!({
        "type": "object",
        "properties": {"status": {"const": "SERVING"}},
        "required": ["status"],
    });
    json!({
        "operationId": "grpc.health.v1.Health.Check",
        "summary": "Whether the server, or one of its services, answers.",
        "security": [],
        "parameters": [{
            "name": "service",
            "in": "query",
            "description": "The service, such as authzed.api.v1.SchemaService; absent for the whole server.",
            "schema": {"type": "string"},
        }],
        "responses": {
            "200": response("It answers.", &serving),
            "404": response("There is no such service.", &error),
            "503": response("It does not answer.", &error),
        },
    })
}

fn own_operation() -> Value {
    json!({
        "operationId": "openapi",
        "summary": "This document.",
        "security": [],
        "responses": {"200": response("This document.", &json!({"type": "object"}))},
    })
}
