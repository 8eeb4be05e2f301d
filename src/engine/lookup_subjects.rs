//! Looking up the subjects that have a permission on a resource.

use crate::caveat::Context as CaveatContext;
use crate::evaluate::{FoundSubject as Found, Limits, SubjectLookup, SubjectQuestion};
use crate::index::IdText;
use crate::relationship::Object;
use crate::schema::{DefinitionId, NodeId};

use super::error::LookupError;
use super::lookup_resources::{FoundObject, LookupPermissionship};
use super::names;
use super::view::View;

/// Which subjects of a type have this relation or permission on the resource?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupSubjects {
    /// The resource.
    pub resource: Object,
    /// The relation or permission.
    pub permission: String,
    /// The definition of the subjects.
    pub subject_definition: String,
    /// The relation of the subjects, if they are to be usersets.
    pub subject_relation: Option<String>,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: CaveatContext,
}

impl LookupSubjects {
    /// The question for objects as subjects, without context.
    pub fn new(
        resource: Object,
        permission: impl Into<String>,
        subject_definition: impl Into<String>,
    ) -> Self {
        let (permission, subject_definition) = (permission.into(), subject_definition.into());
        let context = CaveatContext::default();
        Self { resource, permission, subject_definition, subject_relation: None, context }
    }
}

/// A subject that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSubject {
    /// Its id, or `*` for everyone of the type.
    pub id: IdText,
    /// How it is an answer.
    pub permissionship: LookupPermissionship,
    /// Of the wildcard, those that are excepted, in order of their ids: for certain, or on conditions.
    pub excluded: Vec<FoundObject>,
}

impl View {
    /// The subjects that have a permission (or relation) on a resource, in order of their ids, each once; those after an
    /// id, if one is given.
    ///
    /// Where everyone of the type has it, the wildcard is an answer with those that are excepted from it, and only those
    /// subjects are listed beside it that have the permission by themselves. Any subject has it on the conditions of
    /// its own answer, or on those of the wildcard unless it is excepted: together they are what a check says.
    pub fn lookup_subjects(
        &self,
        question: LookupSubjects,
        after: Option<&str>,
    ) -> Result<SubjectReader, LookupError> {
        let LookupSubjects { resource, permission, subject_definition, subject_relation, .. } = &question;
        let definition_name = resource.definition.as_str();
        let schema = self.program.as_ref().map(|program| &**program.schema());
        let definition = names::find_definition(schema, definition_name)?;
        let Some(schema) = schema else { return Err(names::no_schema(definition_name).into()) };
        let node = names::find_node(schema, definition, permission)?;
        let subject_definition = names::find_definition(Some(schema), subject_definition)?;
        let subject_node = match subject_relation {
            Some(relation) => Some(names::find_node(schema, subject_definition, relation)?),
            None => None,
        };
        let lookup = SubjectLookup::new(after);
        Ok(SubjectReader { view: self.clone(), question, node, subject_definition, subject_node, lookup })
    }
}

/// The subjects of one lookup, one after another. It holds no lock between them.
#[derive(Debug)]
pub struct SubjectReader {
    view: View,
    question: LookupSubjects,
    node: NodeId,
    subject_definition: DefinitionId,
    subject_node: Option<NodeId>,
    lookup: SubjectLookup,
}

impl SubjectReader {
    /// The next subjects, at most so many, and whether there may be more. The limits are those of this step.
    pub fn next(
        &mut self,
        count_max: usize,
        limits: Limits<'_>,
    ) -> Result<(Vec<FoundSubject>, bool), LookupError> {
        let Self { view, question, node, subject_definition, subject_node, lookup } = self;
        let Some(program) = &view.program else { return Ok((Vec::new(), false)) };
        let asked = SubjectQuestion {
            resource: &question.resource,
            node: *node,
            subject_definition: *subject_definition,
            subject_node: *subject_node,
            context: &question.context,
        };
        let (found, has_more) = lookup.next(program, view.snapshot(), asked, count_max, limits)?;
        let found = found.into_iter().filter_map(|Found { id, membership, excluded }| {
            let permissionship = LookupPermissionship::of(membership)?;
            let excluded = excluded.into_iter().filter_map(FoundObject::of).collect();
            Some(FoundSubject { id, permissionship, excluded })
        });
        Ok((found.collect(), has_more))
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
