//! Both addresses under TLS, with and without certificates of clients.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use tonic::Code;

use crate::certificates::{Authority, write};
use crate::client::{Caller, READ_SCHEMA, secure};
use crate::plain_http;
use crate::server::{Server, path, refused};

const OPEN: [&str; 2] = ["--grpc-no-auth", "--http-enabled"];

/// The flags for certificates in a directory; with `mutual`, clients need some, too.
fn flags(directory: &std::path::Path, mutual: bool) -> Vec<String> {
    let mut flags = Vec::new();
    for name in ["grpc", "http"] {
        flags.extend([format!("--{name}-tls-cert-path"), path(directory, "tls.crt")]);
        flags.extend([format!("--{name}-tls-key-path"), path(directory, "tls.key")]);
        if mutual {
            flags.extend([format!("--{name}-tls-client-ca-path"), path(directory, "ca.crt")]);
        }
    }
    flags
}

fn start(directory: &std::path::Path, mutual: bool, others: &[&str]) -> Server {
    let flags = flags(directory, mutual);
    let flags: Vec<_> = others.iter().copied().chain(flags.iter().map(String::as_str)).collect();
    Server::start(&flags)
}

#[tokio::test]
async fn both_addresses_are_served_under_tls() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    let server = start(directory.path(), false, &OPEN);
    assert_eq!(server.word("tls"), Some("grpc,http"));
    server.wait_for("TLS is served", 2);
    assert!(server.log().contains("days_left=4"), "{}", server.log());

    let caller = Caller::new(secure(&server, &authority.certificate(), None).await.unwrap(), None);
    assert_eq!(caller.code(READ_SCHEMA).await, Code::NotFound);
    caller.write_schema("definition user {}").await.unwrap();
    for alpn in [&[][..], &[&b"http/1.1"[..]], &[b"h2", b"http/1.1"]] {
        let stream = plain_http::secure(server.http(), &authority.certificate(), None, alpn);
        let answer = plain_http::ask(stream, "POST", "/v1/schema/read", "", "{}").unwrap();
        assert!(plain_http::status(&answer) == 200 && answer.contains("definition user"), "{answer}");
    }
    let health = plain_http::secure(server.http(), &authority.certificate(), None, &[]);
    assert_eq!(plain_http::status(&plain_http::ask(health, "GET", "/healthz", "", "").unwrap()), 200);
    assert!(server.terminate());
}

#[tokio::test]
async fn a_client_that_knows_another_authority_does_not_connect() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    let server = start(directory.path(), false, &OPEN);
    let other = Authority::new("theirs").certificate();
    secure(&server, &other, None).await.unwrap_err();
    let stream = plain_http::secure(server.http(), &other, None, &[]);
    plain_http::ask(stream, "GET", "/healthz", "", "").unwrap_err();
    secure(&server, &authority.certificate(), None).await.unwrap();
}

#[tokio::test]
async fn plain_text_and_other_protocols_are_sent_away() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    let server = start(directory.path(), false, &OPEN);
    for address in [server.grpc(), server.http()] {
        for greeting in
            ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\0\0\0\0"]
        {
            let mut stream = plain_http::connect(address);
            stream.write_all(greeting.as_bytes()).unwrap();
            let mut answer = Vec::new();
            // It ends, by an alert and a close or by a reset; it never hangs.
            let _ = stream.read_to_end(&mut answer);
            assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
        }
    }
    for (address, alpn) in [(server.grpc(), &b"http/1.1"[..]), (server.http(), b"h2")] {
        let stream = plain_http::secure(address, &authority.certificate(), None, &[alpn]);
        plain_http::ask(stream, "GET", "/healthz", "", "").unwrap_err();
    }
    secure(&server, &authority.certificate(), None).await.unwrap();
}

#[tokio::test]
async fn with_an_authority_for_clients_only_those_with_its_certificates_connect() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    let clients = Authority::new("clients");
    authority.sign().write(directory.path());
    write(&directory.path().join("ca.crt"), &clients.certificate());
    let server = start(directory.path(), true, &OPEN);
    let ours = authority.certificate();
    let (good, wrong) = (clients.sign(), Authority::new("others").sign());
    let expired = clients.sign_until(2021);

    let caller = Caller::new(secure(&server, &ours, Some(&good)).await.unwrap(), None);
    assert_eq!(caller.code(READ_SCHEMA).await, Code::NotFound);
    for identity in [None, Some(&wrong), Some(&expired)] {
        // With TLS 1.3 a client hears of it at its first request.
        let code = match secure(&server, &ours, identity).await {
            Ok(channel) => Caller::new(channel, None).code(READ_SCHEMA).await,
            Err(_) => Code::Unavailable,
        };
        // How the client tells of the alert depends on when it arrives.
        assert!(!matches!(code, Code::Ok | Code::NotFound), "{code:?}");
        let stream = plain_http::secure(server.http(), &ours, identity, &[]);
        plain_http::ask(stream, "GET", "/healthz", "", "").unwrap_err();
    }
    let stream = plain_http::secure(server.http(), &ours, Some(&good), &[]);
    assert_eq!(plain_http::status(&plain_http::ask(stream, "GET", "/healthz", "", "").unwrap()), 200);
}

#[test]
fn our_own_commands_connect_with_certificates() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    let (clients, at) = (Authority::new("clients"), |name: &str| path(directory.path(), name));
    authority.sign().write(directory.path());
    let client = clients.sign();
    for (name, text) in [
        ("ca.crt", &clients.certificate()),
        ("server-ca.crt", &authority.certificate()),
        ("client.crt", &client.certificate),
        ("client.key", &client.key),
    ] {
        write(&directory.path().join(name), text);
    }
    let server = start(directory.path(), true, &OPEN);
    let health = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
        command.args(["health", "--wait", "30s", "--endpoint"]).arg(format!("https://{}", server.grpc()));
        command.args(["--server-name", "localhost", "--ca-file", &at("server-ca.crt")]).args(flags);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let certificate = ["--client-cert", &at("client.crt"), "--client-key", &at("client.key")];
    assert_eq!(health(&certificate), (Some(0), "SERVING\n".to_owned()));
    assert_eq!(health(&[]), (Some(2), String::new()));
}

/// The command with an address of its own.
fn run(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    command.args(["serve", "--datastore-engine", "memory"]).args(flags);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn everyone_with_a_certificate_may_be_served_without_a_key_at_any_address() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    write(&directory.path().join("ca.crt"), &authority.certificate());
    let everywhere = ["--grpc-no-auth", "--grpc-addr", "0.0.0.0:0"];
    let (plain, mutual) = (flags(directory.path(), false), flags(directory.path(), true));
    let plain: Vec<_> = everywhere.iter().copied().chain(plain.iter().map(String::as_str)).collect();
    let refusal = run(&plain).output().unwrap();
    assert!(String::from_utf8(refusal.stderr).unwrap().contains("--grpc-no-auth serves everyone"));
    let mutual: Vec<_> = everywhere.iter().copied().chain(mutual.iter().map(String::as_str)).collect();
    assert!(Server::run(run(&mutual)).terminate());
}

#[test]
fn a_server_does_not_start_with_what_does_not_fit_together() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    let (one, other) = (authority.sign(), authority.sign());
    write(&directory.path().join("tls.crt"), &one.certificate);
    write(&directory.path().join("tls.key"), &other.key);
    let (certificate, key) = (path(directory.path(), "tls.crt"), path(directory.path(), "tls.key"));
    let tls = ["--grpc-no-auth", "--grpc-tls-cert-path", &certificate, "--grpc-tls-key-path", &key];
    let message = refused(&tls);
    assert!(
        message.contains("arrowroot: TLS cannot be served: ") && message.contains("tls.key"),
        "{message}"
    );
    assert!(refused(&tls[..3]).contains("--grpc-tls-key-path"));
    let missing = path(directory.path(), "nothing.key");
    let message = refused(&[tls[0], tls[1], tls[2], tls[3], &missing]);
    assert!(message.contains("nothing.key: cannot be read"), "{message}");
}

#[tokio::test]
async fn an_expired_certificate_is_told_of() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign_until(2022).write(directory.path());
    let server = start(directory.path(), false, &OPEN);
    server.wait_for("the certificate has expired: clients refuse it", 2);
    secure(&server, &authority.certificate(), None).await.unwrap_err();
}

#[tokio::test]
async fn keys_are_needed_under_tls_as_well() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    let server = start(directory.path(), false, &["--grpc-preshared-key", "ours", "--http-enabled"]);
    let channel = secure(&server, &authority.certificate(), None).await.unwrap();
    assert_eq!(Caller::new(channel.clone(), None).code(READ_SCHEMA).await, Code::Unauthenticated);
    assert_eq!(Caller::new(channel, Some("ours")).code(READ_SCHEMA).await, Code::NotFound);
}
