//! The answers to every question for one subject, by applying the rules until nothing changes.

use std::collections::BTreeMap;

use super::formula::{Case, Formula, Formulas};
use super::model::Question;
use super::value::Value;

type Answers = Vec<Value>;

/// The answers with every doubtful negation taken as no, and with every one taken as yes. Where they differ, an answer
/// depends on its own negation.
pub(crate) struct Answered {
    places: BTreeMap<Question, usize>,
    certain: Answers,
    possible: Answers,
}

impl Answered {
    /// The answer to a question; nothing if it depends on its own negation.
    pub(crate) fn to(&self, question: &Question) -> Option<&Value> {
        let place = self.places[question];
        let (certain, possible) = (&self.certain[place], &self.possible[place]);
        (certain.rank() == possible.rank()).then_some(certain)
    }
}

/// Answers every question about every id for one subject.
pub(crate) fn answer(case: &Case<'_>) -> Answered {
    let Formulas { places, formulas } = Formulas::of(case);
    let mut certain = vec![Value::No; formulas.len()];
    loop {
        let possible = least(&formulas, &certain);
        let next = least(&formulas, &possible);
        if next == certain {
            let (certain, possible) = with_doubts(&formulas, certain, possible);
            return Answered { places, certain, possible };
        }
        certain = next;
    }
}

/// The least answers that the formulas give when what is subtracted is looked up in `assumed`. Only what they are: what
/// the undecided ones hang on comes later.
fn least(formulas: &[Formula], assumed: &Answers) -> Answers {
    let mut answers = vec![Value::No; formulas.len()];
    while apply(formulas, &mut answers, assumed, |value, _| value.without_doubts()) {}
    answers
}

/// The same answers, with everything that the undecided ones hang on.
fn with_doubts(formulas: &[Formula], mut certain: Answers, mut possible: Answers) -> (Answers, Answers) {
    let same_rank = |value: Value, before: &Value| {
        assert_eq!(value.rank(), before.rank(), "what it hangs on does not change an answer");
        value
    };
    while apply(formulas, &mut certain, &possible, same_rank)
        | apply(formulas, &mut possible, &certain, same_rank)
    {}
    (certain, possible)
}

/// Applies every formula once. Whether that changed an answer.
fn apply(
    formulas: &[Formula],
    answers: &mut Answers,
    assumed: &Answers,
    keep: impl Fn(Value, &Value) -> Value,
) -> bool {
    let mut has_changed = false;
    for (place, formula) in formulas.iter().enumerate() {
        let next = keep(value(formula, answers, assumed), &answers[place]);
        has_changed |= next != answers[place];
        answers[place] = next;
    }
    has_changed
}

fn value(formula: &Formula, answers: &Answers, assumed: &Answers) -> Value {
    let value = |part| value(part, answers, assumed);
    match formula {
        Formula::Constant(value, _) => value.clone(),
        Formula::Question(place) => answers[*place].clone(),
        Formula::Not(place) => assumed[*place].clone().negated(),
        Formula::Any(parts) => Value::any(parts.iter().map(value)),
        Formula::All(parts) => Value::all(parts.iter().map(value)),
    }
}
