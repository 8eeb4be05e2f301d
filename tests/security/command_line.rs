//! Keys that stand on the command line, where others see them.

use crate::certificates::write;
use crate::server::{Server, path, serve};

const WARNING: &str = "the key in --grpc-preshared-key is visible to everyone who may list processes";

#[test]
fn a_key_on_the_command_line_is_warned_about() {
    let server = Server::start(&["--grpc-preshared-key", "ours"]);
    server.wait_for(WARNING, 1);
    assert!(!server.log().contains("ours"), "{}", server.log());
}

#[test]
fn a_key_from_the_environment_or_a_file_is_not() {
    let mut command = serve(&[]);
    command.env("ARROWROOT_GRPC_PRESHARED_KEY", "ours");
    let server = Server::run(command);
    assert!(!server.log().contains(WARNING), "{}", server.log());
    let directory = tempfile::tempdir().unwrap();
    write(&directory.path().join("keys"), "ours\n");
    let server = Server::start(&["--grpc-preshared-key-file", &path(directory.path(), "keys")]);
    assert!(!server.log().contains(WARNING), "{}", server.log());
}

#[test]
fn a_key_that_no_client_can_show_is_refused_at_the_start() {
    for key in ["ours\n", "ours\r\n", "good,ours ", "ou\trs", " ours"] {
        let mut command = serve(&[]);
        command.env("ARROWROOT_GRPC_PRESHARED_KEY", key);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{key:?}: {said}");
        assert!(said.contains("so that no client can show it"), "{key:?}: {said}");
        assert!(!said.contains("ours"), "{said}");
    }
    let mut command = serve(&[]);
    command.env("ARROWROOT_GRPC_PRESHARED_KEY", "a key, with-a-space in it".replace(", ", ","));
    drop(Server::run(command));
}
