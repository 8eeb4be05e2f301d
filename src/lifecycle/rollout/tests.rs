//! What accounts files say, and what is refused.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{AccountRollout, Mode, Rollout};
use crate::lifecycle::{Refresh as _, Refreshed};

fn parse(text: &str) -> Rollout {
    Rollout::parse(Path::new("accounts.yaml"), text, true).unwrap()
}

fn problem(text: &str, has_legacy: bool) -> String {
    Rollout::parse(Path::new("accounts.yaml"), text, has_legacy).unwrap_err().to_string()
}

fn rollout(mode: Mode, is_shadowed: bool) -> AccountRollout {
    AccountRollout { mode, is_shadowed }
}

#[test]
fn each_account_is_served_as_its_line_says() {
    for (text, expected) in [
        ("accounts: {a: {mode: dual_write, shadow: true}}", rollout(Mode::DualWrite, true)),
        ("accounts: {a: {mode: off}}", rollout(Mode::Off, false)),
        ("accounts: {a: {mode: read, shadow: false}}", rollout(Mode::Read, false)),
        ("accounts: {a: off}", rollout(Mode::Off, false)),
        ("accounts:\n  a: off\n", rollout(Mode::Off, false)),
        ("accounts: {a: 'off'}", rollout(Mode::Off, false)),
        ("accounts: {a: \"dual_write\"}", rollout(Mode::DualWrite, false)),
        ("accounts: {a: read}", rollout(Mode::Read, false)),
        ("accounts: {'a': off}", rollout(Mode::Off, false)),
        ("x: &mode {mode: off}\naccounts: {a: *mode}", rollout(Mode::Off, false)),
    ] {
        let text = text.replace("x: &mode {mode: off}", "default: &mode {mode: off}");
        assert_eq!(parse(&text).of("a"), expected, "{text}");
    }
}

#[test]
fn accounts_that_are_not_listed_are_served_by_default() {
    for (text, expected) in [
        ("", rollout(Mode::Read, false)),
        ("{}", rollout(Mode::Read, false)),
        ("# nothing yet\n", rollout(Mode::Read, false)),
        ("default:\naccounts:\n", rollout(Mode::Read, false)),
        ("accounts: {other: off}", rollout(Mode::Read, false)),
        ("default: off", rollout(Mode::Off, false)),
        ("default: {mode: dual_write, shadow: true}", rollout(Mode::DualWrite, true)),
        ("default: {shadow: true}", rollout(Mode::Read, true)),
    ] {
        assert_eq!(parse(text).of("a"), expected, "{text}");
    }
    assert_eq!(Rollout::default().of("a"), rollout(Mode::Read, false));
}

#[test]
fn what_an_account_does_not_say_is_as_in_the_default() {
    let text = "default: {mode: dual_write, shadow: true}\naccounts:\n  a: {shadow: false}\n  b: {mode: read}\n  c: off";
    let accounts = parse(text);
    assert_eq!(accounts.of("a"), rollout(Mode::DualWrite, false));
    assert_eq!(accounts.of("b"), rollout(Mode::Read, true));
    assert_eq!(accounts.of("c"), rollout(Mode::Off, true));
}

#[test]
fn account_names_are_texts_whatever_they_look_like() {
    let accounts =
        parse("accounts: {12: off, 007: off, true: off, off: off, 1.50: off, 'a b': off, acct/x: off}");
    for account in ["12", "007", "true", "off", "1.50", "a b", "acct/x"] {
        assert_eq!(accounts.of(account).mode, Mode::Off, "{account}");
    }
    assert_eq!(accounts.of("7").mode, Mode::Read);
    assert_eq!(accounts.of("1.5").mode, Mode::Read);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (text, line, expected) in [
        ("accounts:\n  a: maybe", 2, "maybe"),
        ("accounts:\n  a: {mode: Off}", 2, "Off"),
        ("accounts:\n  a: false", 2, "boolean"),
        ("accounts:\n  a: {mode: false}", 2, "false"),
        ("accounts:\n  a: off\n  b: [off]", 3, "sequence"),
        ("accounts:\n  a: 3", 2, "integer"),
        ("accounts:\n  a:\n", 2, "mode"),
        ("accounts:\n  a:\n    mode: off\n    shadow: perhaps", 4, "bool"),
        ("accounts:\n  a: {mode: off, shade: true}", 2, "shade"),
        ("accounts:\n  a: off\n  a: read", 3, "duplicate"),
        ("acounts:\n  a: off", 1, "acounts"),
        ("accounts:\n  a: {mode: off\n", 2, "unclosed"),
        ("accounts: [a]", 1, ""),
        ("accounts:\n  '': off", 2, "empty"),
    ] {
        let problem = problem(text, true);
        let (place, rest) = problem.split_once(": ").unwrap();
        assert_eq!(place, format!("accounts.yaml:{line}"), "{text}: {problem}");
        assert!(rest.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn nesting_and_repetition_are_bounded() {
    let deep = format!("accounts: {{a: {}off{}}}", "[".repeat(1000), "]".repeat(1000));
    problem(&deep, true);
    let laughs = "default: &a {mode: off}\naccounts: {x: [*a, *a, *a, *a]}";
    problem(laughs, true);
}

#[test]
fn a_file_may_have_very_many_accounts() {
    let mut text = "accounts:\n".to_owned();
    for number in 0..100_000 {
        writeln!(text, "  acct-{number}: {{mode: dual_write, shadow: true}}").unwrap();
    }
    let accounts = parse(&text);
    assert_eq!(accounts.of("acct-99999"), rollout(Mode::DualWrite, true));
    assert_eq!(accounts.of("acct-100000"), rollout(Mode::Read, false));
}

#[test]
fn what_needs_a_legacy_backend_is_refused_where_there_is_none() {
    for (text, expected) in [
        (
            "accounts:\n  z: read\n  b: dual_write\n  a: off",
            "accounts.yaml:3: account `b` cannot be served as `dual_write` without --legacy-upstream",
        ),
        ("default: off", "accounts.yaml:1: the default cannot be served as `off` without --legacy-upstream"),
        (
            "accounts:\n  a: {shadow: true}",
            "accounts.yaml:2: account `a` cannot be served as `read` with `shadow` without --legacy-upstream",
        ),
    ] {
        assert_eq!(problem(text, false), expected);
        assert!(parse(text).needs_legacy(), "{text}");
    }
    let accounts = Rollout::parse(Path::new("a"), "default: read\naccounts: {a: read}", false).unwrap();
    assert!(!accounts.needs_legacy());
}

#[test]
fn a_changed_file_is_in_force_unless_it_is_bad() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("accounts.yaml");
    fs::write(&path, "accounts: {a: read}").unwrap();
    let accounts = Rollout::open(&path, false).unwrap();
    fs::write(&path, "accounts: {a: read, b: {mode: read}}").unwrap();
    assert_eq!(accounts.refresh(), Refreshed::Taken);
    for bad in ["accounts: {a: off}", "accounts: {a: nonsense}"] {
        fs::write(&path, bad).unwrap();
        assert_eq!(accounts.refresh(), Refreshed::Refused, "{bad}");
        assert_eq!(accounts.current().of("a").mode, Mode::Read, "{bad}");
    }
    fs::write(directory.path().join("bad.yaml"), "accounts: {a: off}").unwrap();
    Rollout::open(directory.path().join("bad.yaml"), false).unwrap_err();
    Rollout::open(directory.path().join("absent.yaml"), true).unwrap_err();
}
