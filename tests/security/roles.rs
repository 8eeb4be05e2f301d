//! Every role and every RPC, over gRPC and over HTTP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tonic::Code;

use crate::certificates::write;
use crate::client::{Caller, plain};
use crate::plain_http;
use crate::server::{Server, path};

const ROLES: [&str; 4] = ["read", "write", "schema", "admin"];

/// What more than `read` is needed for; everything else is open to every role.
const NEEDS_WRITE: &[&str] = &[
    "WriteRelationships",
    "DeleteRelationships",
    "ImportBulkRelationships",
    "BulkImportRelationships",
    "ExperimentalRegisterRelationshipCounter",
    "ExperimentalUnregisterRelationshipCounter",
    "Register",
    "Deregister",
    "Grant",
    "Revoke",
    "Backfill",
    "Reconcile",
];
const NEEDS_SCHEMA: &[&str] = &["WriteSchema"];
/// RPCs of the API and of the lifecycle.
const RPC_COUNT: usize = 38;

fn needed(method: &str) -> &'static str {
    match method {
        method if NEEDS_WRITE.contains(&method) => "write",
        method if NEEDS_SCHEMA.contains(&method) => "schema",
        _ => "read",
    }
}

fn may(role: &str, needed: &str) -> bool {
    needed == "read" || role == needed || role == "admin"
}

/// Every RPC that the protocol files declare, as `/package.Service/Method`.
fn declared() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files: Vec<PathBuf> = ["authzed/api/v1", "arrowroot/v1"]
        .iter()
        .flat_map(|directory| std::fs::read_dir(root.join(directory)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut rpcs = Vec::new();
    for text in files.iter().map(|file| std::fs::read_to_string(file).unwrap()) {
        let after = |line: &str, word: &str| {
            let rest = line.trim_start().strip_prefix(word)?;
            Some(
                rest.split(|letter: char| !(letter.is_alphanumeric() || ".".contains(letter)))
                    .next()?
                    .to_owned(),
            )
        };
        let package = text.lines().find_map(|line| after(line, "package ")).unwrap();
        let mut service = String::new();
        for line in text.lines() {
            if let Some(name) = after(line, "service ") {
                service = name;
            }
            if let Some(method) = after(line, "rpc ") {
                rpcs.push(format!("/{package}.{service}/{method}"));
            }
        }
    }
    rpcs
}

/// A server with a key for each role, of the role's name.
fn start(directory: &Path) -> Server {
    let keys = ROLES.map(|role| format!("[[key]]\nname = \"{role}\"\nkey = \"{role}\"\nrole = \"{role}\"\n"));
    write(&directory.join("keys.toml"), &keys.concat());
    Server::start(&["--http-enabled", "--grpc-keys-file", &path(directory, "keys.toml")])
}

#[tokio::test]
async fn every_role_may_do_over_grpc_what_it_is_for_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let channel = plain(&server).await;
    let rpcs = declared();
    assert_eq!(rpcs.len(), RPC_COUNT, "{rpcs:?}");
    for rpc in &rpcs {
        let method = rpc.rsplit_once('/').unwrap().1;
        let needed = needed(method);
        for role in ROLES {
            // A watch that is let in says nothing; its answer begins all the same.
            let refusal = Caller::new(channel.clone(), Some(role)).call(rpc).await.err();
            let is_denied = refusal.as_ref().is_some_and(|status| status.code() == Code::PermissionDenied);
            assert_eq!(is_denied, !may(role, needed), "{role} {rpc}: {refusal:?}");
            if is_denied {
                let expected = format!("the key has the role `{role}`, and {method} needs `{needed}`");
                assert_eq!(refusal.unwrap().message(), expected);
            }
        }
        assert_eq!(Caller::new(channel.clone(), None).code(rpc).await, Code::Unauthenticated, "{rpc}");
    }
}

#[test]
fn every_role_may_do_over_http_what_it_is_for_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let document =
        plain_http::ask(plain_http::connect(server.http()), "GET", "/openapi.json", "", "").unwrap();
    let (_, document) = document.split_once("\r\n\r\n").unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let routes: BTreeMap<String, String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(path, item)| {
            let id = item["post"]["operationId"].as_str()?;
            Some((path.clone(), id.rsplit_once('.').unwrap().1.to_owned()))
        })
        .collect();
    // All but the lifecycle's.
    assert_eq!(routes.len(), RPC_COUNT - 11, "{routes:?}");
    for (route, method) in &routes {
        let needed = needed(method);
        let mut cases: Vec<_> = ROLES.map(|role| (Some(role), may(role, needed))).into();
        cases.push((None, false));
        for (role, is_allowed) in cases {
            if method == "Watch" && is_allowed {
                // It goes on and on.
                continue;
            }
            let header = role.map(|role| format!("authorization: Bearer {role}\r\n")).unwrap_or_default();
            let stream = plain_http::connect(server.http());
            let answer = plain_http::ask(stream, "POST", route, &header, "{}").unwrap();
            let status = plain_http::status(&answer);
            let expected = if role.is_none() { 401 } else { 403 };
            assert_eq!(status != expected, is_allowed, "{role:?} {route}: {answer}");
            if let Some(role) = role.filter(|_| !is_allowed) {
                let expected = format!("the key has the role `{role}`, and {method} needs `{needed}`");
                assert!(answer.contains(&expected), "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn a_preshared_key_may_do_everything_and_nobody_what_is_not_there() {
    let server = Server::start(&["--grpc-preshared-key", "ours"]);
    let channel = plain(&server).await;
    let caller = Caller::new(channel.clone(), Some("ours"));
    for rpc in declared() {
        let refusal = caller.call(&rpc).await.err();
        assert!(
            refusal.as_ref().is_none_or(|status| status.code() != Code::PermissionDenied),
            "{rpc}: {refusal:?}"
        );
    }
    for path in
        ["/authzed.api.v1.PermissionsService/Nothing", "/authzed.api.v1.NoService/CheckPermission", "/x"]
    {
        assert_eq!(caller.code(path).await, Code::Unimplemented, "{path}");
        assert_eq!(Caller::new(channel.clone(), None).code(path).await, Code::Unauthenticated, "{path}");
    }
}
