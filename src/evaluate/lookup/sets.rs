//! One subject's share of a set that may hold everyone: by name, by the wildcard, and excepted from it.
//!
//! A permission's subjects are those that are named, and everyone of the type but for some. Whether a subject is a
//! member is one answer; whether it is one of its own, or as one of everyone, are two, and an answer to who the subjects
//! are needs both. The rules are those of `SpiceDB`'s sets of subjects, but that the exceptions of a union are exact where
//! one side's wildcard is conditional.

use crate::evaluate::answer::{Answer, Doubts};
use crate::evaluate::asker::Asker;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::questions::Question;
use crate::evaluate::system::{Formula, System};

/// Times that all shares are worked out before a circle counts as one that has no least solution.
const ROUNDS_MAX: usize = 64;

/// A subject's share of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Whether it is in the set by itself.
    pub(super) named: Answer,
    /// Whether everyone is.
    wildcard: Answer,
    /// Whether it is excepted from everyone.
    pub(super) excluded: Answer,
}

impl Share {
    const NONE: Self = Self { named: Answer::NO, wildcard: Answer::NO, excluded: Answer::NO };

    /// The share of the asker's subject, whose goal is without the wildcard, in a question's answer; nothing if it never
    /// settles.
    pub(super) fn find(
        asker: &mut Asker<'_, '_, '_>,
        everyone: &Goal<'_>,
        root: Question,
    ) -> Result<Option<Self>, EvaluateError> {
        let (program, snapshot, goal) = (asker.program, asker.snapshot, asker.goal);
        let Asker { conditions, meter, .. } = asker;
        let mut system = System::new(program, snapshot, goal, Some(everyone), conditions, meter);
        let place = system.build(root)?;
        system.share(place)
    }

    /// Its answers without what the undecided ones hang on.
    fn ranks(self) -> [u8; 3] {
        [self.named, self.wildcard, self.excluded].map(Answer::rank)
    }

    /// Whether the subject is in the set.
    pub(super) fn member(self, doubts: &mut Doubts) -> Answer {
        let by_wildcard = self.by_wildcard(doubts);
        doubts.either(self.named, by_wildcard)
    }

    fn by_wildcard(self, doubts: &mut Doubts) -> Answer {
        doubts.both(self.wildcard, self.excluded.negated())
    }

    fn union(self, other: Self, doubts: &mut Doubts) -> Self {
        let named = doubts.either(self.named, other.named);
        let excluded = match (self.wildcard, other.wildcard) {
            (Answer::NO, _) => other.excluded,
            (_, Answer::NO) => self.excluded,
            _ if self.excluded == Answer::NO && other.excluded == Answer::NO => Answer::NO,
            _ => {
                let in_neither = [self, other].map(|share| {
                    let is_without = share.wildcard.negated();
                    doubts.either(share.excluded, is_without)
                });
                doubts.both(in_neither[0], in_neither[1])
            }
        };
        Self {
            named,
            wildcard: doubts.either(self.wildcard, other.wildcard),
            excluded: doubts.both(excluded, named.negated()),
        }
    }

    fn intersection(self, other: Self, doubts: &mut Doubts) -> Self {
        let members = [self.member(doubts), other.member(doubts)];
        let by_one = doubts.both(self.named, members[1]);
        let by_other = doubts.both(other.named, members[0]);
        Self {
            named: doubts.either(by_one, by_other),
            wildcard: doubts.both(self.wildcard, other.wildcard),
            excluded: doubts.either(self.excluded, other.excluded),
        }
        .normal()
    }

    fn exclusion(self, other: Self, doubts: &mut Doubts) -> Self {
        let is_other_member = other.member(doubts);
        let remains = doubts.both(self.named, is_other_member.negated());
        // Who is excepted from what is taken away from everyone is left.
        let by_wildcard = self.by_wildcard(doubts);
        let is_excepted = doubts.both(other.wildcard, other.excluded);
        let is_excepted = doubts.both(is_excepted, other.named.negated());
        let is_left = doubts.both(by_wildcard, is_excepted);
        Self {
            named: doubts.either(remains, is_left),
            wildcard: doubts.both(self.wildcard, other.wildcard.negated()),
            excluded: doubts.either(self.excluded, other.named),
        }
        .normal()
    }

    /// Nobody is excepted from nobody.
    fn normal(self) -> Self {
        if self.wildcard == Answer::NO { Self { excluded: Answer::NO, ..self } } else { self }
    }
}

impl System<'_, '_, '_> {
    /// The share in the answer at a place; nothing if it never settles, or depends on its own negation.
    ///
    /// As in [`exact`], a circle must not support itself by what was taken for absent when it was first passed: what is
    /// subtracted is that of the round before, and rounds take turns between what certainly and what possibly holds.
    fn share(&mut self, place: usize) -> Result<Option<Share>, EvaluateError> {
        let mut certain = vec![Share::NONE; self.formulas.len()];
        for _ in 0..ROUNDS_MAX {
            let Some(possible) = self.settled(&certain)? else { return Ok(None) };
            let Some(next) = self.settled(&possible)? else { return Ok(None) };
            if certain == next {
                let share = certain[place];
                return Ok((share.ranks() == possible[place].ranks()).then_some(share));
            }
            certain = next;
        }
        Ok(None)
    }

    /// The shares in every question's answer when the subtracted ones are those given; nothing if they never settle.
    fn settled(&mut self, subtracted: &[Share]) -> Result<Option<Vec<Share>>, EvaluateError> {
        let mut shares = vec![Share::NONE; self.formulas.len()];
        for _ in 0..ROUNDS_MAX + self.formulas.len() {
            let mut has_changed = false;
            for place in (0..self.formulas.len()).rev() {
                let work = self.conditions.doubts.take_work();
                self.meter.visit(work + self.formulas[place].width())?;
                let share = self.formulas[place].share(&shares, subtracted, &mut self.conditions.doubts);
                has_changed |= shares[place] != share;
                shares[place] = share;
            }
            if !has_changed {
                return Ok(Some(shares));
            }
        }
        Ok(None)
    }
}

impl Formula {
    fn share(&self, shares: &[Share], subtracted: &[Share], doubts: &mut Doubts) -> Share {
        let mut joined = |parts: &[Self], join: fn(Share, Share, &mut Doubts) -> Share| {
            let mut parts = parts.iter();
            let first = parts.next().map_or(Share::NONE, |part| part.share(shares, subtracted, doubts));
            parts.fold(first, |joined, part| {
                let share = part.share(shares, subtracted, doubts);
                join(joined, share, doubts)
            })
        };
        match self {
            Self::Constant(holders) => {
                Share { named: holders.named, wildcard: holders.wildcard, excluded: Answer::NO }
            }
            Self::Question(place) => shares[*place],
            Self::Any(parts) => joined(parts, Share::union),
            Self::All(parts) => joined(parts, Share::intersection),
            Self::Exclusion(base, subtract) => {
                base.share(shares, subtracted, doubts).exclusion(subtracted[*subtract], doubts)
            }
        }
    }
}
