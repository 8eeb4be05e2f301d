//! The subjects of the walks under way.

use std::sync::Arc;

use crate::caveat::Condition;
use crate::index::ObjectKey;

/// The subjects of the walks under way, one walk on top of another.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    subjects: Vec<(ObjectKey, ConditionPlace)>,
    conditions: Vec<Arc<Condition>>,
}

/// Where the condition is under which a subject is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ConditionPlace(u32);

impl ConditionPlace {
    /// There is none.
    const NONE: Self = Self(u32::MAX);
}

impl Subjects {
    pub(super) fn push(&mut self, subject: ObjectKey, condition: Option<Arc<Condition>>) {
        let mut place = ConditionPlace::NONE;
        if let Some(condition) = condition {
            // No more of them than visits, which are bounded far below.
            place = ConditionPlace(u32::try_from(self.conditions.len()).unwrap_or(u32::MAX - 1));
            self.conditions.push(condition);
        }
        self.subjects.push((subject, place));
    }

    /// Forgets the subjects from one on, and the conditions from one on.
    pub(super) fn truncate(&mut self, start: usize, conditions_start: usize) {
        self.subjects.truncate(start);
        self.conditions.truncate(conditions_start);
    }

    pub(super) fn len(&self) -> usize {
        self.subjects.len()
    }

    /// How many conditions there are.
    pub(super) fn conditions_len(&self) -> usize {
        self.conditions.len()
    }

    /// The subject that was added last.
    pub(super) fn last(&self) -> Option<ObjectKey> {
        self.subjects.last().map(|(subject, _)| *subject)
    }

    /// A subject, and the condition under which it is one.
    pub(super) fn get(&self, place: usize) -> (ObjectKey, Option<&Condition>) {
        let (subject, condition) = self.subjects[place];
        let is_plain = condition == ConditionPlace::NONE;
        (subject, if is_plain { None } else { Some(&self.conditions[condition.0 as usize]) })
    }
}
