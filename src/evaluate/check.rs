//! Has a subject a permission on a resource?

use std::sync::Arc;

use crate::caveat::Context;
use crate::index::{ObjectKey, Snapshot};
use crate::relationship::{Object, Subject};
use crate::schema::{DefinitionId, NodeId};

use super::asker::Asker;
use super::error::EvaluateError;
use super::goal::Goal;
use super::limits::Limits;
use super::program::Program;
use super::questions::Question;

/// The answer to a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// The subject has it.
    Member,
    /// The subject does not have it.
    NotMember,
    /// It depends on caveats' parameters that were not given: their names, sorted, each once.
    Conditional(Vec<Arc<str>>),
}

/// A question, its names found in the schema.
#[derive(Debug, Clone, Copy)]
pub struct Check<'question> {
    /// The resource, of the definition that `node` belongs to.
    pub resource: &'question Object,
    /// The relation or permission.
    pub node: NodeId,
    /// The subject. A wildcard asks for the wildcard itself.
    pub subject: &'question Subject,
    /// The subject's definition.
    pub subject_definition: DefinitionId,
    /// The subject's relation, if it has one.
    pub subject_node: Option<NodeId>,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: &'question Context,
}

/// Whether the subject has the relation or permission on the resource.
pub fn check(
    program: &Program,
    snapshot: Snapshot<'_>,
    asked: Check<'_>,
    limits: Limits<'_>,
) -> Result<Membership, EvaluateError> {
    asked.with_asker(program, snapshot, limits, |asker, _, question| {
        let answer = asker.ask(question)?;
        asker.membership(answer)
    })
}

impl Check<'_> {
    /// Hands the question in numbers to `work`, with someone who answers it.
    pub(super) fn with_asker<T>(
        self,
        program: &Program,
        snapshot: Snapshot<'_>,
        limits: Limits<'_>,
        work: impl FnOnce(&mut Asker<'_, '_, '_>, &Goal<'_>, Question) -> T,
    ) -> T {
        let Self { resource, node, subject, subject_definition, subject_node, context } = self;
        let possible = program.reachability().nodes_for(subject_definition, subject_node);
        let goal = Goal::new(program, snapshot, subject, subject_definition, subject_node, &possible);
        let definition = program.definition(program.schema().node(node).definition);
        // A subject may be the very resource. That is told by name: an object without relationships may have no number, and
        // may get one, or lose it, from one look to the next.
        let is_subject =
            matches!(subject, Subject::Object(object) | Subject::Userset(object, _) if object == resource);
        let object = if is_subject {
            goal.object
        } else {
            snapshot.find_object(definition.key, resource.id.as_str()).unwrap_or(ObjectKey::OTHER_NONE)
        };
        Asker::with(program, snapshot, &goal, context, limits, |asker| {
            work(asker, &goal, Question { node, object })
        })
    }
}
