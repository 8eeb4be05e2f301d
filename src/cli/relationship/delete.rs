//! `arrowroot relationship delete`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::client::{CallFlags, Calls, FilterFlags};
use crate::cli::output::{OutputFlags, OutputFormat};
use crate::relationship::Relationship;
use crate::server::wire::v1;
use crate::server::wire::v1::delete_relationships_response::DeletionProgress;

use super::write::{Conditions, Operation, Sending, Source};

/// Delete relationships, or all that a filter matches.
///
/// Relationships are named, or stand in a file. What is not there is passed over. The last line that is printed is the token
/// of the write.
#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    /// The relationships
    #[arg(value_name = "RELATIONSHIP", conflicts_with = "file")]
    relationships: Vec<Relationship>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: FilterFlags,
    /// Of those that the filter matches, delete so many at the most
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    #[command(flatten)]
    conditions: Conditions,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// Which relationships to delete is not said, or said twice.
#[derive(Debug, thiserror::Error)]
enum Unclear {
    #[error("nothing says what to delete: name relationships, a --file, or a filter such as --resource-type")]
    Nothing,
    #[error("delete either the relationships that are named, or those that a filter matches")]
    Both,
    #[error("--limit is for what a filter matches")]
    Limit,
}

#[derive(Serialize)]
struct Deleted {
    operation: &'static str,
    count: u64,
    are_more: bool,
    written_at: Option<String>,
}

impl Delete {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let is_named = !self.relationships.is_empty() || self.source.file.is_some();
        let filter = match (is_named, self.filter.to_wire()) {
            (true, Some(_)) => return Err(Unclear::Both.into()),
            (false, None) => return Err(Unclear::Nothing.into()),
            (true, None) if self.limit.is_some() => return Err(Unclear::Limit.into()),
            (_, filter) => filter,
        };
        let conditions = self.conditions.to_wire();
        self.call.run(async |calls| {
            if let Some(filter) = filter {
                return self.delete_matching(&calls, filter, conditions).await;
            }
            let mut sending = Sending::new(calls, Operation::Delete, conditions);
            if let Some(file) = &self.source.file {
                if let Some(interrupted) = sending.send_file(file, self.source.batch_size).await? {
                    return Ok(interrupted);
                }
            } else {
                sending.send(self.relationships.clone()).await?;
            }
            sending.print(&mut self.output.open())?;
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn delete_matching(
        &self,
        calls: &Calls,
        filter: v1::RelationshipFilter,
        conditions: Vec<v1::Precondition>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let request = v1::DeleteRelationshipsRequest {
            relationship_filter: Some(filter),
            optional_preconditions: conditions,
            optional_limit: self.limit.unwrap_or_default(),
            optional_allow_partial_deletions: self.limit.is_some(),
            optional_transaction_metadata: None,
        };
        let response = calls.delete_relationships(request).await?;
        let deleted = Deleted {
            operation: "delete",
            count: response.relationships_deleted_count,
            are_more: response.deletion_progress() == DeletionProgress::Partial,
            written_at: response.deleted_at.map(|token| token.token),
        };
        let mut output = self.output.open();
        if output.format() == OutputFormat::Json {
            output.json(&deleted)?;
        } else {
            let plural = if deleted.count == 1 { "" } else { "s" };
            let more = if deleted.are_more { "; more match" } else { "" };
            output.line(format_args!("{} relationship{plural} deleted{more}", deleted.count))?;
            if let Some(token) = &deleted.written_at {
                output.line(token)?;
            }
        }
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
