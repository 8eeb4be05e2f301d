//! Every path over HTTP: an input is a line `METHOD /path`, and the body after it.

use super::server::with_server;
use super::wire::TROUBLE;
use super::{Form, Target, lines};

pub(super) const TARGET: Target = Target {
    name: "gateway",
    seeds,
    run,
    form: Form::Bytes,
    words: WORDS,
    memory_bytes_max: 256 << 20,
    short_runs: 5000,
};

const BODIES: &str = include_str!("../seeds/bodies.txt");
const SHAPES: &str = include_str!("../../gateway/shapes.txt");
const ROUTES: &str = include_str!("../../../src/server/gateway/routes.rs");

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "null",
    "true",
    "false",
    "-0",
    "1e999",
    "1E-5",
    "0.5",
    "18446744073709551615",
    "-9223372036854775809",
    "\"1\"",
    "\"objectType\"",
    "\"object_type\"",
    "\"consistency\":",
    "\"fullyConsistent\":true",
    "\"context\":{\"a\":1}",
    "\"optionalCursor\":{\"token\":\"x\"}",
    "\"optionalLimit\":1",
    "\"2030-01-01T00:00:00Z\"",
    "\"OPERATION_TOUCH\"",
    "doc",
    "user",
    "view",
    "\u{feff}",
    " ",
    "\n",
    "POST ",
    "GET ",
    "/v1/permissions/check",
    "/healthz",
    "/openapi.json",
    "?a=b",
    "%2f",
    "..",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":",
];

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for line in lines(BODIES) {
        let mut parts = line.splitn(3, ' ');
        let [method, path, body] = [(); 3].map(|()| parts.next().unwrap_or_default());
        seeds.push(format!("{method} {path}\n{body}").into_bytes());
    }
    for (path, rpc) in routes() {
        let mut shapes =
            SHAPES.lines().skip_while(|line| line.rsplit('.').next() != Some(&format!("{rpc}Request")));
        shapes.next();
        for shape in shapes.take_while(|line| line.starts_with(' ')) {
            let shape = shape.trim().replace("\"object_type\"", "\"doc\"").replace("\"object_id\"", "\"a\"");
            seeds.push(format!("POST {path}\n{shape}").into_bytes());
        }
    }
    seeds
}

/// Path and RPC, as the gateway's table has them.
fn routes() -> Vec<(&'static str, &'static str)> {
    let mut texts = ROUTES.split('"').skip(1).step_by(2).skip_while(|text| !text.starts_with("/v1/"));
    let mut routes = Vec::new();
    while let (Some(path), Some(rpc)) = (texts.next(), texts.next()) {
        if !path.starts_with("/v1/") {
            break;
        }
        routes.push((path, rpc));
    }
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let Some(line) = std::str::from_utf8(&input[..end]).ok() else { return };
    let Some((method, path)) = line.split_once(' ') else { return };
    let body = input.get(end + 1..).unwrap_or_default();
    let Some((status, body)) = with_server(|server| server.ask(method, path, body)) else { return };
    let text = String::from_utf8_lossy(&body);
    // What a client's code must not do, what is not implemented, and what comes too late.
    assert!(status < 500 || [500, 501, 504].contains(&status), "{line}: {status} {text}");
    assert!(status != 500 || !text.contains(TROUBLE), "{line}: {text}");
    if path.starts_with("/v1/") && method == "POST" {
        for value in serde_json::Deserializer::from_slice(&body).into_iter::<serde_json::Value>() {
            drop(value.unwrap_or_else(|error| panic!("{line}: {error}: {text}")));
        }
    }
}
