//! Schemas and relationships as plain data.

use std::collections::BTreeMap;

use super::caveat::Caveat;

/// A schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) caveats: Vec<Caveat>,
}

#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    /// Name and allowed subjects.
    pub(crate) relations: Vec<(String, Vec<Allowed>)>,
    pub(crate) permissions: Vec<(String, Expression)>,
}

/// A kind of subject that a relation takes, and on which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) definition: String,
    /// A relation, `*` for everyone, or empty for one object.
    pub(crate) form: String,
    pub(crate) caveat: Option<String>,
    pub(crate) has_expiration: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Nil,
    SelfObject,
    Name(String),
    Any(String, String),
    All(String, String),
    Union(Vec<Expression>),
    Intersection(Vec<Expression>),
    Exclusion(Box<Expression>, Box<Expression>),
}

impl Model {
    /// Every relation and permission, with its definition.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.definitions.iter().flat_map(|definition| {
            let relations = definition.relations.iter().map(|(name, _)| name);
            let permissions = definition.permissions.iter().map(|(name, _)| name);
            relations.chain(permissions).map(|name| (definition.name.as_str(), name.as_str()))
        })
    }

    pub(crate) fn caveat(&self, name: &str) -> &Caveat {
        self.caveats.iter().find(|caveat| caveat.name == name).unwrap()
    }

    pub(super) fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.name == name)
    }
}

impl Definition {
    pub(super) fn permission(&self, name: &str) -> Option<&Expression> {
        self.permissions.iter().find(|(known, _)| known == name).map(|(_, expression)| expression)
    }

    pub(super) fn has_node(&self, name: &str) -> bool {
        self.relations.iter().any(|(known, _)| known == name) || self.permission(name).is_some()
    }
}

/// `type:id`, relation (empty for none), as plain text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) definition: String,
    pub(crate) id: String,
    pub(crate) relation: String,
}

/// A relationship without its terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) definition: String,
    pub(crate) id: String,
    pub(crate) relation: String,
    pub(crate) subject: Subject,
}

/// Under which condition a relationship holds, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// A caveat's name and the stored context.
    pub(crate) condition: Option<(String, BTreeMap<String, bool>)>,
    /// Seconds since 1970; at this very moment it no longer holds.
    pub(crate) expires_at: Option<i64>,
}

impl Terms {
    pub(crate) fn hold_at(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

pub(crate) type Rows = BTreeMap<Row, Terms>;

/// Definition, id, relation or permission.
pub(crate) type Question = (String, String, String);
