//! A client that speaks gRPC: an action in, an outcome out. Knows tokens as texts; the history knows their revisions.

use std::time::Duration;

use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::precondition::Operation as Must;
use arrowroot::server::wire::v1::relationship_update::Operation as Update;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use arrowroot::server::wire::v1::{self, check_bulk_permissions_pair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::history::{Action, Consistency, Effect, Fact, Outcome, Question};

/// No request takes as long, even while the machine has much else to do.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);

/// Which call makes an action, where there are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// `WriteRelationships`, `CheckPermission` or `CheckBulkPermissions`, `ReadRelationships`.
    Plain,
    /// `DeleteRelationships` with a filter for the resource and relation of all effects; `LookupSubjects`, or
    /// `ExportBulkRelationships` if the prefix is empty, both at an exact snapshot.
    Other,
}

pub(crate) struct Client {
    runtime: Runtime,
    channel: Channel,
}

impl Client {
    /// Connects, if somebody listens.
    pub(crate) fn connect(address: &str) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).ok()?;
        Some(Self { runtime, channel })
    }

    pub(crate) fn write_schema(&self, schema: &str) -> Result<String, Status> {
        let request = v1::WriteSchemaRequest { schema: schema.to_owned() };
        let mut schemas = SchemaServiceClient::new(self.channel.clone());
        let answer = self.runtime.block_on(schemas.write_schema(request))?;
        Ok(answer.into_inner().written_at.unwrap().token)
    }

    /// Does it. `token` is the text of the token that the action's consistency has. Also the answer's token.
    pub(crate) fn act(&self, action: &Action, means: Means, token: &str) -> (Outcome, Option<String>) {
        let call = async {
            let answer = tokio::time::timeout(ANSWERED_WITHIN, self.call(action, means, token));
            answer.await.expect("the server does not answer")
        };
        match self.runtime.block_on(call) {
            Ok((outcome, token)) => (outcome, Some(token)),
            Err(status) => (failure(action, &status), None),
        }
    }

    async fn call(&self, action: &Action, means: Means, token: &str) -> Result<(Outcome, String), Status> {
        let mut permissions = PermissionsServiceClient::new(self.channel.clone());
        match action {
            Action::Write { effects, .. } if means == Means::Other => {
                let answer = permissions.delete_relationships(deletion(&effects[0].fact)).await?.into_inner();
                Ok(written(answer.deleted_at))
            }
            Action::Write { effects, requires } => {
                let answer = permissions.write_relationships(write(effects, requires)).await?.into_inner();
                Ok(written(answer.written_at))
            }
            Action::Check { at, questions } => {
                self::check(permissions, consistency(*at, token), questions).await
            }
            Action::Read { at, prefix } if means == Means::Other => {
                let consistency = Some(consistency(*at, token));
                let facts = if prefix.is_empty() {
                    export(permissions, consistency).await?
                } else {
                    look_up_subjects(permissions, consistency, prefix).await?
                };
                Ok((Outcome::Found { revision: revision(token), facts }, token.to_owned()))
            }
            Action::Read { at, prefix } => read(permissions, consistency(*at, token), prefix).await,
        }
    }
}

type Permissions = PermissionsServiceClient<Channel>;

async fn check(
    mut permissions: Permissions,
    consistency: v1::Consistency,
    questions: &[Question],
) -> Result<(Outcome, String), Status> {
    let consistency = Some(consistency);
    let (token, answers) = if let [question] = questions {
        let (resource, permission, subject) = parts(&question.text);
        let request =
            v1::CheckPermissionRequest { consistency, resource, permission, subject, ..Default::default() };
        let answer = permissions.check_permission(request).await?.into_inner();
        let is_granted = answer.permissionship() == Permissionship::HasPermission;
        (answer.checked_at, vec![is_granted])
    } else {
        let items = questions.iter().map(item).collect();
        let request = v1::CheckBulkPermissionsRequest { consistency, items, ..Default::default() };
        let answer = permissions.check_bulk_permissions(request).await?.into_inner();
        (answer.checked_at, answer.pairs.into_iter().map(is_granted).collect())
    };
    let token = token.unwrap().token;
    Ok((Outcome::Checked { revision: revision(&token), answers }, token))
}

async fn read(
    mut permissions: Permissions,
    consistency: v1::Consistency,
    prefix: &str,
) -> Result<(Outcome, String), Status> {
    let (resource_type, id) = prefix.trim_end_matches('#').split_once(':').unwrap();
    let filter = v1::RelationshipFilter {
        resource_type: resource_type.to_owned(),
        optional_resource_id: id.to_owned(),
        ..Default::default()
    };
    let request = v1::ReadRelationshipsRequest {
        consistency: Some(consistency),
        relationship_filter: Some(filter),
        ..Default::default()
    };
    let mut found = permissions.read_relationships(request).await?.into_inner();
    let (mut facts, mut read_at) = (Vec::new(), None);
    while let Some(answer) = found.message().await? {
        facts.push(text(&answer.relationship.unwrap()));
        let read_before = read_at.replace(answer.read_at.unwrap().token);
        assert!(read_before.is_none() || read_before == read_at, "one read in two states");
    }
    // What is read has a row that is never deleted.
    let read_at = read_at.unwrap_or_else(|| panic!("nothing is left of `{prefix}`"));
    Ok((Outcome::Found { revision: revision(&read_at), facts }, read_at))
}

async fn export(
    mut permissions: Permissions,
    consistency: Option<v1::Consistency>,
) -> Result<Vec<Fact>, Status> {
    let request = v1::ExportBulkRelationshipsRequest { consistency, ..Default::default() };
    let mut messages = permissions.export_bulk_relationships(request).await?.into_inner();
    let mut facts = Vec::new();
    while let Some(message) = messages.message().await? {
        facts.extend(message.relationships.iter().map(text));
    }
    Ok(facts)
}

async fn look_up_subjects(
    mut permissions: Permissions,
    consistency: Option<v1::Consistency>,
    prefix: &str,
) -> Result<Vec<Fact>, Status> {
    let (resource, permission, subject) = parts(prefix);
    let request = v1::LookupSubjectsRequest {
        consistency,
        resource,
        permission,
        subject_object_type: subject.unwrap().object.unwrap().object_type,
        ..Default::default()
    };
    let mut found = permissions.lookup_subjects(request).await?.into_inner();
    let mut facts = Vec::new();
    while let Some(answer) = found.message().await? {
        facts.push(format!("{prefix}{}", answer.subject.unwrap().subject_object_id));
    }
    Ok(facts)
}

/// What an error says of an action.
fn failure(action: &Action, status: &Status) -> Outcome {
    let message = format!("{:?}: {}", status.code(), status.message());
    match status.code() {
        Code::OutOfRange if !matches!(action, Action::Write { .. }) => Outcome::OutOfRange { message },
        Code::AlreadyExists | Code::FailedPrecondition => Outcome::Refused { message },
        Code::Unavailable | Code::Cancelled | Code::Unknown | Code::Internal => Outcome::Unknown { message },
        _ => panic!("{message} to {action:?}"),
    }
}

fn written(token: Option<v1::ZedToken>) -> (Outcome, String) {
    let token = token.unwrap().token;
    (Outcome::Written { revision: revision(&token) }, token)
}

/// The revision in a token: the last eight bytes of its head of 18. Only for tests; clients must not look.
pub(crate) fn revision(token: &str) -> u64 {
    let bytes = URL_SAFE.decode(token).unwrap();
    u64::from_be_bytes(bytes[10..18].try_into().unwrap())
}

fn consistency(at: Consistency, token: &str) -> v1::Consistency {
    let token = v1::ZedToken { token: token.to_owned() };
    let requirement = match at {
        Consistency::MinimizeLatency => Requirement::MinimizeLatency(true),
        Consistency::FullyConsistent => Requirement::FullyConsistent(true),
        Consistency::AtLeastAsFresh(_) => Requirement::AtLeastAsFresh(token),
        Consistency::AtExactSnapshot(_) => Requirement::AtExactSnapshot(token),
    };
    v1::Consistency { requirement: Some(requirement) }
}

fn item(question: &Question) -> v1::CheckBulkPermissionsRequestItem {
    let (resource, permission, subject) = parts(&question.text);
    v1::CheckBulkPermissionsRequestItem { resource, permission, subject, ..Default::default() }
}

fn is_granted(pair: v1::CheckBulkPermissionsPair) -> bool {
    match pair.response {
        Some(check_bulk_permissions_pair::Response::Item(item)) => {
            item.permissionship == i32::from(Permissionship::HasPermission)
        }
        other => panic!("{other:?}"),
    }
}

/// What must be absent and is written is created; what else is required is a precondition.
fn write(effects: &[Effect], requires: &[Effect]) -> v1::WriteRelationshipsRequest {
    let is_created =
        |fact: &str| requires.iter().any(|required| required.fact == fact && !required.is_present);
    let update = |effect: &Effect| {
        let operation = match effect.is_present {
            true if is_created(&effect.fact) => Update::Create,
            true => Update::Touch,
            false => Update::Delete,
        };
        v1::RelationshipUpdate { operation: operation.into(), relationship: Some(relationship(&effect.fact)) }
    };
    let is_written = |required: &&Effect| {
        effects.iter().any(|effect| effect.is_present && effect.fact == required.fact) && !required.is_present
    };
    let precondition = |required: &Effect| {
        let must = if required.is_present { Must::MustMatch } else { Must::MustNotMatch };
        v1::Precondition { operation: must.into(), filter: Some(filter(&required.fact)) }
    };
    v1::WriteRelationshipsRequest {
        updates: effects.iter().map(update).collect(),
        optional_preconditions: requires
            .iter()
            .filter(|required| !is_written(required))
            .map(precondition)
            .collect(),
        ..Default::default()
    }
}

/// Deletes all with the resource and the relation of a fact.
fn deletion(fact: &str) -> v1::DeleteRelationshipsRequest {
    let filter = v1::RelationshipFilter { optional_subject_filter: None, ..filter(fact) };
    v1::DeleteRelationshipsRequest { relationship_filter: Some(filter), ..Default::default() }
}

/// For exactly one fact.
fn filter(fact: &str) -> v1::RelationshipFilter {
    let (resource, relation, subject) = parts(fact);
    let (resource, subject) = (resource.unwrap(), subject.unwrap());
    let object = subject.object.unwrap();
    v1::RelationshipFilter {
        resource_type: resource.object_type,
        optional_resource_id: resource.object_id,
        optional_relation: relation,
        optional_subject_filter: Some(v1::SubjectFilter {
            subject_type: object.object_type,
            optional_subject_id: object.object_id,
            optional_relation: Some(v1::subject_filter::RelationFilter {
                relation: subject.optional_relation,
            }),
        }),
        ..Default::default()
    }
}

fn relationship(fact: &str) -> v1::Relationship {
    let (resource, relation, subject) = parts(fact);
    v1::Relationship { resource, relation, subject, ..Default::default() }
}

/// Resource, relation and subject of a text such as `doc:1#view@group:2#member`.
fn parts(text: &str) -> (Option<v1::ObjectReference>, String, Option<v1::SubjectReference>) {
    let object = |text: &str| {
        let (object_type, object_id) = text.split_once(':').unwrap();
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() })
    };
    let (resource, rest) = text.split_once('#').unwrap();
    let (relation, subject) = rest.split_once('@').unwrap();
    let (subject, subject_relation) = subject.split_once('#').unwrap_or((subject, ""));
    let subject =
        v1::SubjectReference { object: object(subject), optional_relation: subject_relation.to_owned() };
    (object(resource), relation.to_owned(), Some(subject))
}

/// The other way.
pub(crate) fn text(relationship: &v1::Relationship) -> String {
    let resource = relationship.resource.as_ref().unwrap();
    let subject = relationship.subject.as_ref().unwrap();
    let object = subject.object.as_ref().unwrap();
    let hash = if subject.optional_relation.is_empty() { "" } else { "#" };
    format!(
        "{}:{}#{}@{}:{}{hash}{}",
        resource.object_type,
        resource.object_id,
        relationship.relation,
        object.object_type,
        object.object_id,
        subject.optional_relation
    )
}
