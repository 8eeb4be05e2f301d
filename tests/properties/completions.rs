//! What an answer promises for every way to give the parameters that were not given.

use std::collections::BTreeSet;

use arrowroot::engine::View;

use crate::ask::{Answer, ask};
use crate::history::History;
use crate::naive::{self, Case, Context, Given, Question};
use crate::random::{self, PARAMETERS, Random};
use crate::{cases, described, ids, questions};

const TRANSACTIONS: usize = 8;
/// Answers of one subject that are looked at: of those that hang on something, and of the others.
const CONDITIONAL_MAX: usize = 20;
const DECIDED_MAX: usize = 4;

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    decided: usize,
    conditional: usize,
    /// Conditional answers where each parameter counts once.
    read_once: usize,
    /// Conditional answers that come to the same whatever is given.
    constant: usize,
    /// Conditional answers that remained so when what was missing was given, since something else then mattered.
    more_relevant: usize,
}

#[test]
fn an_answer_holds_for_every_completion_and_what_is_missing_decides_it() {
    let mut seen = Seen::default();
    for (_, mut random) in cases("completions") {
        let history = History::random(&mut random, TRANSACTIONS, false);
        let state = history.states.last().unwrap();
        let view = history.view(state);
        for subject in random::subjects(&mut random, &history.model) {
            let mut context = random::context(&mut random);
            context.retain(|_, given| *given != Given::WrongType);
            let case = Case {
                model: &history.model,
                rows: &state.rows,
                now: history.now,
                ids: &ids(),
                subject: &subject,
                context: &context,
            };
            for (question, answer) in sample(&mut random, &case, &view) {
                let completed = Completed { case: &case, view: &view, question: &question, answer: &answer };
                if let Err(problem) = completed.compare(&mut seen) {
                    let rows = random::rows_text(&state.rows);
                    let asked = described(&case, &question);
                    panic!("{asked} is {answer:?}, but {problem}\n{history}\n{rows}");
                }
            }
        }
    }
    println!("{seen:?}");
    let is_enough = seen.decided.min(seen.conditional) > 500 && seen.read_once > 80;
    assert!(is_enough && seen.constant.min(seen.more_relevant) > 20, "{seen:?} shows too little");
}

/// Some questions with their answers, more of those that hang on something.
fn sample(random: &mut Random, case: &Case<'_>, view: &View) -> Vec<(Question, Answer)> {
    let mut questions = questions(case);
    let mut sample = Vec::new();
    let (mut conditional, mut decided) = (0, 0);
    while !questions.is_empty() {
        let question = questions.swap_remove(random.below(questions.len()));
        let answer = ask(view, &question, case.subject, case.context);
        let (count, count_max) = match answer {
            Answer::Conditional(_) => (&mut conditional, CONDITIONAL_MAX),
            Answer::Has | Answer::HasNot => (&mut decided, DECIDED_MAX),
            // Whether it depends on its own negation may itself hang on what is missing.
            Answer::Failed | Answer::Undefined => continue,
        };
        *count += 1;
        if *count <= count_max {
            sample.push((question, answer));
        }
    }
    sample
}

struct Completed<'a> {
    case: &'a Case<'a>,
    view: &'a View,
    question: &'a Question,
    answer: &'a Answer,
}

impl Completed<'_> {
    fn compare(&self, seen: &mut Seen) -> Result<(), String> {
        let open: Vec<&str> =
            PARAMETERS.into_iter().filter(|name| !self.case.context.contains_key(*name)).collect();
        let answers = self.answers(&open);
        let distinct: BTreeSet<_> = answers.iter().collect();
        let Answer::Conditional(missing) = self.answer else {
            seen.decided += 1;
            let is_same = distinct.into_iter().eq([self.answer]);
            return if is_same {
                Ok(())
            } else {
                Err(format!("the completions of {open:?} are {answers:?}"))
            };
        };
        seen.conditional += 1;
        if missing.is_empty() || !missing.iter().all(|name| open.contains(&name.as_str())) {
            return Err(format!("only {open:?} were not given"));
        }
        let counted = naive::open_parameters(self.case, self.question);
        let is_read_once = counted.is_some_and(|counted| {
            let unique: BTreeSet<_> = counted.iter().collect();
            unique.len() == counted.len()
        });
        if is_read_once {
            seen.read_once += 1;
            check_influence(&open, &answers, missing)?;
        } else if distinct.len() == 1 {
            seen.constant += 1;
        }
        self.check_sufficiency(missing, seen)
    }

    /// The answers for every way to give some parameters: the bits of its place say which are true.
    fn answers(&self, names: &[&str]) -> Vec<Answer> {
        let ask_with = |bits: usize| {
            let mut context: Context = self.case.context.clone();
            for (place, name) in names.iter().enumerate() {
                context.insert((*name).to_owned(), Given::Value(bits >> place & 1 == 1));
            }
            ask(self.view, self.question, self.case.subject, &context)
        };
        (0..1 << names.len()).map(ask_with).collect()
    }

    /// Whether giving all that is missing decides the answer, or makes something else relevant that was not given. The
    /// latter only where a caveat needs an operand whatever the others are.
    fn check_sufficiency(&self, missing: &BTreeSet<String>, seen: &mut Seen) -> Result<(), String> {
        let is_strict = self.case.model.caveats.iter().any(|caveat| caveat.logic.is_strict());
        let names: Vec<_> = missing.iter().map(String::as_str).collect();
        for answer in self.answers(&names) {
            let Answer::Conditional(more) = &answer else { continue };
            if !is_strict || !more.is_disjoint(missing) || more.is_empty() {
                return Err(format!("it is {answer:?} when all of that is given"));
            }
            seen.more_relevant += 1;
        }
        Ok(())
    }
}

/// Where each parameter counts once, each that is missing makes a difference in some completion.
fn check_influence(open: &[&str], answers: &[Answer], missing: &BTreeSet<String>) -> Result<(), String> {
    for name in missing {
        let place = open.iter().position(|open| open == name).unwrap_or_default();
        let matters = (0..answers.len()).any(|bits| answers[bits] != answers[bits ^ (1 << place)]);
        if !matters {
            return Err(format!("`{name}` makes no difference: {open:?} {answers:?}"));
        }
    }
    Ok(())
}
