//! Questions with huge answers.

use arrowroot::server::wire::v1;
use prost::Message as _;

use super::graph::{EXCEPTED, GUESTS, TREE, WIDE, long, object, user};
use super::silent::Silent;

const PERMISSIONS: &str = "/authzed.api.v1.PermissionsService/";

/// Checks in a bulk: few enough that a client may send them ahead without reading how much it may; their traces are long.
const BULK: usize = 400;

/// A question whose answer is read and counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reading {
    Resources,
    Subjects,
    Excepted,
    Relationships,
    Guests,
    Export,
    Tree,
    Bulk,
}

impl Reading {
    pub(crate) const ALL: [Self; 8] = [
        Self::Resources,
        Self::Subjects,
        Self::Excepted,
        Self::Relationships,
        Self::Guests,
        Self::Export,
        Self::Tree,
        Self::Bulk,
    ];
}

/// The questions about one graph.
pub(crate) struct Questions {
    /// The state before there were relationships.
    oldest: v1::ZedToken,
}

impl Questions {
    pub(crate) fn new(oldest: v1::ZedToken) -> Self {
        Self { oldest }
    }

    /// Asks those that are answered bit by bit.
    pub(crate) fn ask_for_streams(&self, silent: &mut Silent) {
        let mut ask =
            |method: &str, message: Vec<u8>| silent.ask(&format!("{PERMISSIONS}{method}"), &message);
        ask("LookupResources", Self::resources().encode_to_vec());
        ask("LookupSubjects", Self::subjects().encode_to_vec());
        ask("ReadRelationships", Self::relationships().encode_to_vec());
        ask("ReadRelationships", Self::guests().encode_to_vec());
        ask("ExportBulkRelationships", Self::export().encode_to_vec());
        silent.ask("/authzed.api.v1.WatchService/Watch", &self.watch().encode_to_vec());
    }

    /// Asks those that are answered with one message.
    pub(crate) fn ask_for_messages(silent: &mut Silent) {
        let mut ask =
            |method: &str, message: Vec<u8>| silent.ask(&format!("{PERMISSIONS}{method}"), &message);
        ask("LookupSubjects", Self::excepted().encode_to_vec());
        ask("ExpandPermissionTree", Self::tree().encode_to_vec());
        ask("CheckBulkPermissions", Self::bulk().encode_to_vec());
        ask("CheckPermission", Self::traced().encode_to_vec());
        let schema = v1::ReadSchemaRequest::default();
        silent.ask("/authzed.api.v1.SchemaService/ReadSchema", &schema.encode_to_vec());
    }

    /// Two of them as path and body.
    pub(crate) fn over_http() -> [(&'static str, String); 2] {
        let user = r#"{"object":{"objectType":"user","objectId":"reader"}}"#;
        let resources = format!(r#"{{"resourceObjectType":"doc","permission":"view","subject":{user}}}"#);
        let tree = r#"{"resource":{"objectType":"doc","objectId":"tree"},"permission":"view"}"#;
        [("/v1/permissions/resources", resources), ("/v1/permissions/expand", tree.to_owned())]
    }

    /// How many answers a question has.
    pub(crate) fn count(reading: Reading) -> usize {
        match reading {
            // And the one that everyone sees.
            Reading::Resources => WIDE + 1,
            Reading::Subjects | Reading::Relationships => WIDE,
            Reading::Excepted => EXCEPTED,
            Reading::Guests => GUESTS,
            Reading::Export => 2 * WIDE + TREE + 1 + EXCEPTED + GUESTS,
            Reading::Tree => TREE,
            Reading::Bulk => BULK,
        }
    }

    /// Of those that a slow client reads.
    pub(crate) fn slow_counts() -> [usize; 3] {
        [Reading::Resources, Reading::Subjects, Reading::Relationships].map(Self::count)
    }

    pub(crate) fn resources() -> v1::LookupResourcesRequest {
        v1::LookupResourcesRequest {
            resource_object_type: "doc".to_owned(),
            permission: "view".to_owned(),
            subject: Some(user("reader")),
            ..Default::default()
        }
    }

    pub(crate) fn subjects() -> v1::LookupSubjectsRequest {
        v1::LookupSubjectsRequest {
            resource: Some(object("doc", "read")),
            permission: "view".to_owned(),
            subject_object_type: "user".to_owned(),
            ..Default::default()
        }
    }

    /// Everyone but many.
    pub(crate) fn excepted() -> v1::LookupSubjectsRequest {
        v1::LookupSubjectsRequest {
            resource: Some(object("doc", "public")),
            permission: "allowed".to_owned(),
            ..Self::subjects()
        }
    }

    pub(crate) fn relationships() -> v1::ReadRelationshipsRequest {
        let relationship_filter = Some(of_document("read"));
        v1::ReadRelationshipsRequest { relationship_filter, ..Default::default() }
    }

    /// Few relationships with large contexts.
    pub(crate) fn guests() -> v1::ReadRelationshipsRequest {
        let relationship_filter = Some(of_document("closed"));
        v1::ReadRelationshipsRequest { relationship_filter, ..Default::default() }
    }

    pub(crate) fn export() -> v1::ExportBulkRelationshipsRequest {
        v1::ExportBulkRelationshipsRequest::default()
    }

    pub(crate) fn tree() -> v1::ExpandPermissionTreeRequest {
        v1::ExpandPermissionTreeRequest {
            resource: Some(object("doc", "tree")),
            permission: "view".to_owned(),
            consistency: None,
        }
    }

    pub(crate) fn bulk() -> v1::CheckBulkPermissionsRequest {
        let item = |number| v1::CheckBulkPermissionsRequestItem {
            resource: Some(object("doc", &long(number))),
            permission: "view".to_owned(),
            subject: Some(user("reader")),
            context: None,
        };
        let items = (0..BULK).map(item).collect();
        v1::CheckBulkPermissionsRequest { items, with_tracing: true, ..Default::default() }
    }

    /// A check whose trace tells the whole schema.
    fn traced() -> v1::CheckPermissionRequest {
        v1::CheckPermissionRequest {
            resource: Some(object("doc", "read")),
            permission: "view".to_owned(),
            subject: Some(user("reader")),
            with_tracing: true,
            ..Default::default()
        }
    }

    /// Everything since the beginning, of which nearly all is one transaction.
    fn watch(&self) -> v1::WatchRequest {
        v1::WatchRequest { optional_start_cursor: Some(self.oldest.clone()), ..Default::default() }
    }
}

fn of_document(id: &str) -> v1::RelationshipFilter {
    v1::RelationshipFilter {
        resource_type: "doc".to_owned(),
        optional_resource_id: id.to_owned(),
        ..Default::default()
    }
}
