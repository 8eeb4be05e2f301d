//! Answers with three values: no, yes, or undecided, with what it hangs on.
//!
//! In order: no, undecided, yes. A union takes the highest of its parts, an intersection the lowest, a negation turns
//! the order round. What an undecided answer hangs on is a set of missing parameters, or an error, which is then what
//! the answer as a whole comes to: neither matters where other parts decide.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::error::CaveatError;
use super::program::ParameterId;

/// An answer to a sub-question, in four bytes. If it is undecided, [`Doubts`] says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer(u32);

/// Why answers are undecided, for the time of one evaluation.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    reasons: Vec<Doubt>,
    places: HashMap<Missing, Answer, foldhash::fast::RandomState>,
    /// Names put together since it was last asked.
    names_merged: u64,
}

/// Parameters that were not given, in order, each once.
pub(super) type Missing = SmallVec<[ParameterId; 4]>;

#[derive(Debug)]
enum Doubt {
    Missing(Missing),
    Failed(Box<CaveatError>),
}

/// An answer spelled out.
#[derive(Debug)]
pub(super) enum Verdict<'doubts> {
    No,
    Yes,
    Missing(&'doubts [ParameterId]),
    Failed(&'doubts CaveatError),
}

impl Answer {
    pub(super) const NO: Self = Self(0);
    pub(super) const YES: Self = Self(1);
    /// Lower numbers are decided.
    const DOUBTS_FROM: u32 = 2;

    pub(super) fn is_decided(self) -> bool {
        self.0 < Self::DOUBTS_FROM
    }

    /// The opposite; what is undecided remains so.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::NO => Self::YES,
            Self::YES => Self::NO,
            undecided => undecided,
        }
    }

    /// The same without what it hangs on: the lower, the fewer subjects have it.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::NO => 0,
            Self::YES => 2,
            _ => 1,
        }
    }

    fn place(self) -> usize {
        (self.0 - Self::DOUBTS_FROM) as usize
    }
}

impl From<bool> for Answer {
    fn from(is_yes: bool) -> Self {
        if is_yes { Self::YES } else { Self::NO }
    }
}

impl Doubts {
    /// An answer that hangs on parameters.
    pub(super) fn missing(&mut self, missing: Missing) -> Answer {
        if let Some(answer) = self.places.get(&missing) {
            return *answer;
        }
        let answer = self.push(Doubt::Missing(missing.clone()));
        self.places.insert(missing, answer);
        answer
    }

    /// An answer that hangs on what could not be evaluated.
    pub(super) fn failed(&mut self, error: CaveatError) -> Answer {
        self.push(Doubt::Failed(Box::new(error)))
    }

    /// The union of two answers.
    pub(super) fn either(&mut self, one: Answer, other: Answer) -> Answer {
        match (one, other) {
            (Answer::YES, _) | (_, Answer::YES) => Answer::YES,
            (Answer::NO, answer) | (answer, Answer::NO) => answer,
            (one, other) => self.merge(one, other),
        }
    }

    /// The intersection of two answers.
    pub(super) fn both(&mut self, one: Answer, other: Answer) -> Answer {
        match (one, other) {
            (Answer::NO, _) | (_, Answer::NO) => Answer::NO,
            (Answer::YES, answer) | (answer, Answer::YES) => answer,
            (one, other) => self.merge(one, other),
        }
    }

    /// What was done since this was last asked, in visits: names must not pile up unnoticed.
    pub(super) fn take_work(&mut self) -> u64 {
        std::mem::take(&mut self.names_merged) / 2
    }

    /// The union of two answers, or their intersection.
    pub(super) fn join(&mut self, is_any: bool, one: Answer, other: Answer) -> Answer {
        if is_any { self.either(one, other) } else { self.both(one, other) }
    }

    /// An answer in words.
    pub(super) fn verdict(&self, answer: Answer) -> Verdict<'_> {
        match answer {
            Answer::NO => Verdict::No,
            Answer::YES => Verdict::Yes,
            undecided => match &self.reasons[undecided.place()] {
                Doubt::Missing(missing) => Verdict::Missing(missing),
                Doubt::Failed(error) => Verdict::Failed(error),
            },
        }
    }

    /// Two undecided answers hang on what either does; an error is all there is to say.
    fn merge(&mut self, one: Answer, other: Answer) -> Answer {
        if one == other {
            return one;
        }
        let (Doubt::Missing(some), Doubt::Missing(more)) =
            (&self.reasons[one.place()], &self.reasons[other.place()])
        else {
            // The first of the errors, so that the order of merging does not matter.
            let failed = [one, other]
                .into_iter()
                .filter(|answer| matches!(self.reasons[answer.place()], Doubt::Failed(_)));
            return failed.min_by_key(|answer| answer.0).unwrap_or(one);
        };
        let mut missing: Missing = some.iter().chain(more).copied().collect();
        missing.sort_unstable();
        missing.dedup();
        self.names_merged += missing.len() as u64;
        self.missing(missing)
    }

    fn push(&mut self, doubt: Doubt) -> Answer {
        self.reasons.push(doubt);
        // Bounded far below by the visits that they are charged with.
        Answer(
            u32::try_from(self.reasons.len() - 1).unwrap_or(u32::MAX - Answer::DOUBTS_FROM)
                + Answer::DOUBTS_FROM,
        )
    }
}
