//! Traces on random schemas, caveats, relationships and contexts: each answer in them is a check's.

use std::collections::BTreeSet;

use arrowroot::engine::{CaveatContext, CheckPermission, CheckPermissionError, Permissionship, View};
use arrowroot::evaluate::{EvaluateError, TRACE_BYTES_MAX, Trace, TraceAnswer};
use arrowroot::relationship::{Object, Subject};

use crate::history::History;
use crate::naive::Context;
use crate::random::{self, Random};
use crate::{cases, ids};

const TRANSACTIONS: usize = 12;
/// Questions explained of each state: each asks many others.
const QUESTIONS: usize = 6;

/// Who asks, with what.
struct Asker<'history> {
    history: &'history History,
    view: View,
    subject: Subject,
    context: Context,
}

#[derive(Debug, Default)]
struct Seen {
    questions: usize,
    members: usize,
    not_members: usize,
    conditional: usize,
    unanswered: usize,
    conditions: usize,
    cut: usize,
}

#[test]
fn every_answer_of_a_trace_is_a_checks_and_the_first_is_the_traces_own() {
    let mut seen = Seen::default();
    for (_, mut random) in cases("explain") {
        let history = History::random(&mut random, TRANSACTIONS, false);
        let state = history.states.last().unwrap();
        for subject in random::subjects(&mut random, &history.model) {
            let asker = Asker {
                history: &history,
                view: history.view(state),
                subject: random::subject_text(&subject).parse().unwrap(),
                context: random::context(&mut random),
            };
            for _ in 0..QUESTIONS {
                let (definition, permission) = {
                    let nodes: Vec<_> = history.model.nodes().collect();
                    *random.pick(&nodes)
                };
                let resource = format!("{definition}:{}", random.pick(&ids()));
                asker.compare(&resource.parse().unwrap(), permission, &mut seen, &mut random);
            }
        }
    }
    println!("{seen:?}");
    let least = seen.members.min(seen.not_members).min(seen.conditional).min(seen.conditions).min(seen.cut);
    assert!(least > 1000 && seen.unanswered > 50, "{seen:?} shows too little");
}

impl Asker<'_> {
    fn compare(&self, resource: &Object, permission: &str, seen: &mut Seen, random: &mut Random) {
        let question = self.question(resource, permission, &self.context);
        let checked = self.view.check_permission(&question, self.view.limits());
        let explained = self.view.explain_permission(&question, self.view.limits(), TRACE_BYTES_MAX);
        match (checked, explained) {
            (Ok(expected), Ok(explanation)) => {
                assert_eq!(explanation.permissionship, expected, "{resource}#{permission}\n{}", self.history);
                let trace = explanation.trace;
                assert_eq!(trace.resource, *resource);
                assert_eq!(Some(trace.answer.clone()), told(Ok(expected)));
                self.compare_trace(&trace, &mut BTreeSet::new(), seen, random);
            }
            (Err(expected), Err(actual)) => assert_eq!(actual, expected, "{}", self.history),
            (expected, actual) => panic!("{actual:?}, not {expected:?}\n{}", self.history),
        }
    }

    /// Compares each question once.
    fn compare_trace(
        &self,
        trace: &Trace,
        compared: &mut BTreeSet<String>,
        seen: &mut Seen,
        random: &mut Random,
    ) {
        let Trace { resource, relation, answer, condition, parts, .. } = trace;
        seen.count(trace);
        if trace.is_cut && !compared.insert(format!("{resource}#{relation}")) {
            return;
        }
        let question = self.question(resource, relation.as_str(), &self.context);
        let expected = told(self.view.check_permission(&question, self.view.limits()));
        let asked = || format!("{resource}#{relation}@{}\n{}", self.subject, self.history);
        match (&expected, answer) {
            // What it hangs on may be told in part, and asked for itself another part.
            (Some(TraceAnswer::Conditional(_)), TraceAnswer::Conditional(missing)) if !missing.is_empty() => {
            }
            (expected, answer) => assert_eq!(Some(answer), expected.as_ref(), "{}", asked()),
        }
        assert!(condition.is_some() || !matches!(answer, TraceAnswer::Conditional(_)), "{}", asked());
        if condition.is_none() && *answer != TraceAnswer::Unanswered {
            let other = self.question(resource, relation.as_str(), &random::context(random));
            let other = told(self.view.check_permission(&other, self.view.limits()));
            assert_eq!(other, expected, "{}", asked());
        }
        assert!(!trace.is_cut || parts.is_empty(), "{}", asked());
        for part in parts {
            self.compare_trace(part, compared, seen, random);
        }
    }

    fn question(&self, resource: &Object, permission: &str, context: &Context) -> CheckPermission {
        let mut question = CheckPermission::new(resource.clone(), permission, self.subject.clone());
        question.context = CaveatContext::parse(&random::context_text(context)).unwrap();
        question
    }
}

/// A check's answer in the words of a trace; nothing if it is an error that a trace does not have.
fn told(checked: Result<Permissionship, CheckPermissionError>) -> Option<TraceAnswer> {
    Some(match checked {
        Ok(Permissionship::HasPermission) => TraceAnswer::Member,
        Ok(Permissionship::NoPermission) => TraceAnswer::NotMember,
        Ok(Permissionship::ConditionalPermission { missing }) => TraceAnswer::Conditional(missing),
        Err(CheckPermissionError::Evaluate(
            EvaluateError::Caveat(_) | EvaluateError::NegationCycle { .. },
        )) => TraceAnswer::Unanswered,
        Err(_) => return None,
    })
}

impl Seen {
    fn count(&mut self, trace: &Trace) {
        self.questions += 1;
        self.conditions +=
            usize::from(trace.condition.as_ref().is_some_and(|condition| !condition.expression.is_empty()));
        self.cut += usize::from(trace.is_cut);
        *match trace.answer {
            TraceAnswer::Member => &mut self.members,
            TraceAnswer::NotMember => &mut self.not_members,
            TraceAnswer::Conditional(_) => &mut self.conditional,
            TraceAnswer::Unanswered => &mut self.unanswered,
        } += 1;
    }
}
