//! Checking one permission.

use crate::evaluate::{Check, Limits, Membership, Program, check};
use crate::relationship::Subject;

use super::error::{CheckPermissionError, UnknownName};
use super::names;
use super::request::{CheckPermission, Permissionship};
use super::view::View;

impl View {
    /// Whether the subject has the permission (or relation) on the resource.
    ///
    /// Synchronous, without I/O: a direct relationship takes about a microsecond, and each hop of a cascade a
    /// fraction of one.
    pub fn check_permission(
        &self,
        question: &CheckPermission,
        limits: Limits<'_>,
    ) -> Result<Permissionship, CheckPermissionError> {
        let (program, question) = self.find_question(question)?;
        Ok(check(program, self.snapshot(), question, limits)?.into())
    }

    /// Finds the names of a question in the schema.
    pub(super) fn find_question<'view>(
        &'view self,
        question: &'view CheckPermission,
    ) -> Result<(&'view Program, Check<'view>), CheckPermissionError> {
        let CheckPermission { resource, permission, subject, context } = question;
        let definition_name = resource.definition.as_str();
        let Some(program) = &self.program else {
            let definition = definition_name.to_owned();
            return Err(UnknownName::Definition { definition, suggestion: None }.into());
        };
        let schema = program.schema();
        let definition = names::find_definition(Some(schema), definition_name)?;
        let node = names::find_node(schema, definition, permission)?;
        let (subject_definition, subject_node) = names::find_subject(schema, subject)?;
        if let Subject::Wildcard(_) = subject {
            return Err(CheckPermissionError::WildcardSubject);
        }
        Ok((program, Check { resource, node, subject, subject_definition, subject_node, context }))
    }

    /// The bounds on one check that the engine was opened with.
    pub fn limits(&self) -> Limits<'static> {
        let limits = &self.state.options.limits;
        Limits { depth_max: limits.depth_max, visits_max: limits.visits_max, ..Limits::default() }
    }

    /// The bounds on one step of a lookup: ten times those on a check, so that a page whose answers lie far apart is
    /// found.
    pub fn lookup_limits(&self) -> Limits<'static> {
        let limits = self.limits();
        Limits { visits_max: limits.visits_max.saturating_mul(10), ..limits }
    }
}

impl From<Membership> for Permissionship {
    fn from(membership: Membership) -> Self {
        match membership {
            Membership::Member => Self::HasPermission,
            Membership::NotMember => Self::NoPermission,
            Membership::Conditional(missing) => Self::ConditionalPermission { missing },
        }
    }
}
