//! What can be wrong with a request, one enum for each family of operations. Variants carry facts.

mod counters;
mod expand;
mod export;
mod import;
mod lookup;
mod reflection;
mod watch;

use crate::caveat::ContextError;
use crate::evaluate::EvaluateError;
use crate::journal::JournalError;
use crate::relationship::{
    CaveatName, DefinitionName, Precondition, RelationName, Relationship, RelationshipFilter, Revision,
};
use crate::schema::{CaveatChange, Removal, SchemaError};

pub use counters::{CountRelationshipsError, RegisterCounterError, UnregisterCounterError};
pub use expand::ExpandPermissionTreeError;
pub use export::ExportRelationshipsError;
pub use import::ImportRelationshipsError;
pub use lookup::LookupError;
pub use reflection::{DiffSchemaError, ReflectSchemaError, SchemaDependencyError};
pub use watch::WatchError;

/// A name that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownName {
    /// No such definition.
    #[error("object definition `{definition}` not found{}", suggested(.suggestion.as_deref()))]
    Definition {
        /// As asked for.
        definition: String,
        /// A definition with nearly this name.
        suggestion: Option<String>,
    },
    /// The definition has no such relation or permission.
    #[error("relation/permission `{relation}` not found under definition `{definition}`{}", suggested(.suggestion.as_deref()))]
    Relation {
        /// The definition, which exists.
        definition: DefinitionName,
        /// As asked for; may be empty.
        relation: String,
        /// A relation or permission of the definition with nearly this name.
        suggestion: Option<String>,
    },
}

/// A consistency requirement that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyError {
    /// The token is not one of ours.
    #[error("invalid revision requested")]
    Garbled,
    /// The token comes from another store.
    #[error("the token was made by another store")]
    OtherStore,
    /// The token's revision is after the newest one.
    #[error("revision {revision} was invalid: the newest is {head}")]
    Future {
        /// The token's.
        revision: Revision,
        /// The newest.
        head: Revision,
    },
    /// The token's revision is no longer kept.
    #[error("revision {revision} has expired: the oldest kept is {oldest}")]
    Expired {
        /// The token's.
        revision: Revision,
        /// The oldest that is kept.
        oldest: Revision,
    },
}

/// A filter that describes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    /// No field is set.
    #[error("the relationship filter provided is not valid: at least one field must be set")]
    Empty,
    /// An id and a prefix of ids.
    #[error(
        "the relationship filter provided is not valid: resource_id and resource_id_prefix cannot be set at the \
         same time"
    )]
    IdAndPrefix {
        /// The filter.
        filter: Box<RelationshipFilter>,
    },
}

/// A check that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckPermissionError {
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The subject is a wildcard: a check asks for one subject.
    #[error("cannot perform check on wildcard subject")]
    WildcardSubject,
    /// The evaluation ended without an answer.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

/// A read that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadRelationshipsError {
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The filter is empty or contradicts itself.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// The filter names a permission, which has no relationships.
    #[error("cannot filter by permission `{permission}` of definition `{definition}`")]
    FilterByPermission {
        /// The definition.
        definition: DefinitionName,
        /// The permission.
        permission: RelationName,
    },
    /// The position to go on after is not one of ours.
    #[error("the position is not one of this read")]
    InvalidPosition,
}

/// A cursor that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCursor {
    /// It is not one of ours.
    #[error("the cursor cannot be decoded")]
    Garbled,
    /// It belongs to a request with other arguments.
    #[error("the cursor was made by a call with other arguments")]
    OtherCall,
    /// It comes from another store.
    #[error("the cursor was made by another store")]
    OtherStore,
}

/// The store takes no writes now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The journal could not make the write durable; it was taken back. The next write tries again.
    #[error("the write could not be made durable and was not applied")]
    NotDurable,
    /// The engine is closing.
    #[error("the engine is closing")]
    Closing,
    /// The graph has as many objects as it can number.
    #[error("the graph is full")]
    Full,
    /// The process takes up more memory than it may, and the write would add a relationship.
    #[error(
        "the server uses {} MiB of memory, more than the {} MiB it may: no relationship can be added until some are \
         deleted or the limit is raised", .bytes >> 20, .bytes_max >> 20
    )]
    MemoryFull {
        /// Bytes of resident memory.
        bytes: u64,
        /// Bytes allowed.
        bytes_max: u64,
    },
}

/// A write of relationships that was not made. Nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteRelationshipsError {
    /// More updates than one write may have.
    #[error("update count of {count} is greater than maximum allowed of {count_max}")]
    TooManyUpdates {
        /// Updates in the request.
        count: usize,
        /// Updates allowed.
        count_max: usize,
    },
    /// A precondition or the transaction's metadata is wrong or not met.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// Two updates speak of one relationship.
    #[error(
        "found more than one update with relationship `{relationship}` in this request; a relationship can only be specified in an update once per overall WriteRelationships request"
    )]
    DuplicateUpdate {
        /// The relationship's text.
        relationship: Box<Relationship>,
    },
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Permissions are computed, not written.
    #[error("cannot write a relationship to permission `{permission}` under definition `{definition}`")]
    CannotUpdatePermission {
        /// The definition.
        definition: DefinitionName,
        /// The permission.
        permission: RelationName,
    },
    /// The relation takes no subject of this kind.
    #[error("subjects of type `{subject_type}` are not allowed on relation `{definition}#{relation}`{}", advised(allowed_caveats, .suggestion.as_deref()))]
    InvalidSubjectType {
        /// The resource's definition.
        definition: DefinitionName,
        /// The relation.
        relation: RelationName,
        /// The subject's kind, as `group#member with caveat`.
        subject_type: String,
        /// The caveats of which the subject must have one, if that is all that is wrong.
        allowed_caveats: Vec<CaveatName>,
        /// A kind that the relation takes and that is near.
        suggestion: Option<String>,
    },
    /// The stored caveat is larger than allowed. Its size is that of the protobuf message.
    #[error("provided relationship `{relationship}` exceeded maximum allowed caveat size of {bytes_max}")]
    CaveatTooLarge {
        /// The relationship's text.
        relationship: Box<Relationship>,
        /// Bytes of the caveat's name and context.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// The stored context does not fit the caveat.
    #[error("invalid context for caveat `{caveat}`: {problem}")]
    InvalidContext {
        /// The caveat.
        caveat: CaveatName,
        /// What is wrong.
        problem: Box<ContextError>,
    },
    /// CREATE of a relationship that is there.
    #[error(
        "could not CREATE relationship `{relationship}`, as it already existed. If this is persistent, please switch to TOUCH operations or specify a precondition"
    )]
    AlreadyExists {
        /// The relationship.
        relationship: Box<Relationship>,
    },
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// What can be wrong with the preconditions or the metadata of a write or a delete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// More preconditions than allowed.
    #[error("precondition count of {count} is greater than maximum allowed of {count_max}")]
    TooManyPreconditions {
        /// Preconditions in the request.
        count: usize,
        /// Preconditions allowed.
        count_max: usize,
    },
    /// The metadata is larger than allowed.
    #[error("metadata provided exceeded maximum allowed size of {bytes_max} bytes")]
    MetadataTooLarge {
        /// Bytes of the metadata as JSON.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A precondition's filter is wrong.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// A precondition names what the schema does not have.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// A precondition does not hold.
    #[error("unable to satisfy write precondition")]
    PreconditionFailed {
        /// The precondition.
        precondition: Box<Precondition>,
    },
}

/// A delete that was not made. Nothing was deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteRelationshipsError {
    /// The limit is larger than allowed.
    #[error("provided limit {limit} is greater than maximum allowed of {limit_max}")]
    LimitTooLarge {
        /// The request's limit.
        limit: u32,
        /// The largest allowed.
        limit_max: u32,
    },
    /// The filter is empty or contradicts itself.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// A precondition or the metadata is wrong or not met.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// More relationships match than the limit, and a partial delete was not allowed.
    #[error("found more than {limit} relationships to be deleted and partial deletion was not requested")]
    TooMany {
        /// The request's limit.
        limit: u32,
        /// The filter.
        filter: Box<RelationshipFilter>,
    },
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// A schema that was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteSchemaError {
    /// The text is wrong.
    #[error(transparent)]
    Invalid(#[from] SchemaError),
    /// The schema would orphan stored relationships.
    #[error("{}", removal.message(relationship))]
    InUse {
        /// What the schema removes.
        removal: Box<Removal>,
        /// A relationship that needs it, as text; empty if it is gone meanwhile.
        relationship: String,
    },
    /// The schema would change what stored contexts mean.
    #[error("{}", .0.message())]
    CaveatChanged(CaveatChange),
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// The engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] crate::journal::OpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] JournalError),
    /// The journal holds what this version does not understand.
    #[error("revision {revision} of the journal cannot be applied: {problem}")]
    Replay {
        /// The transaction.
        revision: Revision,
        /// What is wrong with it.
        problem: String,
    },
    /// The journal's checkpoint is not what was written.
    #[error(
        "the checkpoint of revision {revision} is damaged: {problem}; restore it from a backup with `arrowroot restore`"
    )]
    Checkpoint {
        /// The revision whose state it has.
        revision: Revision,
        /// What is wrong with it.
        problem: String,
    },
    /// A newer version wrote the journal's checkpoint.
    #[error(
        "the journal's checkpoint has format {format}, and this arrowroot reads up to {supported}; run the newer \
         arrowroot that wrote it"
    )]
    CheckpointTooNew {
        /// The format that was found.
        format: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The machine gave no thread.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
}

/// `; did you mean …?`, if there is something to suggest.
fn suggested(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!("; did you mean `{suggestion}`?")).unwrap_or_default()
}

/// Which caveats are allowed, or what the writer may have meant.
fn advised(allowed_caveats: &[CaveatName], suggestion: Option<&str>) -> String {
    if !allowed_caveats.is_empty() {
        let names: Vec<_> = allowed_caveats.iter().map(AsRef::<str>::as_ref).collect();
        return format!(" without one of the following caveats: {}", names.join(","));
    }
    suggested(suggestion)
}

/// A read cannot go on at its cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// The cursor cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidCursor),
    /// The state that it belongs to is not there.
    #[error(transparent)]
    Consistency(#[from] ConsistencyError),
}
