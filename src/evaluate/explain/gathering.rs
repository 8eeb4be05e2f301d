//! The questions that one question was decided by.

use std::sync::Arc;

use crate::caveat::Condition;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::program::Program;
use crate::evaluate::questions::Question;
use crate::index::{Holding, ObjectKey, RelationKey, Snapshot};
use crate::schema::{Arrow, ArrowFunction, DefinitionId, Expression, NodeId, NodeKind, SubjectForm};

use super::answers::{Answered, Answers, Rank};
use super::formula::Formula;
use super::resolve_alias;

/// Subjects copied out of the index at once.
const CHUNK: usize = 1024;

/// Reads the questions below a question from the schema and the relationships.
pub(super) struct Gathering<'run, 'answers> {
    pub(super) program: &'run Program,
    pub(super) snapshot: Snapshot<'run>,
    pub(super) goal: &'run Goal<'run>,
    pub(super) subject_definition: DefinitionId,
    pub(super) answers: &'run mut Answers<'answers>,
    /// Questions kept, at most. What goes beyond is asked, but not kept.
    pub(super) parts_max: usize,
}

/// What a question, or a part of its expression, comes to, and by which questions.
pub(super) struct Gathered {
    rank: Rank,
    pub(super) parts: Vec<Answered>,
    pub(super) formula: Formula,
}

/// A subject of a relation, and the condition under which it is one.
type Subject = (ObjectKey, Option<Arc<Condition>>);

/// A walk over the subjects of a relation.
struct Walk {
    relation: RelationKey,
    /// Each form of subject, and the node to ask of such a subject, if its type has it.
    steps: Vec<(RelationKey, Option<NodeId>)>,
    /// Whether one subject is enough.
    is_any: bool,
}

impl Gathering<'_, '_> {
    /// The questions that a question was decided by.
    pub(super) fn gather(&mut self, question: Question) -> Result<Gathered, EvaluateError> {
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Gathered::of(Rank::Yes));
        }
        let program = self.program;
        match &program.schema().node(question.node).kind {
            NodeKind::Relation(_) => self.relation(question),
            NodeKind::Permission(expression) => self.expression(expression, question.object),
        }
    }

    /// The relation's own subjects, and if they do not decide, its usersets.
    fn relation(&mut self, question: Question) -> Result<Gathered, EvaluateError> {
        let relation = self.program.node_key(question.node);
        let rank = Rank::of(self.answers.decided.is_in(question.object, relation)?);
        let direct = Gathered { rank, parts: Vec::new(), formula: self.direct(question.object, relation) };
        if rank == Rank::Yes {
            return Ok(direct);
        }
        let forms = self.program.subject_forms(question.node).into_iter();
        let usersets = forms.filter_map(|(_, form)| match form {
            SubjectForm::Userset(node) => Some((self.program.node_key(node), Some(node))),
            SubjectForm::Object | SubjectForm::Wildcard => None,
        });
        let walk = Walk { relation, steps: usersets.collect(), is_any: true };
        let usersets = self.walk(&walk, question.object)?;
        Ok(Gathered::union(vec![direct, usersets]))
    }

    /// The conditions under which a relation of an object holds the subject or its wildcard.
    fn direct(&self, object: ObjectKey, relation: RelationKey) -> Formula {
        let sought = [Some((self.goal.form, self.goal.object)), self.goal.wildcard];
        let holding = self.snapshot.read(object, |postings| {
            sought.map(|sought| sought.map(|(form, subject)| postings.subject(relation, form, subject)))
        });
        let parts = holding.into_iter().flatten().map(|holding| match holding {
            Holding::No => Formula::No,
            Holding::Yes => Formula::Yes,
            Holding::If(condition) => Formula::Condition(condition),
        });
        Formula::Any(parts.collect())
    }

    fn expression(&mut self, expression: &Expression, object: ObjectKey) -> Result<Gathered, EvaluateError> {
        Ok(match expression {
            Expression::SelfObject if self.goal.is_object && self.goal.object == object => {
                Gathered::of(Rank::Yes)
            }
            Expression::Nil | Expression::SelfObject => Gathered::of(Rank::No),
            Expression::Node(node) => Gathered::part(self.ask(*node, object)?),
            Expression::Arrow(arrow) => self.arrow(arrow, object)?,
            Expression::Union(operands) => self.union(operands, object)?,
            Expression::Intersection(operands) => {
                let operands: Result<_, _> =
                    operands.iter().map(|operand| self.expression(operand, object)).collect();
                Gathered::intersection(operands?)
            }
            Expression::Exclusion(base, subtract) => {
                let base = self.expression(base, object)?;
                if base.rank == Rank::No {
                    return Ok(base);
                }
                let subtract = self.expression(subtract, object)?;
                Gathered::intersection(vec![base, subtract.negated()])
            }
        })
    }

    /// What decides on its own needs no others beside it, and nothing is asked of them.
    fn union(&mut self, operands: &[Expression], object: ObjectKey) -> Result<Gathered, EvaluateError> {
        let mut gathered = Vec::new();
        for operand in operands {
            let operand = self.expression(operand, object)?;
            if operand.rank == Rank::Yes && operand.is_plain() {
                return Ok(operand);
            }
            gathered.push(operand);
        }
        Ok(Gathered::union(gathered))
    }

    fn arrow(&mut self, arrow: &Arrow, object: ObjectKey) -> Result<Gathered, EvaluateError> {
        let forms = self.program.subject_forms(arrow.tupleset).into_iter();
        let mut steps: Vec<_> = forms
            .map(|(definition, form)| {
                let target = arrow.targets.iter().find(|(known, _)| *known == definition);
                (self.program.form_key(definition, form), target.map(|(_, node)| *node))
            })
            .collect();
        let is_any = arrow.function == ArrowFunction::Any;
        if is_any {
            steps.retain(|(_, target)| target.is_some());
        }
        self.walk(&Walk { relation: self.program.node_key(arrow.tupleset), steps, is_any }, object)
    }

    /// Asks the subjects of a relation. Where one is enough, the first that says yes stands for all.
    fn walk(&mut self, walk: &Walk, object: ObjectKey) -> Result<Gathered, EvaluateError> {
        let mut walked = Gathered::of(if walk.is_any { Rank::No } else { Rank::Yes });
        let mut formulas = Vec::new();
        let mut has_subject = false;
        for (form, target) in &walk.steps {
            let mut after = None;
            loop {
                let (subjects, last) = self.subjects(walk.relation, *form, object, after)?;
                for (subject, condition) in subjects {
                    has_subject = true;
                    let Some(node) = target else {
                        // Only `.all()` comes here: a subject without the target says no.
                        walked.rank = Rank::No;
                        formulas.push(Formula::No);
                        continue;
                    };
                    let part = self.subject(*node, subject, condition)?;
                    if walk.is_any && part.rank == Rank::Yes {
                        return Ok(part);
                    }
                    walked.rank =
                        if walk.is_any { walked.rank.max(part.rank) } else { walked.rank.min(part.rank) };
                    if walked.parts.len() < self.parts_max {
                        walked.parts.extend(part.parts);
                        formulas.push(part.formula);
                    }
                }
                after = last;
                if after.is_none() {
                    break;
                }
            }
        }
        if !has_subject {
            return Ok(Gathered::of(Rank::No));
        }
        walked.formula = if walk.is_any { Formula::Any(formulas) } else { Formula::All(formulas) };
        Ok(walked)
    }

    /// One subject of a walk: whether it is one, and what it says.
    fn subject(
        &mut self,
        node: NodeId,
        subject: ObjectKey,
        condition: Option<Arc<Condition>>,
    ) -> Result<Gathered, EvaluateError> {
        let part = Gathered::part(self.ask(node, subject)?);
        let Some(condition) = condition else { return Ok(part) };
        let rank = Rank::of(self.answers.decided.decide(&condition)?);
        let condition = Gathered { rank, parts: Vec::new(), formula: Formula::Condition(condition) };
        Ok(Gathered::intersection(vec![condition, part]))
    }

    /// The next subjects of a relation, in order of their names, and where to go on if there are more.
    fn subjects(
        &mut self,
        relation: RelationKey,
        form: RelationKey,
        object: ObjectKey,
        after: Option<ObjectKey>,
    ) -> Result<(Vec<Subject>, Option<ObjectKey>), EvaluateError> {
        let mut subjects = Vec::new();
        let has_more = self.snapshot.read(object, |postings| {
            let push = |subject, condition| subjects.push((subject, condition));
            postings.subjects(relation, form, after, CHUNK, push)
        });
        self.answers.decided.visit(subjects.len() as u64)?;
        let after = subjects.last().map(|(subject, _)| *subject).filter(|_| has_more);
        // What a trace shows first must not hang on numbers.
        subjects.sort_by_cached_key(|(subject, _)| self.snapshot.object_name(*subject).map(|(_, id)| id));
        Ok((subjects, after))
    }

    fn ask(&mut self, node: NodeId, object: ObjectKey) -> Result<Answered, EvaluateError> {
        let node = resolve_alias(self.program.schema(), self.subject_definition, node);
        self.answers.ask(Question { node, object })
    }
}

impl Gathered {
    /// What is decided without a question.
    fn of(rank: Rank) -> Self {
        let formula = if rank == Rank::Yes { Formula::Yes } else { Formula::No };
        Self { rank, parts: Vec::new(), formula }
    }

    fn part(answered: Answered) -> Self {
        let (rank, formula) = (answered.rank(), Formula::Question(answered.question));
        Self { rank, parts: vec![answered], formula }
    }

    fn negated(self) -> Self {
        Self { rank: self.rank.negated(), formula: Formula::Not(Box::new(self.formula)), ..self }
    }

    /// Whether no question in it rests on conditions.
    fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| !part.is_conditional)
    }

    /// The first that says yes decides; otherwise all do.
    fn union(mut operands: Vec<Self>) -> Self {
        if let Some(place) = operands.iter().position(|operand| operand.rank == Rank::Yes) {
            return operands.swap_remove(place);
        }
        let rank = operands.iter().map(|operand| operand.rank).max().unwrap_or(Rank::No);
        Self::joined(rank, operands, Formula::Any)
    }

    fn intersection(operands: Vec<Self>) -> Self {
        let rank = operands.iter().map(|operand| operand.rank).min().unwrap_or(Rank::Yes);
        Self::joined(rank, operands, Formula::All)
    }

    fn joined(rank: Rank, operands: Vec<Self>, join: fn(Vec<Formula>) -> Formula) -> Self {
        let mut parts = Vec::new();
        let mut formulas = Vec::new();
        for operand in operands {
            parts.extend(operand.parts);
            formulas.push(operand.formula);
        }
        Self { rank, parts, formula: join(formulas) }
    }
}
