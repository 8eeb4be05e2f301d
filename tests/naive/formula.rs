//! Every question written down as a formula over other questions.

use std::collections::BTreeMap;

use super::caveat::Context;
use super::model::{Definition, Expression, Model, Question, Row, Rows, Subject, Terms};
use super::value::Value;

/// What is given: the graph at a time, who is asked for, and the request's context.
pub(crate) struct Case<'a> {
    pub(crate) model: &'a Model,
    pub(crate) rows: &'a Rows,
    pub(crate) now: i64,
    pub(crate) ids: &'a [&'a str],
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Context,
}

/// When a question is a yes, in terms of other questions by their places.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    /// Nothing else is asked. With the parameters that it hangs on if it is undecided, each as often as it counts.
    Constant(Value, Vec<String>),
    Question(usize),
    /// What is subtracted is a question of its own.
    Not(usize),
    Any(Vec<Formula>),
    All(Vec<Formula>),
}

/// All questions, each with its formula.
#[derive(Debug, Default)]
pub(super) struct Formulas {
    pub(super) places: BTreeMap<Question, usize>,
    pub(super) formulas: Vec<Formula>,
}

impl Formulas {
    pub(super) fn of(case: &Case<'_>) -> Self {
        let mut all = Self::default();
        for (definition, node) in case.model.nodes() {
            for id in case.ids {
                let question = (definition.to_owned(), (*id).to_owned(), node.to_owned());
                all.places.insert(question, all.places.len());
            }
        }
        all.formulas = vec![constant(false); all.places.len()];
        for (question, place) in all.places.clone() {
            all.formulas[place] = Writer { case, all: &mut all }.question(&question);
        }
        all
    }
}

fn constant(value: bool) -> Formula {
    Formula::Constant(Value::from(value), Vec::new())
}

struct Writer<'a> {
    case: &'a Case<'a>,
    all: &'a mut Formulas,
}

impl Writer<'_> {
    fn question(&mut self, question: &Question) -> Formula {
        let (definition, id, node) = question;
        let subject = self.case.subject;
        if subject.definition == *definition && subject.id == *id && subject.relation == *node {
            return constant(true);
        }
        match self.case.model.definition(definition).and_then(|known| known.permission(node)) {
            Some(expression) => self.permission(question, expression),
            None => Formula::Any(self.walks(question, node, Self::member)),
        }
    }

    fn permission(&mut self, object: &Question, expression: &Expression) -> Formula {
        match expression {
            Expression::Nil => constant(false),
            Expression::SelfObject => {
                let Subject { definition, id, relation } = self.case.subject;
                constant(*definition == object.0 && *id == object.1 && relation.is_empty())
            }
            Expression::Name(name) => self.ask(&object.0, &object.1, name),
            Expression::Any(relation, target) => {
                Formula::Any(self.walks(object, relation, |writer, row| writer.target(row, target)))
            }
            Expression::All(relation, target) => {
                let walks = self.walks(object, relation, |writer, row| writer.target(row, target));
                if walks.is_empty() { constant(false) } else { Formula::All(walks) }
            }
            Expression::Union(parts) => Formula::Any(self.permissions(object, parts)),
            Expression::Intersection(parts) => Formula::All(self.permissions(object, parts)),
            Expression::Exclusion(base, subtract) => {
                let base = self.permission(object, base);
                let subtract = self.permission(object, subtract);
                self.all.formulas.push(subtract);
                Formula::All(vec![base, Formula::Not(self.all.formulas.len() - 1)])
            }
        }
    }

    fn permissions(&mut self, object: &Question, parts: &[Expression]) -> Vec<Formula> {
        parts.iter().map(|part| self.permission(object, part)).collect()
    }

    /// For each relationship that has not expired: its condition holds, and so does what it leads to.
    fn walks(
        &mut self,
        object: &Question,
        relation: &str,
        reached: impl Fn(&Self, &Row) -> Formula,
    ) -> Vec<Formula> {
        let is_asked =
            |row: &Row| row.definition == object.0 && row.id == object.1 && row.relation == relation;
        let rows = self.case.rows.iter().filter(|(row, terms)| is_asked(row) && terms.hold_at(self.case.now));
        rows.map(|(row, terms)| Formula::All(vec![self.condition(terms), reached(self, row)])).collect()
    }

    fn condition(&self, terms: &Terms) -> Formula {
        let Some((caveat, stored)) = &terms.condition else { return constant(true) };
        let (caveat, context) = (self.case.model.caveat(caveat), self.case.context);
        Formula::Constant(caveat.decide(stored, context), caveat.open_parameters(stored, context))
    }

    fn member(&self, row: &Row) -> Formula {
        let Subject { definition, id, relation } = &row.subject;
        let subject = self.case.subject;
        if row.subject == *subject || (id == "*" && *definition == subject.definition) {
            return constant(true);
        }
        self.ask(definition, id, relation)
    }

    fn target(&self, row: &Row, target: &str) -> Formula {
        self.ask(&row.subject.definition, &row.subject.id, target)
    }

    /// Another question; what is no question is a no.
    fn ask(&self, definition: &str, id: &str, node: &str) -> Formula {
        let known =
            self.case.model.definition(definition).is_some_and(|known: &Definition| known.has_node(node));
        if !known || id == "*" {
            return constant(false);
        }
        Formula::Question(self.all.places[&(definition.to_owned(), id.to_owned(), node.to_owned())])
    }
}
