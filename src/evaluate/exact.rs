//! The exact evaluation of questions that depend on each other in a circle.
//!
//! The meaning is the well-founded model (Van Gelder, Ross, Schlipf 1991), found by its alternating fixpoint: what is
//! certainly a member is derived with every doubtful negation taken as false, what is possibly one with every
//! doubtful negation taken as true, each from the other until nothing changes. A question that is possible but never
//! certain depends on its own negation, and has no answer.
//!
//! Undecided answers have their place between no and yes, so the same fixpoint finds them.
//!
//! This is slower than the machine and needs memory for each question, so it runs only when the machine meets a
//! negation of a question that is still open, or an undecided answer that depends on one. Where no such circle matters to the answer, both agree.

use std::collections::HashMap;

use super::answer::{Answer, Doubts, Missing};
use super::error::EvaluateError;
use super::questions::Question;
use super::system::{Formula, Item, System};

/// Questions of a circle that are named in the message, at most.
const NAMED_MAX: usize = 20;

/// The question's answer, as the machine finds it. Whatever else is decided on the way is handed to `settle`: the next
/// question is often one of the same circle.
pub(super) fn answer(
    mut system: System<'_, '_, '_>,
    question: Question,
    mut settle: impl FnMut(Question, Answer),
) -> Result<Answer, EvaluateError> {
    let root = system.build(question)?;
    let mut certain = vec![Answer::NO; system.formulas.len()];
    loop {
        let possible = system.least_fixpoint(&certain)?;
        let next = system.least_fixpoint(&possible)?;
        let is_same = certain.iter().zip(&next).all(|(one, other)| one.rank() == other.rank());
        certain = next;
        if is_same {
            for ((item, certain), possible) in system.items.iter().zip(&certain).zip(&possible) {
                if let Item::Question(question) = item
                    && certain == possible
                    && certain.is_decided()
                {
                    settle(*question, *certain);
                }
            }
            return match certain[root] {
                answer if answer.rank() != possible[root].rank() => {
                    Err(system.cycle(root, &certain, &possible))
                }
                answer if answer.is_decided() => Ok(answer),
                _ => system.doubt(root, certain, possible),
            };
        }
    }
}

impl System<'_, '_, '_> {
    /// The lowest answers that follow when subtracted questions have the answers in `subtracted`.
    fn least_fixpoint(&mut self, subtracted: &[Answer]) -> Result<Vec<Answer>, EvaluateError> {
        let mut answers = vec![Answer::NO; self.formulas.len()];
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            // Backwards: questions come after those that depend on them, mostly.
            for place in (0..self.formulas.len()).rev() {
                if answers[place] != Answer::YES {
                    let work = self.conditions.doubts.take_work();
                    self.meter.visit(work + self.formulas[place].width())?;
                    let doubts = &mut self.conditions.doubts;
                    let answer = self.formulas[place].evaluate(&answers, subtracted, doubts);
                    has_changed |= answers[place].rank() != answer.rank();
                    answers[place] = answer;
                }
            }
        }
        Ok(answers)
    }

    /// The root's undecided answer with what it hangs on. What it seemed to hang on before all answers were known may
    /// have been decided since, so this begins with nothing.
    fn doubt(
        &mut self,
        root: usize,
        mut certain: Vec<Answer>,
        mut possible: Vec<Answer>,
    ) -> Result<Answer, EvaluateError> {
        let nothing = self.conditions.doubts.missing(Missing::new());
        for answer in certain.iter_mut().chain(&mut possible).filter(|answer| !answer.is_decided()) {
            *answer = nothing;
        }
        while self.add_doubts(&mut certain, &possible)? | self.add_doubts(&mut possible, &certain)? {}
        Ok(certain[root])
    }

    /// Adds to the undecided answers what their parts hang on. Whether that was more than before.
    fn add_doubts(&mut self, answers: &mut [Answer], subtracted: &[Answer]) -> Result<bool, EvaluateError> {
        let mut has_changed = false;
        for place in (0..self.formulas.len()).rev() {
            if !answers[place].is_decided() {
                let work = self.conditions.doubts.take_work();
                self.meter.visit(work + self.formulas[place].width())?;
                let doubts = &mut self.conditions.doubts;
                let answer = self.formulas[place].evaluate(answers, subtracted, doubts);
                has_changed |= answers[place] != answer;
                answers[place] = answer;
            }
        }
        Ok(has_changed)
    }

    /// The circle that the root's answer hangs on.
    fn cycle(&self, root: usize, certain: &[Answer], possible: &[Answer]) -> EvaluateError {
        let is_doubtful = |place: usize| possible[place].rank() != certain[place].rank();
        let mut path = vec![root];
        let mut place_in_path = HashMap::from([(root, 0)]);
        loop {
            let mut parts = Vec::new();
            self.formulas[path[path.len() - 1]].collect(&mut parts);
            // A doubtful question depends on another one, or on itself; else it would be decided.
            let Some(next) = parts.into_iter().find(|place| is_doubtful(*place)) else { break };
            if let Some(start) = place_in_path.get(&next) {
                path.drain(..start);
                path.push(next);
                break;
            }
            place_in_path.insert(next, path.len());
            path.push(next);
        }
        let named = path.iter().filter_map(|place| match self.items[*place] {
            Item::Question(question) => Some(self.name(question)),
            Item::Subtracted(..) => None,
        });
        EvaluateError::NegationCycle { cycle: named.take(NAMED_MAX).collect() }
    }

    fn name(&self, question: Question) -> String {
        let schema = self.program.schema();
        let node = schema.node(question.node);
        let definition = &schema.definition(node.definition).name;
        let object = self.snapshot.object_name(question.object);
        let id = object.as_ref().map_or("?", |(_, id)| id);
        format!("{definition}:{id}#{}", node.name)
    }
}

impl Formula {
    fn evaluate(&self, answers: &[Answer], subtracted: &[Answer], doubts: &mut Doubts) -> Answer {
        match self {
            // Without a goal of its own, the wildcard is in the first part.
            Self::Constant(holders) => holders.named,
            Self::Question(place) => answers[*place],
            Self::Any(parts) => Self::join(true, parts, answers, subtracted, doubts),
            Self::All(parts) => Self::join(false, parts, answers, subtracted, doubts),
            Self::Exclusion(base, subtract) => {
                let base = base.evaluate(answers, subtracted, doubts);
                doubts.both(base, subtracted[*subtract].negated())
            }
        }
    }

    /// The union or the intersection of some parts.
    fn join(
        is_any: bool,
        parts: &[Self],
        answers: &[Answer],
        subtracted: &[Answer],
        doubts: &mut Doubts,
    ) -> Answer {
        let mut joined = Answer::from(!is_any);
        for part in parts {
            let answer = part.evaluate(answers, subtracted, doubts);
            joined = doubts.join(is_any, joined, answer);
            if joined == Answer::from(is_any) {
                break;
            }
        }
        joined
    }
}
