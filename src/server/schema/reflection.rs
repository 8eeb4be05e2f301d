//! What a schema declares → the wire.

use crate::engine::SchemaReference;
use crate::schema::{
    ReflectedCaveat, ReflectedDefinition, ReflectedForm, ReflectedParameter, ReflectedPermission,
    ReflectedRelation, ReflectedSubject,
};
use crate::server::wire::v1;
use crate::server::wire::v1::reflection_type_reference::Typeref;

pub(super) fn definition(definition: ReflectedDefinition) -> v1::ReflectionDefinition {
    let ReflectedDefinition { name, comment, relations, permissions } = definition;
    v1::ReflectionDefinition {
        name: name.into(),
        comment,
        relations: relations.into_iter().map(relation).collect(),
        permissions: permissions.into_iter().map(permission).collect(),
    }
}

pub(super) fn relation(relation: ReflectedRelation) -> v1::ReflectionRelation {
    let ReflectedRelation { definition, name, comment, subjects } = relation;
    v1::ReflectionRelation {
        name: name.into(),
        comment,
        parent_definition_name: definition.into(),
        subject_types: subjects.into_iter().map(subject_type).collect(),
    }
}

/// The API has no field for expirations.
pub(super) fn subject_type(subject: ReflectedSubject) -> v1::ReflectionTypeReference {
    let ReflectedSubject { definition, form, caveat, has_expiration: _ } = subject;
    v1::ReflectionTypeReference {
        subject_definition_name: definition.into(),
        optional_caveat_name: caveat.map(String::from).unwrap_or_default(),
        typeref: Some(match form {
            // SpiceDB sets the field, but not to true: that it is there says it all.
            ReflectedForm::Object => Typeref::IsTerminalSubject(false),
            ReflectedForm::Wildcard => Typeref::IsPublicWildcard(true),
            ReflectedForm::Userset(relation) => Typeref::OptionalRelationName(relation.into()),
        }),
    }
}

pub(super) fn permission(permission: ReflectedPermission) -> v1::ReflectionPermission {
    let ReflectedPermission { definition, name, comment, expression: _ } = permission;
    v1::ReflectionPermission { name: name.into(), comment, parent_definition_name: definition.into() }
}

pub(super) fn caveat(caveat: ReflectedCaveat) -> v1::ReflectionCaveat {
    let ReflectedCaveat { name, comment, parameters, expression, source: _ } = caveat;
    v1::ReflectionCaveat {
        name: name.into(),
        comment,
        parameters: parameters.into_iter().map(parameter).collect(),
        expression,
    }
}

pub(super) fn parameter(parameter: ReflectedParameter) -> v1::ReflectionCaveatParameter {
    let ReflectedParameter { caveat, name, kind } = parameter;
    v1::ReflectionCaveatParameter { name, r#type: kind.to_string(), parent_caveat_name: caveat.into() }
}

pub(super) fn reference(reference: SchemaReference) -> v1::ReflectionRelationReference {
    let SchemaReference { definition, name, is_permission } = reference;
    v1::ReflectionRelationReference {
        definition_name: definition.into(),
        relation_name: name.into(),
        is_permission,
    }
}
