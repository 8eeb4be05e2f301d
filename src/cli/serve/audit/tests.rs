//! The audit log's flags.

use std::path::Path;

use clap::Parser;

use super::Audit;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    audit: Audit,
}

fn parse(flags: &str) -> Result<Audit, clap::Error> {
    Line::try_parse_from(std::iter::once("serve").chain(flags.split_whitespace())).map(|line| line.audit)
}

#[test]
fn without_a_file_there_is_no_log() {
    assert!(parse("").unwrap().options().is_none());
    assert!(parse("--audit-decision-rate 0.5").unwrap().options().is_none());
}

#[test]
fn the_flags_say_how_the_log_is_kept() {
    let options = |flags| parse(flags).unwrap().options().unwrap();
    let defaults = options("--audit-log a.log");
    assert_eq!(defaults.path, Path::new("a.log"));
    assert_eq!((defaults.bytes_max, defaults.files_max), (100 << 20, 10));
    assert_eq!(defaults.decision_rate.to_bits(), 0);
    let chosen =
        options("--audit-log a.log --audit-log-max-bytes 1 --audit-log-keep 0 --audit-decision-rate 1");
    assert_eq!((chosen.bytes_max, chosen.files_max), (1, 0));
    assert!(chosen.decision_rate > 0.999);
    for flags in [
        "--audit-log-max-bytes 0",
        "--audit-log-max-bytes -1",
        "--audit-log-keep -1",
        "--audit-log-keep 10001",
        "--audit-decision-rate 1.01",
        "--audit-decision-rate=-0.1",
        "--audit-decision-rate NaN",
        "--audit-decision-rate often",
    ] {
        parse(flags).unwrap_err();
    }
}
