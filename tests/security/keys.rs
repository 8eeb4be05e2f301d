//! Keys from flags and from files, side by side.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use arrowroot::lifecycle::identity::ApiKeyHash;
use tonic::Code;

use crate::certificates::write;
use crate::client::{Caller, READ_SCHEMA, plain};
use crate::plain_http;
use crate::server::{Server, path, refused};

#[tokio::test]
async fn keys_of_all_sources_open_over_grpc_and_http() {
    let directory = tempfile::tempdir().unwrap();
    write(&directory.path().join("keys"), "# Ours.\nof-a-line\n");
    let hash = ApiKeyHash::of("of-a-hash-0123456789abcdef");
    let keys = format!(
        "[[key]]\nname = \"a\"\nkey = \"of-a-table\"\nrole = \"admin\"\n\
         [[key]]\nname = \"b\"\nsha256 = \"{hash}\"\nrole = \"read\"\n"
    );
    write(&directory.path().join("keys.toml"), &keys);
    let (lines, table) = (path(directory.path(), "keys"), path(directory.path(), "keys.toml"));
    let server = Server::start(&[
        "--http-enabled",
        "--grpc-preshared-key",
        "of-a-flag",
        "--grpc-preshared-key-file",
        &lines,
        "--grpc-keys-file",
        &table,
    ]);
    let channel = plain(&server).await;
    for (key, code, status) in [
        ("of-a-flag", Code::NotFound, 404),
        ("of-a-line", Code::NotFound, 404),
        ("of-a-table", Code::NotFound, 404),
        ("of-a-hash-0123456789abcdef", Code::NotFound, 404),
        ("of-nothing", Code::PermissionDenied, 403),
        (&hash.to_string(), Code::PermissionDenied, 403),
    ] {
        assert_eq!(Caller::new(channel.clone(), Some(key)).code(READ_SCHEMA).await, code, "{key}");
        let header = format!("authorization: Bearer {key}\r\n");
        let stream = plain_http::connect(server.http());
        let answer = plain_http::ask(stream, "POST", "/v1/schema/read", &header, "{}").unwrap();
        assert_eq!(plain_http::status(&answer), status, "{key}: {answer}");
    }
    assert_eq!(Caller::new(channel, None).code(READ_SCHEMA).await, Code::Unauthenticated);
    let log = server.log();
    let secrets = ["of-a-flag", "of-a-line", "of-a-table", "of-a-hash", "of-nothing"];
    assert!(secrets.iter().all(|key| !log.contains(key)), "{log}");
}

#[test]
fn a_server_does_not_start_with_broken_keys_or_with_none() {
    let directory = tempfile::tempdir().unwrap();
    let file = path(directory.path(), "keys.toml");
    write(
        &directory.path().join("keys.toml"),
        "[[key]]\nname = \"a\"\nkey = \"secret-word\"\nrole = \"boss\"\n",
    );
    let message = refused(&["--grpc-keys-file", &file]);
    assert!(message.contains("keys.toml:4: role: must be `read`, `write`, `schema` or `admin`"), "{message}");
    assert!(!message.contains("secret-word"), "{message}");
    write(&directory.path().join("keys.toml"), "");
    assert!(refused(&["--grpc-keys-file", &file]).contains("there is no key in the file"));
    assert!(
        refused(&["--grpc-preshared-key-file", "/nowhere/keys"]).contains("/nowhere/keys: cannot be read")
    );
    assert!(refused(&["--grpc-keys-file", &file, "--grpc-no-auth"]).contains("cannot be used with"));
    assert!(refused(&[]).contains("a preshared key is needed"));
}

#[test]
fn a_file_of_keys_that_everyone_may_read_is_warned_about() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    write(&file, "a-key\n");
    let warning = "everyone on this machine may read the file with keys";
    let server = Server::start(&["--grpc-preshared-key-file", &path(directory.path(), "keys")]);
    assert!(!server.log().contains(warning));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let server = Server::start(&["--grpc-preshared-key-file", &path(directory.path(), "keys")]);
    server.wait_for(warning, 1);
}
