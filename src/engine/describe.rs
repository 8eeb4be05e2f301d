//! What the schema says of a name, for programs that refer to it from outside.

use crate::schema::{NodeKind, SubjectForm};

use super::error::UnknownName;
use super::names;
use super::view::View;

/// What a name of a definition stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// Relationships are stored under it.
    Relation,
    /// It is computed.
    Permission,
}

impl View {
    /// Whether the schema has a definition.
    pub fn check_definition(&self, definition: &str) -> Result<(), UnknownName> {
        let schema = self.program.as_ref().map(|program| &**program.schema());
        names::find_definition(schema, definition).map(drop)
    }

    /// What a name of a definition stands for.
    pub fn describe(&self, definition: &str, name: &str) -> Result<Described, UnknownName> {
        let schema = self.program.as_ref().map(|program| &**program.schema());
        let id = names::find_definition(schema, definition)?;
        let Some(schema) = schema else { return Err(names::no_schema(definition)) };
        let node = names::find_node(schema, id, name)?;
        Ok(match schema.node(node).kind {
            NodeKind::Relation(_) => Described::Relation,
            NodeKind::Permission(_) => Described::Permission,
        })
    }

    /// Whether a relation admits objects of a definition as subjects, without caveat and without end.
    pub fn admits(&self, definition: &str, relation: &str, subject_definition: &str) -> bool {
        let Some(schema) = self.program.as_ref().map(|program| &**program.schema()) else { return false };
        let find = |name| schema.find_definition(name);
        let (Some(definition), Some(subject)) = (find(definition), find(subject_definition)) else {
            return false;
        };
        let Some(node) = schema.find_node(definition, relation) else { return false };
        let NodeKind::Relation(allowed) = &schema.node(node).kind else { return false };
        allowed.iter().any(|allowed| {
            allowed.definition == subject
                && allowed.form == SubjectForm::Object
                && allowed.caveat.is_none()
                && !allowed.has_expiration
        })
    }
}
