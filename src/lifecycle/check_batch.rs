//! With which of many resources may somebody do something?

use crate::engine::{Limits, View};

use super::check::Question;
use super::error::{InvalidRequest, LifecycleError};
use super::principal::Principal;
use super::registry::Lifecycle;
use super::resource::{ResourceName, kind};

impl Lifecycle {
    /// Understands a question about each of many resources of a type, none of which can be any resource.
    fn questions(
        &self,
        principal: &Principal,
        kind_name: &str,
        selectors: &[String],
        operation: &str,
    ) -> Result<Vec<Question>, InvalidRequest> {
        // Also where nothing is asked about.
        kind(&self.profile, kind_name, "resource_type")?;
        self.check_operation(operation)?;
        let questions = selectors.iter().map(|selector| {
            let name = ResourceName { kind: kind_name, selector };
            self.question_about_one(principal, name, operation)
        });
        questions.collect()
    }

    /// Those of the selectors with whose resources somebody may do something, in the same order. The limits are those
    /// of each single check.
    pub fn check_batch(
        &self,
        view: &View,
        principal: &Principal,
        kind_name: &str,
        selectors: Vec<String>,
        operation: &str,
        limits: Limits<'_>,
    ) -> Result<Vec<String>, LifecycleError> {
        let questions = self.questions(principal, kind_name, &selectors, operation)?;
        let mut authorized = Vec::new();
        for (selector, question) in selectors.into_iter().zip(&questions) {
            if question.ask(view, limits)?.is_allowed {
                authorized.push(selector);
            }
        }
        Ok(authorized)
    }
}
