//! On which terms a relationship holds.

use std::sync::Arc;

use crate::caveat::Condition;
use crate::relationship::{CaveatName, ContextualizedCaveat, Relationship, Timestamp};

/// Under which condition a relationship holds, and until when; by default always.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Its caveat and stored context.
    pub condition: Option<Arc<Condition>>,
    /// When it ceases to hold: at this very moment it no longer does.
    pub expires_at: Option<Timestamp>,
}

/// What kind of terms they are: what a schema allows or does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TermsKind {
    /// The caveat's name.
    pub caveat: Option<CaveatName>,
    /// Whether there is an end.
    pub has_expiration: bool,
}

impl Terms {
    /// The terms of a relationship.
    pub fn of(relationship: &Relationship) -> Self {
        Self::new(relationship.caveat.clone(), relationship.expires_at)
    }

    /// The terms that a caveat and an end make.
    pub(super) fn new(caveat: Option<ContextualizedCaveat>, expires_at: Option<Timestamp>) -> Self {
        Self { condition: caveat.map(|caveat| Arc::new(Condition::new(caveat))), expires_at }
    }

    /// The caveat as it is stored.
    pub fn stored_caveat(&self) -> Option<&ContextualizedCaveat> {
        self.condition.as_ref().map(|condition| condition.stored())
    }

    /// Whether they say nothing: the relationship holds always.
    pub fn are_plain(&self) -> bool {
        self.condition.is_none() && self.expires_at.is_none()
    }

    /// Whether their time is over.
    pub fn have_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// What kind they are.
    pub fn kind(&self) -> TermsKind {
        TermsKind {
            caveat: self.condition.as_ref().map(|condition| condition.caveat().clone()),
            has_expiration: self.expires_at.is_some(),
        }
    }
}

/// Equal if they are stored alike.
impl PartialEq for Terms {
    fn eq(&self, other: &Self) -> bool {
        self.expires_at == other.expires_at && self.stored_caveat() == other.stored_caveat()
    }
}
