//! Which relationships decided a check.

use crate::engine::{Permissionship, View};
use crate::lifecycle::Question;
use crate::relationship::Relationship;

use super::RELATIONSHIPS_MAX;

/// The relationships by which a question was answered with yes: what has the resource in the account, and the way from
/// it to the subject. None for a no, and only those that can be found within the bounds on a check. For the closure of a
/// [`super::DecisionEntry`], which runs where nobody waits.
pub fn deciding_relationships(view: &View, question: &Question) -> Vec<Relationship> {
    let is_yes =
        |check: &&_| view.check_permission(check, view.limits()) == Ok(Permissionship::HasPermission);
    let Some(check) = question.checks().iter().find(is_yes) else { return Vec::new() };
    let mut relationships: Vec<_> = question.registered().cloned().into_iter().collect();
    // It was a yes a moment ago; the trace of it may be larger than the bounds allow.
    let way = view.deciding_relationships(check, view.limits(), RELATIONSHIPS_MAX).unwrap_or_default();
    relationships.extend(way);
    relationships.truncate(RELATIONSHIPS_MAX);
    relationships
}
