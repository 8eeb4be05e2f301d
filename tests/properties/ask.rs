//! The engine's answers, in the words of the tests.

use std::collections::BTreeSet;

use arrowroot::engine::{CaveatContext, CheckPermission, CheckPermissionError, Permissionship, View};
use arrowroot::evaluate::EvaluateError;
use arrowroot::relationship::Object;

use crate::naive::{Context, Question, Subject};
use crate::random;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Has,
    HasNot,
    /// The missing parameters.
    Conditional(BTreeSet<String>),
    /// A caveat could not be evaluated.
    Failed,
    /// It depends on its own negation.
    Undefined,
}

/// The engine's answer.
pub(crate) fn ask(view: &View, question: &Question, subject: &Subject, context: &Context) -> Answer {
    let (definition, id, permission) = question;
    let mut question = CheckPermission::new(
        format!("{definition}:{id}").parse::<Object>().unwrap(),
        permission,
        random::subject_text(subject).parse().unwrap(),
    );
    question.context = CaveatContext::parse(&random::context_text(context)).unwrap();
    match view.check_permission(&question, view.limits()) {
        Ok(Permissionship::HasPermission) => Answer::Has,
        Ok(Permissionship::NoPermission) => Answer::HasNot,
        Ok(Permissionship::ConditionalPermission { missing }) => {
            assert!(missing.is_sorted_by(|one, other| one < other), "{missing:?}");
            Answer::Conditional(missing.iter().map(ToString::to_string).collect())
        }
        Err(CheckPermissionError::Evaluate(EvaluateError::Caveat(_))) => Answer::Failed,
        Err(CheckPermissionError::Evaluate(EvaluateError::NegationCycle { .. })) => Answer::Undefined,
        Err(error) => panic!("{error}"),
    }
}

/// How often each answer was given.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    has: usize,
    has_not: usize,
    conditional: usize,
    failed: usize,
    undefined: usize,
}

impl Seen {
    pub(crate) fn count(&mut self, answer: &Answer) {
        *match answer {
            Answer::Has => &mut self.has,
            Answer::HasNot => &mut self.has_not,
            Answer::Conditional(_) => &mut self.conditional,
            Answer::Failed => &mut self.failed,
            Answer::Undefined => &mut self.undefined,
        } += 1;
    }

    pub(crate) fn assert_enough(&self) {
        let is_enough = self.has.min(self.has_not).min(self.conditional) > 1000;
        assert!(is_enough && self.failed.min(self.undefined) > 50, "{self:?} shows too little");
    }
}
