//! The conditions of an answer as one expression.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::caveat::{Condition, Context};
use crate::evaluate::questions::Question;
use crate::relationship::CaveatName;
use crate::schema::Schema;

/// Bytes of an expression, at most.
const EXPRESSION_BYTES_MAX: usize = 2_048;
/// Values of parameters that one expression shows, at most.
const VALUES_MAX: usize = 64;

/// How an answer follows from conditions and other questions.
#[derive(Debug)]
pub(super) enum Formula {
    No,
    Yes,
    Question(Question),
    Condition(Arc<Condition>),
    Any(Vec<Formula>),
    All(Vec<Formula>),
    Not(Box<Formula>),
}

/// A formula spelled out.
#[derive(Debug, Clone)]
pub(super) enum Spelled {
    No,
    Yes,
    If(Arc<Phrase>),
}

/// Conditions put together.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    pub(super) expression: String,
    /// The caveat, if it is only one.
    pub(super) caveat: Option<CaveatName>,
    values: Vec<(String, Value)>,
}

/// Spells formulas out.
pub(super) struct Speller<'run> {
    pub(super) schema: &'run Schema,
    pub(super) context: &'run Context,
    pub(super) formulas: &'run HashMap<Question, Formula>,
}

/// What is known of a question while formulas are spelled out.
enum State {
    /// It is being spelled out: a question that comes back to itself adds nothing.
    Open,
    Done(Spelled),
}

/// What to do next.
enum Step {
    Visit(Question),
    Leave(Question),
}

impl Speller<'_> {
    /// Spells out a question's formula and those of all questions that it hangs on. The stack is on the heap: circles
    /// make long ways.
    pub(super) fn spell(&self, root: Question) -> HashMap<Question, Spelled> {
        let mut states = HashMap::new();
        let mut steps = vec![Step::Visit(root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Visit(question) if states.contains_key(&question) => {}
                Step::Visit(question) => {
                    states.insert(question, State::Open);
                    steps.push(Step::Leave(question));
                    if let Some(formula) = self.formulas.get(&question) {
                        formula.visit_questions(&mut |question| steps.push(Step::Visit(question)));
                    }
                }
                Step::Leave(question) => {
                    let spelled = self
                        .formulas
                        .get(&question)
                        .map_or(Spelled::No, |formula| self.formula(formula, &states));
                    states.insert(question, State::Done(spelled));
                }
            }
        }
        let done = states.into_iter().filter_map(|(question, state)| match state {
            State::Done(spelled) => Some((question, spelled)),
            State::Open => None,
        });
        done.collect()
    }

    fn formula(&self, formula: &Formula, states: &HashMap<Question, State>) -> Spelled {
        match formula {
            Formula::No => Spelled::No,
            Formula::Yes => Spelled::Yes,
            Formula::Question(question) => match states.get(question) {
                Some(State::Done(spelled)) => spelled.clone(),
                Some(State::Open) | None => Spelled::No,
            },
            Formula::Condition(condition) => Spelled::If(Arc::new(self.condition(condition))),
            Formula::Any(parts) => self.join(parts, " || ", states),
            Formula::All(parts) => self.join(parts, " && ", states),
            Formula::Not(part) => match self.formula(part, states) {
                Spelled::No => Spelled::Yes,
                Spelled::Yes => Spelled::No,
                Spelled::If(conditions) => Spelled::If(Arc::new(Phrase {
                    expression: cut(format!("!({})", conditions.expression)),
                    caveat: None,
                    values: conditions.values.clone(),
                })),
            },
        }
    }

    fn join(&self, parts: &[Formula], operator: &str, states: &HashMap<Question, State>) -> Spelled {
        let is_any = operator == " || ";
        let mut open: Vec<Arc<Phrase>> = Vec::new();
        for part in parts {
            match self.formula(part, states) {
                Spelled::Yes if is_any => return Spelled::Yes,
                Spelled::No if !is_any => return Spelled::No,
                Spelled::Yes | Spelled::No => {}
                Spelled::If(conditions) => open.push(conditions),
            }
        }
        match open.len() {
            0 if is_any => Spelled::No,
            0 => Spelled::Yes,
            1 => open.pop().map_or(Spelled::No, Spelled::If),
            _ => {
                let mut expression = String::new();
                let mut values: Vec<(String, Value)> = Vec::new();
                for conditions in open {
                    if !expression.is_empty() {
                        expression.push_str(operator);
                    }
                    expression = cut(expression + "(" + &conditions.expression + ")");
                    for value in &conditions.values {
                        if values.len() < VALUES_MAX && !values.contains(value) {
                            values.push(value.clone());
                        }
                    }
                }
                Spelled::If(Arc::new(Phrase { expression, caveat: None, values }))
            }
        }
    }

    /// A caveat and the values of its parameters, the stored ones before those of the question.
    fn condition(&self, condition: &Condition) -> Phrase {
        let name = condition.caveat();
        let Some(declaration) = self.schema.find_caveat(name.as_str()) else {
            return Phrase { expression: name.to_string(), caveat: Some(name.clone()), values: Vec::new() };
        };
        let stored = Context::parse(&condition.stored().context_json).unwrap_or_default();
        let value = |name: &String| stored.get(name).or_else(|| self.context.get(name)).cloned();
        let parameters = declaration.parameters.iter();
        Phrase {
            expression: cut(declaration.expression.clone()),
            caveat: Some(name.clone()),
            values: parameters.filter_map(|(name, _)| Some((name.clone(), value(name)?))).collect(),
        }
    }
}

impl Phrase {
    /// The values by name; where a name has several, each with a number.
    pub(super) fn context(&self) -> Map<String, Value> {
        let mut values = Map::new();
        for (place, (name, value)) in self.values.iter().enumerate() {
            let same = |values: &[(String, Value)]| values.iter().filter(|(other, _)| other == name).count();
            let name = match same(&self.values) {
                1 => name.clone(),
                _ => format!("{name}__{}", same(&self.values[..place])),
            };
            values.insert(name, value.clone());
        }
        values
    }
}

impl Formula {
    fn visit_questions(&self, visitor: &mut impl FnMut(Question)) {
        match self {
            Self::No | Self::Yes | Self::Condition(_) => {}
            Self::Question(question) => visitor(*question),
            Self::Any(parts) | Self::All(parts) => {
                for part in parts {
                    part.visit_questions(visitor);
                }
            }
            Self::Not(part) => part.visit_questions(visitor),
        }
    }
}

/// Cuts a long expression, with a sign that it was longer.
fn cut(mut expression: String) -> String {
    const SIGN: char = '…';
    if expression.len() > EXPRESSION_BYTES_MAX && !expression.ends_with(SIGN) {
        let is_end = |end: &usize| expression.is_char_boundary(*end);
        let end = (0..=EXPRESSION_BYTES_MAX).rev().find(is_end).unwrap_or_default();
        expression.truncate(end);
        expression.push(SIGN);
    }
    expression
}
