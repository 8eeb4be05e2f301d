//! The command line as a whole: statuses, colours and pipes that are common to all commands.
#![cfg(test)]
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod terminal;

use std::process::Command;

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
