//! `arrowroot bulk-check`.

mod report;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::server::wire::v1;

use super::client::{self, CallError, CallFlags, Calls, ConsistencyFlags};
use super::items::{Batch, Items};
use super::output::OutputFlags;
use super::question::Question;

use report::Report;

/// Questions of one call, at most; servers take ten times as many.
const BATCH_MAX: usize = 1000;

/// Ask the questions of a file.
///
/// All are asked of one state, and an answer a line is printed in their order.
///
/// A line is a question such as agent:planner#read@user:ana, which may have context behind it, such as with {"tier": 1} or
/// [caveat:{"tier": 1}]. Blank lines and those that begin with // are passed over. Exits with 0 if all are allowed, 1 if some
/// are not, and 2 if there are questions without an answer.
#[derive(Debug, Args)]
pub(super) struct BulkCheck {
    /// The file; - for standard input
    file: PathBuf,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

impl BulkCheck {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut questions = Items::open(&self.file, "asked")?;
        self.call.run(async |calls| {
            let mut report = Report::new(self.output.open());
            let mut consistency = self.consistency.to_wire();
            let mut batches = questions.batches(BATCH_MAX)?;
            while let Some(batch) = batches.next()? {
                let response = ask(&calls, &batch, consistency.clone()).await?;
                for ((line, question), pair) in batch.items.iter().zip(response.pairs) {
                    report.add(*line, question, pair)?;
                }
                // All answers are of the first's state.
                consistency = response.checked_at.map(client::exactly_at).or(consistency);
            }
            Ok(report.finish()?)
        })
    }
}

async fn ask(
    calls: &Calls,
    batch: &Batch<Question>,
    consistency: Option<v1::Consistency>,
) -> Result<v1::CheckBulkPermissionsResponse, CallError> {
    let item = |question: &Question| {
        let Question { resource, permission, subject, context } = question.clone();
        v1::CheckBulkPermissionsRequestItem {
            resource: Some(client::object_to_wire(resource)),
            permission: permission.into(),
            subject: Some(client::subject_to_wire(subject)),
            context: (!context.is_empty()).then(|| client::context_to_wire(context)),
        }
    };
    let items: Vec<_> = batch.items.iter().map(|(_, question)| item(question)).collect();
    let count = items.len();
    let request = v1::CheckBulkPermissionsRequest { consistency, items, with_tracing: false };
    let response = calls.check_bulk_permissions(request).await?;
    if response.pairs.len() == count {
        Ok(response)
    } else {
        Err(CallError::Answer("it does not have one for every question"))
    }
}
