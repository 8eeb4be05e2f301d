//! Flags: the audit log.

use std::path::PathBuf;

use clap::Args;

use crate::lifecycle::audit::AuditOptions;

/// Older files that may be kept: each is a name that is looked for when a file is full.
const KEPT_MAX: i64 = 10_000;

/// The audit log.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct Audit {
    /// A file to which each write of the lifecycle is logged, as a line of JSON
    #[arg(long, env = "ARROWROOT_AUDIT_LOG", value_name = "FILE")]
    audit_log: Option<PathBuf>,
    /// Bytes of that file: when it is full, it is renamed to FILE.1, and so on
    #[arg(
        long,
        env = "ARROWROOT_AUDIT_LOG_MAX_BYTES",
        default_value_t = 100 << 20,
        value_name = "BYTES",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    audit_log_max_bytes: u64,
    /// Renamed files that are kept
    #[arg(
        long,
        env = "ARROWROOT_AUDIT_LOG_KEEP",
        default_value_t = 10,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=KEPT_MAX)
    )]
    audit_log_keep: u32,
    /// The part of decisions that is logged, too, from 0 (none) to 1 (all)
    #[arg(
        long,
        env = "ARROWROOT_AUDIT_DECISION_RATE",
        default_value_t = 0.0,
        value_name = "RATE",
        value_parser = parse_rate
    )]
    audit_decision_rate: f64,
}

impl Audit {
    /// How the log is to be kept; none if there is to be none.
    pub(super) fn options(&self) -> Option<AuditOptions> {
        let path = self.audit_log.as_ref()?;
        let mut options = AuditOptions::new(path);
        options.bytes_max = self.audit_log_max_bytes;
        options.files_max = self.audit_log_keep;
        options.decision_rate = self.audit_decision_rate;
        Some(options)
    }
}

fn parse_rate(text: &str) -> Result<f64, &'static str> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or("a rate is a number from 0 to 1, such as 0.01")
}

#[cfg(test)]
mod tests;
