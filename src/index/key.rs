//! The small numbers that stand for names.

/// An interned definition name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionKey(pub u32);

/// An interned pair of a definition and one of its relations.
///
/// As the relation of a subject it also tells the subject's type and form: `user` has the relation `...`, `user:*`
/// has `*`, and `group#member` has `member`. So one number says all about a subject but its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationKey(pub u32);

impl RelationKey {
    /// A number that no relation has: what is asked for it is not there.
    pub const NONE: Self = Self(u32::MAX);
}

/// The id of an object as text, shared. A pointer of eight bytes: its length is with the text.
pub type IdText = arcstr::ArcStr;

/// An interned object. The wildcard of a type is an object with the id `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(pub u32);

impl ObjectKey {
    /// A number that no object has: what is asked for it is not there.
    pub const NONE: Self = Self(u32::MAX);
    /// Another such number, to tell two objects apart that are both unknown.
    pub const OTHER_NONE: Self = Self(u32::MAX - 1);
    /// The largest number that an object has.
    pub(super) const MAX: Self = Self(u32::MAX - 2);
}

/// One relationship, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The resource.
    pub resource: ObjectKey,
    /// The resource's relation.
    pub relation: RelationKey,
    /// The subject's type and form.
    pub subject_relation: RelationKey,
    /// The subject's object.
    pub subject: ObjectKey,
}
