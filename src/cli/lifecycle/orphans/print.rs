//! Orphans on standard output.

use std::io::{self, BufWriter, Stdout, Write as _};

use clap::ValueEnum;
use serde_json::json;

use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::list_orphans_response::Reason;

/// How an orphan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// Its type and selector, its account, when it was registered, and why it is an orphan, with tabs between.
    Text,
    /// One JSON object a line.
    Json,
}

/// Prints orphans, many at a time.
pub(super) struct Printer {
    output: Output,
    stdout: BufWriter<Stdout>,
}

impl Printer {
    pub(super) fn new(output: Output) -> Self {
        Self { output, stdout: BufWriter::new(io::stdout()) }
    }

    pub(super) fn print(&mut self, orphan: &v1::ListOrphansResponse) -> io::Result<()> {
        let v1::Resource { r#type: kind, selector } = orphan.resource.clone().unwrap_or_default();
        let account = &orphan.account;
        let time = orphan.registered_at.unwrap_or_default();
        let time = jiff::Timestamp::new(time.seconds, time.nanos).map_err(io::Error::other)?;
        let reason = match orphan.reason() {
            Reason::Unspecified => "unspecified",
            Reason::NotLiving => "not_living",
            Reason::ParentGone => "parent_gone",
        };
        match self.output {
            Output::Text => {
                // Selectors are any text: what a terminal would take for a command is escaped.
                let (selector, account) = (selector.escape_debug(), account.escape_debug());
                writeln!(self.stdout, "{kind}:{selector}\t{account}\t{time:.0}\t{reason}")
            }
            Output::Json => {
                let line = json!({
                    "resource": {"type": kind, "selector": selector},
                    "account": account,
                    "registered_at": time.to_string(),
                    "reason": reason,
                });
                writeln!(self.stdout, "{line}")
            }
        }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
