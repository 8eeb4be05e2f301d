//! `arrowroot expand`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::relationship::{Object, RelationName};
use crate::server::wire::v1;
use crate::server::wire::v1::algebraic_subject_set::Operation;
use crate::server::wire::v1::permission_relationship_tree::TreeType;

use super::client::{self, CallFlags, ConsistencyFlags};
use super::output::{OutputFlags, OutputFormat, styles};

/// Show what a permission on a resource is made of.
///
/// It is a tree of relations with their subjects.
#[derive(Debug, Args)]
pub(super) struct Expand {
    /// The resource, such as agent:planner
    resource: Object,
    /// The permission, or a relation
    permission: RelationName,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// A relation or permission of an object, and what it is made of.
#[derive(Serialize)]
struct Set {
    name: String,
    operation: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Set>,
}

impl Expand {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let request = v1::ExpandPermissionTreeRequest {
            consistency: self.consistency.to_wire(),
            resource: Some(client::object_to_wire(self.resource.clone())),
            permission: self.permission.to_string(),
        };
        self.call.run(async |calls| {
            let response = calls.expand_permission_tree(request).await?;
            let root = response.tree_root.as_ref();
            let tree = set(root.ok_or(client::CallError::Answer("it has no tree"))?);
            let mut output = self.output.open();
            if output.format() == OutputFormat::Json {
                output.json(&tree)?;
            } else {
                for line in draw(&tree) {
                    output.line(line)?;
                }
            }
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Recursion is bounded by the decoder, which takes messages nested 100 deep.
fn set(tree: &v1::PermissionRelationshipTree) -> Set {
    let name = format!("{}#{}", client::object_text(tree.expanded_object.as_ref()), tree.expanded_relation);
    match &tree.tree_type {
        Some(TreeType::Intermediate(operation)) => {
            let parts = operation.children.iter().map(set).collect();
            let operation = match operation.operation() {
                Operation::Union => "union",
                Operation::Intersection => "intersection",
                Operation::Exclusion => "exclusion",
                Operation::Unspecified => "unknown",
            };
            Set { name, operation, subjects: Vec::new(), parts }
        }
        Some(TreeType::Leaf(leaf)) => {
            let subjects = leaf.subjects.iter().map(|subject| client::subject_text(Some(subject))).collect();
            Set { name, operation: "subjects", subjects, parts: Vec::new() }
        }
        None => Set { name, operation: "subjects", subjects: Vec::new(), parts: Vec::new() },
    }
}

/// The lines of a tree. It is walked with a stack of its own.
fn draw(tree: &Set) -> Vec<String> {
    let (heading, muted) = (styles::HEADING, styles::MUTED);
    let mut lines = Vec::new();
    let mut waiting = vec![(tree, String::new(), "", "")];
    while let Some((set, guides, mark, below)) = waiting.pop() {
        let kind =
            if set.parts.is_empty() { String::new() } else { format!("  {muted}{}{muted:#}", set.operation) };
        lines.push(format!("{muted}{guides}{mark}{muted:#}{heading}{}{heading:#}{kind}", set.name));
        let guides = format!("{guides}{below}");
        for (index, subject) in set.subjects.iter().enumerate() {
            let mark = if index + 1 == set.subjects.len() { "└─ " } else { "├─ " };
            lines.push(format!("{muted}{guides}{mark}{muted:#}{subject}"));
        }
        for (index, part) in set.parts.iter().enumerate().rev() {
            let (mark, below) =
                if index + 1 == set.parts.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            waiting.push((part, guides.clone(), mark, below));
        }
    }
    lines
}
