//! `arrowroot relationship read`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::client::{self, CallFlags, ConsistencyFlags, FilterFlags, PageFlags, RelationshipParts};
use crate::cli::lookup::say_more;
use crate::cli::output::{Output, OutputError, OutputFlags, OutputFormat};
use crate::server::wire::v1;

/// Read the relationships that a filter matches.
///
/// One a line is printed, in the form in which they are written, as they come.
#[derive(Debug, Args)]
pub(in crate::cli) struct Read {
    #[command(flatten)]
    filter: FilterFlags,
    #[command(flatten)]
    pages: PageFlags,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    relationship: RelationshipParts,
    cursor: Option<String>,
}

impl Read {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let filter = self
            .filter
            .to_wire()
            .ok_or("nothing says what to read: give a filter such as --resource-type")?;
        self.call.run(async |calls| {
            let mut output = self.output.open();
            let open = async |limit, cursor| {
                let request = v1::ReadRelationshipsRequest {
                    consistency: self.consistency.to_wire(),
                    relationship_filter: Some(filter.clone()),
                    optional_limit: limit,
                    optional_cursor: cursor,
                };
                calls.read_relationships(request).await
            };
            let more = self.pages.follow(open, |found| Ok(print(&mut output, found)?)).await;
            output.flush()?;
            say_more(more?.as_deref());
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn print(output: &mut Output, found: v1::ReadRelationshipsResponse) -> Result<(), OutputError> {
    let v1::ReadRelationshipsResponse { relationship, after_result_cursor, .. } = found;
    let Some(relationship) = relationship else { return Ok(()) };
    if output.format() == OutputFormat::Json {
        let cursor = after_result_cursor.map(|cursor| cursor.token);
        return output.json(&Found { relationship: client::relationship_parts(relationship), cursor });
    }
    output.line(client::relationship_text(&relationship))
}
