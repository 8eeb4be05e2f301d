//! What came of a watch, as it is printed.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::client::{self, RelationshipParts};
use crate::cli::output::{Output, OutputError, OutputFormat, styles};
use crate::server::wire::v1;
use crate::server::wire::v1::relationship_update::Operation;

#[derive(Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    updates: Vec<Update>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    schema_updated: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_checkpoint: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    changes_through: Option<String>,
}

#[derive(Serialize)]
struct Update {
    operation: &'static str,
    #[serde(flatten)]
    relationship: RelationshipParts,
}

/// Prints what came at once, and has it written before anything else is waited for.
pub(super) fn tell(output: &mut Output, response: v1::WatchResponse) -> Result<(), OutputError> {
    if output.format() == OutputFormat::Json {
        output.json(&told(response))?;
    } else {
        let token = response.changes_through.map(|token| token.token).unwrap_or_default();
        for update in &response.updates {
            let (mark, style) = match update.operation() {
                Operation::Delete => ('-', styles::DENIED),
                _ => ('+', styles::GRANTED),
            };
            let relationship =
                update.relationship.as_ref().map(client::relationship_text).unwrap_or_default();
            output.line(format_args!("{style}{mark}{style:#} {relationship}"))?;
        }
        let muted = styles::MUTED;
        if response.schema_updated {
            output.line("~ schema")?;
        }
        let word = if response.is_checkpoint { "checkpoint" } else { "at" };
        output.line(format_args!("{muted}{word} {token}{muted:#}"))?;
    }
    output.flush()
}

fn told(response: v1::WatchResponse) -> Told {
    let v1::WatchResponse { updates, changes_through, optional_transaction_metadata, .. } = response;
    let updates = updates.into_iter().filter_map(|update| {
        let operation = match update.operation() {
            Operation::Create => "create",
            Operation::Delete => "delete",
            Operation::Touch | Operation::Unspecified => "touch",
        };
        let relationship = client::relationship_parts(update.relationship?);
        Some(Update { operation, relationship })
    });
    Told {
        updates: updates.collect(),
        schema_updated: response.schema_updated,
        is_checkpoint: response.is_checkpoint,
        metadata: optional_transaction_metadata.as_ref().map(client::context_json_object).unwrap_or_default(),
        changes_through: changes_through.map(|token| token.token),
    }
}
