//! A client of the server that speaks gRPC.

use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::relationship_update::Operation;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use arrowroot::server::wire::v1::watch_service_client::WatchServiceClient;
use arrowroot::server::wire::v1::{
    CheckPermissionRequest, Consistency, ObjectReference, ReadRelationshipsRequest, Relationship,
    RelationshipFilter, RelationshipUpdate, SubjectReference, WriteRelationshipsRequest, WriteSchemaRequest,
    ZedToken,
};
use tokio::runtime::{Builder, Runtime};
use tonic::Status;
use tonic::transport::Channel;

use super::process::Server;
use super::writer::{Batches, PARTS};

/// A client with a connection of its own.
pub(crate) struct Client {
    runtime: Runtime,
    channel: Channel,
}

impl Client {
    pub(crate) fn connect(server: &Server) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Channel::from_shared(format!("http://{}", server.address())).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Self { runtime, channel }
    }

    pub(crate) fn write_schema(&mut self, schema: &str) {
        let request = WriteSchemaRequest { schema: schema.to_owned() };
        self.runtime.block_on(SchemaServiceClient::new(self.channel.clone()).write_schema(request)).unwrap();
    }

    /// Touches all parts of one batch and deletes all of another, in one write. Returns its token.
    pub(crate) fn write_batch(&mut self, touched: &str, deleted: Option<&str>) -> Result<String, Status> {
        let mut updates = updates(Operation::Touch, touched);
        updates.extend(deleted.into_iter().flat_map(|deleted| self::updates(Operation::Delete, deleted)));
        let request = WriteRelationshipsRequest { updates, ..Default::default() };
        let answer = self.runtime.block_on(self.permissions().write_relationships(request))?;
        Ok(answer.into_inner().written_at.unwrap().token)
    }

    /// All relationships there are.
    pub(crate) fn batches(&mut self) -> Batches {
        let filter = RelationshipFilter { resource_type: "batch".to_owned(), ..Default::default() };
        let request = ReadRelationshipsRequest { relationship_filter: Some(filter), ..Default::default() };
        let mut permissions = self.permissions();
        self.runtime.block_on(async {
            let mut found = Batches::new();
            let mut answers = permissions.read_relationships(request).await.unwrap().into_inner();
            while let Some(answer) = answers.message().await.unwrap() {
                let Relationship { resource, subject, .. } = answer.relationship.unwrap();
                let part = subject.unwrap().object.unwrap().object_id;
                assert!(found.entry(resource.unwrap().object_id).or_default().insert(part), "read twice");
            }
            found
        })
    }

    /// Whether the batch is there in the state of the token.
    pub(crate) fn has_batch_at(&mut self, batch: &str, token: &str) -> bool {
        self.has_batch(batch, Requirement::AtExactSnapshot(ZedToken { token: token.to_owned() }))
    }

    /// Whether the batch is there in a state at least as fresh as the token.
    pub(crate) fn has_batch_since(&mut self, batch: &str, token: &str) -> bool {
        self.has_batch(batch, Requirement::AtLeastAsFresh(ZedToken { token: token.to_owned() }))
    }

    fn has_batch(&mut self, batch: &str, requirement: Requirement) -> bool {
        let relationship = part(batch, PARTS - 1);
        let request = CheckPermissionRequest {
            consistency: Some(Consistency { requirement: Some(requirement) }),
            resource: relationship.resource,
            permission: relationship.relation,
            subject: relationship.subject,
            ..Default::default()
        };
        let answer = self.runtime.block_on(self.permissions().check_permission(request)).unwrap();
        answer.into_inner().permissionship() == Permissionship::HasPermission
    }

    /// Runs a call to its end.
    pub(crate) fn call<T>(&mut self, call: impl AsyncFnOnce(PermissionsServiceClient<Channel>) -> T) -> T {
        let permissions = self.permissions();
        self.runtime.block_on(call(permissions))
    }

    /// Runs a watch to its end.
    pub(crate) fn watch<T>(&mut self, call: impl AsyncFnOnce(WatchServiceClient<Channel>) -> T) -> T {
        self.runtime.block_on(call(WatchServiceClient::new(self.channel.clone())))
    }

    fn permissions(&self) -> PermissionsServiceClient<Channel> {
        PermissionsServiceClient::new(self.channel.clone())
    }
}

/// The same of each part of a batch.
pub(crate) fn updates(operation: Operation, batch: &str) -> Vec<RelationshipUpdate> {
    let update =
        |number| RelationshipUpdate { operation: operation.into(), relationship: Some(part(batch, number)) };
    (0..PARTS).map(update).collect()
}

fn part(batch: &str, number: usize) -> Relationship {
    let object =
        |kind: &str, id: String| Some(ObjectReference { object_type: kind.to_owned(), object_id: id });
    Relationship {
        resource: object("batch", batch.to_owned()),
        relation: "part".to_owned(),
        subject: Some(SubjectReference { object: object("user", number.to_string()), ..Default::default() }),
        ..Default::default()
    }
}
