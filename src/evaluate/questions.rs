//! The questions asked so far within one evaluation, and which of them wait for each other.
//!
//! Membership is a least fixpoint: a question that is met again while it is still being answered counts as no there.
//! A no that was found that way is provisional. It becomes final together with the lowest question that it waits
//! for, unless that one turns out to be a yes: then it is forgotten, and asked anew if anyone asks. This is the stack
//! of Tarjan's algorithm for strongly connected components (1972), with answers instead of components.
//!
//! A yes is always final: it has a proof that uses no provisional no, as long as nothing provisional is negated. An
//! undecided answer is a yes and a no in one; where it would be provisional, keeping track is left to the exact
//! evaluation.

use crate::index::ObjectKey;
use crate::schema::NodeId;

use super::answer::Answer;
use super::table::{Place, Table};

/// Whether the subject has this relation or permission on this object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) node: NodeId,
    pub(super) object: ObjectKey,
}

/// What is known of a question.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// It was never asked, or what was found out is no longer valid. It is open now.
    Asked,
    /// It is answered for good.
    Final(Answer),
    /// It is being answered, or its no waits for one that is. For the time being, no.
    Provisional,
    /// As before, but between that question and this one there is a negation, so no would not be safe.
    Negated,
}

/// Questions depend on each other in a way that only the exact evaluation can tell apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entangled;

#[derive(Debug, Clone, Copy)]
struct Open {
    /// Where its state is.
    place: Place,
    /// The lowest open question that its no depends on; itself if on none below.
    lowest: u32,
    /// Negations around it when it was asked.
    negations: u32,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Not asked, or forgotten.
    Unknown,
    Final(Answer),
    Open(u32),
}

/// The questions of one evaluation. Kept between evaluations for its memory.
#[derive(Debug)]
pub(super) struct Questions {
    states: Table<State>,
    open: Vec<Open>,
    /// The innermost question that is being answered.
    current: Option<u32>,
    /// Negations around what is being evaluated.
    negations: u32,
}

impl Default for Questions {
    fn default() -> Self {
        Self { states: Table::new(), open: Vec::new(), current: None, negations: 0 }
    }
}

impl Questions {
    /// Begins a new evaluation.
    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.open.clear();
        self.current = None;
        self.negations = 0;
    }

    /// Forgets the questions that are open: the evaluation has stopped half-way. What is answered stays so.
    pub(super) fn abandon(&mut self) {
        for open in self.open.drain(..) {
            self.states.set(open.place, State::Unknown);
        }
        self.current = None;
        self.negations = 0;
    }

    /// Takes note of an answer that was found elsewhere. No question may be open.
    pub(super) fn remember(&mut self, question: Question, answer: Answer) {
        let (place, _) = self.states.get_or_insert(question, State::Unknown);
        self.states.set(place, State::Final(answer));
    }

    /// How many questions are known or open.
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Looks a question up, and opens it if it is not known. An opened question must be closed; until then it is the
    /// current one, and the answer's second part is the one that was before.
    pub(super) fn ask(&mut self, question: Question) -> (Known, Option<u32>) {
        let next = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let outer = self.current;
        let (place, state) = self.states.get_or_insert(question, State::Unknown);
        match state {
            State::Final(answer) => (Known::Final(answer), outer),
            State::Open(position) => (self.wait_for(position), outer),
            State::Unknown => {
                self.states.set(place, State::Open(next));
                self.open.push(Open { place, lowest: next, negations: self.negations });
                self.current = Some(next);
                (Known::Asked, outer)
            }
        }
    }

    /// Answers the current question; `outer` is current again. An error if the answer is undecided and provisional.
    pub(super) fn close(&mut self, answer: Answer, outer: Option<u32>) -> Result<(), Entangled> {
        let Some(position) = self.current else { return Ok(()) };
        let Open { place, lowest, .. } = self.open[position as usize];
        self.current = outer;
        if !answer.is_decided() && lowest < position {
            return Err(Entangled);
        }
        if answer != Answer::NO {
            for forgotten in &self.open[position as usize + 1..] {
                self.states.set(forgotten.place, State::Unknown);
            }
            self.states.set(place, State::Final(answer));
            self.open.truncate(position as usize);
        } else if lowest == position {
            for settled in self.open.drain(position as usize..) {
                self.states.set(settled.place, State::Final(Answer::NO));
            }
        } else if let Some(outer) = outer {
            let outer = &mut self.open[outer as usize];
            outer.lowest = outer.lowest.min(lowest);
        }
        Ok(())
    }

    /// What is evaluated from now on is negated.
    pub(super) fn enter_negation(&mut self) {
        self.negations += 1;
    }

    /// What is evaluated from now on is no longer negated.
    pub(super) fn leave_negation(&mut self) {
        self.negations -= 1;
    }

    fn wait_for(&mut self, position: u32) -> Known {
        let lowest = self.open[position as usize].lowest;
        if self.negations > self.open[lowest as usize].negations {
            return Known::Negated;
        }
        if let Some(current) = self.current {
            let current = &mut self.open[current as usize];
            current.lowest = current.lowest.min(lowest);
        }
        Known::Provisional
    }
}
