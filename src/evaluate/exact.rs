//! The exact evaluation of questions that negate each other in a circle.
//!
//! The meaning is the well-founded model (Van Gelder, Ross, Schlipf 1991), found by its alternating fixpoint: what is
//! certainly a member is derived with every doubtful negation taken as false, what is possibly one with every
//! doubtful negation taken as true, each from the other until nothing changes. A question that is possible but never
//! certain depends on its own negation, and has no answer.
//!
//! This is slower than the machine and needs memory for each question, so it runs only when the machine meets a
//! negation of a question that is still open. Where no such circle matters to the answer, both agree.

use std::collections::HashMap;

use crate::index::{ObjectKey, Snapshot};
use crate::schema::ArrowFunction;

use super::error::EvaluateError;
use super::limits::Meter;
use super::machine::Goal;
use super::program::{NodePlan, Operation, OperationId, Program};
use super::questions::Question;

/// Questions of a circle that are named in the message, at most.
const NAMED_MAX: usize = 20;

/// A question's answer in terms of others, by their places.
#[derive(Debug)]
enum Formula {
    Constant(bool),
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
struct System<'run, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    goal: &'run Goal<'run>,
    meter: &'run mut Meter<'caller>,
    places: HashMap<Question, usize, foldhash::fast::RandomState>,
    items: Vec<Item>,
    formulas: Vec<Formula>,
}

/// Whether the question's answer is yes, as [`super::check()`] finds it.
pub(super) fn check(
    program: &Program,
    snapshot: Snapshot<'_>,
    goal: &Goal<'_>,
    meter: &mut Meter<'_>,
    question: Question,
) -> Result<bool, EvaluateError> {
    let places = HashMap::default();
    let mut system =
        System { program, snapshot, goal, meter, places, items: Vec::new(), formulas: Vec::new() };
    let root = system.place(question);
    while system.formulas.len() < system.items.len() {
        let formula = match system.items[system.formulas.len()] {
            Item::Question(question) => system.formula(question)?,
            Item::Subtracted(operation, object) => system.operation(operation, object)?,
        };
        system.formulas.push(formula);
    }
    let mut certain = vec![false; system.formulas.len()];
    loop {
        let possible = system.least_fixpoint(&certain)?;
        let next = system.least_fixpoint(&possible)?;
        if certain == next {
            return if certain[root] || !possible[root] {
                Ok(certain[root])
            } else {
                Err(system.cycle(root, &certain, &possible))
            };
        }
        certain = next;
    }
}

impl System<'_, '_> {
    fn place(&mut self, question: Question) -> usize {
        *self.places.entry(question).or_insert_with(|| {
            self.items.push(Item::Question(question));
            self.items.len() - 1
        })
    }

    fn formula(&mut self, question: Question) -> Result<Formula, EvaluateError> {
        self.meter.visit(1)?;
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Formula::Constant(true));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Formula::Constant(false));
        }
        match self.program.node(question.node) {
            NodePlan::Leaves(from, to) => self.leaves(from, to, question.object),
            NodePlan::Relation(relation, _) if self.goal.is_in(self.snapshot, question.object, relation) => {
                Ok(Formula::Constant(true))
            }
            NodePlan::Relation(_, body) | NodePlan::Arrow(body) | NodePlan::Permission(body) => {
                self.operation(body, question.object)
            }
        }
    }

    fn operation(&mut self, operation: OperationId, object: ObjectKey) -> Result<Formula, EvaluateError> {
        Ok(match self.program.operation(operation) {
            Operation::Nil => Formula::Constant(false),
            Operation::SelfObject => Formula::Constant(self.goal.is_object && self.goal.object == object),
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
        Ok(Formula::Constant(self.goal.is_in_any(self.snapshot, object, leaves)))
    }

    fn operands(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<Vec<Formula>, EvaluateError> {
        (from..to).map(|place| self.operation(self.program.operand(place), object)).collect()
    }

    fn walk(&mut self, place: u32, object: ObjectKey) -> Result<Formula, EvaluateError> {
        let walk = self.program.walk(place);
        let mut parts = Vec::new();
        for (form, target) in &walk.steps {
            let mut subjects = Vec::new();
            // In chunks, so that the shard is not locked for long.
            while self.snapshot.read(object, |postings| {
                postings.subjects(walk.relation, *form, subjects.last().copied(), 1024, &mut subjects)
            }) {
                self.meter.visit(1024)?;
            }
            for subject in subjects {
                self.meter.visit(1)?;
                parts.push(match target {
                    Some(node) => Formula::Question(self.place(Question { node: *node, object: subject })),
                    None => Formula::Constant(false),
                });
            }
        }
        Ok(match walk.function {
            ArrowFunction::Any => Formula::Any(parts),
            ArrowFunction::All if parts.is_empty() => Formula::Constant(false),
            ArrowFunction::All => Formula::All(parts),
        })
    }

    /// The least set of questions that follows when a subtracted question counts as a yes exactly if it is in
    /// `subtracted`.
    fn least_fixpoint(&mut self, subtracted: &[bool]) -> Result<Vec<bool>, EvaluateError> {
        let mut members = vec![false; self.formulas.len()];
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            // Backwards: questions come after those that depend on them, mostly.
            for place in (0..self.formulas.len()).rev() {
                if !members[place] {
                    self.meter.visit(1)?;
                    members[place] = self.formulas[place].holds(&members, subtracted);
                    has_changed |= members[place];
                }
            }
        }
        Ok(members)
    }

    /// The circle that the root's answer hangs on.
    fn cycle(&self, root: usize, certain: &[bool], possible: &[bool]) -> EvaluateError {
        let is_doubtful = |place: usize| possible[place] && !certain[place];
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
    fn holds(&self, members: &[bool], subtracted: &[bool]) -> bool {
        match self {
            Self::Constant(answer) => *answer,
            Self::Question(place) => members[*place],
            Self::Any(parts) => parts.iter().any(|part| part.holds(members, subtracted)),
            Self::All(parts) => parts.iter().all(|part| part.holds(members, subtracted)),
            Self::Exclusion(base, subtract) => base.holds(members, subtracted) && !subtracted[*subtract],
        }
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
