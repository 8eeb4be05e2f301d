//! Why a lifecycle call does not do what it was asked.

use crate::engine::{
    CheckPermissionError, ConditionError, ConsistencyError, CursorError, LookupError, ReadRelationshipsError,
    UnknownName, Unwritable, WriteRelationshipsError,
};

use super::selector::InvalidId;

/// Characters of what a client sent that a message repeats, at most.
const SHOWN_CHARS_MAX: usize = 64;

/// A call that is refused or fails. In either case nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// The request means nothing: to ask again is no use.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The principal may not.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// What is there is something else.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// There is no answer now. It says nothing about what the principal may.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// A request that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// There is no principal.
    #[error("principal: is required")]
    NoPrincipal,
    /// The principal is nobody.
    #[error("principal: one of {} is required", .fields.join(", "))]
    NoIdentity {
        /// The fields that could say who it is.
        fields: Vec<String>,
    },
    /// The principal is two.
    #[error("principal: only one of {} and {} can be set", .fields[0], .fields[1])]
    TwoIdentities {
        /// The fields that are both set.
        fields: [String; 2],
    },
    /// The principal acts in no account.
    #[error("principal.{field}: is required")]
    NoAccount {
        /// The field.
        field: String,
    },
    /// An identity is not of a kind that there is.
    #[error("principal: there is no identity `{kind}`")]
    UnknownIdentity {
        /// The kind.
        kind: String,
    },
    /// A field has another type.
    #[error("{field}: must be {expected}")]
    Type {
        /// The field.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// An id is too short or too long.
    #[error("{field}: {problem}")]
    Id {
        /// Where it stands.
        field: String,
        /// What is wrong with it.
        problem: InvalidId,
    },
    /// There is no such type of resource.
    #[error("{field}: there is no resource `{kind}`; there are {}", .known.join(", "))]
    UnknownKind {
        /// Where it stands.
        field: String,
        /// The type.
        kind: String,
        /// The types that there are.
        known: Vec<String>,
    },
    /// A single resource is needed.
    #[error("{field}.selector: must be one resource, not `*`")]
    AnyResource {
        /// Where it stands.
        field: &'static str,
    },
    /// There is no such operation.
    #[error("operation: there is no operation `{operation}`; there are {}", .known.join(", "))]
    UnknownOperation {
        /// The operation.
        operation: String,
        /// The operations that there are.
        known: Vec<String>,
    },
    /// A resource cannot have a parent of this type.
    #[error("parent.type: a resource `{kind}` cannot have a parent `{parent}`")]
    ParentKind {
        /// The resource's type.
        kind: String,
        /// The parent's.
        parent: String,
    },
    /// A resource does not have this role.
    #[error("role: a resource `{kind}` has no role `{role}`")]
    UnknownRole {
        /// The resource's type.
        kind: String,
        /// The role.
        role: String,
    },
    /// The token cannot be used here.
    #[error("consistency token: {0}")]
    Token(ConsistencyError),
    /// The cursor cannot be used here.
    #[error("cursor: {0}")]
    Cursor(CursorError),
}

/// What a client sent, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Why the principal may not. What another account has does not show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The resource is not registered, or in another account.
    #[error("{resource} is not registered in account `{account}`")]
    NotRegistered {
        /// The resource.
        resource: String,
        /// The account that was selected.
        account: String,
    },
    /// Only an owner may.
    #[error("only an owner of {resource} may")]
    NotOwner {
        /// The resource.
        resource: String,
    },
    /// Whoever registers a child needs a permission on the parent.
    #[error("registering under {parent} needs a permission on it")]
    Parent {
        /// The parent.
        parent: String,
    },
    /// The parent is the resource itself.
    #[error("{resource} cannot be its own parent")]
    OwnParent {
        /// The resource.
        resource: String,
    },
    /// The other principal acts in another account.
    #[error("the grantee acts in another account")]
    OtherAccount,
}

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The resource is registered with another owner or parent.
    #[error("{resource} is registered already, with another owner or parent")]
    Registered {
        /// The resource.
        resource: String,
    },
    /// The resource was deregistered, and stays so.
    #[error("{resource} was deregistered, and cannot be registered again")]
    Deregistered {
        /// The resource.
        resource: String,
    },
    /// Relationships of the resource are there, although it is not registered.
    #[error("{resource} is not registered, but has relationships already")]
    Related {
        /// The resource.
        resource: String,
    },
}

/// Why there is no answer now.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(Unwritable),
    /// A check ended without an answer.
    #[error(transparent)]
    Check(CheckPermissionError),
    /// A lookup ended without an answer.
    #[error(transparent)]
    Lookup(LookupError),
    /// Others wrote the same again and again meanwhile.
    #[error("the resource is being changed by others")]
    Contended,
    /// The schema was changed, and the profile no longer fits it.
    #[error("the lifecycle profile does not fit the schema: {0}")]
    Schema(String),
}

impl From<WriteRelationshipsError> for Trouble {
    fn from(error: WriteRelationshipsError) -> Self {
        match error {
            WriteRelationshipsError::Unwritable(unwritable) => Self::Unwritable(unwritable),
            WriteRelationshipsError::Condition(ConditionError::PreconditionFailed { .. })
            | WriteRelationshipsError::AlreadyExists { .. } => Self::Contended,
            other => Self::Schema(other.to_string()),
        }
    }
}

impl From<ReadRelationshipsError> for Trouble {
    fn from(error: ReadRelationshipsError) -> Self {
        Self::Schema(error.to_string())
    }
}

impl From<CheckPermissionError> for Trouble {
    fn from(error: CheckPermissionError) -> Self {
        match error {
            CheckPermissionError::UnknownName(unknown) => Self::from(unknown),
            other => Self::Check(other),
        }
    }
}

impl From<LookupError> for Trouble {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::UnknownName(unknown) => Self::from(unknown),
            other => Self::Lookup(other),
        }
    }
}

impl From<UnknownName> for Trouble {
    fn from(unknown: UnknownName) -> Self {
        Self::Schema(unknown.to_string())
    }
}

impl From<ReadRelationshipsError> for LifecycleError {
    fn from(error: ReadRelationshipsError) -> Self {
        Self::Trouble(error.into())
    }
}
