//! Lookups and checks agree: what is looked up is whatever a check says yes to, or conditionally yes.

use std::collections::{BTreeMap, BTreeSet};

use arrowroot::engine::{
    CaveatContext, FoundObject, FoundSubject, LookupError, LookupPermissionship, LookupResources,
    LookupSubjects, View,
};
use arrowroot::evaluate::EvaluateError;
use arrowroot::relationship::Object;

use crate::ask::{Answer, ask};
use crate::history::{History, State};
use crate::naive::{self, Case, Context, Subject};
use crate::random::{self, IDS, Random};
use crate::{cases, ids};

const TRANSACTIONS: usize = 10;
const PAGES: [usize; 3] = [1, 3, 1000];

#[derive(Debug, Default)]
struct Seen {
    resources: usize,
    conditional: usize,
    subjects: usize,
    wildcards: usize,
    excluded: usize,
    failed: usize,
}

#[test]
fn lookups_find_what_checks_allow_whole_and_in_pages() {
    let mut seen = Seen::default();
    for (_, mut random) in cases("lookups") {
        let history = History::random(&mut random, TRANSACTIONS, false);
        let place = random.below(history.states.len());
        for state in [&history.states[place], history.states.last().unwrap()] {
            let view = history.view(state);
            let context = random::context(&mut random);
            let lookups = Lookups { history: &history, state, view: &view, context };
            for subject in random::subjects(&mut random, &history.model) {
                for (definition, node) in history.model.nodes() {
                    lookups.compare_resources(definition, node, &subject, &mut seen);
                }
            }
            lookups.compare_all_subjects(&mut random, &mut seen);
        }
    }
    println!("{seen:?}");
    let is_enough = seen.resources.min(seen.subjects) > 5000 && seen.conditional > 500;
    assert!(is_enough && seen.wildcards.min(seen.excluded) > 50, "{seen:?} shows too little");
}

struct Lookups<'a> {
    history: &'a History,
    state: &'a State,
    view: &'a View,
    context: Context,
}

type Answers = BTreeMap<String, Answer>;

impl Lookups<'_> {
    fn caveat_context(&self) -> CaveatContext {
        CaveatContext::parse(&random::context_text(&self.context)).unwrap()
    }

    fn check(&self, definition: &str, id: &str, node: &str, subject: &Subject) -> Answer {
        let question = (definition.to_owned(), id.to_owned(), node.to_owned());
        ask(self.view, &question, subject, &self.context)
    }

    fn compare_resources(&self, definition: &str, node: &str, subject: &Subject, seen: &mut Seen) {
        let mut ids: BTreeSet<_> = IDS.iter().map(ToString::to_string).collect();
        if subject.definition == definition {
            ids.insert(subject.id.clone());
        }
        let answers = ids.into_iter().map(|id| (self.check(definition, &id, node, subject), id));
        let expected: Answers = answers
            .filter(|(answer, _)| *answer != Answer::HasNot)
            .map(|(answer, id)| (id, answer))
            .collect();
        for page in PAGES {
            let found = self.resources(definition, node, subject, page);
            let asked = || {
                let subject = random::subject_text(subject);
                let rows: Vec<_> = Vec::from_iter(self.history.expected_rows(self.state));
                format!(
                    "{definition}#{node} of {subject} by {page} with {:?}\n{}\n{}",
                    self.context,
                    self.history,
                    rows.join("\n")
                )
            };
            let Some(found) = found else {
                seen.failed += 1;
                let has_failed = |answer: &Answer| matches!(answer, Answer::Failed | Answer::Undefined);
                assert!(expected.values().any(has_failed), "a lookup failed: {}", asked());
                continue;
            };
            let is_same = found.len() == expected.len()
                && expected.iter().all(|(id, answer)| {
                    found.get(id).is_some_and(|found| {
                        found == answer
                            || (rank(found) == rank(answer)
                                && self.is_circular(definition, id, node, subject))
                    })
                });
            assert!(is_same, "{found:?} is not {expected:?}: {}", asked());
            seen.resources += found.len();
            let is_conditional = |answer: &&Answer| matches!(answer, Answer::Conditional(_));
            seen.conditional += found.values().filter(is_conditional).count();
        }
    }

    /// Whether the question comes back to itself: what its answer hangs on is then one of several sets that are each
    /// enough.
    fn is_circular(&self, definition: &str, id: &str, node: &str, subject: &Subject) -> bool {
        let case = Case {
            model: &self.history.model,
            rows: &self.state.rows,
            now: self.history.now,
            ids: &ids(),
            subject,
            context: &self.context,
        };
        naive::open_parameters(&case, &(definition.to_owned(), id.to_owned(), node.to_owned())).is_none()
    }

    /// In pages, each begun anew after the last id of the one before.
    fn resources(&self, definition: &str, node: &str, subject: &Subject, page: usize) -> Option<Answers> {
        let mut question =
            LookupResources::new(definition, node, random::subject_text(subject).parse().unwrap());
        question.context = self.caveat_context();
        let mut found: Vec<FoundObject> = Vec::new();
        loop {
            let after = found.last().map(|found| found.id.to_string());
            let mut reader = self.view.lookup_resources(question.clone(), after.as_deref()).unwrap();
            match reader.next(page, self.view.limits()) {
                Ok((more, _)) if more.is_empty() => break,
                Ok((more, _)) => {
                    assert!(more.len() <= page);
                    found.extend(more);
                }
                Err(error) => return none_of(&error),
            }
        }
        assert!(found.is_sorted_by(|one, other| one.id < other.id), "{found:?}");
        Some(
            found.into_iter().map(|found| (found.id.to_string(), answer_of(&found.permissionship))).collect(),
        )
    }

    fn compare_all_subjects(&self, random: &mut Random, seen: &mut Seen) {
        let mut types: Vec<(String, String)> = vec![("user".to_owned(), String::new())];
        types.extend(self.history.model.definitions.iter().map(|known| (known.name.clone(), String::new())));
        let nodes: Vec<_> = self.history.model.nodes().collect();
        for _ in 0..3 {
            let (definition, node) = *random.pick(&nodes);
            types.push((definition.to_owned(), node.to_owned()));
        }
        for (definition, node) in &nodes {
            for id in IDS {
                for (subject_definition, relation) in &types {
                    self.compare_subjects((definition, id, node), subject_definition, relation, seen);
                }
            }
        }
    }

    fn compare_subjects(
        &self,
        (definition, id, node): (&str, &str, &str),
        subject_definition: &str,
        relation: &str,
        seen: &mut Seen,
    ) {
        let rows = Vec::from_iter(self.history.expected_rows(self.state));
        let asked = || {
            format!(
                "{definition}:{id}#{node} for {subject_definition}#{relation} with {:?}\n{}\n{}",
                self.context,
                self.history,
                rows.join("\n")
            )
        };
        let resource = format!("{definition}:{id}").parse::<Object>().unwrap();
        let found: Vec<_> = PAGES
            .iter()
            .map(|page| self.subjects(&resource, node, subject_definition, relation, *page))
            .collect();
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?} {}", asked());
        let Some(found) = &found[0] else {
            seen.failed += 1;
            return;
        };
        let wildcard = found.iter().find(|found| &*found.id == "*");
        let listed: BTreeMap<_, _> =
            found.iter().map(|found| (&*found.id, answer_of(&found.permissionship))).collect();
        let excluded: BTreeMap<_, _> = wildcard
            .iter()
            .flat_map(|wildcard| &wildcard.excluded)
            .map(|excluded| (&*excluded.id, answer_of(&excluded.permissionship)))
            .collect();
        seen.subjects += listed.len();
        seen.wildcards += usize::from(wildcard.is_some());
        seen.excluded += excluded.len();
        for subject in ["ana", "ben", "eve", "one", "two", "six", "nobody"] {
            let checked = self.check(
                definition,
                id,
                node,
                &Subject {
                    definition: subject_definition.to_owned(),
                    id: subject.to_owned(),
                    relation: relation.to_owned(),
                },
            );
            if matches!(checked, Answer::Failed | Answer::Undefined) {
                continue;
            }
            let named = listed.get(subject).cloned().unwrap_or(Answer::HasNot);
            let by_wildcard = both(
                listed.get("*").cloned().unwrap_or(Answer::HasNot),
                not(excluded.get(subject).cloned().unwrap_or(Answer::HasNot)),
            );
            let together = either(named, by_wildcard);
            if !relation.is_empty() {
                // The wildcard does not stand for usersets.
                assert!(
                    rank(&together) <= rank(&checked),
                    "{subject}: {together:?} {checked:?} {found:?} {}",
                    asked()
                );
                continue;
            }
            assert_eq!(
                rank(&together),
                rank(&checked),
                "{subject}: {together:?} {checked:?} {found:?} {}",
                asked()
            );
        }
    }

    fn subjects(
        &self,
        resource: &Object,
        node: &str,
        subject_definition: &str,
        relation: &str,
        page: usize,
    ) -> Option<Vec<FoundSubject>> {
        let mut question = LookupSubjects::new(resource.clone(), node, subject_definition);
        question.subject_relation = (!relation.is_empty()).then(|| relation.to_owned());
        question.context = self.caveat_context();
        let mut found: Vec<FoundSubject> = Vec::new();
        loop {
            let after = found.last().map(|found| found.id.to_string());
            let mut reader = self.view.lookup_subjects(question.clone(), after.as_deref()).unwrap();
            match reader.next(page, self.view.limits()) {
                Ok((more, _)) if more.is_empty() => break,
                Ok((more, _)) => found.extend(more),
                Err(error) => return none_of(&error),
            }
        }
        assert!(found.is_sorted_by(|one, other| one.id < other.id), "{found:?}");
        Some(found)
    }
}

fn none_of<T>(error: &LookupError) -> Option<T> {
    let is_known = matches!(
        error,
        LookupError::Evaluate(EvaluateError::Caveat(_) | EvaluateError::NegationCycle { .. })
    );
    assert!(is_known, "{error}");
    None
}

fn answer_of(permissionship: &LookupPermissionship) -> Answer {
    match permissionship {
        LookupPermissionship::HasPermission => Answer::Has,
        LookupPermissionship::ConditionalPermission { missing } => {
            Answer::Conditional(missing.iter().map(ToString::to_string).collect())
        }
    }
}

fn rank(answer: &Answer) -> u8 {
    match answer {
        Answer::HasNot => 0,
        Answer::Has => 2,
        _ => 1,
    }
}

fn not(answer: Answer) -> Answer {
    match answer {
        Answer::Has => Answer::HasNot,
        Answer::HasNot => Answer::Has,
        other => other,
    }
}

fn either(one: Answer, other: Answer) -> Answer {
    if rank(&one) >= rank(&other) { one } else { other }
}

fn both(one: Answer, other: Answer) -> Answer {
    if rank(&one) <= rank(&other) { one } else { other }
}
