//! Has a subject a permission on a resource?

use std::cell::RefCell;
use std::sync::Arc;

use crate::caveat::Context;
use crate::index::{ObjectKey, RelationKey, Snapshot};
use crate::relationship::{Object, Subject};
use crate::schema::{DefinitionId, NodeId, NodeSet};

use super::answer::Verdict;
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::exact;
use super::goal::Goal;
use super::limits::{Limits, Meter};
use super::machine::{Machine, Scratch, Stop};
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

thread_local! {
    /// The memory of the last evaluation on this thread, for the next one to use.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
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
    let possible = program.reachability().nodes_for(asked.subject_definition, asked.subject_node);
    let goal = goal(program, snapshot, asked, &possible);
    let resource = asked.resource;
    let definition = program.definition(program.schema().node(asked.node).definition);
    let object = snapshot.find_object(definition.key, resource.id.as_str()).unwrap_or_else(|| {
        // Two unknown objects are told apart by name: a subject may be the very resource.
        let is_subject =
            matches!(asked.subject, Subject::Object(object) | Subject::Userset(object, _) if object == resource);
        if is_subject { ObjectKey::NONE } else { ObjectKey::OTHER_NONE }
    });
    let question = Question { node: asked.node, object };
    let mut conditions = Conditions::new(program, asked.context);
    let answer = SCRATCH.with_borrow_mut(|scratch| {
        let mut meter = Meter::new(limits);
        match Machine::new(program, snapshot, &goal, &mut conditions, &mut meter, scratch).run(question) {
            Ok(answer) => Ok(answer),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Entangled) => {
                exact::check(program, snapshot, &goal, &mut conditions, &mut meter, question)
            }
        }
    })?;
    match conditions.doubts.verdict(answer) {
        Verdict::Yes => Ok(Membership::Member),
        Verdict::No => Ok(Membership::NotMember),
        Verdict::Missing(missing) => {
            let names = missing.iter().map(|parameter| Arc::clone(program.parameter_name(*parameter)));
            let mut names: Vec<_> = names.collect();
            names.sort_unstable();
            names.dedup();
            Ok(Membership::Conditional(names))
        }
        Verdict::Failed(error) => Err(Box::new(error.clone()).into()),
    }
}

/// The subject in numbers.
fn goal<'run>(
    program: &Program,
    snapshot: Snapshot<'_>,
    asked: Check<'_>,
    possible: &'run NodeSet,
) -> Goal<'run> {
    let Check { subject, subject_definition, subject_node, .. } = asked;
    let definition = program.definition(subject_definition);
    let wildcard = definition
        .wildcard_form
        .and_then(|form| Some((form, snapshot.find_object(definition.key, crate::index::WILDCARD)?)));
    Goal {
        form: match subject {
            Subject::Object(_) => definition.object_form,
            Subject::Wildcard(_) => definition.wildcard_form.unwrap_or(RelationKey::NONE),
            Subject::Userset(..) => subject_node.map_or(RelationKey::NONE, |node| program.node_key(node)),
        },
        node: subject_node,
        object: snapshot.find_object(definition.key, subject.id()).unwrap_or(ObjectKey::NONE),
        wildcard,
        possible,
        is_object: matches!(subject, Subject::Object(_)),
    }
}
