//! Entries as lines of JSON.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::relationship::{Relationship, Revision, Timestamp};

use super::RELATIONSHIPS_MAX;
use super::entry::{DecisionEntry, Outcome, Who, WriteEntry};

/// Bytes of one name or reason in a line, at most. Longer ones are cut, with a sign that they were.
const TEXT_BYTES_MAX: usize = 2_048;
const CUT_SIGN: &str = "…";

/// A list of which only the first elements are kept.
#[derive(Debug)]
pub(super) struct Bounded {
    first: Vec<Relationship>,
    count: u64,
}

impl Bounded {
    pub(super) fn new(all: Vec<Relationship>) -> Self {
        Self::of_many(all, 0)
    }

    /// The same of a list that is not given to its end.
    pub(super) fn of_many(mut first: Vec<Relationship>, count: u64) -> Self {
        let count = count.max(first.len() as u64);
        if first.len() > RELATIONSHIPS_MAX {
            first.truncate(RELATIONSHIPS_MAX);
            first.shrink_to_fit();
        }
        Self { first, count }
    }

    /// About the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.first.iter().map(relationship_bytes).sum()
    }

    /// How many there were, where not all are shown.
    fn cut_count(&self) -> Option<u64> {
        (self.count > self.first.len() as u64).then_some(self.count)
    }
}

/// About the memory that a relationship takes.
fn relationship_bytes(relationship: &Relationship) -> usize {
    let Relationship { resource, subject, caveat, .. } = relationship;
    let context = caveat.as_ref().map_or(0, |caveat| caveat.context_json.len());
    size_of::<Relationship>() + resource.id.as_str().len() + subject.id().len() + context
}

/// A text, cut if it is very long.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push_str(CUT_SIGN);
        text.shrink_to_fit();
    }
    text
}

/// An entry of a write, as it waits for its line.
#[derive(Debug)]
pub(super) struct WaitingWrite {
    pub(super) entry: WriteEntry,
    pub(super) before: Bounded,
    pub(super) after: Bounded,
}

#[derive(Serialize)]
struct PrincipalPart<'entry> {
    #[serde(rename = "type")]
    kind: &'entry str,
    id: &'entry str,
    account: &'entry str,
}

#[derive(Serialize)]
struct WriteLine<'entry> {
    #[serde(serialize_with = "as_text")]
    time: Timestamp,
    kind: &'static str,
    verb: &'static str,
    principal: PrincipalPart<'entry>,
    resource: &'entry str,
    #[serde(serialize_with = "as_texts")]
    before: &'entry [Relationship],
    #[serde(skip_serializing_if = "Option::is_none")]
    before_count: Option<u64>,
    #[serde(serialize_with = "as_texts")]
    after: &'entry [Relationship],
    #[serde(skip_serializing_if = "Option::is_none")]
    after_count: Option<u64>,
    revision: Option<Revision>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'entry str>,
}

#[derive(Serialize)]
struct DecisionLine<'entry> {
    #[serde(serialize_with = "as_text")]
    time: Timestamp,
    kind: &'static str,
    operation: &'entry str,
    principal: PrincipalPart<'entry>,
    resource: &'entry str,
    allowed: bool,
    reason: &'entry str,
    #[serde(serialize_with = "as_texts")]
    relationships: &'entry [Relationship],
    #[serde(skip_serializing_if = "Option::is_none")]
    relationships_count: Option<u64>,
    revision: Revision,
}

#[derive(Serialize)]
struct DroppedLine {
    #[serde(serialize_with = "as_text")]
    time: Timestamp,
    kind: &'static str,
    count: u64,
    writes: u64,
    decisions: u64,
}

/// Appends the line of a write.
pub(super) fn push_write(lines: &mut Vec<u8>, time: Timestamp, waiting: &WaitingWrite) {
    let WaitingWrite { entry, before, after } = waiting;
    let (outcome, reason) = match &entry.outcome {
        Outcome::Applied => ("applied", None),
        Outcome::Unchanged => ("unchanged", None),
        Outcome::Refused { reason } => ("refused", Some(reason.as_str())),
    };
    let line = WriteLine {
        time,
        kind: "write",
        verb: entry.verb.as_str(),
        principal: principal(&entry.principal),
        resource: &entry.resource,
        before: &before.first,
        before_count: before.cut_count(),
        after: &after.first,
        after_count: after.cut_count(),
        revision: entry.revision,
        outcome,
        reason,
    };
    push(lines, &line);
}

/// Appends the line of a decision.
pub(super) fn push_decision(
    lines: &mut Vec<u8>,
    time: Timestamp,
    entry: &DecisionEntry,
    relationships: &Bounded,
) {
    let line = DecisionLine {
        time,
        kind: "decision",
        operation: &entry.operation,
        principal: principal(&entry.principal),
        resource: &entry.resource,
        allowed: entry.is_allowed,
        reason: &entry.reason,
        relationships: &relationships.first,
        relationships_count: relationships.cut_count(),
        revision: entry.revision,
    };
    push(lines, &line);
}

/// Appends a line that says how many entries have none.
pub(super) fn push_dropped(lines: &mut Vec<u8>, time: Timestamp, writes: u64, decisions: u64) {
    push(lines, &DroppedLine { time, kind: "dropped", count: writes + decisions, writes, decisions });
}

fn push(lines: &mut Vec<u8>, line: &impl Serialize) {
    // Strings and numbers always have a JSON form, and memory takes all; half a line would spoil the next.
    let begin = lines.len();
    if serde_json::to_writer(&mut *lines, line).is_ok() {
        lines.push(b'\n');
    } else {
        lines.truncate(begin);
    }
}

fn principal(who: &Who) -> PrincipalPart<'_> {
    PrincipalPart { kind: &who.kind, id: &who.id, account: &who.account }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_texts<S: Serializer>(values: &&[Relationship], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}
