//! A relationship, and the key that tells it from every other.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{CaveatName, RelationName};
use super::object::{Object, Subject};

/// A point in time: seconds and nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp {
    /// Whole seconds, negative before 1970.
    pub seconds: i64,
    /// Nanoseconds after the second, 0 to 999,999,999.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// Before every other.
    pub const MIN: Self = Self { seconds: i64::MIN, nanoseconds: 0 };
}

/// RFC 3339, such as `2026-01-31T12:00:00Z`; plain seconds where the year has no four digits.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not as an instant, whose range ends a day before the calendar's does.
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = jiff::SignedDuration::new(self.seconds, self.nanoseconds.cast_signed());
        match epoch.checked_add(since) {
            Ok(time) if time.year() >= 0 => write!(formatter, "{time}Z"),
            _ => self.seconds.fmt(formatter),
        }
    }
}

/// The condition under which a relationship holds: a caveat and the part of its context that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextualizedCaveat {
    /// The caveat's name.
    pub name: CaveatName,
    /// The stored context, a JSON object as text; empty when nothing is stored.
    pub context_json: String,
}

/// `subject` stands in `relation` to `resource`, possibly under a condition and until a time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// What the relationship is about.
    pub resource: Object,
    /// How the subject is related to the resource.
    pub relation: RelationName,
    /// Who is related to the resource.
    pub subject: Subject,
    /// The condition under which it holds, if any.
    pub caveat: Option<ContextualizedCaveat>,
    /// When it ceases to hold, if ever.
    pub expires_at: Option<Timestamp>,
}

/// What makes a relationship the same one: resource, relation and subject, whatever its caveat or expiration.
pub type RelationshipKey<'a> = (&'a Object, &'a RelationName, &'a Subject);

impl Relationship {
    /// A relationship that holds always.
    pub fn new(resource: Object, relation: RelationName, subject: Subject) -> Self {
        Self { resource, relation, subject, caveat: None, expires_at: None }
    }

    /// The key that tells this relationship from others.
    pub fn key(&self) -> RelationshipKey<'_> {
        (&self.resource, &self.relation, &self.subject)
    }
}

/// The text form, `agent:planner#owner@user:ana`, with `[name:{…}]` and `[expiration:…]` where they apply.
impl fmt::Display for Relationship {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}@{}", self.resource, self.relation, self.subject)?;
        if let Some(caveat) = &self.caveat {
            match caveat.context_json.as_str() {
                "" | "{}" => write!(formatter, "[{}]", caveat.name)?,
                context => write!(formatter, "[{}:{context}]", caveat.name)?,
            }
        }
        if let Some(expires_at) = self.expires_at {
            write!(formatter, "[expiration:{expires_at}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Relationship {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
