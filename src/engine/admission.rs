//! Whether a schema admits a relationship that is to be written.

use crate::caveat::{Context, ContextError, wire_bytes};
use crate::relationship::{ContextualizedCaveat, Relationship, Subject, UpdateOperation};
use crate::schema::{AllowedSubject, NodeKind, Schema, SubjectForm};

use super::error::WriteRelationshipsError;
use super::names;
use super::options::EngineLimits;

/// Whether a relationship's stored caveat is small enough.
pub(super) fn check_size(
    relationship: &Relationship,
    limits: &EngineLimits,
) -> Result<(), WriteRelationshipsError> {
    let bytes = relationship.caveat.as_ref().map_or(0, wire_bytes);
    let bytes_max = limits.caveat_bytes_max;
    if bytes > bytes_max {
        let relationship = Box::new(relationship.clone());
        return Err(WriteRelationshipsError::CaveatTooLarge { relationship, bytes, bytes_max });
    }
    Ok(())
}

/// Whether the schema has the names of a relationship and allows its kind of subject, on its terms.
pub(super) fn check(
    schema: Option<&Schema>,
    operation: UpdateOperation,
    relationship: &Relationship,
) -> Result<(), WriteRelationshipsError> {
    let found = names::find_relationship(schema, relationship)?;
    let Some(schema) = schema else { return Ok(()) };
    let (definition, relation) = (&relationship.resource.definition, &relationship.relation);
    let NodeKind::Relation(allowed) = &schema.node(found.node).kind else {
        let (definition, permission) = (definition.clone(), relation.clone());
        return Err(WriteRelationshipsError::CannotUpdatePermission { definition, permission });
    };
    let form = match (&relationship.subject, found.subject_node) {
        (Subject::Wildcard(_), _) => SubjectForm::Wildcard,
        (_, Some(node)) => SubjectForm::Userset(node),
        (_, None) => SubjectForm::Object,
    };
    let is_of_kind =
        |allowed: &&AllowedSubject| allowed.definition == found.subject_definition && allowed.form == form;
    if allowed.iter().filter(is_of_kind).any(|allowed| is_on_terms(allowed, operation, relationship)) {
        return check_context(schema, relationship);
    }
    let subject_type = subject_type(relationship);
    let is_without_caveat = |allowed: &&AllowedSubject| {
        form != SubjectForm::Wildcard
            && relationship.caveat.is_none()
            && allowed.has_expiration == relationship.expires_at.is_some()
    };
    let of_kind = allowed.iter().filter(is_of_kind).filter(is_without_caveat);
    Err(WriteRelationshipsError::InvalidSubjectType {
        definition: definition.clone(),
        relation: relation.clone(),
        allowed_caveats: of_kind.filter_map(|allowed| allowed.caveat.clone()).collect(),
        suggestion: suggestion(schema, allowed, &subject_type),
        subject_type,
    })
}

/// Whether the caveat takes the stored context.
fn check_context(schema: &Schema, relationship: &Relationship) -> Result<(), WriteRelationshipsError> {
    let Some(ContextualizedCaveat { name, context_json }) = &relationship.caveat else {
        return Ok(());
    };
    let Some(caveat) = schema.find_caveat(name.as_str()) else { return Ok(()) };
    let context = Context::parse(context_json).map_err(ContextError::from);
    context.and_then(|context| caveat.compiled.check_context(&context)).map_err(|problem| {
        WriteRelationshipsError::InvalidContext { caveat: name.clone(), problem: Box::new(problem) }
    })
}

/// Whether a relationship's caveat and expiration are what a kind of subject asks for. A delete need not name them; if it
/// names a caveat, all must be right.
fn is_on_terms(allowed: &AllowedSubject, operation: UpdateOperation, relationship: &Relationship) -> bool {
    let Relationship { caveat, expires_at, .. } = relationship;
    let caveat = caveat.as_ref().map(|caveat| &caveat.name);
    let need_not_say = operation == UpdateOperation::Delete && caveat.is_none();
    need_not_say || caveat == allowed.caveat.as_ref() && expires_at.is_some() == allowed.has_expiration
}

/// The kind of a relationship's subject as a schema writes it, such as `group#member with on_weekdays`.
fn subject_type(relationship: &Relationship) -> String {
    let definition = relationship.subject.definition();
    let form = match &relationship.subject {
        Subject::Object(_) => definition.to_string(),
        Subject::Wildcard(_) => format!("{definition}:*"),
        Subject::Userset(_, relation) => format!("{definition}#{relation}"),
    };
    match (&relationship.caveat, relationship.expires_at) {
        (Some(caveat), Some(_)) => format!("{form} with {} and expiration", caveat.name),
        (Some(caveat), None) => format!("{form} with {}", caveat.name),
        (None, Some(_)) => format!("{form} with expiration"),
        (None, None) => form,
    }
}

/// The kind that is nearest among those that are the given one with something more, such as a relation, a wildcard or
/// an expiration.
fn suggestion(schema: &Schema, allowed: &[AllowedSubject], subject_type: &str) -> Option<String> {
    let kinds = allowed.iter().map(|allowed| schema.subject_text(allowed));
    let longer = kinds.filter(|kind| {
        let mut rest = kind.chars();
        subject_type.chars().all(|wanted| rest.any(|character| character == wanted))
    });
    longer.min_by_key(String::len)
}
