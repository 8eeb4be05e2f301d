//! Which resources has a subject a permission on?

use crate::caveat::Context;
use crate::evaluate::asker::Asker;
use crate::evaluate::check::Membership;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::limits::Limits;
use crate::evaluate::program::Program;
use crate::evaluate::questions::Question;
use crate::index::{ObjectKey, Snapshot};
use crate::relationship::Subject;
use crate::schema::{DefinitionId, NodeId};

use super::backward::{Backward, Route};
use super::ordered::{Found, Ordered, Progress, Search};

/// A question, its names found in the schema.
#[derive(Debug, Clone, Copy)]
pub struct ResourceQuestion<'question> {
    /// The relation or permission; its definition is that of the resources.
    pub node: NodeId,
    /// The subject; not a wildcard.
    pub subject: &'question Subject,
    /// The subject's definition.
    pub subject_definition: DefinitionId,
    /// The subject's relation, if it has one.
    pub subject_node: Option<NodeId>,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: &'question Context,
}

/// A lookup of resources under way. It holds nothing of the index, so that it can wait for whoever reads its answers;
/// each time it must be given the same program, question, and a snapshot at the same revision.
#[derive(Debug)]
pub struct ResourceLookup {
    ordered: Ordered,
    backward: Backward,
}

impl ResourceLookup {
    /// Begins after a resource's id.
    pub fn new(after: Option<&str>) -> Self {
        Self { ordered: Ordered::new(after), backward: Backward::default() }
    }

    /// Bytes of memory that are held from one step to the next, about.
    pub fn held_bytes(&self) -> usize {
        self.ordered.held_bytes() + self.backward.held_bytes()
    }

    /// The next resources in order of their ids, at most so many, and whether there may be more.
    pub fn next(
        &mut self,
        program: &Program,
        snapshot: Snapshot<'_>,
        asked: ResourceQuestion<'_>,
        count_max: usize,
        limits: Limits<'_>,
    ) -> Result<(Vec<Found>, bool), EvaluateError> {
        let ResourceQuestion { node, subject, subject_definition, subject_node, context } = asked;
        let Self { ordered, backward } = self;
        let possible = program.reachability().nodes_for(subject_definition, subject_node);
        if !possible.contains(node) {
            return Ok((Vec::new(), false));
        }
        let towards = program.reachability().nodes_towards(node);
        let goal = Goal::new(program, snapshot, subject, subject_definition, subject_node, &possible);
        let definition = program.schema().node(node).definition;
        Asker::with(program, snapshot, &goal, context, limits, |asker| {
            let may_be_itself = definition == subject_definition && ordered.is_starting();
            if may_be_itself && snapshot.is_bare(goal.object) {
                // No relationship has the subject, but it may be the resource.
                let answer = asker.ask(Question { node, object: goal.object })?;
                match asker.membership(answer)? {
                    Membership::NotMember => {}
                    membership => ordered.add(Found { id: subject.id().into(), membership }),
                }
            }
            let route = Route { asker, subject_definition, target: node, towards: &towards };
            let mut search = ResourceSearch { route, backward };
            ordered.next(&mut search, snapshot, program.definition(definition).key, count_max)
        })
    }
}

struct ResourceSearch<'search, 'run, 'data, 'caller> {
    route: Route<'search, 'run, 'data, 'caller>,
    backward: &'search mut Backward,
}

impl Search for ResourceSearch<'_, '_, '_, '_> {
    fn decide(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError> {
        let answer = self.route.asker.ask(Question { node: self.route.target, object })?;
        Ok(Some(self.route.asker.membership(answer)?).filter(|found| *found != Membership::NotMember))
    }

    fn follow(&mut self, visits: u64) -> Result<Progress, EvaluateError> {
        self.backward.follow(&mut self.route, visits)
    }

    fn found(&self) -> Vec<ObjectKey> {
        self.backward.found.clone()
    }

    fn recall(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError> {
        Ok(Some(match self.backward.conditional.get(&object) {
            Some(missing) => Membership::Conditional(missing.clone()),
            None => Membership::Member,
        }))
    }

    fn visits(&self) -> u64 {
        self.route.asker.meter.visits()
    }
}
