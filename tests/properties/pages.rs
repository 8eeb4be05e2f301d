//! Each page of a lookup is what the naive evaluator finds behind the page before, at the lookup's revision and at the
//! page's time: whatever is written between pages, whatever ends, and over restarts.

use std::collections::BTreeMap;

use arrowroot::engine::{
    CaveatContext, FoundSubject, LookupError, LookupPermissionship, LookupResources, LookupSubjects, View,
};
use arrowroot::evaluate::EvaluateError;

use crate::ask::Answer;
use crate::history::{History, State};
use crate::naive::{self, Case, Context, Question, Subject, Value};
use crate::random::{self, IDS, Random};
use crate::{cases, ids, is_right};

const TRANSACTIONS: usize = 6;
const LOOKUPS: usize = 16;
const PAGES: [usize; 4] = [1, 1, 3, 1000];
/// Whoever may be a subject; the last stands for everyone whom no relationship names.
const SUBJECTS: [&str; 7] = ["ana", "ben", "eve", "one", "two", "six", ANYONE];
const ANYONE: &str = "anyone";

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    pages: usize,
    resources: usize,
    conditional: usize,
    changed: usize,
    failed: usize,
    subjects: usize,
    wildcards: usize,
}

#[test]
fn each_page_is_what_comes_next_whatever_is_written_or_ends_meanwhile() {
    let mut seen = Seen::default();
    for (case, mut random) in cases("pages") {
        let is_durable = case % 12 == 0;
        let mut history = History::random(&mut random, TRANSACTIONS, is_durable);
        for _ in 0..LOOKUPS {
            let back = random.below(3.min(history.states.len()));
            let state = history.states[history.states.len() - 1 - back].clone();
            let lookup = Lookup::random(&mut random, &history, &state);
            lookup.compare_resources(&mut random, &mut history, &state, &mut seen);
            lookup.compare_subjects(&history, &state, &mut seen);
        }
    }
    println!("{seen:?}");
    let is_enough = seen.pages > 1000 && seen.resources.min(seen.subjects).min(seen.changed) > 500;
    assert!(is_enough && seen.conditional.min(seen.wildcards) > 50, "{seen:?} shows too little");
}

/// A relation or permission to look up by, of a resource or of any.
struct Lookup {
    definition: String,
    id: String,
    node: String,
    subject: Subject,
    context: Context,
}

impl Lookup {
    /// Mostly one that a relationship suggests.
    fn random(random: &mut Random, history: &History, state: &State) -> Self {
        let subjects = random::subjects(random, &history.model);
        let mut subject = random.pick(&subjects).clone();
        let mut id = (*random.pick(&IDS)).to_owned();
        let mut nodes: Vec<_> = history.model.nodes().collect();
        let rows: Vec<_> = state.rows.keys().collect();
        if !rows.is_empty() && random.is(85) {
            let row = *random.pick(&rows);
            id.clone_from(&row.id);
            nodes.retain(|(definition, _)| *definition == row.definition);
            if row.subject.id != "*" {
                subject = row.subject.clone();
            }
        }
        let (definition, node) = *random.pick(&nodes);
        let context = random::context(random);
        Self { definition: definition.to_owned(), id, node: node.to_owned(), subject, context }
    }

    fn case<'a>(&'a self, history: &'a History, state: &'a State, ids: &'a [&'a str]) -> Case<'a> {
        let Self { subject, context, .. } = self;
        Case { model: &history.model, rows: &state.rows, now: history.now, ids, subject, context }
    }

    fn question(&self, id: &str) -> Question {
        (self.definition.clone(), id.to_owned(), self.node.clone())
    }

    fn caveat_context(&self) -> CaveatContext {
        CaveatContext::parse(&random::context_text(&self.context)).unwrap()
    }

    fn described(&self, history: &History, state: &State) -> String {
        let Self { definition, node, subject, context, .. } = self;
        let (subject, context) = (random::subject_text(subject), random::context_text(context));
        let rows = random::rows_text(&state.rows);
        format!("{definition}#{node} of {subject} with {context}\n{history}\n{rows}")
    }

    fn compare_resources(&self, random: &mut Random, history: &mut History, state: &State, seen: &mut Seen) {
        let (page, ids) = (*random.pick(&PAGES), ids());
        let mut last: Option<String> = None;
        loop {
            let case = self.case(history, state, &ids);
            let expected = naive::resources(&case, &self.definition, &self.node);
            let found = self.resources(&history.view(state), last.as_deref(), page);
            let described = || format!("behind {last:?}: {}", self.described(history, state));
            let Ok(found) = found else {
                assert!(
                    expected.values().any(|value| has_failed(value.as_ref())),
                    "a lookup failed {}",
                    described()
                );
                seen.failed += 1;
                return;
            };
            let behind =
                expected.iter().filter(|(id, _)| last.as_deref().is_none_or(|last| id.as_str() > last));
            let behind: Vec<_> = behind.take(page).collect();
            let is_same = behind.len() == found.len()
                && behind.iter().zip(&found).all(|((id, value), (found, answer))| {
                    *id == found && is_right(&case, &self.question(id), value.as_ref(), answer)
                });
            assert!(is_same, "{found:?} is not {behind:?} {}", described());
            seen.pages += 1;
            seen.resources += found.len();
            seen.conditional +=
                found.iter().filter(|(_, answer)| matches!(answer, Answer::Conditional(_))).count();
            let Some((id, _)) = found.into_iter().next_back() else { return };
            last = Some(id);
            seen.changed += usize::from(change(random, history));
        }
    }

    fn resources(
        &self,
        view: &View,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<(String, Answer)>, ()> {
        let subject = random::subject_text(&self.subject).parse().unwrap();
        let mut question = LookupResources::new(&self.definition, &self.node, subject);
        question.context = self.caveat_context();
        let mut reader = view.lookup_resources(question, after).unwrap();
        let (found, _) = reader.next(count_max, view.limits()).map_err(|error| assert_known(&error))?;
        Ok(found.into_iter().map(|found| (found.id.to_string(), answer_of(&found.permissionship))).collect())
    }

    /// What a lookup of subjects says of each subject and of everyone, against the naive evaluator.
    fn compare_subjects(&self, history: &History, state: &State, seen: &mut Seen) {
        let (id, ids) = (self.id.as_str(), ids());
        let Subject { definition, relation, .. } = &self.subject;
        let case = self.case(history, state, &ids);
        let expected = naive::subjects(&case, &self.question(id), definition, relation, &SUBJECTS);
        let described = || format!("{id}: {}", self.described(history, state));
        let Ok(found) = self.subjects(&history.view(state), id) else {
            // Beside everyone, what is said of somebody himself may fail though everyone includes him.
            let may_fail =
                expected.values().any(|value| has_failed(value.as_ref())) || expected.contains_key(ANYONE);
            assert!(may_fail, "a lookup failed {}", described());
            seen.failed += 1;
            return;
        };
        let said = Said::of(&found);
        // To a check the wildcard means sets by a relation as well; a lookup names those that relationships lead to.
        let is_open = !relation.is_empty() && expected.contains_key(ANYONE);
        for subject in SUBJECTS.into_iter().filter(|_| !is_open) {
            let value = expected.get(subject).map_or(Some(&Value::No), Option::as_ref);
            let (expected, actual) = (value.map(Value::rank), said.rank(subject));
            let is_right = value.is_none_or(|value| has_failed(Some(value))) || expected == Some(actual);
            assert!(is_right, "{subject} is {actual}, not {value:?} {found:?} {}", described());
        }
        seen.subjects += found.len();
        seen.wildcards += usize::from(said.everyone > 0);
    }

    fn subjects(&self, view: &View, id: &str) -> Result<Vec<FoundSubject>, ()> {
        let resource = format!("{}:{id}", self.definition).parse().unwrap();
        let mut question = LookupSubjects::new(resource, &self.node, &self.subject.definition);
        let relation = &self.subject.relation;
        question.subject_relation = (!relation.is_empty()).then(|| relation.clone());
        question.context = self.caveat_context();
        let mut reader = view.lookup_subjects(question, None).unwrap();
        reader.next(usize::MAX, view.limits()).map(|(found, _)| found).map_err(|error| assert_known(&error))
    }
}

/// How certain it is of whom, as ranks.
struct Said {
    named: BTreeMap<String, u8>,
    everyone: u8,
    excluded: BTreeMap<String, u8>,
}

impl Said {
    fn of(found: &[FoundSubject]) -> Self {
        let mut said = Self { named: BTreeMap::new(), everyone: 0, excluded: BTreeMap::new() };
        for FoundSubject { id, permissionship, excluded } in found {
            if &**id != "*" {
                said.named.insert(id.to_string(), rank(permissionship));
                continue;
            }
            said.everyone = rank(permissionship);
            let excluded = excluded.iter().map(|one| (one.id.to_string(), rank(&one.permissionship)));
            said.excluded.extend(excluded);
        }
        said
    }

    fn rank(&self, subject: &str) -> u8 {
        let named = self.named.get(subject).copied().unwrap_or(0);
        let remains = 2 - self.excluded.get(subject).copied().unwrap_or(0);
        named.max(self.everyone.min(remains))
    }
}

/// Something else is written, time passes, or the engine is opened again. Whether anything changed.
fn change(random: &mut Random, history: &mut History) -> bool {
    if random.is(30) {
        return false;
    }
    history.pass_time(random);
    history.write(random);
    if history.is_durable() && random.is(30) {
        history.restart();
    }
    true
}

fn has_failed(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Undecided(doubt)) => doubt.has_failed,
        Some(_) => false,
    }
}

fn assert_known(error: &LookupError) {
    let is_known = matches!(
        error,
        LookupError::Evaluate(EvaluateError::Caveat(_) | EvaluateError::NegationCycle { .. })
    );
    assert!(is_known, "{error}");
}

fn rank(permissionship: &LookupPermissionship) -> u8 {
    match permissionship {
        LookupPermissionship::HasPermission => 2,
        LookupPermissionship::ConditionalPermission { .. } => 1,
    }
}

fn answer_of(permissionship: &LookupPermissionship) -> Answer {
    match permissionship {
        LookupPermissionship::HasPermission => Answer::Has,
        LookupPermissionship::ConditionalPermission { missing } => {
            Answer::Conditional(missing.iter().map(ToString::to_string).collect())
        }
    }
}
