//! A question as a system of equations: its answer in terms of the questions that it may depend on, and theirs in turn.
//!
//! This needs memory for each question, so it is for those that the machine cannot answer one after another.

use std::collections::HashMap;
use std::sync::Arc;

use crate::caveat::Condition;
use crate::index::{ObjectKey, Snapshot};
use crate::schema::ArrowFunction;

use super::answer::Answer;
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::goal::Goal;
use super::limits::Meter;
use super::program::{NodePlan, Operation, OperationId, Program};
use super::questions::Question;

/// Subjects copied out of the index at once.
const CHUNK: usize = 1024;

/// A question's answer in terms of others, by their places.
#[derive(Debug)]
pub(super) enum Formula {
    /// What relationships with the subject itself say, and those with its wildcard.
    Constant(Holders),
    Question(usize),
    Any(Vec<Formula>),
    All(Vec<Formula>),
    /// The second part is a place of its own, so that it counts as one question however it is written.
    Exclusion(Box<Formula>, usize),
}

/// What has a place among the formulas.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Question(Question),
    Subtracted(OperationId, ObjectKey),
}

/// Who holds: the subject by name, and everyone of its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holders {
    pub(super) named: Answer,
    pub(super) wildcard: Answer,
}

impl Holders {
    fn named(named: Answer) -> Self {
        Self { named, wildcard: Answer::NO }
    }
}

/// Every question that the first one may depend on, each with its formula.
pub(super) struct System<'run, 'data, 'caller> {
    pub(super) program: &'run Program,
    pub(super) snapshot: Snapshot<'run>,
    /// Who is looked for. Its wildcard counts as its name.
    pub(super) goal: &'run Goal<'run>,
    /// Everyone of its type, where they are to be told apart.
    pub(super) everyone: Option<&'run Goal<'run>>,
    pub(super) conditions: &'run mut Conditions<'data>,
    pub(super) meter: &'run mut Meter<'caller>,
    places: HashMap<Question, usize, foldhash::fast::RandomState>,
    pub(super) items: Vec<Item>,
    pub(super) formulas: Vec<Formula>,
}

impl<'run, 'data, 'caller> System<'run, 'data, 'caller> {
    /// A system without equations.
    pub(super) fn new(
        program: &'run Program,
        snapshot: Snapshot<'run>,
        goal: &'run Goal<'run>,
        everyone: Option<&'run Goal<'run>>,
        conditions: &'run mut Conditions<'data>,
        meter: &'run mut Meter<'caller>,
    ) -> Self {
        let places = HashMap::default();
        let (items, formulas) = (Vec::new(), Vec::new());
        Self { program, snapshot, goal, everyone, conditions, meter, places, items, formulas }
    }

    /// Adds what a question's answer depends on. The question's place.
    pub(super) fn build(&mut self, question: Question) -> Result<usize, EvaluateError> {
        let root = self.place(question);
        while self.formulas.len() < self.items.len() {
            let formula = match self.items[self.formulas.len()] {
                Item::Question(question) => self.formula(question)?,
                Item::Subtracted(operation, object) => self.operation(operation, object)?,
            };
            self.formulas.push(formula);
        }
        Ok(root)
    }

    fn place(&mut self, question: Question) -> usize {
        *self.places.entry(question).or_insert_with(|| {
            self.items.push(Item::Question(question));
            self.items.len() - 1
        })
    }

    fn add(&mut self, item: Item) -> usize {
        self.items.push(item);
        self.items.len() - 1
    }

    fn formula(&mut self, question: Question) -> Result<Formula, EvaluateError> {
        self.meter.visit(1)?;
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Formula::constant(Answer::YES));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Formula::constant(Answer::NO));
        }
        match self.program.node(question.node) {
            NodePlan::Leaves(from, to) => self.leaves(from, to, question.object),
            NodePlan::Relation(relation, body) => {
                let direct = self.look(|goal, snapshot, conditions, meter| {
                    goal.is_in(snapshot, question.object, relation, conditions, meter)
                })?;
                if self.is_settled(direct) {
                    return Ok(Formula::Constant(direct));
                }
                if direct.named == Answer::NO && direct.wildcard == Answer::NO {
                    return self.operation(body, question.object);
                }
                Ok(Formula::Any(vec![Formula::Constant(direct), self.operation(body, question.object)?]))
            }
            NodePlan::Arrow(body) | NodePlan::Permission(body) => self.operation(body, question.object),
        }
    }

    fn operation(&mut self, operation: OperationId, object: ObjectKey) -> Result<Formula, EvaluateError> {
        Ok(match self.program.operation(operation) {
            Operation::Nil => Formula::constant(Answer::NO),
            Operation::SelfObject => {
                Formula::constant(Answer::from(self.goal.is_object && self.goal.object == object))
            }
            Operation::Node(node) => Formula::Question(self.place(Question { node, object })),
            Operation::Leaves(from, to) => self.leaves(from, to, object)?,
            Operation::Walk(walk) => self.walk(walk, object)?,
            Operation::Any(from, to) => Formula::Any(self.operands(from, to, object)?),
            Operation::All(from, to) => Formula::All(self.operands(from, to, object)?),
            Operation::Exclusion(base, subtract) => {
                let base = self.operation(base, object)?;
                Formula::Exclusion(Box::new(base), self.add(Item::Subtracted(subtract, object)))
            }
        })
    }

    fn leaves(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<Formula, EvaluateError> {
        let leaves = self.program.leaves(from, to);
        self.meter.visit(leaves.len() as u64)?;
        let holders = self.look(|goal, snapshot, conditions, meter| {
            goal.is_in_any(snapshot, object, leaves, conditions, meter)
        })?;
        Ok(Formula::Constant(holders))
    }

    /// Looks for the subject, and for everyone of its type if that is asked for.
    fn look(
        &mut self,
        look: impl Fn(
            &Goal<'_>,
            Snapshot<'_>,
            &mut Conditions<'_>,
            &mut Meter<'_>,
        ) -> Result<Answer, EvaluateError>,
    ) -> Result<Holders, EvaluateError> {
        let named = look(self.goal, self.snapshot, self.conditions, self.meter)?;
        let wildcard = match self.everyone {
            Some(everyone) => look(everyone, self.snapshot, self.conditions, self.meter)?,
            None => Answer::NO,
        };
        Ok(Holders { named, wildcard })
    }

    /// Whoever is in what is intersected with this is so under a condition.
    fn under(&self, condition: Answer) -> Holders {
        if self.everyone.is_none() {
            return Holders::named(condition);
        }
        Holders { named: Answer::NO, wildcard: condition }
    }

    /// Whether nothing that is added to these holders changes them.
    fn is_settled(&self, holders: Holders) -> bool {
        let is_wildcard_settled = self.everyone.is_none() || holders.wildcard == Answer::YES;
        holders.named == Answer::YES && is_wildcard_settled
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
                postings.subjects(walk.relation, *form, after, CHUNK, push)
            }) {
                self.meter.visit(CHUNK as u64)?;
            }
            for (subject, condition) in subjects {
                self.meter.visit(1)?;
                let part = match target {
                    Some(node) => Formula::Question(self.place(Question { node: *node, object: subject })),
                    None => Formula::constant(Answer::NO),
                };
                parts.push(match condition {
                    None => part,
                    Some(condition) => {
                        let is_subject = self.conditions.decide(&condition, self.meter)?;
                        let condition = Formula::Constant(self.under(is_subject));
                        Formula::All(vec![condition, part])
                    }
                });
            }
        }
        Ok(match walk.function {
            ArrowFunction::Any => Formula::Any(parts),
            ArrowFunction::All if parts.is_empty() => Formula::constant(Answer::NO),
            ArrowFunction::All => Formula::All(parts),
        })
    }
}

impl Formula {
    fn constant(named: Answer) -> Self {
        Self::Constant(Holders::named(named))
    }

    /// How much there is to look at, roughly.
    pub(super) fn width(&self) -> u64 {
        match self {
            Self::Any(parts) | Self::All(parts) => 1 + parts.len() as u64,
            Self::Constant(_) | Self::Question(_) | Self::Exclusion(..) => 1,
        }
    }

    /// Adds the places that the formula refers to.
    pub(super) fn collect(&self, places: &mut Vec<usize>) {
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
