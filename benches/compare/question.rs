//! What is asked, and its messages on the wire.

use arrowroot::engine::CheckPermission;
use arrowroot::server::wire::v1;

/// What one write may hold, in both systems.
const UPDATES_MAX: usize = 1000;

/// A check and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) resource: String,
    pub(crate) permission: &'static str,
    pub(crate) subject: String,
    pub(crate) is_granted: bool,
}

impl Question {
    /// The question in the words of the engine.
    pub(crate) fn in_process(&self) -> CheckPermission {
        CheckPermission::new(self.resource.parse().unwrap(), self.permission, self.subject.parse().unwrap())
    }

    /// The question as a message, about the newest state that there is.
    pub(crate) fn message(&self) -> v1::CheckPermissionRequest {
        v1::CheckPermissionRequest {
            consistency: Some(newest()),
            resource: Some(object(&self.resource)),
            permission: self.permission.to_owned(),
            subject: Some(subject(&self.subject)),
            ..Default::default()
        }
    }

    /// What the subject has the permission on, of the resource's type.
    pub(crate) fn lookup(&self) -> v1::LookupResourcesRequest {
        v1::LookupResourcesRequest {
            consistency: Some(newest()),
            resource_object_type: object(&self.resource).object_type,
            permission: self.permission.to_owned(),
            subject: Some(subject(&self.subject)),
            ..Default::default()
        }
    }

    /// Fails if an answer is not the right one: a system that does not answer is not compared.
    pub(crate) fn expect(&self, system: &str, response: &v1::CheckPermissionResponse) {
        let granted = v1::check_permission_response::Permissionship::HasPermission;
        let denied = v1::check_permission_response::Permissionship::NoPermission;
        let right = if self.is_granted { granted } else { denied };
        assert_eq!(response.permissionship(), right, "{system}: {self:?}");
    }
}

/// The writes of all relationships.
pub(crate) fn writes(relationships: &[String]) -> Vec<v1::WriteRelationshipsRequest> {
    let write = |relationships: &[String]| v1::WriteRelationshipsRequest {
        updates: relationships.iter().map(|text| touch(text)).collect(),
        ..Default::default()
    };
    relationships.chunks(UPDATES_MAX).map(write).collect()
}

fn newest() -> v1::Consistency {
    v1::Consistency { requirement: Some(v1::consistency::Requirement::FullyConsistent(true)) }
}

fn touch(text: &str) -> v1::RelationshipUpdate {
    let (resource, rest) = text.split_once('#').unwrap();
    let (relation, subject_text) = rest.split_once('@').unwrap();
    v1::RelationshipUpdate {
        operation: v1::relationship_update::Operation::Touch.into(),
        relationship: Some(v1::Relationship {
            resource: Some(object(resource)),
            relation: relation.to_owned(),
            subject: Some(subject(subject_text)),
            ..Default::default()
        }),
    }
}

fn subject(text: &str) -> v1::SubjectReference {
    let (object_text, relation) = text.split_once('#').unwrap_or((text, ""));
    v1::SubjectReference { object: Some(object(object_text)), optional_relation: relation.to_owned() }
}

fn object(text: &str) -> v1::ObjectReference {
    let (object_type, object_id) = text.split_once(':').unwrap();
    v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() }
}
