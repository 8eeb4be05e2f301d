//! Why has a subject a permission on a resource, or why not?
//!
//! Every answer of a trace is a check's: the questions below one are read from the schema's expression and from the
//! relationships, and asked of the same asker, which remembers them. So a trace and a check never disagree, circles and
//! negations included. A second asker, for which every condition is undecided, tells which answers rest on conditions.

mod answers;
mod formula;
mod gathering;
mod unfolding;

use std::time::Instant;

use crate::index::Snapshot;
use crate::schema::{DefinitionId, Expression, NodeId, NodeKind, Schema};

use super::asker::Asker;
use super::check::{Check, Membership};
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::limits::Limits;
use super::program::Program;
use super::questions::Question;
use super::trace::Trace;

use answers::Answers;
use unfolding::Unfolding;

/// Bytes of a trace, at most, as [`explain`] counts them: more than it has as a message.
pub const TRACE_BYTES_MAX: usize = 2 << 20;

/// Whether the subject has the relation or permission on the resource, and why.
///
/// The trace has at most `bytes_max` bytes, and is cut where it would become larger, or too deep for clients.
pub fn explain(
    program: &Program,
    snapshot: Snapshot<'_>,
    asked: Check<'_>,
    limits: Limits<'_>,
    bytes_max: usize,
) -> Result<(Membership, Trace), EvaluateError> {
    let start = Instant::now();
    asked.with_asker(program, snapshot, limits, |asker, goal, question| {
        let answer = asker.ask(question)?;
        let membership = asker.membership(answer)?;
        let node = resolve_alias(program.schema(), asked.subject_definition, question.node);
        let question = Question { node, ..question };
        let unfold = |answers: Answers<'_>| {
            Unfolding { program, snapshot, goal, asked, answers, start }.unfold(
                question,
                &membership,
                bytes_max,
            )
        };
        let trace = if program.caveats().is_empty() {
            unfold(Answers { decided: asker, open: None })
        } else {
            let conditions = Conditions::open(program, asked.context);
            Asker::with_conditions(program, snapshot, goal, conditions, limits, |open| {
                unfold(Answers { decided: asker, open: Some(open) })
            })
        }?;
        Ok((membership, trace))
    })
}

/// What a permission that is nothing but another name stands for. As in SpiceDB, not where the subject could be a userset
/// of the permission itself.
fn resolve_alias(schema: &Schema, subject_definition: DefinitionId, mut node: NodeId) -> NodeId {
    // No circles: the schema's compiler refuses permissions that are only each other's names.
    while let NodeKind::Permission(Expression::Node(next)) = &schema.node(node).kind
        && schema.node(node).definition != subject_definition
    {
        node = *next;
    }
    node
}
