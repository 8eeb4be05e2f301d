//! Asks questions of one goal, one after another: what the first ones found out, the next ones know.

use std::cell::RefCell;
use std::sync::Arc;

use crate::caveat::Context;
use crate::index::{ObjectKey, RelationKey, Snapshot};

use super::answer::{Answer, Verdict};
use super::check::Membership;
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::exact;
use super::goal::Goal;
use super::limits::{Limits, Meter};
use super::machine::{Machine, Scratch, Stop};
use super::program::Program;
use super::questions::Question;
use super::system::System;

/// Answers remembered from one question to the next, at most: 1 MB or so.
const REMEMBERED_MAX: usize = 1 << 15;

thread_local! {
    /// The memory of the last evaluation on this thread, for the next one to use.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Asks questions of one goal.
#[derive(Debug)]
pub(super) struct Asker<'run, 'data, 'caller> {
    pub(super) program: &'run Program,
    pub(super) snapshot: Snapshot<'run>,
    pub(super) goal: &'run Goal<'run>,
    pub(super) conditions: Conditions<'data>,
    pub(super) meter: Meter<'caller>,
    scratch: &'run mut Scratch,
}

impl Asker<'_, '_, '_> {
    /// Makes an asker, which knows nothing yet, for the time of `work`. It uses the memory of the thread's last one, so
    /// another one within `work` is not for the hot path.
    pub(super) fn with<T>(
        program: &Program,
        snapshot: Snapshot<'_>,
        goal: &Goal<'_>,
        context: &Context,
        limits: Limits<'_>,
        work: impl FnOnce(&mut Asker<'_, '_, '_>) -> T,
    ) -> T {
        Self::with_conditions(program, snapshot, goal, Conditions::new(program, context), limits, work)
    }

    /// The same for conditions that are decided in some way of their own.
    pub(super) fn with_conditions<T>(
        program: &Program,
        snapshot: Snapshot<'_>,
        goal: &Goal<'_>,
        conditions: Conditions<'_>,
        limits: Limits<'_>,
        work: impl FnOnce(&mut Asker<'_, '_, '_>) -> T,
    ) -> T {
        let run = |scratch: &mut Scratch| {
            scratch.clear();
            work(&mut Asker { program, snapshot, goal, conditions, meter: Meter::new(limits), scratch })
        };
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => run(&mut scratch),
            Err(_) => run(&mut Scratch::default()),
        })
    }

    /// The answer to a question.
    pub(super) fn ask(&mut self, question: Question) -> Result<Answer, EvaluateError> {
        let Self { program, snapshot, goal, conditions, meter, scratch } = self;
        if scratch.remembered() > REMEMBERED_MAX {
            scratch.clear();
        }
        let stop = match Machine::new(program, *snapshot, goal, conditions, meter, scratch).run(question) {
            Ok(answer) => return Ok(answer),
            Err(stop) => stop,
        };
        // It stopped half-way.
        scratch.abandon();
        match stop {
            Stop::Error(error) => Err(error),
            Stop::Entangled => {
                let system = System::new(program, *snapshot, goal, None, conditions, meter);
                exact::answer(system, question, |question, answer| {
                    if scratch.remembered() < REMEMBERED_MAX {
                        scratch.remember(question, answer);
                    }
                })
            }
        }
    }

    /// Whether a relation of an object holds the subject itself, or everyone of its type.
    pub(super) fn look(&mut self, object: ObjectKey, relation: RelationKey) -> Result<Answer, EvaluateError> {
        self.meter.visit(1)?;
        self.goal.is_in(self.snapshot, object, relation, &mut self.conditions, &mut self.meter)
    }

    /// An answer in words. One that hangs on what could not be evaluated is an error.
    pub(super) fn membership(&self, answer: Answer) -> Result<Membership, EvaluateError> {
        match self.conditions.doubts.verdict(answer) {
            Verdict::Yes => Ok(Membership::Member),
            Verdict::No => Ok(Membership::NotMember),
            Verdict::Missing(missing) => {
                let program = self.program;
                let names = missing.iter().map(|parameter| Arc::clone(program.parameter_name(*parameter)));
                let mut names: Vec<_> = names.collect();
                names.sort_unstable();
                names.dedup();
                Ok(Membership::Conditional(names))
            }
            Verdict::Failed(error) => Err(Box::new(error.clone()).into()),
        }
    }
}
