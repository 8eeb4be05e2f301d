//! `arrowroot check`.

mod traced;

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::server::wire::v1;
use crate::server::wire::v1::check_permission_response::Permissionship;

use super::client::{self, CallFlags, ConsistencyFlags};
use super::explanation::{self, Explained};
use super::output::{Output, OutputFlags, OutputFormat, styles};
use super::question::{ContextFlag, Question};

/// Ask whether a subject has a permission on a resource.
///
/// Exits with 0 if it has, 1 if it does not or if that depends on values that were not given, and 2 if there is no answer.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The question: RESOURCE PERMISSION SUBJECT, or one argument such as agent:planner#read@user:ana
    #[arg(required = true, num_args = 1..=3, value_names = ["RESOURCE", "PERMISSION", "SUBJECT"])]
    question: Vec<String>,
    /// Show the questions that decided the answer, as a tree
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    context: ContextFlag,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// The answer for programs.
#[derive(Serialize)]
struct Told<'answer> {
    resource: String,
    permission: &'answer str,
    subject: String,
    answer: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_context: Vec<String>,
    checked_at: Option<&'answer str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut question = Question::of(&self.question)?;
        if !self.context.context.is_empty() {
            question.context = self.context.context.clone();
        }
        self.call.run(async |calls| {
            let response = calls.check_permission(self.request(&question)).await?;
            let is_allowed = response.permissionship() == Permissionship::HasPermission;
            let mut output = self.output.open();
            print(&mut output, &question, response)?;
            output.flush()?;
            Ok(if is_allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }

    fn request(&self, question: &Question) -> v1::CheckPermissionRequest {
        let Question { resource, permission, subject, context } = question.clone();
        v1::CheckPermissionRequest {
            consistency: self.consistency.to_wire(),
            resource: Some(client::object_to_wire(resource)),
            permission: permission.into(),
            subject: Some(client::subject_to_wire(subject)),
            context: (!context.is_empty()).then(|| client::context_to_wire(context)),
            with_tracing: self.explain,
        }
    }
}

fn print(
    output: &mut Output,
    question: &Question,
    response: v1::CheckPermissionResponse,
) -> Result<(), Box<dyn Error>> {
    let permissionship = response.permissionship();
    let missing = client::missing(response.partial_caveat_info.as_ref());
    let explanation = response.debug_trace.map(traced::explained);
    if output.format() == OutputFormat::Json {
        let told = Told {
            resource: question.resource.to_string(),
            permission: question.permission.as_str(),
            subject: question.subject.to_string(),
            answer: word(permissionship),
            missing_context: missing,
            checked_at: response.checked_at.as_ref().map(|token| token.token.as_str()),
            explanation,
        };
        return Ok(output.json(&told)?);
    }
    let style = match permissionship {
        Permissionship::HasPermission => styles::GRANTED,
        Permissionship::ConditionalPermission => styles::CONDITIONAL,
        Permissionship::NoPermission | Permissionship::Unspecified => styles::DENIED,
    };
    let word = word(permissionship);
    match missing.as_slice() {
        [] => output.line(format_args!("{style}{word}{style:#}"))?,
        missing => {
            output.line(format_args!("{style}{word}{style:#}: missing context {}", missing.join(", ")))?;
        }
    }
    if let Some(tree) = explanation {
        for line in explanation::draw(&tree, output.columns()) {
            output.line(line)?;
        }
    }
    Ok(())
}

/// An answer in a word.
pub(super) fn word(permissionship: Permissionship) -> &'static str {
    match permissionship {
        Permissionship::HasPermission => "allowed",
        Permissionship::NoPermission => "denied",
        Permissionship::ConditionalPermission => "conditional",
        Permissionship::Unspecified => "unknown",
    }
}
