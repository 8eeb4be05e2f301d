//! Looking up the resources that a subject has a permission on.

use std::sync::Arc;

use crate::caveat::Context as CaveatContext;
use crate::evaluate::{Found, Limits, Membership, ResourceLookup, ResourceQuestion};
use crate::index::IdText;
use crate::relationship::Subject;
use crate::schema::{DefinitionId, NodeId};

use super::error::LookupError;
use super::names;
use super::view::View;

/// On which resources has the subject this relation or permission?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupResources {
    /// The definition of the resources.
    pub definition: String,
    /// The relation or permission.
    pub permission: String,
    /// The subject; not a wildcard.
    pub subject: Subject,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: CaveatContext,
}

impl LookupResources {
    /// The question without context.
    pub fn new(definition: impl Into<String>, permission: impl Into<String>, subject: Subject) -> Self {
        let (definition, permission) = (definition.into(), permission.into());
        Self { definition, permission, subject, context: CaveatContext::default() }
    }
}

/// What was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundObject {
    /// Its id.
    pub id: IdText,
    /// How it is an answer.
    pub permissionship: LookupPermissionship,
}

/// How something that was looked up is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupPermissionship {
    /// It is.
    HasPermission,
    /// It depends on what the context does not say.
    ConditionalPermission {
        /// The parameters of caveats that were not given and that it depends on, sorted, each once.
        missing: Vec<Arc<str>>,
    },
}

impl View {
    /// The resources on which a subject has a permission (or relation), in order of their ids, each once, with the
    /// answer that a check gives; those after an id, if one is given.
    pub fn lookup_resources(
        &self,
        question: LookupResources,
        after: Option<&str>,
    ) -> Result<ResourceReader, LookupError> {
        let definition_name = question.definition.as_str();
        let schema = self.program.as_ref().map(|program| &**program.schema());
        let definition = names::find_definition(schema, definition_name)?;
        let Some(schema) = schema else { return Err(names::no_schema(definition_name).into()) };
        let node = names::find_node(schema, definition, &question.permission)?;
        let (subject_definition, subject_node) = names::find_subject(schema, &question.subject)?;
        if let Subject::Wildcard(_) = question.subject {
            return Err(LookupError::WildcardSubject);
        }
        let lookup = ResourceLookup::new(after);
        Ok(ResourceReader { view: self.clone(), question, node, subject_definition, subject_node, lookup })
    }
}

/// The resources of one lookup, one after another. It holds no lock between them.
#[derive(Debug)]
pub struct ResourceReader {
    view: View,
    question: LookupResources,
    node: NodeId,
    subject_definition: DefinitionId,
    subject_node: Option<NodeId>,
    lookup: ResourceLookup,
}

impl ResourceReader {
    /// The next resources, at most so many, and whether there may be more. The limits are those of this step.
    pub fn next(
        &mut self,
        count_max: usize,
        limits: Limits<'_>,
    ) -> Result<(Vec<FoundObject>, bool), LookupError> {
        let Self { view, question, node, subject_definition, subject_node, lookup } = self;
        let Some(program) = &view.program else { return Ok((Vec::new(), false)) };
        let asked = ResourceQuestion {
            node: *node,
            subject: &question.subject,
            subject_definition: *subject_definition,
            subject_node: *subject_node,
            context: &question.context,
        };
        let (found, has_more) = lookup.next(program, view.snapshot(), asked, count_max, limits)?;
        Ok((found.into_iter().filter_map(FoundObject::of).collect(), has_more))
    }

    /// Bytes of memory that are held from one step to the next.
    pub fn held_bytes(&self) -> usize {
        self.lookup.held_bytes()
    }

    /// The state that is read.
    pub fn view(&self) -> &View {
        &self.view
    }
}

impl FoundObject {
    pub(super) fn of(found: Found) -> Option<Self> {
        let Found { id, membership } = found;
        Some(Self { id, permissionship: LookupPermissionship::of(membership)? })
    }
}

impl LookupPermissionship {
    pub(super) fn of(membership: Membership) -> Option<Self> {
        match membership {
            Membership::Member => Some(Self::HasPermission),
            Membership::Conditional(missing) => Some(Self::ConditionalPermission { missing }),
            Membership::NotMember => None,
        }
    }
}
