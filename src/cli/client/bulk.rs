//! Calls that carry a whole graph: exports, imports, schemas, counters.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tonic::{Code, Request, Status, Streaming};

use crate::relationship::{
    CounterName, Relationship, RelationshipFilter, SubjectFilter, SubjectIdFilter, SubjectRelationFilter,
};
use crate::server::wire::v1;
use crate::server::wire::v1::consistency::Requirement;
use crate::server::wire::v1::experimental_service_client::ExperimentalServiceClient;
use crate::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use crate::server::wire::v1::schema_service_client::SchemaServiceClient;
use crate::server::{relationship_from_wire, relationship_to_wire};

use super::connection::{AuthorizedChannel, Connection};
use super::error::CallError;

pub(in crate::cli) use v1::Relationship as WireRelationship;

/// Relationships in one message of an import, at most, and bytes beyond which none is added: a message stays below the 4 MiB
/// that servers take.
const MESSAGE_COUNT: usize = 1000;
const MESSAGE_BYTES: usize = 1 << 20;
/// Bytes of one message that a server may send, at most.
const RECEIVED_BYTES_MAX: usize = 64 << 20;

/// How long one import may take: a server's own bound is for clients that say nothing, and a large graph takes longer.
const IMPORT_TIMEOUT: Duration = Duration::from_hours(7 * 24);

/// A client of the services of `authzed.api.v1`. A clone shares its connection.
#[derive(Clone)]
pub(in crate::cli) struct BulkCalls {
    permissions: PermissionsServiceClient<AuthorizedChannel>,
    schema: SchemaServiceClient<AuthorizedChannel>,
    experimental: ExperimentalServiceClient<AuthorizedChannel>,
}

/// A schema, and the revision at which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct SchemaAt {
    pub(in crate::cli) text: String,
    /// Nothing if the server does not say.
    pub(in crate::cli) token: Option<String>,
}

/// What is to be exported.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct ExportRequest {
    /// The revision; the newest one if there is none.
    pub(in crate::cli) token: Option<String>,
    /// Where to go on; the revision is its then.
    pub(in crate::cli) cursor: Option<String>,
    /// The type of the resources; all if there is none.
    pub(in crate::cli) resource_type: Option<String>,
}

/// An export as it comes in.
pub(in crate::cli) struct Export(Streaming<v1::ExportBulkRelationshipsResponse>);

/// What one message of an export has.
#[derive(Debug)]
pub(in crate::cli) struct ExportedPart {
    pub(in crate::cli) relationships: Vec<Relationship>,
    /// Goes on after them.
    pub(in crate::cli) cursor: Option<String>,
}

/// What the creation of relationships can come to.
#[derive(Debug)]
pub(in crate::cli) enum CreateError {
    /// One of them is there already; nothing was created.
    AlreadyExists(CallError),
    /// Another reason.
    Call(CallError),
}

impl CreateError {
    /// The call's error, whatever the reason.
    pub(in crate::cli) fn into_call(self) -> CallError {
        let (Self::AlreadyExists(error) | Self::Call(error)) = self;
        error
    }
}

impl From<Status> for CreateError {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::AlreadyExists => Self::AlreadyExists(status.into()),
            _ => Self::Call(status.into()),
        }
    }
}

/// How relationships are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum WriteMode {
    /// None of them may be there.
    Create,
    /// They replace what is there.
    Touch,
}

impl BulkCalls {
    /// A client. It is made within a runtime.
    pub(in crate::cli) fn new(connection: &Connection) -> Result<Self, CallError> {
        let channel = connection.open()?;
        let permissions = PermissionsServiceClient::new(channel.clone());
        Ok(Self {
            permissions: permissions.max_decoding_message_size(RECEIVED_BYTES_MAX),
            schema: SchemaServiceClient::new(channel.clone()).max_decoding_message_size(RECEIVED_BYTES_MAX),
            experimental: ExperimentalServiceClient::new(channel),
        })
    }

    /// The newest schema; nothing if there is none.
    pub(in crate::cli) async fn read_schema(&self) -> Result<Option<SchemaAt>, CallError> {
        match self.schema.clone().read_schema(v1::ReadSchemaRequest {}).await {
            Ok(response) => {
                let response = response.into_inner();
                let token = response.read_at.map(|token| token.token).filter(|token| !token.is_empty());
                Ok(Some(SchemaAt { text: response.schema_text, token }))
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// Writes a schema.
    pub(in crate::cli) async fn write_schema(&self, schema: String) -> Result<(), CallError> {
        self.schema.clone().write_schema(v1::WriteSchemaRequest { schema }).await?;
        Ok(())
    }

    /// Begins an export, or goes on with one.
    pub(in crate::cli) async fn export(&self, request: &ExportRequest) -> Result<Export, CallError> {
        let requirement = match &request.token {
            Some(token) => Requirement::AtExactSnapshot(v1::ZedToken { token: token.clone() }),
            None => Requirement::FullyConsistent(true),
        };
        let message = v1::ExportBulkRelationshipsRequest {
            // Beside a cursor, some servers take no other revision.
            consistency: request
                .cursor
                .is_none()
                .then_some(v1::Consistency { requirement: Some(requirement) }),
            optional_limit: 0,
            optional_cursor: request.cursor.clone().map(|token| v1::Cursor { token }),
            optional_relationship_filter: request.resource_type.clone().map(|resource_type| {
                v1::RelationshipFilter { resource_type, ..v1::RelationshipFilter::default() }
            }),
        };
        Ok(Export(self.permissions.clone().export_bulk_relationships(message).await?.into_inner()))
    }

    /// Whether there is no relationship.
    pub(in crate::cli) async fn has_no_relationships(&self) -> Result<bool, CallError> {
        let mut export = self.export(&ExportRequest::default()).await?;
        while let Some(part) = export.next().await? {
            if !part.relationships.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Creates relationships in one transaction. How many.
    pub(in crate::cli) async fn import(&self, all: &Arc<Vec<WireRelationship>>) -> Result<u64, CreateError> {
        let (all, mut start) = (Arc::clone(all), 0);
        let messages = std::iter::from_fn(move || {
            let count = fitting_count(&all[start..]);
            let relationships = all[start..start + count].to_vec();
            start += count;
            (count > 0).then_some(v1::ImportBulkRelationshipsRequest { relationships })
        });
        self.import_stream(tokio_stream::iter(messages)).await
    }

    /// Creates the relationships of a stream of messages in one transaction, once the stream has ended. How many.
    pub(in crate::cli) async fn import_stream(
        &self,
        messages: impl tokio_stream::Stream<Item = v1::ImportBulkRelationshipsRequest> + Send + 'static,
    ) -> Result<u64, CreateError> {
        let mut request = Request::new(messages);
        request.set_timeout(IMPORT_TIMEOUT);
        let response = self.permissions.clone().import_bulk_relationships(request).await?;
        Ok(response.into_inner().num_loaded)
    }

    /// Writes up to 1000 relationships in one transaction; each may be there once.
    pub(in crate::cli) async fn write(
        &self,
        mode: WriteMode,
        some: &[WireRelationship],
    ) -> Result<(), CreateError> {
        use v1::relationship_update::Operation;

        let operation = match mode {
            WriteMode::Create => Operation::Create,
            WriteMode::Touch => Operation::Touch,
        };
        let update = |relationship: &WireRelationship| v1::RelationshipUpdate {
            operation: operation.into(),
            relationship: Some(relationship.clone()),
        };
        let updates = some.iter().map(update).collect();
        let message = v1::WriteRelationshipsRequest { updates, ..v1::WriteRelationshipsRequest::default() };
        self.permissions.clone().write_relationships(message).await?;
        Ok(())
    }

    /// Whether all of up to 1000 relationships are there, whatever their caveats and expirations.
    ///
    /// There is no call that says so of many at once but a write's preconditions. The write creates what one of them says
    /// is there, so that nothing is ever written.
    pub(in crate::cli) async fn are_there(&self, some: &[WireRelationship]) -> Result<bool, CallError> {
        use v1::precondition::Operation as Condition;
        use v1::relationship_update::Operation;

        let Some(first) = some.first() else { return Ok(true) };
        let precondition = |relationship: &WireRelationship| v1::Precondition {
            operation: Condition::MustMatch.into(),
            filter: Some(exactly(relationship)),
        };
        let update =
            v1::RelationshipUpdate { operation: Operation::Create.into(), relationship: Some(first.clone()) };
        let message = v1::WriteRelationshipsRequest {
            updates: vec![update],
            optional_preconditions: some.iter().map(precondition).collect(),
            ..v1::WriteRelationshipsRequest::default()
        };
        match self.permissions.clone().write_relationships(message).await {
            Err(status) if status.code() == Code::AlreadyExists => Ok(true),
            Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
            Err(status) => Err(status.into()),
            // It was there when the preconditions were seen, and had expired a moment later.
            Ok(_) => Ok(true),
        }
    }

    /// Registers a counter.
    pub(in crate::cli) async fn register_counter(
        &self,
        name: &CounterName,
        filter: &RelationshipFilter,
    ) -> Result<(), CallError> {
        let message = v1::ExperimentalRegisterRelationshipCounterRequest {
            name: name.to_string(),
            relationship_filter: Some(filter_to_wire(filter)),
        };
        self.experimental.clone().experimental_register_relationship_counter(message).await?;
        Ok(())
    }
}

impl Export {
    /// The next relationships; nothing at the end.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<ExportedPart>, CallError> {
        let Some(message) = self.0.message().await? else { return Ok(None) };
        let relationships = message.relationships.into_iter().map(relationship_from_wire);
        let relationships = relationships.collect::<Result<Vec<_>, _>>().map_err(CallError::Malformed)?;
        Ok(Some(ExportedPart {
            relationships,
            cursor: message.after_result_cursor.map(|cursor| cursor.token),
        }))
    }
}

/// How many of some relationships one message takes: one at the least, if there is any.
pub(in crate::cli) fn fitting_count(some: &[WireRelationship]) -> usize {
    let mut bytes = 0;
    let fits = |relationship: &&WireRelationship| {
        let is_open = bytes < MESSAGE_BYTES;
        bytes += relationship.encoded_len();
        is_open
    };
    some.iter().take(MESSAGE_COUNT).take_while(fits).count()
}

/// Messages of an import, as [`BulkCalls::import_stream`] takes them.
pub(in crate::cli) fn import_messages(
    relationships: Vec<Relationship>,
) -> impl Iterator<Item = v1::ImportBulkRelationshipsRequest> {
    let mut rest: Vec<_> = relationships.into_iter().map(relationship_to_wire).collect();
    std::iter::from_fn(move || {
        let after = rest.split_off(fitting_count(&rest));
        let relationships = std::mem::replace(&mut rest, after);
        (!relationships.is_empty()).then_some(v1::ImportBulkRelationshipsRequest { relationships })
    })
}

/// What only one relationship matches.
fn exactly(relationship: &WireRelationship) -> v1::RelationshipFilter {
    use v1::subject_filter::RelationFilter;

    let resource = relationship.resource.clone().unwrap_or_default();
    let subject = relationship.subject.clone().unwrap_or_default();
    let object = subject.object.unwrap_or_default();
    v1::RelationshipFilter {
        resource_type: resource.object_type,
        optional_resource_id: resource.object_id,
        optional_relation: relationship.relation.clone(),
        optional_subject_filter: Some(v1::SubjectFilter {
            subject_type: object.object_type,
            optional_subject_id: object.object_id,
            optional_relation: Some(RelationFilter { relation: subject.optional_relation }),
        }),
        ..v1::RelationshipFilter::default()
    }
}

fn filter_to_wire(filter: &RelationshipFilter) -> v1::RelationshipFilter {
    use v1::subject_filter::RelationFilter;

    fn text(name: Option<&impl AsRef<str>>) -> String {
        name.map_or_else(String::new, |name| name.as_ref().to_owned())
    }
    let subject = |SubjectFilter { definition, id, relation }: &SubjectFilter| v1::SubjectFilter {
        subject_type: definition.to_string(),
        optional_subject_id: match id {
            None => String::new(),
            Some(SubjectIdFilter::Object(id)) => id.to_string(),
            Some(SubjectIdFilter::Wildcard) => "*".to_owned(),
        },
        optional_relation: match relation {
            SubjectRelationFilter::Any => None,
            SubjectRelationFilter::Ellipsis => Some(RelationFilter { relation: String::new() }),
            SubjectRelationFilter::Named(relation) => Some(RelationFilter { relation: relation.to_string() }),
        },
    };
    v1::RelationshipFilter {
        resource_type: text(filter.resource_definition.as_ref()),
        optional_resource_id: text(filter.resource_id.as_ref()),
        optional_resource_id_prefix: text(filter.resource_id_prefix.as_ref()),
        optional_relation: text(filter.relation.as_ref()),
        optional_subject_filter: filter.subject.as_ref().map(subject),
    }
}
