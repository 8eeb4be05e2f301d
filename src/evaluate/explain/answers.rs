//! What a trace asks, and what it hears.

use std::time::{Duration, Instant};

use crate::caveat::Condition;
use crate::evaluate::answer::Answer;
use crate::evaluate::asker::Asker;
use crate::evaluate::check::Membership;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::questions::Question;
use crate::evaluate::trace::TraceAnswer;
use crate::index::{ObjectKey, RelationKey};

/// An asker, whatever it borrows.
pub(super) trait Ask {
    fn ask(&mut self, question: Question) -> Result<Answer, EvaluateError>;

    /// Whether a relation of an object holds the subject itself, or everyone of its type.
    fn is_in(&mut self, object: ObjectKey, relation: RelationKey) -> Result<Answer, EvaluateError>;

    fn decide(&mut self, condition: &Condition) -> Result<Answer, EvaluateError>;

    fn visit(&mut self, visits: u64) -> Result<(), EvaluateError>;

    fn membership(&self, answer: Answer) -> Result<Membership, EvaluateError>;
}

impl Ask for Asker<'_, '_, '_> {
    fn ask(&mut self, question: Question) -> Result<Answer, EvaluateError> {
        Asker::ask(self, question)
    }

    fn is_in(&mut self, object: ObjectKey, relation: RelationKey) -> Result<Answer, EvaluateError> {
        self.look(object, relation)
    }

    fn decide(&mut self, condition: &Condition) -> Result<Answer, EvaluateError> {
        self.conditions.decide(condition, &mut self.meter)
    }

    fn visit(&mut self, visits: u64) -> Result<(), EvaluateError> {
        self.meter.visit(visits)
    }

    fn membership(&self, answer: Answer) -> Result<Membership, EvaluateError> {
        Asker::membership(self, answer)
    }
}

/// Answers questions: with the conditions as they are, and with all of them left open.
pub(super) struct Answers<'run> {
    pub(super) decided: &'run mut dyn Ask,
    /// None where there are no conditions.
    pub(super) open: Option<&'run mut dyn Ask>,
}

/// How much is known of an answer. In order: a union takes the highest of its parts, an intersection the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    No,
    Undecided,
    Yes,
}

/// A question and what it came to.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) question: Question,
    pub(super) answer: TraceAnswer,
    /// Whether that rests on conditions.
    pub(super) is_conditional: bool,
    pub(super) duration: Duration,
}

impl Answers<'_> {
    pub(super) fn ask(&mut self, question: Question) -> Result<Answered, EvaluateError> {
        let start = Instant::now();
        let answer = match self.decided.ask(question) {
            Ok(answer) => told(self.decided.membership(answer)),
            Err(error) if speaks_of_one(&error) => TraceAnswer::Unanswered,
            Err(error) => return Err(error),
        };
        let is_conditional = self.is_conditional(question, &answer)?;
        Ok(Answered { question, answer, is_conditional, duration: start.elapsed() })
    }

    /// Whether an answer rests on conditions: with all of them open, it is open as well.
    pub(super) fn is_conditional(
        &mut self,
        question: Question,
        answer: &TraceAnswer,
    ) -> Result<bool, EvaluateError> {
        let is_open = match self.open.as_mut().map(|open| open.ask(question)) {
            None => false,
            Some(Ok(answer)) => !answer.is_decided(),
            // With other conditions it might have an answer, or none.
            Some(Err(error)) if speaks_of_one(&error) => *answer != TraceAnswer::Unanswered,
            Some(Err(error)) => return Err(error),
        };
        Ok(is_open || matches!(answer, TraceAnswer::Conditional(_)))
    }
}

impl Answered {
    pub(super) fn rank(&self) -> Rank {
        match self.answer {
            TraceAnswer::Member => Rank::Yes,
            TraceAnswer::NotMember => Rank::No,
            TraceAnswer::Conditional(_) | TraceAnswer::Unanswered => Rank::Undecided,
        }
    }
}

impl Rank {
    pub(super) fn of(answer: Answer) -> Self {
        match answer {
            Answer::YES => Self::Yes,
            Answer::NO => Self::No,
            _ => Self::Undecided,
        }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Undecided => Self::Undecided,
            Self::Yes => Self::No,
        }
    }
}

/// An answer in the words of a trace.
pub(super) fn told(membership: Result<Membership, EvaluateError>) -> TraceAnswer {
    match membership {
        Ok(Membership::Member) => TraceAnswer::Member,
        Ok(Membership::NotMember) => TraceAnswer::NotMember,
        Ok(Membership::Conditional(missing)) => TraceAnswer::Conditional(missing),
        Err(_) => TraceAnswer::Unanswered,
    }
}

/// Whether an error says that one question has no answer, while others may have.
fn speaks_of_one(error: &EvaluateError) -> bool {
    matches!(error, EvaluateError::NegationCycle { .. } | EvaluateError::DepthExceeded { .. })
}
