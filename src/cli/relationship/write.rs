//! `arrowroot relationship create` and `touch`; what `delete` has in common with them.

mod sending;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::client::{CallFlags, Filter};
use crate::cli::output::OutputFlags;
use crate::relationship::Relationship;
use crate::server::wire::v1;
use crate::server::wire::v1::precondition::Operation as Wanted;

pub(super) use sending::{Operation, Sending};

/// Write relationships.
///
/// They look like `agent:planner#owner@user:ana`, with `[caveat:{"name": 1}]` and `[expiration:2030-01-01T00:00:00Z]` behind
/// them where they apply. The last line that is printed is the token of the write.
///
/// Those of the command line are one write, all or nothing. A file is written in batches, one after another, after every
/// line of it has been looked at.
#[derive(Debug, Args)]
pub(in crate::cli) struct Write {
    /// The relationships
    #[arg(value_name = "RELATIONSHIP", required_unless_present = "file", conflicts_with = "file")]
    relationships: Vec<Relationship>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    conditions: Conditions,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// A file with relationships.
#[derive(Debug, Args)]
pub(in crate::cli) struct Source {
    /// A file with a relationship a line; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Lines of a file that are written at once, at most
    #[arg(long, value_name = "COUNT", default_value = "1000", requires = "file", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) batch_size: u32,
}

/// What must be so before a write, or nothing is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct Conditions {
    /// Write only if this filter matches a relationship; give several for several
    #[arg(long, value_name = "FILTER")]
    must_exist: Vec<Filter>,
    /// Write only if this filter matches no relationship; give several for several
    #[arg(long, value_name = "FILTER")]
    must_not_exist: Vec<Filter>,
}

impl Conditions {
    /// As the API writes them.
    pub(super) fn to_wire(&self) -> Vec<v1::Precondition> {
        let condition = |wanted: Wanted| {
            move |filter: &Filter| v1::Precondition {
                operation: wanted.into(),
                filter: Some(filter.to_wire()),
            }
        };
        let present = self.must_exist.iter().map(condition(Wanted::MustMatch));
        present.chain(self.must_not_exist.iter().map(condition(Wanted::MustNotMatch))).collect()
    }
}

impl Write {
    pub(super) fn run(self, operation: Operation) -> Result<ExitCode, Box<dyn Error>> {
        let conditions = self.conditions.to_wire();
        self.call.run(async |calls| {
            let mut sending = Sending::new(calls, operation, conditions);
            if let Some(file) = &self.source.file {
                if let Some(interrupted) = sending.send_file(file, self.source.batch_size).await? {
                    return Ok(interrupted);
                }
            } else {
                sending.send(self.relationships).await?;
            }
            sending.print(&mut self.output.open())?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
