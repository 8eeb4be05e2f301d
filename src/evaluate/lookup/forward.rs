//! From a resource to the subjects that may have a permission on it: along checks, but with everyone in sight.
//!
//! What is found are candidates. Whoever is found over plain relationships and the schema's certain ways only is a member
//! for sure; the others are to be checked.

use std::collections::HashMap;

use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::limits::Meter;
use crate::evaluate::program::{NodePlan, Operation, OperationId, Program};
use crate::evaluate::questions::Question;
use crate::index::{ObjectKey, RelationKey, Snapshot};
use crate::schema::{ArrowFunction, DefinitionId};

use super::ordered::Progress;

/// Questions and candidates that are remembered: some 100 MB. Beyond this, following is given up.
const ENTRIES_MAX: usize = 1 << 22;
/// Subjects copied out of the index at once.
const CHUNK: usize = 256;

/// What is known of whoever is found on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    /// Whether he is a member for sure.
    is_certain: bool,
    /// Whether the way leads through no subtracted part, or through an even number of them.
    is_positive: bool,
}

impl Mode {
    fn bit(self) -> u8 {
        1 << (u8::from(self.is_certain) | u8::from(self.is_positive) << 1)
    }

    fn uncertain(self) -> Self {
        Self { is_certain: false, ..self }
    }
}

/// How far the resource has been followed.
#[derive(Debug, Default)]
pub(super) struct Forward {
    is_started: bool,
    /// The modes in which each question has been followed, a bit each.
    seen: HashMap<Question, u8, foldhash::fast::RandomState>,
    waiting: Vec<Waiting>,
    /// Candidates, each with whether it is a member for sure.
    pub(super) candidates: HashMap<ObjectKey, bool, foldhash::fast::RandomState>,
}

/// What has not been followed to its end yet.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    Operation(OperationId, ObjectKey, Mode),
    /// The direct subjects of a relation, after one of them.
    Direct(RelationKey, ObjectKey, Option<ObjectKey>, Mode),
    /// The subjects of a walk's step, after one of them.
    Walk {
        walk: u32,
        step: usize,
        object: ObjectKey,
        after: Option<ObjectKey>,
        mode: Mode,
    },
}

/// What is followed, and with what.
pub(super) struct Route<'route, 'run> {
    pub(super) program: &'run Program,
    pub(super) snapshot: Snapshot<'run>,
    pub(super) goal: &'route Goal<'run>,
    pub(super) meter: &'route mut Meter<'run>,
    pub(super) root: Question,
    pub(super) subject_definition: DefinitionId,
    /// Whether candidates are also looked for in what is subtracted: where there is a wildcard, who is excepted from it
    /// stands there.
    pub(super) is_subtracted_followed: bool,
}

impl Forward {
    /// Bytes of memory that are held, about.
    pub(super) fn held_bytes(&self) -> usize {
        let Self { seen, waiting, candidates, .. } = self;
        seen.capacity() * (size_of::<(Question, u8)>() + 2)
            + waiting.capacity() * size_of::<Waiting>()
            + candidates.capacity() * (size_of::<(ObjectKey, bool)>() + 2)
    }

    /// Goes on for a number of visits, or a few more.
    pub(super) fn follow(
        &mut self,
        route: &mut Route<'_, '_>,
        visits: u64,
    ) -> Result<Progress, EvaluateError> {
        let end = route.meter.visits().saturating_add(visits);
        if !std::mem::replace(&mut self.is_started, true) {
            self.ask(route.root, Mode { is_certain: true, is_positive: true }, route);
        }
        while let Some(waiting) = self.waiting.pop() {
            match waiting {
                Waiting::Operation(operation, object, mode) => {
                    route.meter.visit(1)?;
                    self.enter(operation, object, mode, route);
                }
                Waiting::Direct(relation, object, after, mode) => {
                    self.read_direct(relation, object, after, mode, route)?;
                }
                Waiting::Walk { walk, step, object, after, mode } => {
                    self.read_walk(walk, step, object, after, mode, route)?;
                }
            }
            if self.seen.len() + self.candidates.len() > ENTRIES_MAX {
                *self = Self { is_started: true, ..Self::default() };
                return Ok(Progress::TooLarge);
            }
            if route.meter.visits() >= end && !self.waiting.is_empty() {
                return Ok(Progress::More);
            }
        }
        // Whoever reads slowly keeps what is found, and nothing else.
        (self.seen, self.waiting) = Default::default();
        Ok(Progress::Complete)
    }

    fn ask(&mut self, question: Question, mode: Mode, route: &Route<'_, '_>) {
        let (program, goal) = (route.program, route.goal);
        let Question { node, object } = question;
        if goal.node == Some(node) {
            self.add(object, mode);
        }
        if !goal.possible.contains(node) {
            return;
        }
        let seen = self.seen.entry(question).or_default();
        let known = Mode { is_certain: true, ..mode }.bit() | mode.bit();
        if *seen & known != 0 {
            return;
        }
        *seen |= mode.bit();
        match program.node(node) {
            NodePlan::Leaves(from, to) => self.enter_leaves(from, to, object, mode, route),
            NodePlan::Relation(relation, body) => {
                self.waiting.push(Waiting::Operation(body, object, mode));
                self.waiting.push(Waiting::Direct(relation, object, None, mode));
            }
            NodePlan::Arrow(body) | NodePlan::Permission(body) => {
                self.waiting.push(Waiting::Operation(body, object, mode));
            }
        }
    }

    fn enter(&mut self, operation: OperationId, object: ObjectKey, mode: Mode, route: &Route<'_, '_>) {
        let program = route.program;
        match program.operation(operation) {
            Operation::Nil => {}
            Operation::SelfObject => {
                let is_of_type = || is_of(program, route, object);
                if route.goal.node.is_none() && is_of_type() {
                    self.add(object, mode);
                }
            }
            Operation::Node(node) => self.ask(Question { node, object }, mode, route),
            Operation::Leaves(from, to) => self.enter_leaves(from, to, object, mode, route),
            Operation::Walk(walk) => {
                self.waiting.push(Waiting::Walk { walk, step: 0, object, after: None, mode });
            }
            Operation::Any(from, to) => self.enter_operands(from, to, object, mode, program),
            Operation::All(from, to) => self.enter_operands(from, to, object, mode.uncertain(), program),
            Operation::Exclusion(base, subtract) => {
                self.waiting.push(Waiting::Operation(base, object, mode.uncertain()));
                if route.is_subtracted_followed {
                    let mode = Mode { is_certain: false, is_positive: !mode.is_positive };
                    self.waiting.push(Waiting::Operation(subtract, object, mode));
                }
            }
        }
    }

    fn enter_operands(&mut self, from: u32, to: u32, object: ObjectKey, mode: Mode, program: &Program) {
        let operands = (from..to).map(|place| program.operand(place));
        self.waiting.extend(operands.map(|operand| Waiting::Operation(operand, object, mode)));
    }

    fn enter_leaves(&mut self, from: u32, to: u32, object: ObjectKey, mode: Mode, route: &Route<'_, '_>) {
        let goal = route.goal;
        for leaf in route.program.leaves(from, to) {
            if goal.node == Some(leaf.node) {
                self.add(object, mode);
            }
            if goal.possible.contains(leaf.node) {
                self.waiting.push(Waiting::Direct(leaf.relation, object, None, mode));
            }
        }
    }

    fn read_direct(
        &mut self,
        relation: RelationKey,
        object: ObjectKey,
        after: Option<ObjectKey>,
        mode: Mode,
        route: &mut Route<'_, '_>,
    ) -> Result<(), EvaluateError> {
        let mut last = None;
        let mut count = 0;
        let form = route.goal.form;
        let has_more = route.snapshot.read(object, |postings| {
            postings.subjects(relation, form, after, CHUNK, |subject, condition| {
                last = Some(subject);
                count += 1;
                self.add(subject, if condition.is_some() { mode.uncertain() } else { mode });
            })
        });
        if has_more {
            self.waiting.push(Waiting::Direct(relation, object, last, mode));
        }
        route.meter.visit(count + 1)
    }

    fn read_walk(
        &mut self,
        walk: u32,
        step: usize,
        object: ObjectKey,
        after: Option<ObjectKey>,
        mode: Mode,
        route: &mut Route<'_, '_>,
    ) -> Result<(), EvaluateError> {
        let plan = route.program.walk(walk);
        let Some((form, target)) = plan.steps.get(step).copied() else { return Ok(()) };
        let mut reached = Vec::new();
        let has_more = route.snapshot.read(object, |postings| {
            postings.subjects(plan.relation, form, after, CHUNK, |subject, condition| {
                reached.push((subject, condition.is_none()));
            })
        });
        route.meter.visit(reached.len() as u64 + 1)?;
        let after = reached.last().map(|(subject, _)| *subject).filter(|_| has_more);
        let step = if has_more { step } else { step + 1 };
        self.waiting.push(Waiting::Walk { walk, step, object, after, mode });
        let Some(node) = target else { return Ok(()) };
        for (subject, is_plain) in reached {
            let is_certain = mode.is_certain && is_plain && plan.function == ArrowFunction::Any;
            self.ask(Question { node, object: subject }, Mode { is_certain, ..mode }, route);
        }
        Ok(())
    }

    fn add(&mut self, subject: ObjectKey, mode: Mode) {
        let is_certain = self.candidates.entry(subject).or_default();
        *is_certain |= mode.is_certain && mode.is_positive;
    }
}

/// Whether an object is of the type of the subjects that are looked for.
fn is_of(program: &Program, route: &Route<'_, '_>, object: ObjectKey) -> bool {
    let key = program.definition(route.subject_definition).key;
    route.snapshot.object_name(object).is_some_and(|(definition, _)| definition == key)
}
