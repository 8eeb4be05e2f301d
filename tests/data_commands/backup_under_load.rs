//! A backup is taken while the server writes, and restores to the graph of its revision.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::relationship_update::Operation;

use super::support::{Place, many};

type Client = PermissionsServiceClient<tonic::transport::Channel>;

/// Relationships that are there at once beside those that stay.
const WINDOW: u64 = 10;

#[test]
fn a_backup_under_load_has_exactly_its_revision() {
    let place = Place::new();
    place.write("a.txt", many(20_000));
    place.run(&["import", "a.txt"]).done();
    let endpoint = format!("http://{}", place.server.as_ref().unwrap().address());
    let (stop, stopped) = (Arc::new(AtomicBool::new(false)), endpoint.clone());
    let flag = Arc::clone(&stop);
    let writing = std::thread::spawn(move || runtime().block_on(write(&stopped, &flag)));

    for name in ["a.backup", "b.backup"] {
        place.run(&["backup", name]).done();
    }
    stop.store(true, Ordering::Relaxed);
    let written = writing.join().unwrap();
    assert!(written > 2 * WINDOW, "{written} writes are no load");

    let mut tokens = Vec::new();
    for name in ["a.backup", "b.backup"] {
        let said = place.run(&["restore", name, "--verify-only", "--output", "json"]).done();
        let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let token = told["token"].as_str().unwrap().to_owned();
        let revision = told["revision"].as_u64().unwrap();
        let other = Place::empty();
        other.write(name, place.bytes(name));
        other.run(&["restore", name]).done();
        let restored = other.exported();
        assert!(restored == runtime().block_on(export_at(&endpoint, &token)), "{name}");
        // Each write is a revision, after the schema's and the import's, and what it leaves is known.
        let mut expected = many(20_000);
        for number in revision.saturating_sub(2 + WINDOW)..revision - 2 {
            writeln!(expected, "doc:w{number:07}#viewer@user:u").unwrap();
        }
        assert!(restored == expected, "{name} at {revision}");
        tokens.push(token);
    }
    assert_ne!(tokens[0], tokens[1], "writes went on from one backup to the next");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn client(endpoint: &str) -> Client {
    let endpoint = tonic::transport::Endpoint::from_shared(endpoint.to_owned()).unwrap();
    Client::new(endpoint.connect_lazy())
}

/// Each write adds one and removes one. How many were made.
async fn write(endpoint: &str, stop: &AtomicBool) -> u64 {
    let mut client = client(endpoint);
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let mut updates = vec![update(Operation::Create, number)];
        updates.extend(number.checked_sub(WINDOW).map(|old| update(Operation::Delete, old)));
        let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
        client.write_relationships(request).await.unwrap();
        number += 1;
    }
    number
}

fn update(operation: Operation, number: u64) -> v1::RelationshipUpdate {
    let object =
        |kind: &str, id: String| Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id });
    let relationship = v1::Relationship {
        resource: object("doc", format!("w{number:07}")),
        relation: "viewer".to_owned(),
        subject: Some(v1::SubjectReference { object: object("user", "u".to_owned()), ..Default::default() }),
        ..Default::default()
    };
    v1::RelationshipUpdate { operation: operation.into(), relationship: Some(relationship) }
}

/// Everything at a revision, as text; there are no caveats here.
async fn export_at(endpoint: &str, token: &str) -> String {
    let mut client = client(endpoint);
    let requirement = Requirement::AtExactSnapshot(v1::ZedToken { token: token.to_owned() });
    let request = v1::ExportBulkRelationshipsRequest {
        consistency: Some(v1::Consistency { requirement: Some(requirement) }),
        ..Default::default()
    };
    let mut stream = client.export_bulk_relationships(request).await.unwrap().into_inner();
    let mut text = String::new();
    while let Some(message) = stream.message().await.unwrap() {
        for relationship in message.relationships {
            let (resource, subject) = (relationship.resource.unwrap(), relationship.subject.unwrap());
            let object = subject.object.unwrap();
            writeln!(
                text,
                "{}:{}#{}@{}:{}",
                resource.object_type,
                resource.object_id,
                relationship.relation,
                object.object_type,
                object.object_id
            )
            .unwrap();
        }
    }
    text
}
