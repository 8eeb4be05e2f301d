//! The command line as a whole: statuses, colours and pipes that are common to all commands.
#![cfg(test)]

#[expect(dead_code, reason = "other tests use all of it")]
mod process;
mod terminal;

use std::os::unix::net::UnixDatagram;
use std::process::Command;

use process::Server;

fn arrowroot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    command.args(arguments);
    command
}

#[test]
fn a_command_that_does_not_exist_is_an_error_and_not_a_no() {
    let output = arrowroot(&["chekc"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: unrecognized subcommand 'chekc'"));
}

#[test]
fn a_terminal_is_told_in_colour_what_is_wrong_and_a_pipe_without() {
    let missing = ["serve", "--grpc-addr", "127.0.0.1:0"];
    let seen = terminal::run(&mut arrowroot(&missing), 80);
    assert_eq!(seen.status.code(), Some(1));
    assert!(seen.lines[0].starts_with("arrowroot: a preshared key is needed"), "{:?}", seen.lines);
    assert!(seen.written.starts_with("\u{1b}["), "{:?}", seen.written);
    let output = arrowroot(&missing).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("arrowroot: a preshared key is needed"));
}

#[test]
fn health_is_asked_of_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let endpoint = format!("http://{}", server.address());
    let health = |flags: &[&str]| {
        let output = arrowroot(&["health", "--endpoint", &endpoint]).args(flags).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(health(&[]), (Some(0), "SERVING\n".to_owned()));
    let service = ["--service", "authzed.api.v1.PermissionsService", "--output", "json"];
    let answer = r#"{"service":"authzed.api.v1.PermissionsService","status":"SERVING"}"#;
    assert_eq!(health(&service), (Some(0), format!("{answer}\n")));
    assert_eq!(health(&["--service", "nobody.knows.It"]), (Some(2), String::new()));
    drop(server);
    assert_eq!(health(&[]), (Some(2), String::new()));
}

#[test]
fn the_service_manager_is_told_of_the_start_and_of_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let told = || {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    command.env("NOTIFY_SOCKET", &path);
    let mut server = Server::start_by(command, directory.path(), &[]);
    assert_eq!(told(), "READY=1\n");
    assert!(server.terminate().success());
    assert_eq!(told(), "STOPPING=1\n");
}
