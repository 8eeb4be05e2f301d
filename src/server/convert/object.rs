//! Objects and subjects, in both directions.

use crate::relationship::{Object, Subject};
use crate::server::wire::v1;

use super::name;
use super::violation::{MisplacedWildcard, Path, Violations};

/// The id that the API writes for everyone of a type.
pub(super) const WILDCARD: &str = "*";

/// Takes the place of a wildcard where only the names are checked.
const STAND_IN: &str = "~";

/// Puts an id into the place of a wildcard that is dealt with elsewhere. Whether there was one.
pub(in crate::server) fn stand_in(object: &mut v1::ObjectReference) -> bool {
    let is_wildcard = object.object_id == WILDCARD;
    if is_wildcard {
        STAND_IN.clone_into(&mut object.object_id);
    }
    is_wildcard
}

/// A resource. The wildcard is none.
pub(in crate::server) fn resource(
    message: Option<v1::ObjectReference>,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Object> {
    let Some(v1::ObjectReference { object_type, object_id }) = message else {
        name::report_missing(path, violations);
        return None;
    };
    let definition = name::definition(object_type, &path.field("object_type"), violations);
    if object_id == WILDCARD {
        violations.misplace(MisplacedWildcard::Resource);
        return None;
    }
    let id = name::object_id(object_id, &path.field("object_id"), violations);
    Some(Object { definition: definition?, id: id? })
}

/// A subject: an object, a userset, or everyone of a type.
pub(in crate::server) fn subject(
    message: Option<v1::SubjectReference>,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Subject> {
    let Some(v1::SubjectReference { object, optional_relation }) = message else {
        name::report_missing(path, violations);
        return None;
    };
    let object_path = path.field("object");
    let Some(v1::ObjectReference { object_type, object_id }) = object else {
        name::report_missing(&object_path, violations);
        return None;
    };
    let definition = name::definition(object_type, &object_path.field("object_type"), violations);
    let is_wildcard = object_id == WILDCARD;
    let id = if is_wildcard {
        None
    } else {
        name::object_id(object_id, &object_path.field("object_id"), violations)
    };
    let relation = name::optional_relation(optional_relation, &path.field("optional_relation"), violations)?;
    if is_wildcard {
        if relation.is_some() {
            violations.misplace(MisplacedWildcard::Userset);
        }
        return Some(Subject::Wildcard(definition?));
    }
    let object = Object { definition: definition?, id: id? };
    Some(match relation {
        Some(relation) => Subject::Userset(object, relation),
        None => Subject::Object(object),
    })
}

/// An object as the API writes it.
pub(crate) fn object_to_wire(object: Object) -> v1::ObjectReference {
    v1::ObjectReference { object_type: object.definition.into(), object_id: object.id.into() }
}

/// A subject as the API writes it.
pub(crate) fn subject_to_wire(subject: Subject) -> v1::SubjectReference {
    let (object, optional_relation) = match subject {
        Subject::Object(object) => (object_to_wire(object), String::new()),
        Subject::Userset(object, relation) => (object_to_wire(object), relation.into()),
        Subject::Wildcard(definition) => {
            let object =
                v1::ObjectReference { object_type: definition.into(), object_id: WILDCARD.to_owned() };
            (object, String::new())
        }
    };
    v1::SubjectReference { object: Some(object), optional_relation }
}
