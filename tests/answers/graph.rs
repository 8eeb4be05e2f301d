//! A graph of which single questions have huge answers, and those questions.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use prost_types::{ListValue, Struct, Value, value::Kind};
use tonic::transport::Channel;

const SCHEMA: &str = "
definition user {}
caveat any_of(entries list<map<any>>) { size(entries) > 0 }
definition folder {
    relation viewer: user
    relation parent: folder
    permission view = viewer + parent->view
}
definition doc {
    relation parent: folder
    relation viewer: user | user:*
    relation banned: user
    relation guest: user with any_of
    permission view = viewer + parent->view
    permission allowed = viewer - banned
}";

/// What makes the schema nearly as large as one that is told with a trace.
const SCHEMA_REPETITIONS: usize = 50_000;

/// Documents that one user sees, and users who see one document.
pub(crate) const WIDE: usize = 40_000;
/// Users in an expanded tree that is just small enough, and those who are excepted from everyone.
pub(crate) const TREE: usize = 45_000;
pub(crate) const EXCEPTED: usize = 20_000;
/// Guests, each with nearly as much context as there may be.
pub(crate) const GUESTS: usize = 80;
/// Elements in the context of one.
const ELEMENTS: usize = 2_000;

/// Writes the graph. The token before its relationships.
pub(crate) async fn write(channel: Channel) -> v1::ZedToken {
    // Comments are told as they were written.
    let schema = format!("{SCHEMA}\n// {}", "all of this is told ".repeat(SCHEMA_REPETITIONS));
    let schema = v1::WriteSchemaRequest { schema };
    let written = SchemaServiceClient::new(channel.clone()).write_schema(schema).await.unwrap();
    let documents = (0..WIDE).map(|number| relationship(&long(number), "viewer", "reader"));
    let readers = (0..WIDE).map(|number| relationship("read", "viewer", &long(number)));
    let tree = (0..TREE).map(|number| relationship("tree", "viewer", &long(number)));
    let everyone = std::iter::once(relationship("public", "viewer", "*"));
    let excepted = (0..EXCEPTED).map(|number| relationship("public", "banned", &long(number)));
    let guests = (0..GUESTS).map(|number| with_context(relationship("closed", "guest", &long(number))));
    let mut all =
        documents.chain(readers).chain(tree).chain(everyone).chain(excepted).chain(guests).peekable();
    let messages = std::iter::from_fn(move || {
        all.peek()?;
        let mut relationships = Vec::new();
        let mut bytes = 0;
        while bytes < 1 << 20
            && let Some(next) = all.next()
        {
            bytes += prost::Message::encoded_len(&next);
            relationships.push(next);
        }
        Some(v1::ImportBulkRelationshipsRequest { relationships })
    });
    let mut permissions = PermissionsServiceClient::new(channel);
    permissions.import_bulk_relationships(tokio_stream::iter(messages)).await.unwrap();
    written.into_inner().written_at.unwrap()
}

/// An id as long as many are.
pub(crate) fn long(number: usize) -> String {
    format!("{number:06}-2f4c6a7e-9c0d-4b1e-8f3a-5d6e7f8091a2-of-the-organization")
}

pub(crate) fn object(kind: &str, id: &str) -> v1::ObjectReference {
    v1::ObjectReference { object_type: kind.to_owned(), object_id: id.to_owned() }
}

pub(crate) fn user(id: &str) -> v1::SubjectReference {
    v1::SubjectReference { object: Some(object("user", id)), ..Default::default() }
}

fn relationship(document: &str, relation: &str, id: &str) -> v1::Relationship {
    v1::Relationship {
        resource: Some(object("doc", document)),
        relation: relation.to_owned(),
        subject: Some(user(id)),
        ..Default::default()
    }
}

/// A context of which every few bytes are an object of their own.
fn with_context(mut relationship: v1::Relationship) -> v1::Relationship {
    let value = |kind| Value { kind: Some(kind) };
    let one = |name: &str, value: Value| Struct { fields: [(name.to_owned(), value)].into() };
    let element = || value(Kind::StructValue(one("", value(Kind::BoolValue(true)))));
    let list = ListValue { values: (0..ELEMENTS).map(|_| element()).collect() };
    let context = Some(one("entries", value(Kind::ListValue(list))));
    relationship.optional_caveat =
        Some(v1::ContextualizedCaveat { caveat_name: "any_of".to_owned(), context });
    relationship
}
