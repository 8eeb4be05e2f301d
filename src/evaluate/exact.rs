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
use std::sync::Arc;

use crate::caveat::Condition;
use crate::index::{ObjectKey, Snapshot};
use crate::schema::ArrowFunction;

use super::answer::{Answer, Doubts, Missing};
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::goal::Goal;
use super::limits::Meter;
use super::program::{NodePlan, Operation, OperationId, Program};
use super::questions::Question;

/// Questions of a circle that are named in the message, at most.
const NAMED_MAX: usize = 20;

/// A question's answer in terms of others, by their places.
#[derive(Debug)]
enum Formula {
    Constant(Answer),
    Question(usize),
    Any(Vec<Formula>),
    All(Vec<Formula>),
    /// The second part is a place of its own, so that it counts as one question however it is written.
    Exclusion(Box<Formula>, usize),
}

/// What has a place among the formulas.
#[derive(Debug, Clone, Copy)]
enum Item {
    Question(Question),
    Subtracted(OperationId, ObjectKey),
}

/// Every question that the first one may depend on, each with its formula.
struct System<'run, 'data, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    goal: &'run Goal<'run>,
    conditions: &'run mut Conditions<'data>,
    meter: &'run mut Meter<'caller>,
    places: HashMap<Question, usize, foldhash::fast::RandomState>,
    items: Vec<Item>,
    formulas: Vec<Formula>,
}

/// The question's answer, as [`super::check()`] finds it.
pub(super) fn check(
    program: &Program,
    snapshot: Snapshot<'_>,
    goal: &Goal<'_>,
    conditions: &mut Conditions<'_>,
    meter: &mut Meter<'_>,
    question: Question,
) -> Result<Answer, EvaluateError> {
    let places = HashMap::default();
    let mut system = System {
        program,
        snapshot,
        goal,
        conditions,
        meter,
        places,
        items: Vec::new(),
        formulas: Vec::new(),
    };
    let root = system.place(question);
    while system.formulas.len() < system.items.len() {
        let formula = match system.items[system.formulas.len()] {
            Item::Question(question) => system.formula(question)?,
            Item::Subtracted(operation, object) => system.operation(operation, object)?,
        };
        system.formulas.push(formula);
    }
    let mut certain = vec![Answer::NO; system.formulas.len()];
    loop {
        let possible = system.least_fixpoint(&certain)?;
        let next = system.least_fixpoint(&possible)?;
        let is_same = certain.iter().zip(&next).all(|(one, other)| one.rank() == other.rank());
        certain = next;
        if is_same {
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
    fn place(&mut self, question: Question) -> usize {
        *self.places.entry(question).or_insert_with(|| {
            self.items.push(Item::Question(question));
            self.items.len() - 1
        })
    }

    fn formula(&mut self, question: Question) -> Result<Formula, EvaluateError> {
        self.meter.visit(1)?;
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Formula::Constant(Answer::YES));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Formula::Constant(Answer::NO));
        }
        match self.program.node(question.node) {
            NodePlan::Leaves(from, to) => self.leaves(from, to, question.object),
            NodePlan::Relation(relation, body) => {
                let direct =
                    self.goal.is_in(self.snapshot, question.object, relation, self.conditions, self.meter)?;
                Ok(match direct {
                    Answer::YES => Formula::Constant(direct),
                    Answer::NO => self.operation(body, question.object)?,
                    undecided => Formula::Any(vec![
                        Formula::Constant(undecided),
                        self.operation(body, question.object)?,
                    ]),
                })
            }
            NodePlan::Arrow(body) | NodePlan::Permission(body) => self.operation(body, question.object),
        }
    }

    fn operation(&mut self, operation: OperationId, object: ObjectKey) -> Result<Formula, EvaluateError> {
        Ok(match self.program.operation(operation) {
            Operation::Nil => Formula::Constant(Answer::NO),
            Operation::SelfObject => {
                Formula::Constant(Answer::from(self.goal.is_object && self.goal.object == object))
            }
            Operation::Node(node) => Formula::Question(self.place(Question { node, object })),
            Operation::Leaves(from, to) => self.leaves(from, to, object)?,
            Operation::Walk(walk) => self.walk(walk, object)?,
            Operation::Any(from, to) => Formula::Any(self.operands(from, to, object)?),
            Operation::All(from, to) => Formula::All(self.operands(from, to, object)?),
            Operation::Exclusion(base, subtract) => {
                let base = self.operation(base, object)?;
                self.items.push(Item::Subtracted(subtract, object));
                Formula::Exclusion(Box::new(base), self.items.len() - 1)
            }
        })
    }

    fn leaves(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<Formula, EvaluateError> {
        let leaves = self.program.leaves(from, to);
        self.meter.visit(leaves.len() as u64)?;
        let answer = self.goal.is_in_any(self.snapshot, object, leaves, self.conditions, self.meter)?;
        Ok(Formula::Constant(answer))
    }

    fn operands(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<Vec<Formula>, EvaluateError> {
        (from..to).map(|place| self.operation(self.program.operand(place), object)).collect()
    }

    fn walk(&mut self, place: u32, object: ObjectKey) -> Result<Formula, EvaluateError> {
        let walk = self.program.walk(place);
        let mut parts = Vec::new();
        for (form, target) in &walk.steps {
            let mut subjects: Vec<(ObjectKey, Option<Arc<Condition>>)> = Vec::new();
            // In chunks, so that the shard is not locked for long.
            while self.snapshot.read(object, |postings| {
                let after = subjects.last().map(|(subject, _)| *subject);
                let push = |subject, condition| subjects.push((subject, condition));
                postings.subjects(walk.relation, *form, after, 1024, push)
            }) {
                self.meter.visit(1024)?;
            }
            for (subject, condition) in subjects {
                self.meter.visit(1)?;
                let part = match target {
                    Some(node) => Formula::Question(self.place(Question { node: *node, object: subject })),
                    None => Formula::Constant(Answer::NO),
                };
                parts.push(match condition {
                    None => part,
                    Some(condition) => {
                        let is_subject = self.conditions.decide(&condition, self.meter)?;
                        Formula::All(vec![Formula::Constant(is_subject), part])
                    }
                });
            }
        }
        Ok(match walk.function {
            ArrowFunction::Any => Formula::Any(parts),
            ArrowFunction::All if parts.is_empty() => Formula::Constant(Answer::NO),
            ArrowFunction::All => Formula::All(parts),
        })
    }

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
            Self::Constant(answer) => *answer,
            Self::Question(place) => answers[*place],
            Self::Any(parts) => Self::join(true, parts, answers, subtracted, doubts),
            Self::All(parts) => Self::join(false, parts, answers, subtracted, doubts),
            Self::Exclusion(base, subtract) => {
                let base = base.evaluate(answers, subtracted, doubts);
                doubts.both(base, subtracted[*subtract].negated())
            }
        }
    }

    /// How much there is to look at, roughly.
    fn width(&self) -> u64 {
        match self {
            Self::Any(parts) | Self::All(parts) => 1 + parts.len() as u64,
            Self::Constant(_) | Self::Question(_) | Self::Exclusion(..) => 1,
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

    fn collect(&self, places: &mut Vec<usize>) {
        match self {
            Self::Constant(_) => {}
            Self::Question(place) => places.push(*place),
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.collect(places)),
            Self::Exclusion(base, subtract) => {
                base.collect(places);
                places.push(*subtract);
            }
        }
    }
}
