//! Checking one permission, with the reason for the answer.

use crate::evaluate::{Limits, Trace, explain};

use super::error::CheckPermissionError;
use super::request::{CheckPermission, Permissionship};
use super::view::View;

/// The answer to a check, and why it is that.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The answer.
    pub permissionship: Permissionship,
    /// The questions that it was found by.
    pub trace: Trace,
}

impl View {
    /// The answer of [`View::check_permission`], with the questions that decided it, for a no as for a yes.
    ///
    /// `bytes_max` bounds the trace, which is cut beyond; [`crate::evaluate::TRACE_BYTES_MAX`] fits into one message.
    /// Synchronous, without I/O. It costs several times what the check costs, and more where the answer is no.
    pub fn explain_permission(
        &self,
        question: &CheckPermission,
        limits: Limits<'_>,
        bytes_max: usize,
    ) -> Result<Explanation, CheckPermissionError> {
        let (program, question) = self.find_question(question)?;
        let (membership, trace) = explain(program, self.snapshot(), question, limits, bytes_max)?;
        Ok(Explanation { permissionship: membership.into(), trace })
    }
}
