//! The conditions of relationships, decided with the context of the question.

use crate::caveat::{Bindings, Budget, Condition, Context, Given, Verdict};

use super::answer::{Answer, Doubts, Missing};
use super::error::{CaveatError, CaveatProblem, EvaluateError};
use super::limits::Meter;
use super::program::{CaveatPlan, Program};

/// Decides conditions within one evaluation. What every use of a caveat has in common is found out once.
#[derive(Debug)]
pub(super) struct Conditions<'run> {
    program: &'run Program,
    context: &'run Context,
    /// By the caveat's place; empty until the first condition is met.
    uses: Vec<Use>,
    /// What the question's context gives, by parameter; likewise.
    given: Vec<Option<Given>>,
    /// Whether every condition counts as undecided.
    is_open: bool,
    pub(super) doubts: Doubts,
}

/// What is known of a caveat.
#[derive(Debug, Default, Clone)]
struct Use {
    /// The question's context in the caveat's types.
    given: Option<Bindings>,
    /// The answer where no context is stored.
    context_free: Option<Answer>,
    /// The first of its conditions that could not be evaluated: it speaks for them all, however many there are.
    failed: Option<Answer>,
}

impl<'run> Conditions<'run> {
    pub(super) fn new(program: &'run Program, context: &'run Context) -> Self {
        let (uses, given) = (Vec::new(), Vec::new());
        Self { program, context, uses, given, is_open: false, doubts: Doubts::default() }
    }

    /// Conditions of which every one is undecided, and hangs on nothing in particular.
    pub(super) fn open(program: &'run Program, context: &'run Context) -> Self {
        Self { is_open: true, ..Self::new(program, context) }
    }

    /// Whether a condition holds. What cannot be evaluated is undecided: it may not matter.
    #[cold]
    pub(super) fn decide(
        &mut self,
        condition: &Condition,
        meter: &mut Meter<'_>,
    ) -> Result<Answer, EvaluateError> {
        if self.is_open {
            return Ok(self.doubts.missing(Missing::new()));
        }
        let Some((place, plan)) = self.program.find_caveat(condition.caveat()) else {
            // No schema that relationships outlive loses their caveat. A no would be a grant under a negation.
            let caveat = condition.caveat().clone();
            return Ok(self.doubts.failed(CaveatError { caveat, problem: CaveatProblem::Undeclared }));
        };
        if self.uses.is_empty() {
            self.uses = vec![Use::default(); self.program.caveats().len()];
            self.given = vec![None; self.program.parameters_len()];
        }
        if condition.is_context_free()
            && let Some(answer) = self.uses[place].context_free
        {
            return Ok(answer);
        }
        let mut budget = Budget::default();
        let answer = self.evaluate(condition, place, plan, &mut budget);
        meter.visit(budget.used() + self.doubts.take_work())?;
        if condition.is_context_free() {
            self.uses[place].context_free = Some(answer);
        }
        Ok(answer)
    }

    fn evaluate(
        &mut self,
        condition: &Condition,
        place: usize,
        plan: &CaveatPlan,
        budget: &mut Budget,
    ) -> Answer {
        let caveat = &plan.caveat;
        let stored = match condition.bindings(caveat) {
            Ok(stored) => stored,
            Err(error) => return self.fail(condition, place, || CaveatProblem::Conversion(error)),
        };
        let context = self.context;
        let all_given = &mut self.given;
        let failed = self.uses[place].failed;
        let given = self.uses[place].given.get_or_insert_with(|| {
            let parameters = caveat.parameters().iter().zip(&plan.parameters);
            Bindings::of_request(parameters.map(|(parameter, id)| {
                let place = &mut all_given[id.place()];
                place.get_or_insert_with(|| Given::new(parameter, context)).clone()
            }))
        });
        if let Some(error) = given.refused(Some(&stored.bindings)) {
            if let Some(failed) = failed {
                return failed;
            }
            let error = error.clone();
            return self.fail(condition, place, || CaveatProblem::Conversion(error));
        }
        match caveat.evaluate(Some(&stored.bindings), Some(given), budget) {
            Ok(Verdict::True) => Answer::YES,
            Ok(Verdict::False) => Answer::NO,
            Ok(Verdict::Unknown(missing)) => {
                let mut missing: Missing =
                    missing.iter().map(|place| plan.parameters[usize::from(*place)]).collect();
                missing.sort_unstable();
                missing.dedup();
                self.doubts.missing(missing)
            }
            Err(error) => self.fail(condition, place, || CaveatProblem::Evaluation(error)),
        }
    }

    fn fail(
        &mut self,
        condition: &Condition,
        place: usize,
        problem: impl FnOnce() -> CaveatProblem,
    ) -> Answer {
        let doubts = &mut self.doubts;
        *self.uses[place].failed.get_or_insert_with(|| {
            doubts.failed(CaveatError { caveat: condition.caveat().clone(), problem: problem() })
        })
    }
}
