//! Relationships on their way to a server, and how far they came.

use std::error::Error;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::client::{self, CallError, Calls};
use crate::cli::interrupt;
use crate::cli::items::Items;
use crate::cli::output::{Output, OutputError, OutputFormat};
use crate::cli::problems;
use crate::relationship::Relationship;
use crate::server::wire::v1;
use crate::server::wire::v1::relationship_update;

/// What is done to relationships.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli::relationship) enum Operation {
    Create,
    Touch,
    Delete,
}

/// Writes, one after another.
pub(in crate::cli::relationship) struct Sending {
    calls: Calls,
    operation: Operation,
    conditions: Vec<v1::Precondition>,
    count: u64,
    token: Option<String>,
}

/// A batch of a file was refused after others had been written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: lines {first} to {last}: {error}; {before}")]
struct Stopped {
    file: String,
    first: u64,
    last: u64,
    error: CallError,
    before: String,
}

/// What was written, for programs.
#[derive(Serialize)]
struct Told<'written> {
    operation: &'static str,
    count: u64,
    written_at: Option<&'written str>,
}

impl Operation {
    fn to_wire(self) -> relationship_update::Operation {
        match self {
            Self::Create => relationship_update::Operation::Create,
            Self::Touch => relationship_update::Operation::Touch,
            Self::Delete => relationship_update::Operation::Delete,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Touch => "touch",
            Self::Delete => "delete",
        }
    }

    /// What has become of relationships. A server does not say which of those to delete were there.
    fn done(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Touch => "touched",
            Self::Delete => "deleted, or not there before",
        }
    }
}

impl Sending {
    pub(in crate::cli::relationship) fn new(
        calls: Calls,
        operation: Operation,
        conditions: Vec<v1::Precondition>,
    ) -> Self {
        Self { calls, operation, conditions, count: 0, token: None }
    }

    /// Writes relationships at once.
    pub(in crate::cli::relationship) async fn send(
        &mut self,
        relationships: Vec<Relationship>,
    ) -> Result<(), CallError> {
        let operation = self.operation.to_wire().into();
        let updates: Vec<_> = relationships
            .into_iter()
            .map(|relationship| v1::RelationshipUpdate {
                operation,
                relationship: Some(client::relationship_to_wire(relationship)),
            })
            .collect();
        let count = updates.len() as u64;
        let request = v1::WriteRelationshipsRequest {
            updates,
            optional_preconditions: self.conditions.clone(),
            optional_transaction_metadata: None,
        };
        let response = self.calls.write_relationships(request).await?;
        self.count += count;
        self.token = response.written_at.map(|token| token.token);
        Ok(())
    }

    /// Writes a file's relationships in batches. The status if that was interrupted.
    pub(in crate::cli::relationship) async fn send_file(
        &mut self,
        file: &Path,
        batch_size: u32,
    ) -> Result<Option<ExitCode>, Box<dyn Error>> {
        let mut items = Items::open(file, "written")?;
        let mut batches = items.batches(batch_size as usize)?;
        let mut interrupted = pin!(interrupt::wait());
        while let Some(batch) = batches.next()? {
            let (first, last) = batch.lines();
            let relationships = batch.items.into_iter().map(|(_, relationship)| relationship).collect();
            let sent = tokio::select! {
                biased;
                sent = self.send(relationships) => Some(sent),
                () = &mut interrupted => None,
            };
            match sent {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    let (file, before) = (problems::name(file), self.so_far());
                    return Err(Stopped { file, first, last, error, before }.into());
                }
                None => {
                    let lines = format!("lines {first} to {last} may have been written, too");
                    problems::say(&format!("interrupted: {}; {lines}", self.so_far()));
                    return Ok(Some(interrupt::status()));
                }
            }
        }
        Ok(None)
    }

    /// What is done already.
    fn so_far(&self) -> String {
        match &self.token {
            Some(token) => {
                format!("before, {} were {}, the last at {token}", self.count, self.operation.done())
            }
            None => "nothing was written before".to_owned(),
        }
    }

    pub(in crate::cli::relationship) fn print(&self, output: &mut Output) -> Result<(), OutputError> {
        let token = self.token.as_deref();
        if output.format() == OutputFormat::Json {
            let operation = self.operation.word();
            output.json(&Told { operation, count: self.count, written_at: token })?;
        } else {
            let plural = if self.count == 1 { "" } else { "s" };
            output.line(format_args!("{} relationship{plural} {}", self.count, self.operation.done()))?;
            if let Some(token) = token {
                output.line(token)?;
            }
        }
        output.flush()
    }
}
