//! A client that reads, sooner or later.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

use super::graph::{self, object, user};
use super::questions::{Questions, Reading};

/// A client with a connection of its own.
pub(crate) struct Client {
    runtime: Runtime,
    channel: Channel,
    permissions: PermissionsServiceClient<Channel>,
}

/// Streams of which the first message has been read.
pub(crate) struct Begun {
    resources: Streaming<v1::LookupResourcesResponse>,
    subjects: Streaming<v1::LookupSubjectsResponse>,
    relationships: Streaming<v1::ReadRelationshipsResponse>,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        let permissions =
            PermissionsServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
        Self { runtime, channel, permissions }
    }

    /// Writes the graph. The token before its relationships.
    pub(crate) fn write_graph(&mut self) -> v1::ZedToken {
        self.runtime.block_on(graph::write(self.channel.clone()))
    }

    /// Whether a reader may read.
    pub(crate) fn check(&mut self) -> bool {
        let request = v1::CheckPermissionRequest {
            resource: Some(object("doc", "read")),
            permission: "view".to_owned(),
            subject: Some(user(&graph::long(7))),
            ..Default::default()
        };
        let answer = self.runtime.block_on(self.permissions.check_permission(request)).unwrap();
        answer.into_inner().permissionship() == Permissionship::HasPermission
    }

    /// How a large lookup is refused, if it is.
    pub(crate) fn refusal(&mut self) -> Option<Code> {
        let answer = self.runtime.block_on(self.permissions.lookup_resources(Questions::resources()));
        answer.err().map(|status| status.code())
    }

    /// Begins to read, slowly.
    pub(crate) fn begin(&mut self) -> Begun {
        let permissions = &mut self.permissions;
        self.runtime.block_on(async {
            let resources = permissions.lookup_resources(Questions::resources()).await.unwrap();
            let subjects = permissions.lookup_subjects(Questions::subjects()).await.unwrap();
            let relationships = permissions.read_relationships(Questions::relationships()).await.unwrap();
            let mut begun = Begun {
                resources: resources.into_inner(),
                subjects: subjects.into_inner(),
                relationships: relationships.into_inner(),
            };
            begun.resources.message().await.unwrap().unwrap();
            begun.subjects.message().await.unwrap().unwrap();
            begun.relationships.message().await.unwrap().unwrap();
            begun
        })
    }

    /// Reads to the end, one message of each stream after another. How many there were.
    pub(crate) fn finish(&mut self, begun: Begun, mut look: impl FnMut()) -> [usize; 3] {
        let Begun { mut resources, mut subjects, mut relationships } = begun;
        let mut counts = [1; 3];
        self.runtime.block_on(async {
            loop {
                let are_there = [
                    resources.message().await.unwrap().is_some(),
                    subjects.message().await.unwrap().is_some(),
                    relationships.message().await.unwrap().is_some(),
                ];
                if are_there == [false; 3] {
                    return counts;
                }
                for (count, is_there) in counts.iter_mut().zip(are_there) {
                    *count += usize::from(is_there);
                }
                if counts[0] % 1000 == 0 {
                    look();
                }
            }
        })
    }

    /// How many of what it is about an answer has.
    pub(crate) fn count(&mut self, reading: Reading) -> Result<usize, Code> {
        let permissions = &mut self.permissions;
        let counted = self.runtime.block_on(async {
            match reading {
                Reading::Resources => {
                    let answers = permissions.lookup_resources(Questions::resources()).await?;
                    sum(answers.into_inner(), |_| 1).await
                }
                Reading::Subjects => {
                    let answers = permissions.lookup_subjects(Questions::subjects()).await?;
                    sum(answers.into_inner(), |_| 1).await
                }
                Reading::Excepted => {
                    let answers = permissions.lookup_subjects(Questions::excepted()).await?;
                    sum(answers.into_inner(), |found| found.excluded_subjects.len()).await
                }
                Reading::Relationships => {
                    let answers = permissions.read_relationships(Questions::relationships()).await?;
                    sum(answers.into_inner(), |_| 1).await
                }
                Reading::Guests => {
                    let answers = permissions.read_relationships(Questions::guests()).await?;
                    sum(answers.into_inner(), |_| 1).await
                }
                Reading::Export => {
                    let answers = permissions.export_bulk_relationships(Questions::export()).await?;
                    sum(answers.into_inner(), |message| message.relationships.len()).await
                }
                Reading::Tree => {
                    let answer = permissions.expand_permission_tree(Questions::tree()).await?;
                    Ok(answer.into_inner().tree_root.map_or(0, |root| subjects_of(&root)))
                }
                Reading::Bulk => {
                    let answer = permissions.check_bulk_permissions(Questions::bulk()).await?;
                    Ok(answer.into_inner().pairs.len())
                }
            }
        });
        counted.map_err(|status| status.code())
    }
}

async fn sum<T>(mut stream: Streaming<T>, count: impl Fn(T) -> usize) -> Result<usize, Status> {
    let mut sum = 0;
    while let Some(message) = stream.message().await? {
        sum += count(message);
    }
    Ok(sum)
}

fn subjects_of(tree: &v1::PermissionRelationshipTree) -> usize {
    use v1::permission_relationship_tree::TreeType;
    match tree.tree_type.as_ref().unwrap() {
        TreeType::Leaf(leaf) => leaf.subjects.len(),
        TreeType::Intermediate(node) => node.children.iter().map(subjects_of).sum(),
    }
}
