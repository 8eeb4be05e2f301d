//! The declarations of a text.

use crate::caveat::ParameterType;
use crate::relationship::{CaveatName, DefinitionName, RelationName};

/// Everything that a text declares. Partials are inlined where they are used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reflection {
    /// By name.
    pub definitions: Vec<ReflectedDefinition>,
    /// By name.
    pub caveats: Vec<ReflectedCaveat>,
}

/// One object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectedDefinition {
    /// The type's name.
    pub name: DefinitionName,
    /// The comments before it, delimiters kept, each line trimmed; empty if there is none.
    pub comment: String,
    /// In source order.
    pub relations: Vec<ReflectedRelation>,
    /// In source order.
    pub permissions: Vec<ReflectedPermission>,
}

/// One relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectedRelation {
    /// The definition that it belongs to.
    pub definition: DefinitionName,
    /// Its name.
    pub name: RelationName,
    /// As in [`ReflectedDefinition::comment`].
    pub comment: String,
    /// The kinds of subject that it allows, in source order.
    pub subjects: Vec<ReflectedSubject>,
}

/// One kind of subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReflectedSubject {
    /// The subject's type.
    pub definition: DefinitionName,
    /// Objects, everyone of the type, or usersets.
    pub form: ReflectedForm,
    /// The caveat that the relationship must carry.
    pub caveat: Option<CaveatName>,
    /// Whether the relationship must carry an expiration.
    pub has_expiration: bool,
}

/// The form of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReflectedForm {
    /// `user`: one object.
    Object,
    /// `user:*`: everyone of the type.
    Wildcard,
    /// `group#member`: whoever has this relation or permission.
    Userset(RelationName),
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectedPermission {
    /// The definition that it belongs to.
    pub definition: DefinitionName,
    /// Its name.
    pub name: RelationName,
    /// As in [`ReflectedDefinition::comment`].
    pub comment: String,
    /// What it computes, with every operation in parentheses; `a + (b + c)` is `(a + b + c)`.
    pub expression: String,
}

/// One caveat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectedCaveat {
    /// The caveat's name.
    pub name: CaveatName,
    /// As in [`ReflectedDefinition::comment`].
    pub comment: String,
    /// By name.
    pub parameters: Vec<ReflectedParameter>,
    /// The expression in the one layout that all spellings of it share.
    pub expression: String,
    /// The expression as it is written, to the end of its last line.
    pub source: String,
}

/// One parameter of a caveat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectedParameter {
    /// The caveat that it belongs to.
    pub caveat: CaveatName,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParameterType,
}
