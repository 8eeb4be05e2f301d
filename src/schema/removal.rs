//! What a new schema takes away that stored relationships may need.
//!
//! A relation that becomes a permission counts as removed, as SpiceDB has it: neither may anything be stored under it,
//! nor may it be in a stored subject. Permissions are never stored under, and the usersets of one that is removed fall under the relations
//! that no longer allow them.

use std::collections::HashSet;

use crate::relationship::{CaveatName, DefinitionName, RelationName};

use super::model::{AllowedSubject, DefinitionId, NodeId, NodeKind, Schema, SubjectForm};

/// Relationships of which none may be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The definition of the resource, or for [`RemovalKind::UsersetRelation`] of the subject.
    pub definition: DefinitionName,
    /// What of it is removed.
    pub kind: RemovalKind,
}

/// What is removed of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalKind {
    /// The definition itself: no relationship may have it as the type of the resource.
    Definition,
    /// A relation, or it is now a permission: no relationship may be stored under it.
    Relation(RelationName),
    /// A relation: no relationship may have it in its subject, as in `group:eng#member`.
    UsersetRelation(RelationName),
    /// A kind of subject of a relation: no relationship under it may be of exactly this kind.
    AllowedSubject {
        /// The relation.
        relation: RelationName,
        /// The kind of subject.
        subject: RemovedSubject,
    },
}

/// A kind of subject, in names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemovedSubject {
    /// The subject's type.
    pub definition: DefinitionName,
    /// Objects, the wildcard, or usersets.
    pub form: RemovedForm,
    /// The caveat that these relationships carry; without one, those that carry none.
    pub caveat: Option<CaveatName>,
    /// Whether these relationships expire.
    pub has_expiration: bool,
    /// As it is written in a schema.
    pub text: String,
}

/// The form of a subject, in names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RemovedForm {
    /// One object.
    Object,
    /// Everyone of the type.
    Wildcard,
    /// Whoever has this relation or permission.
    Userset(RelationName),
}

impl Removal {
    /// Why the schema cannot be written while this relationship exists, in SpiceDB's words.
    pub fn message(&self, relationship: &str) -> String {
        let definition = &self.definition;
        match &self.kind {
            RemovalKind::Definition => format!(
                "cannot delete object definition `{definition}`, as at least one relationship exists under it: \
                 {relationship}"
            ),
            RemovalKind::Relation(relation) => format!(
                "cannot delete relation `{relation}` in object definition `{definition}`, as at least one \
                 relationship exists under it: {relationship}"
            ),
            RemovalKind::UsersetRelation(relation) => format!(
                "cannot delete relation `{relation}` in object definition `{definition}`, as at least one \
                 relationship references it as part of a subject: {relationship}"
            ),
            RemovalKind::AllowedSubject { relation, subject } => format!(
                "cannot remove allowed type `{}` from relation `{relation}` in object definition `{definition}`, as \
                 a relationship exists with it: {relationship}",
                subject.text
            ),
        }
    }

    /// The same for programs, by the keys that SpiceDB's `ErrorInfo` has.
    pub fn metadata(&self, relationship: &str) -> Vec<(&'static str, String)> {
        let (operation, relation) = match &self.kind {
            RemovalKind::Definition => ("delete_object_definition", None),
            RemovalKind::Relation(relation) => ("delete_relation", Some(relation)),
            RemovalKind::UsersetRelation(relation) => ("delete_relation_reverse_check", Some(relation)),
            RemovalKind::AllowedSubject { relation, .. } => ("remove_allowed_type", Some(relation)),
        };
        let mut metadata = vec![
            ("operation", operation.to_owned()),
            ("resource_type", self.definition.to_string()),
            ("relationship", relationship.to_owned()),
        ];
        metadata.extend(relation.map(|relation| ("relation", relation.to_string())));
        if let RemovalKind::AllowedSubject { subject, .. } = &self.kind {
            metadata.push(("allowed_type", subject.text.clone()));
        }
        metadata
    }
}

/// Everything that `new` takes away from `old`: what its definitions have lost, in its order, then whole definitions.
pub fn removals(old: &Schema, new: &Schema) -> Vec<Removal> {
    let mut removals = Vec::new();
    for definition in new.definitions() {
        if let Some(before) = old.find_definition(definition.name.as_str())
            && let Some(after) = new.find_definition(definition.name.as_str())
        {
            relation_removals(old, before, new, after, &mut removals);
        }
    }
    for definition in old.definitions() {
        if new.find_definition(definition.name.as_str()).is_none() {
            removals.push(Removal { definition: definition.name.clone(), kind: RemovalKind::Definition });
        }
    }
    removals
}

fn relation_removals(
    old: &Schema,
    before: DefinitionId,
    new: &Schema,
    after: DefinitionId,
    removals: &mut Vec<Removal>,
) {
    let mut push = |kind| removals.push(Removal { definition: old.definition(before).name.clone(), kind });
    for id in &old.definition(before).nodes {
        let node = old.node(*id);
        let NodeKind::Relation(subjects) = &node.kind else { continue };
        let now = new.find_node(after, node.name.as_str());
        match now.map(|now| &new.node(now).kind) {
            Some(NodeKind::Relation(_)) => {}
            // Its usersets would keep a meaning, but another one than they were written with.
            Some(NodeKind::Permission(_)) | None => {
                push(RemovalKind::Relation(node.name.clone()));
                push(RemovalKind::UsersetRelation(node.name.clone()));
            }
        }
        let remaining = now.map(|now| subjects_of(new, now)).unwrap_or_default();
        if remaining.is_empty() {
            continue;
        }
        for subject in subjects {
            let subject = in_names(old, subject);
            if !remaining.contains(&subject) {
                push(RemovalKind::AllowedSubject { relation: node.name.clone(), subject });
            }
        }
    }
}

fn subjects_of(schema: &Schema, node: NodeId) -> HashSet<RemovedSubject> {
    match &schema.node(node).kind {
        NodeKind::Relation(subjects) => subjects.iter().map(|subject| in_names(schema, subject)).collect(),
        NodeKind::Permission(_) => HashSet::new(),
    }
}

fn in_names(schema: &Schema, subject: &AllowedSubject) -> RemovedSubject {
    RemovedSubject {
        definition: schema.definition(subject.definition).name.clone(),
        form: match subject.form {
            SubjectForm::Object => RemovedForm::Object,
            SubjectForm::Wildcard => RemovedForm::Wildcard,
            SubjectForm::Userset(userset) => RemovedForm::Userset(schema.node(userset).name.clone()),
        },
        caveat: subject.caveat.clone(),
        has_expiration: subject.has_expiration,
        text: schema.subject_text(subject),
    }
}
