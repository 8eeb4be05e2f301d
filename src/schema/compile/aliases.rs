//! Permissions that are nothing but another's name must not lead back to themselves.

use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::model::{Expression, NodeId, NodeKind, Schema};

/// How far a walk along aliases has come with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    /// Met by the walk from this node.
    SeenFrom(NodeId),
}

/// Reports every cycle once.
pub(super) fn check(schema: &Schema, diagnostics: &mut Diagnostics) {
    let mut marks = vec![Mark::Unseen; schema.nodes.len()];
    for start in (0..).map(NodeId).take(schema.nodes.len()) {
        let mut node = start;
        while marks[node.0 as usize] == Mark::Unseen {
            marks[node.0 as usize] = Mark::SeenFrom(start);
            match alias_of(schema, node) {
                Some(next) => node = next,
                None => break,
            }
        }
        if marks[node.0 as usize] == Mark::SeenFrom(start) && alias_of(schema, node).is_some() {
            report(schema, node, diagnostics);
        }
    }
}

fn alias_of(schema: &Schema, node: NodeId) -> Option<NodeId> {
    match schema.node(node).kind {
        NodeKind::Permission(Expression::Node(other)) => Some(other),
        _ => None,
    }
}

fn report(schema: &Schema, first: NodeId, diagnostics: &mut Diagnostics) {
    const NAMES_MAX: usize = 10;
    let mut cycle = vec![first];
    let mut node = first;
    while let Some(next) = alias_of(schema, node).filter(|next| *next != first) {
        cycle.push(next);
        node = next;
    }
    let mut names: Vec<&str> = cycle.iter().map(|node| schema.node(*node).name.as_str()).collect();
    names.sort_unstable();
    names.truncate(NAMES_MAX);
    let definition = &schema.definition(schema.node(first).definition).name;
    let message =
        format!("under definition `{definition}`, there exists a cycle in permissions: {}", names.join(", "));
    let diagnostic = Diagnostic::new(DiagnosticCode::PermissionCycle, schema.node(first).span, message)
        .with("definition_name", definition.as_str())
        .help("each is only another name of the next, so none of them has a meaning");
    diagnostics.push(diagnostic);
}
