//! The commands `arrowroot lifecycle`, as an operator meets them.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs `arrowroot lifecycle hash-key` with these arguments and this standard input.
fn hash_key(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_arrowroot"))
        .args(["lifecycle", "hash-key"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may have ended before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_key_from_standard_input_is_hashed() {
    let key = "0123456789abcdefghijklmnopqrstuvwxyz";
    for input in [key.to_owned(), format!("{key}\n"), format!("{key}\r\n")] {
        let output = hash_key(&[], input.as_bytes());
        assert!(output.status.success());
        let expected = "74e7e5bb9d22d6db26bf76946d40fff3ea9f0346b884fd0694920fccfad15e33\n";
        assert_eq!((text(&output.stdout), text(&output.stderr)), (expected, ""));
    }
}

#[test]
fn a_generated_key_has_the_hash_that_is_printed_with_it() {
    let output = hash_key(&["--generate"], b"");
    let (first, second) = text(&output.stdout).trim_end().split_once('\n').unwrap();
    let key = first.strip_prefix("key: ").unwrap();
    let hash = second.strip_prefix("sha256: ").unwrap();
    assert_eq!(text(&hash_key(&[], key.as_bytes()).stdout).trim_end(), hash);
    assert_ne!(hash_key(&["--generate"], b"").stdout, output.stdout);
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    let long = "secret-".repeat(1 << 16);
    for (input, problem) in [
        ("secret", "22 characters or more"),
        ("", "22 characters or more"),
        ("secret-0123456789 secret-0123456789", "visible ASCII"),
        ("secret-0123456789-secrét-0123456789", "visible ASCII"),
        (long.as_str(), "16384 bytes at the most"),
    ] {
        let output = hash_key(&[], input.as_bytes());
        let message = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(message.contains(problem), "{message}");
        assert!(!message.contains("secr"), "{message}");
    }
}
