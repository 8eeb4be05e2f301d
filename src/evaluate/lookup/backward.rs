//! From a subject to the resources that it may have a permission on, against the direction of checks.
//!
//! Whatever is reached is a pair of a node and an object. Over plain relationships and the schema's certain ways, members
//! of one pair are members of the next. Where a way leads through an intersection, an exclusion, `.all()` or a
//! condition, a check of the pair that is reached decides whether to go on, so that nothing is followed that the subject
//! is not in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::evaluate::answer::Answer;
use crate::evaluate::asker::Asker;
use crate::evaluate::check::Membership;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::questions::Question;
use crate::index::{ObjectKey, RelationKey};
use crate::schema::{DefinitionId, EntryForm, NodeId, NodeSet};

use super::ordered::Progress;
use super::steps::{Step, Steps};

/// Pairs that are remembered: some 100 MB. Beyond this, following is given up.
const PAIRS_MAX: usize = 1 << 22;
/// Resources copied out of the index at once.
const CHUNK: usize = 256;
/// What a resource takes whose permission is conditional: its entry, and a few names.
const CONDITIONAL_BYTES: usize = 128;

/// How far the subject has been followed.
#[derive(Debug, Default)]
pub(super) struct Backward {
    is_started: bool,
    steps: Steps,
    seen: HashSet<Question, foldhash::fast::RandomState>,
    waiting: Vec<Waiting>,
    /// Resources that the subject has the permission on, also conditionally.
    pub(super) found: Vec<ObjectKey>,
    /// The missing parameters of those where it is conditional.
    pub(super) conditional: HashMap<ObjectKey, Vec<Arc<str>>>,
}

/// Steps that have not been taken to their end yet.
#[derive(Debug)]
struct Waiting {
    steps: Arc<[Step]>,
    next: usize,
    object: ObjectKey,
    /// Where the next step goes on.
    after: Option<ObjectKey>,
    /// Whether the subject is a member of where they start.
    is_certain: bool,
}

/// What is followed, and with what.
pub(super) struct Route<'asked, 'run, 'data, 'caller> {
    pub(super) asker: &'asked mut Asker<'run, 'data, 'caller>,
    pub(super) subject_definition: DefinitionId,
    pub(super) target: NodeId,
    /// The nodes that lead to it.
    pub(super) towards: &'asked NodeSet,
}

impl Backward {
    /// Bytes of memory that are held, about.
    pub(super) fn held_bytes(&self) -> usize {
        let Self { seen, waiting, found, conditional, .. } = self;
        seen.capacity() * (size_of::<Question>() + 2)
            + waiting.capacity() * size_of::<Waiting>()
            + found.capacity() * size_of::<ObjectKey>()
            + conditional.capacity() * CONDITIONAL_BYTES
    }

    /// Goes on for a number of visits, or a few more.
    pub(super) fn follow(
        &mut self,
        route: &mut Route<'_, '_, '_, '_>,
        visits: u64,
    ) -> Result<Progress, EvaluateError> {
        let end = route.asker.meter.visits().saturating_add(visits);
        if !std::mem::replace(&mut self.is_started, true) {
            self.start(route)?;
        }
        while let Some(waiting) = self.waiting.pop() {
            self.step(waiting, route)?;
            if self.seen.len() > PAIRS_MAX {
                *self = Self { is_started: true, ..Self::default() };
                return Ok(Progress::TooLarge);
            }
            if route.asker.meter.visits() >= end && !self.waiting.is_empty() {
                return Ok(Progress::More);
            }
        }
        // Whoever reads slowly keeps what is found, and nothing else.
        (self.seen, self.waiting) = Default::default();
        Ok(Progress::Complete)
    }

    /// Where the subject is a member without any other membership.
    fn start(&mut self, route: &mut Route<'_, '_, '_, '_>) -> Result<(), EvaluateError> {
        let (program, goal) = (route.asker.program, route.asker.goal);
        if let Some(node) = goal.node
            && route.towards.contains(node)
        {
            self.arrive(Question { node, object: goal.object }, true, route)?;
        }
        let mut direct = Vec::new();
        let mut by_wildcard = Vec::new();
        for entry in program.reachability().entries(route.subject_definition) {
            if !route.towards.contains(entry.node) {
                continue;
            }
            let step = |form: RelationKey| Step {
                node: entry.node,
                through: Some((form, program.node_key(entry.node))),
                is_certain: true,
            };
            match (entry.form, goal.wildcard) {
                (EntryForm::Object, _) if goal.is_object => direct.push(step(goal.form)),
                (EntryForm::Wildcard, Some((form, _))) => by_wildcard.push(step(form)),
                (EntryForm::SelfObject, _) if goal.is_object => {
                    let question = Question { node: entry.node, object: goal.object };
                    self.arrive(question, entry.is_certain, route)?;
                }
                _ => {}
            }
        }
        let wildcard = goal.wildcard.map(|(_, object)| object);
        for (steps, object) in [(direct, Some(goal.object)), (by_wildcard, wildcard)] {
            if let Some(object) = object {
                self.wait(steps.into(), object, true);
            }
        }
        Ok(())
    }

    /// Takes the next step, or a part of it.
    fn step(&mut self, waiting: Waiting, route: &mut Route<'_, '_, '_, '_>) -> Result<(), EvaluateError> {
        let Waiting { steps, next, object, after, is_certain } = waiting;
        let Some(Step { node, through, is_certain: is_certain_way }) = steps.get(next).copied() else {
            return Ok(());
        };
        let is_certain_next = is_certain && is_certain_way;
        let Some((form, relation)) = through else {
            self.waiting.push(Waiting { steps, next: next + 1, object, after: None, is_certain });
            return self.arrive(Question { node, object }, is_certain_next, route);
        };
        let mut reached = Vec::new();
        let has_more = route.asker.snapshot.read(object, |postings| {
            postings.resources(form, relation, after, CHUNK, |resource, is_plain| {
                reached.push((resource, is_plain));
            })
        });
        route.asker.meter.visit(reached.len() as u64 + 1)?;
        let after = reached.last().map(|(resource, _)| *resource).filter(|_| has_more);
        let next = if has_more { next } else { next + 1 };
        self.waiting.push(Waiting { steps, next, object, after, is_certain });
        for (resource, is_plain) in reached {
            self.arrive(Question { node, object: resource }, is_certain_next && is_plain, route)?;
        }
        Ok(())
    }

    /// Takes note of a pair, and of where to go from there.
    fn arrive(
        &mut self,
        question: Question,
        is_certain: bool,
        route: &mut Route<'_, '_, '_, '_>,
    ) -> Result<(), EvaluateError> {
        if !self.seen.insert(question) {
            return Ok(());
        }
        let is_target = question.node == route.target;
        let answer = if is_certain { Ok(Answer::YES) } else { route.asker.ask(question) };
        let answer = match answer {
            // It may not matter to the target, which is asked in its turn.
            Err(EvaluateError::NegationCycle { .. }) if !is_target => None,
            answer => Some(answer?),
        };
        if answer == Some(Answer::NO) {
            return Ok(());
        }
        if is_target && let Some(answer) = answer {
            if answer != Answer::YES
                && let Membership::Conditional(missing) = route.asker.membership(answer)?
            {
                self.conditional.insert(question.object, missing);
            }
            self.found.push(question.object);
        }
        let steps = self.steps.from(question.node, route.asker.program, route.towards);
        self.wait(steps, question.object, answer == Some(Answer::YES));
        Ok(())
    }

    fn wait(&mut self, steps: Arc<[Step]>, object: ObjectKey, is_certain: bool) {
        if !steps.is_empty() {
            self.waiting.push(Waiting { steps, next: 0, object, after: None, is_certain });
        }
    }
}
