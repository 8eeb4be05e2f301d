//! Requests in short: malformed ones can be written, too.

use arrowroot::server::wire::v1;

/// `type:id`; the id is empty where there is no colon.
pub(crate) fn object(text: &str) -> v1::ObjectReference {
    let (object_type, object_id) = text.split_once(':').unwrap_or((text, ""));
    v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() }
}

/// `type:id` or `type:id#relation`.
pub(crate) fn subject(text: &str) -> v1::SubjectReference {
    let (text, relation) = text.split_once('#').unwrap_or((text, ""));
    v1::SubjectReference { object: Some(object(text)), optional_relation: relation.to_owned() }
}

/// `+doc:1#viewer@user:a` creates, `~` touches, `-` deletes, `?` is an update without operation.
pub(crate) fn update(text: &str) -> v1::RelationshipUpdate {
    let (operation, text) = text.split_at(1);
    let operation = match operation {
        "+" => 1,
        "~" => 2,
        "-" => 3,
        _ => 0,
    };
    let (resource, rest) = text.split_once('#').unwrap();
    let (relation, of) = rest.split_once('@').unwrap();
    let relationship = v1::Relationship {
        resource: Some(object(resource)),
        relation: relation.to_owned(),
        subject: Some(subject(of)),
        ..Default::default()
    };
    v1::RelationshipUpdate { operation, relationship: Some(relationship) }
}

/// Several updates, separated by commas.
pub(crate) fn updates(text: &str) -> Vec<v1::RelationshipUpdate> {
    text.split(", ").filter(|text| !text.is_empty()).map(update).collect()
}

/// `doc:1 view user:a`: resource, permission, subject.
pub(crate) fn check(text: &str) -> v1::CheckPermissionRequest {
    let v1::CheckBulkPermissionsRequestItem { resource, permission, subject, context } = item(text);
    v1::CheckPermissionRequest {
        consistency: fully_consistent(),
        resource,
        permission,
        subject,
        context,
        ..Default::default()
    }
}

/// The same as one of a bulk.
pub(crate) fn item(text: &str) -> v1::CheckBulkPermissionsRequestItem {
    let parts: Vec<_> = text.split(' ').collect();
    let [resource, permission, of] = parts[..] else { panic!("`{text}` has not three parts") };
    v1::CheckBulkPermissionsRequestItem {
        resource: Some(object(resource)),
        permission: permission.to_owned(),
        subject: Some(subject(of)),
        ..Default::default()
    }
}

/// `type=doc id=1 prefix=1 relation=viewer subject=group:g#member`, each part optional; `subject=user#` has the empty
/// relation.
pub(crate) fn filter(text: &str) -> v1::RelationshipFilter {
    let mut filter = v1::RelationshipFilter::default();
    for part in text.split_whitespace() {
        let (field, value) = part.split_once('=').unwrap();
        let value = value.to_owned();
        match field {
            "type" => filter.resource_type = value,
            "id" => filter.optional_resource_id = value,
            "prefix" => filter.optional_resource_id_prefix = value,
            "relation" => filter.optional_relation = value,
            "subject" => filter.optional_subject_filter = Some(subject_filter(&value)),
            _ => panic!("`{field}` is no field of a filter"),
        }
    }
    filter
}

fn subject_filter(text: &str) -> v1::SubjectFilter {
    let (text, relation) = match text.split_once('#') {
        Some((text, relation)) => (text, Some(relation.to_owned())),
        None => (text, None),
    };
    let object = object(text);
    v1::SubjectFilter {
        subject_type: object.object_type,
        optional_subject_id: object.object_id,
        optional_relation: relation.map(|relation| v1::subject_filter::RelationFilter { relation }),
    }
}

/// `must`, `mustnot` or `?`, then a filter.
pub(crate) fn precondition(text: &str) -> v1::Precondition {
    let (operation, text) = text.split_once(' ').unwrap_or((text, ""));
    let operation = match operation {
        "must" => v1::precondition::Operation::MustMatch,
        "mustnot" => v1::precondition::Operation::MustNotMatch,
        _ => v1::precondition::Operation::Unspecified,
    };
    v1::Precondition { operation: operation.into(), filter: Some(filter(text)) }
}

pub(crate) fn fully_consistent() -> Option<v1::Consistency> {
    consistency(v1::consistency::Requirement::FullyConsistent(true))
}

pub(crate) fn consistency(requirement: v1::consistency::Requirement) -> Option<v1::Consistency> {
    Some(v1::Consistency { requirement: Some(requirement) })
}

/// A relationship as text.
pub(crate) fn text(relationship: &v1::Relationship) -> String {
    let object = |object: &v1::ObjectReference| format!("{}:{}", object.object_type, object.object_id);
    let of = relationship.subject.as_ref().unwrap();
    let relation = match of.optional_relation.as_str() {
        "" => String::new(),
        relation => format!("#{relation}"),
    };
    format!(
        "{}#{}@{}{relation}",
        object(relationship.resource.as_ref().unwrap()),
        relationship.relation,
        object(of.object.as_ref().unwrap())
    )
}

/// The regular expressions that messages quote.
pub(crate) const TYPE: &str = "^([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$";
pub(crate) const OPTIONAL_TYPE: &str = "^(([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9])?$";
pub(crate) const RELATION: &str = "^[a-z][a-z0-9_]{1,62}[a-z0-9]$";
pub(crate) const OPTIONAL_RELATION: &str = "^([a-z][a-z0-9_]{1,62}[a-z0-9])?$";
pub(crate) const ID: &str = r"^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)$";
pub(crate) const OPTIONAL_ID: &str = r"^([a-zA-Z0-9/_|\-=+.:@%~,]{1,})?$";
pub(crate) const OPTIONAL_SUBJECT_ID: &str = r"^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)?$";

/// What is said of a field that breaks its pattern.
pub(crate) fn broken(path: &str, pattern: &str) -> String {
    format!("InvalidArgument `validation error: {path}: does not match regex pattern `{pattern}``")
}
