//! Answers as they are printed, and counted.

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::check::word;
use crate::cli::client::{self, Refusal};
use crate::cli::output::{Output, OutputError, OutputFormat, styles};
use crate::cli::question::Question;
use crate::server::wire::v1;
use crate::server::wire::v1::check_bulk_permissions_pair::Response;
use crate::server::wire::v1::check_permission_response::Permissionship;

/// Some questions have no answer.
const ERROR: u8 = 2;

/// What was answered so far.
pub(super) struct Report {
    output: Output,
    counts: Counts,
}

#[derive(Debug, Default, Serialize)]
struct Counts {
    allowed: u64,
    denied: u64,
    conditional: u64,
    errors: u64,
}

#[derive(Serialize)]
struct Told<'told> {
    line: u64,
    question: String,
    answer: &'told str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_context: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    summary: Counts,
}

impl Report {
    pub(super) fn new(output: Output) -> Self {
        Self { output, counts: Counts::default() }
    }

    /// Prints the answer to a question.
    pub(super) fn add(
        &mut self,
        line: u64,
        question: &Question,
        pair: v1::CheckBulkPermissionsPair,
    ) -> Result<(), OutputError> {
        let (answer, missing_context, error) = match pair.response {
            Some(Response::Item(item)) => {
                let missing = client::missing(item.partial_caveat_info.as_ref());
                (word(item.permissionship()), missing, None)
            }
            Some(Response::Error(status)) => {
                ("error", Vec::new(), Some(Refusal::of_message(&status).to_string()))
            }
            None => (word(Permissionship::Unspecified), Vec::new(), None),
        };
        let (count, style) = match answer {
            "allowed" => (&mut self.counts.allowed, styles::GRANTED),
            "denied" => (&mut self.counts.denied, styles::DENIED),
            "conditional" => (&mut self.counts.conditional, styles::CONDITIONAL),
            _ => (&mut self.counts.errors, styles::ERROR),
        };
        *count += 1;
        if self.output.format() == OutputFormat::Json {
            let question = question.to_string();
            return self.output.json(&Told { line, question, answer, missing_context, error });
        }
        let more = match error {
            Some(error) => format!(": {error}"),
            None if missing_context.is_empty() => String::new(),
            None => format!(": missing context {}", missing_context.join(", ")),
        };
        self.output.line(format_args!("{style}{answer:11}{style:#} {question}{more}"))
    }

    /// Prints how many had which answer.
    pub(super) fn finish(mut self) -> Result<ExitCode, OutputError> {
        let Counts { allowed, denied, conditional, errors } = self.counts;
        let status = match (errors, denied + conditional) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::FAILURE,
            _ => ExitCode::from(ERROR),
        };
        if self.output.format() == OutputFormat::Json {
            self.output.json(&Summary { summary: self.counts })?;
        } else {
            let heading = styles::HEADING;
            self.output.line(format_args!(
                "{heading}{allowed} allowed, {denied} denied, {conditional} conditional, {errors} without an answer{heading:#}"
            ))?;
        }
        self.output.flush()?;
        Ok(status)
    }
}
