//! The nouns: objects, subjects, relationships, updates, filters, revisions, and their text form.
//!
//! Knows nothing of schemas, storage or the wire. Every value here is well-formed by construction: an id or a
//! name that exists has passed the rules of its kind, so no other room validates characters or lengths again.

mod error;
mod filter;
mod name;
mod object;
mod parse;
mod revision;
mod update;
mod value;

pub(crate) use error::shortened;
pub use error::{MalformedTime, MalformedValue, NameKind, ParseRelationshipError};
pub use filter::{
    Precondition, PreconditionOperation, RelationshipFilter, SubjectFilter, SubjectIdFilter,
    SubjectRelationFilter,
};
pub use name::{CaveatName, CounterName, DefinitionName, ObjectId, ObjectIdPrefix, RelationName};
pub use object::{Object, Subject};
pub use revision::Revision;
pub use update::{RelationshipUpdate, UpdateOperation};
pub use value::{ContextualizedCaveat, Relationship, RelationshipKey, Timestamp};

#[cfg(test)]
mod tests;
