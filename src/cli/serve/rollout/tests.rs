//! The rollout's flags.

use std::fs;

use clap::Parser;

use super::Rollout;
use crate::lifecycle::rollout::Mode;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    rollout: Rollout,
}

fn parse(flags: &[&str]) -> Result<Rollout, clap::Error> {
    Line::try_parse_from(std::iter::once("serve").chain(flags.iter().copied())).map(|line| line.rollout)
}

#[test]
fn the_upstream_is_a_base_url() {
    assert!(parse(&[]).unwrap().legacy_upstream().is_none());
    let flags = parse(&["--legacy-upstream", "http://auth.internal:8000/x/"]).unwrap();
    assert_eq!(flags.legacy_upstream().unwrap().to_string(), "http://auth.internal:8000/x");
    for (bad, expected) in [("auth.internal", "is not a URL"), ("ftp://auth", "must begin with http")] {
        let error = parse(&["--legacy-upstream", bad]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn accounts_of_a_legacy_backend_need_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("accounts.yaml");
    fs::write(&path, "accounts:\n  acct-a: off\n").unwrap();
    let flags = ["--lifecycle-accounts", path.to_str().unwrap(), "--legacy-upstream", "http://auth"];
    let accounts = parse(&flags).unwrap().accounts().unwrap().unwrap();
    assert_eq!(accounts.current().of("acct-a").mode, Mode::Off);
    let error = parse(&flags[..2]).unwrap().accounts().unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{}:2: account `acct-a` cannot be served as `off` without --legacy-upstream", path.display())
    );
    assert!(parse(&flags[2..]).unwrap().accounts().unwrap().is_none());
}
