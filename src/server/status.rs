//! Every error → its gRPC code, the reason and metadata of its `ErrorInfo`, and its message. The one place that
//! knows them.

mod export;
mod import;
mod reflection;

use std::collections::HashMap;
use std::fmt::Display;

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::engine::{
    CheckPermissionError, ConditionError, ConsistencyError, CursorError, DeleteRelationshipsError,
    InvalidCursor, InvalidFilter, ReadRelationshipsError, UnknownName, Unwritable, WriteRelationshipsError,
    WriteSchemaError,
};
use crate::evaluate::{CaveatError, CaveatProblem, EvaluateError};
use crate::relationship::{Precondition, Relationship, RelationshipFilter};
use crate::schema::{DiagnosticClass, SchemaError};

use super::convert;
use super::error::{PoolError, RequestError};
use super::wire::v1::ErrorReason;
use super::{fitting, telemetry};

mod admission;
mod counters;
mod expand;
mod lifecycle;
mod lookup;
mod outbox;
mod watch;

pub(super) use admission::retry_after_seconds;
pub(super) use counters::no_counter_name;
pub(super) use lifecycle::shorten;

/// Who defines the reasons.
const DOMAIN: &str = "authzed.com";

type Metadata = Vec<(&'static str, String)>;

/// A status with an `ErrorInfo`.
fn informed(code: Code, reason: ErrorReason, message: impl Display, mut metadata: Metadata) -> Status {
    let mut message = message.to_string();
    fitting::fit(&mut message, &mut metadata);
    let metadata: HashMap<_, _> = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let details = ErrorDetails::with_error_info(reason.as_str_name(), DOMAIN, metadata);
    Status::with_error_details(code, message, details)
}

fn invalid(reason: ErrorReason, message: impl Display, metadata: Metadata) -> Status {
    informed(Code::InvalidArgument, reason, message, metadata)
}

fn unmet(reason: ErrorReason, message: impl Display, metadata: Metadata) -> Status {
    informed(Code::FailedPrecondition, reason, message, metadata)
}

/// What a client is told of a fault that is ours; the log has the rest.
pub(super) fn internal(fault: &dyn Display) -> Status {
    tracing::error!(%fault, request_id = telemetry::request_id(), "a request met an internal fault");
    Status::internal("internal error; the server's log has the details")
}

/// The answer to whoever reads a schema before there is one.
pub(super) fn no_schema() -> Status {
    Status::not_found("no schema has been defined; please call WriteSchema to start")
}

/// A status as part of an answer.
pub(super) fn to_message(status: &Status) -> tonic_types::Status {
    match tonic_types::Status::decode(status.details()) {
        Ok(message) if !status.details().is_empty() => message,
        _ => tonic_types::Status {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: Vec::new(),
        },
    }
}

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Self {
        match &error {
            RequestError::InvalidFields(_) | RequestError::ContextTooLarge { .. } => {
                Self::invalid_argument(error.to_string())
            }
            // SpiceDB's codes: its consistency middleware takes neither for an error of the client.
            RequestError::UnhandledConsistency { .. } | RequestError::EmptyCursor => {
                Self::internal(error.to_string())
            }
            RequestError::LimitTooLarge { limit, limit_max } => limit_too_large(*limit, *limit_max, &error),
            RequestError::TooManyChecks { count, count_max } => invalid(
                ErrorReason::Unspecified,
                &error,
                vec![("check_count", count.to_string()), ("maximum_checks_allowed", count_max.to_string())],
            ),
        }
    }
}

impl From<convert::InvalidFields> for Status {
    fn from(error: convert::InvalidFields) -> Self {
        RequestError::from(error).into()
    }
}

impl From<PoolError> for Status {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Panicked => internal(&error),
            PoolError::Closing => Self::unavailable(error.to_string()),
        }
    }
}

impl From<ConsistencyError> for Status {
    fn from(error: ConsistencyError) -> Self {
        match &error {
            ConsistencyError::Garbled => Self::invalid_argument("invalid revision requested"),
            ConsistencyError::OtherStore => Self::invalid_argument(format!(
                "ZedToken specified references a different datastore instance: {error}"
            )),
            ConsistencyError::Future { head, .. } => {
                Self::out_of_range(format!("invalid revision: revision was invalid; the newest is {head}"))
            }
            ConsistencyError::Expired { oldest, .. } => Self::out_of_range(format!(
                "invalid revision: revision has expired; the oldest kept is {oldest}"
            )),
        }
    }
}

impl From<CursorError> for Status {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Consistency(error) => error.into(),
            CursorError::Invalid(error) => {
                let message = match error {
                    InvalidCursor::Garbled => "error decoding cursor: it is not one of ours",
                    InvalidCursor::OtherStore => "error decoding cursor: it was made by another store",
                    InvalidCursor::OtherCall => {
                        "the cursor provided does not have the same arguments as the original API call; please \
                         ensure you are making the same API call, with the exact same parameters (besides the \
                         cursor)"
                    }
                };
                invalid(ErrorReason::InvalidCursor, message, Vec::new())
            }
        }
    }
}

impl From<UnknownName> for Status {
    fn from(error: UnknownName) -> Self {
        match &error {
            UnknownName::Definition { definition, .. } => {
                unmet(ErrorReason::UnknownDefinition, &error, vec![("definition_name", definition.clone())])
            }
            UnknownName::Relation { definition, relation, .. } => unmet(
                ErrorReason::UnknownRelationOrPermission,
                &error,
                vec![
                    ("definition_name", definition.to_string()),
                    ("relation_or_permission_name", relation.clone()),
                ],
            ),
        }
    }
}

impl From<InvalidFilter> for Status {
    fn from(error: InvalidFilter) -> Self {
        let filter = match &error {
            InvalidFilter::Empty => String::new(),
            InvalidFilter::IdAndPrefix { filter } => convert::filter_text(filter),
        };
        invalid(ErrorReason::InvalidFilter, &error, vec![("filter", filter)])
    }
}

impl From<EvaluateError> for Status {
    fn from(error: EvaluateError) -> Self {
        match &error {
            EvaluateError::DepthExceeded { .. } => unmet(
                ErrorReason::MaximumDepthExceeded,
                format!("max depth exceeded: {error}; --dispatch-max-depth sets the bound"),
                Vec::new(),
            ),
            // What SpiceDB answers where a permission depends on its own negation.
            EvaluateError::NegationCycle { .. } => {
                unmet(ErrorReason::MaximumDepthExceeded, &error, Vec::new())
            }
            EvaluateError::Caveat(error) => caveat_status(error),
            EvaluateError::VisitsExceeded { .. } | EvaluateError::ExceptionsTooLarge { .. } => {
                Self::resource_exhausted(error.to_string())
            }
            EvaluateError::DeadlineExceeded => Self::deadline_exceeded(error.to_string()),
            EvaluateError::Cancelled => Self::cancelled(error.to_string()),
        }
    }
}

impl From<CheckPermissionError> for Status {
    fn from(error: CheckPermissionError) -> Self {
        match error {
            CheckPermissionError::UnknownName(error) => error.into(),
            CheckPermissionError::WildcardSubject => invalid(
                ErrorReason::WildcardNotAllowed,
                "invalid argument: cannot perform check on wildcard subject",
                vec![("field", "subject.object_id".to_owned())],
            ),
            CheckPermissionError::Evaluate(error) => error.into(),
        }
    }
}

impl From<ReadRelationshipsError> for Status {
    fn from(error: ReadRelationshipsError) -> Self {
        match error {
            ReadRelationshipsError::UnknownName(error) => error.into(),
            ReadRelationshipsError::InvalidFilter(error) => error.into(),
            ReadRelationshipsError::FilterByPermission { permission, .. } => unmet(
                ErrorReason::SchemaTypeError,
                format!("relation `{permission}` does not have type information"),
                Vec::new(),
            ),
            ReadRelationshipsError::InvalidPosition => CursorError::Invalid(InvalidCursor::Garbled).into(),
        }
    }
}

impl From<Unwritable> for Status {
    fn from(error: Unwritable) -> Self {
        match error {
            Unwritable::NotDurable | Unwritable::Closing => Self::unavailable(error.to_string()),
            Unwritable::Full | Unwritable::MemoryFull { .. } => Self::resource_exhausted(error.to_string()),
        }
    }
}

impl From<ConditionError> for Status {
    fn from(error: ConditionError) -> Self {
        match &error {
            ConditionError::TooManyPreconditions { count, count_max } => invalid(
                ErrorReason::TooManyPreconditionsInRequest,
                &error,
                // The second key is SpiceDB's.
                vec![
                    ("precondition_count", count.to_string()),
                    ("maximum_updates_allowed", count_max.to_string()),
                ],
            ),
            ConditionError::MetadataTooLarge { bytes, bytes_max } => invalid(
                ErrorReason::TransactionMetadataTooLarge,
                format!("metadata size of {bytes} is greater than maximum allowed of {bytes_max}"),
                vec![
                    ("metadata_byte_size", bytes.to_string()),
                    ("maximum_allowed_metadata_byte_size", bytes_max.to_string()),
                ],
            ),
            ConditionError::InvalidFilter(error) => error.clone().into(),
            ConditionError::UnknownName(error) => error.clone().into(),
            ConditionError::PreconditionFailed { precondition } => unmet(
                ErrorReason::WriteOrDeletePreconditionFailure,
                format!(
                    "unable to satisfy write precondition `{}`",
                    convert::precondition_text(precondition)
                ),
                precondition_metadata(precondition),
            ),
        }
    }
}

impl From<WriteRelationshipsError> for Status {
    fn from(error: WriteRelationshipsError) -> Self {
        match &error {
            WriteRelationshipsError::TooManyUpdates { count, count_max } => invalid(
                ErrorReason::TooManyUpdatesInRequest,
                format!(
                    "too many updates ({count}) for WriteRelationships call (maximum: {count_max}); consider using \
                     ImportBulkRelationships API instead"
                ),
                vec![("update_count", count.to_string()), ("maximum_updates_allowed", count_max.to_string())],
            ),
            WriteRelationshipsError::Condition(error) => error.clone().into(),
            WriteRelationshipsError::DuplicateUpdate { relationship } => invalid(
                ErrorReason::UpdatesOnSameRelationship,
                format!(
                    "found more than one update with relationship `{}` in this request; a relationship can only be \
                     specified in an update once per overall WriteRelationships request",
                    bare(relationship)
                ),
                vec![
                    ("definition_name", relationship.resource.definition.to_string()),
                    ("relationship", relationship.to_string()),
                ],
            ),
            WriteRelationshipsError::UnknownName(error) => error.clone().into(),
            WriteRelationshipsError::CannotUpdatePermission { definition, permission } => invalid(
                ErrorReason::CannotUpdatePermission,
                &error,
                vec![
                    ("definition_name", definition.to_string()),
                    ("permission_name", permission.to_string()),
                ],
            ),
            WriteRelationshipsError::InvalidSubjectType {
                definition,
                relation,
                subject_type,
                allowed_caveats,
                ..
            } => {
                let mut metadata = vec![
                    ("definition_name", definition.to_string()),
                    ("relation_name", relation.to_string()),
                    ("subject_type", subject_type.clone()),
                ];
                if !allowed_caveats.is_empty() {
                    let names: Vec<_> = allowed_caveats.iter().map(AsRef::<str>::as_ref).collect();
                    metadata.push(("allowed_caveats", names.join(",")));
                }
                invalid(ErrorReason::InvalidSubjectType, &error, metadata)
            }
            WriteRelationshipsError::InvalidContext { caveat, problem } => {
                let mut metadata = vec![("caveat_name", caveat.to_string())];
                metadata.extend(problem.parameter().map(|name| ("parameter_name", name.to_owned())));
                invalid(ErrorReason::CaveatParameterTypeError, &error, metadata)
            }
            WriteRelationshipsError::CaveatTooLarge { relationship, bytes_max, .. } => invalid(
                ErrorReason::MaxRelationshipContextSize,
                format!(
                    "provided relationship `{}` exceeded maximum allowed caveat size of {bytes_max}",
                    bare(relationship)
                ),
                vec![
                    ("relationship", bare(relationship)),
                    ("max_allowed_size", bytes_max.to_string()),
                    // What SpiceDB calls so is the size of the whole.
                    ("context_size", convert::wire_bytes(relationship).to_string()),
                ],
            ),
            WriteRelationshipsError::AlreadyExists { relationship } => already_exists(relationship),
            WriteRelationshipsError::Unwritable(error) => error.clone().into(),
        }
    }
}

impl From<DeleteRelationshipsError> for Status {
    fn from(error: DeleteRelationshipsError) -> Self {
        match &error {
            DeleteRelationshipsError::LimitTooLarge { limit, limit_max } => {
                limit_too_large(*limit, *limit_max, &error)
            }
            DeleteRelationshipsError::InvalidFilter(error) => error.clone().into(),
            DeleteRelationshipsError::UnknownName(error) => error.clone().into(),
            DeleteRelationshipsError::Condition(error) => error.clone().into(),
            DeleteRelationshipsError::TooMany { limit, filter } => invalid(
                ErrorReason::TooManyRelationshipsForTransactionalDelete,
                &error,
                transactional_delete_metadata(*limit, filter),
            ),
            DeleteRelationshipsError::Unwritable(error) => error.clone().into(),
        }
    }
}

impl From<WriteSchemaError> for Status {
    fn from(error: WriteSchemaError) -> Self {
        match &error {
            WriteSchemaError::Invalid(error) => invalid_schema(error),
            WriteSchemaError::InUse { removal, relationship } => {
                invalid(ErrorReason::SchemaTypeError, &error, removal.metadata(relationship))
            }
            WriteSchemaError::CaveatChanged(change) => {
                invalid(ErrorReason::SchemaTypeError, &error, change.metadata())
            }
            WriteSchemaError::Unwritable(error) => error.clone().into(),
        }
    }
}

/// Of a caveat that a check met.
fn caveat_status(error: &CaveatError) -> Status {
    let CaveatError { caveat, problem } = error;
    match problem {
        CaveatProblem::Conversion(problem) => invalid(
            ErrorReason::CaveatParameterTypeError,
            format!("type error for parameters for caveat `{caveat}`: {problem}"),
            vec![("caveat_name", caveat.to_string()), ("parameter_name", problem.parameter.clone())],
        ),
        CaveatProblem::Evaluation(problem) => invalid(
            ErrorReason::CaveatEvaluationError,
            format!("evaluation error for caveat {caveat}: {problem}"),
            vec![("caveat_name", caveat.to_string())],
        ),
        CaveatProblem::Undeclared => internal(error),
    }
}

fn invalid_schema(error: &SchemaError) -> Status {
    let first = error.first();
    match first.class() {
        DiagnosticClass::Parse => invalid(ErrorReason::SchemaParseError, error, first.error_info()),
        DiagnosticClass::Type => unmet(ErrorReason::SchemaTypeError, error, first.error_info()),
    }
}

fn limit_too_large(limit: u32, limit_max: u32, message: &dyn Display) -> Status {
    invalid(
        ErrorReason::ExceedsMaximumAllowableLimit,
        message,
        vec![("limit_provided", limit.to_string()), ("maximum_limit_allowed", limit_max.to_string())],
    )
}

fn already_exists(relationship: &Relationship) -> Status {
    let Relationship { resource, relation, subject, .. } = relationship;
    let text = bare(relationship);
    informed(
        Code::AlreadyExists,
        ErrorReason::AttemptToRecreateRelationship,
        format!(
            "could not CREATE relationship `{text}`, as it already existed. If this is persistent, please switch to \
             TOUCH operations or specify a precondition"
        ),
        vec![
            ("relationship", text),
            ("resource_type", resource.definition.to_string()),
            ("resource_object_id", resource.id.to_string()),
            ("resource_relation", relation.to_string()),
            ("subject_type", subject.definition().to_string()),
            ("subject_object_id", subject.id().to_owned()),
            ("subject_relation", subject.relation().map(ToString::to_string).unwrap_or_default()),
        ],
    )
}

/// The relationship's text without its caveat and expiration.
fn bare(relationship: &Relationship) -> String {
    let Relationship { resource, relation, subject, .. } = relationship;
    format!("{resource}#{relation}@{subject}")
}

fn precondition_metadata(precondition: &Precondition) -> Metadata {
    let Precondition { operation, filter } = precondition;
    let mut metadata = vec![("precondition_operation", convert::operation_name(*operation).to_owned())];
    let mut add = |key, value: Option<String>| metadata.extend(value.map(|value| (key, value)));
    add("precondition_resource_type", filter.resource_definition.as_ref().map(ToString::to_string));
    add("precondition_resource_id", filter.resource_id.as_ref().map(ToString::to_string));
    add("precondition_resource_id_prefix", filter.resource_id_prefix.as_ref().map(ToString::to_string));
    add("precondition_relation", filter.relation.as_ref().map(ToString::to_string));
    if let Some(subject) = &filter.subject {
        add("precondition_subject_type", Some(subject.definition.to_string()));
        add("precondition_subject_id", convert::subject_id(subject).map(str::to_owned));
        add("precondition_subject_relation", convert::subject_relation(subject).map(str::to_owned));
    }
    metadata
}

fn transactional_delete_metadata(limit: u32, filter: &RelationshipFilter) -> Metadata {
    let resource_type = filter.resource_definition.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut metadata = vec![("limit", limit.to_string()), ("filter_resource_type", resource_type)];
    let mut add = |key, value: Option<String>| metadata.extend(value.map(|value| (key, value)));
    add("filter_resource_id", filter.resource_id.as_ref().map(ToString::to_string));
    add("filter_relation", filter.relation.as_ref().map(ToString::to_string));
    if let Some(subject) = &filter.subject {
        add("filter_subject_type", Some(subject.definition.to_string()));
        add("filter_subject_id", convert::subject_id(subject).map(str::to_owned));
        add("filter_subject_relation", convert::subject_relation(subject).map(str::to_owned));
    }
    metadata
}
