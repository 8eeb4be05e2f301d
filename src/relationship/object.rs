//! Objects and subjects.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{DefinitionName, ObjectId, RelationName};

/// One object: its definition and its id, written `agent:planner`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Object {
    /// The object's type.
    pub definition: DefinitionName,
    /// The object's id within its type.
    pub id: ObjectId,
}

/// Who a relationship speaks of, or who a question is asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// One object, written `user:ana`.
    Object(Object),
    /// Everyone who has a relation or permission on an object, written `group:eng#member`.
    Userset(Object, RelationName),
    /// Every object of a type, written `user:*`.
    Wildcard(DefinitionName),
}

impl Subject {
    /// The subject's type.
    pub fn definition(&self) -> &DefinitionName {
        match self {
            Self::Object(object) | Self::Userset(object, _) => &object.definition,
            Self::Wildcard(definition) => definition,
        }
    }

    /// The subject's id, `*` for a wildcard.
    pub fn id(&self) -> &str {
        match self {
            Self::Object(object) | Self::Userset(object, _) => object.id.as_str(),
            Self::Wildcard(_) => "*",
        }
    }

    /// The subject's relation, if it is a userset.
    pub fn relation(&self) -> Option<&RelationName> {
        match self {
            Self::Userset(_, relation) => Some(relation),
            Self::Object(_) | Self::Wildcard(_) => None,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.definition, self.id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => object.fmt(formatter),
            Self::Userset(object, relation) => write!(formatter, "{object}#{relation}"),
            Self::Wildcard(definition) => write!(formatter, "{definition}:*"),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
