//! The graph as it was at one revision.

use std::ops::Bound;
use std::sync::Arc;

use crate::relationship::Revision;

use super::history::History;
use super::key::{DefinitionKey, Edge, ObjectKey, RelationKey};
use super::names::RelationNames;
use super::object::ObjectRecord;
use super::postings::{PostingKey, forward_key, reverse_key};
use super::version::Version;
use super::write::Index;

/// A view of the index at one revision. Cheap to make and to copy; what is written later does not change it.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'index> {
    index: &'index Index,
    revision: Revision,
}

/// One object's postings at a snapshot's revision. Its shard is locked while this is in hand: search, and let go.
#[derive(Debug, Clone, Copy)]
pub struct PostingsAt<'record> {
    record: &'record ObjectRecord,
    object: ObjectKey,
    history: &'record History,
    revision: Revision,
}

impl<'index> Snapshot<'index> {
    pub(super) fn new(index: &'index Index, revision: Revision) -> Self {
        Self { index, revision }
    }

    /// The revision that it shows.
    pub fn revision(self) -> Revision {
        self.revision
    }

    /// The names of definitions and relations.
    pub fn relation_names(self) -> &'index RelationNames {
        &self.index.relation_names
    }

    /// The number of an object, if it occurs at any revision.
    pub fn find_object(self, definition: DefinitionKey, id: &str) -> Option<ObjectKey> {
        self.index.objects.find(definition, id)
    }

    /// The definition and the id of an object.
    pub fn object_name(self, object: ObjectKey) -> Option<(DefinitionKey, Arc<str>)> {
        self.index.objects.read(object, |record| Some((record.definition, Arc::clone(&record.id))))
    }

    /// Shows an object's postings to a reader, which must be quick. An unknown object gives the default.
    pub fn read<T: Default>(self, object: ObjectKey, reader: impl FnOnce(PostingsAt<'_>) -> T) -> T {
        let history = &self.index.history;
        self.index
            .objects
            .read(object, |record| reader(PostingsAt { record, object, history, revision: self.revision }))
    }

    /// Up to `count_max` objects of a definition that are or have been a resource, in order of their ids.
    pub fn resources(
        self,
        definition: DefinitionKey,
        from: Bound<&str>,
        count_max: usize,
    ) -> Vec<(Arc<str>, ObjectKey)> {
        self.index.objects.resources(definition, from, count_max)
    }
}

impl PostingsAt<'_> {
    /// Whether the object is the resource of this relationship.
    pub fn has_subject(
        self,
        relation: RelationKey,
        subject_relation: RelationKey,
        subject: ObjectKey,
    ) -> bool {
        let key = PostingKey { first: relation, second: subject_relation, object: subject };
        self.record.forward.get(&key).is_some_and(|version| self.is_visible_forward(key, version))
    }

    /// Adds up to `count_max` subjects of a relation that have this form to `subjects`, in order of their numbers,
    /// beginning after one of them. Whether there may be more.
    pub fn subjects(
        self,
        relation: RelationKey,
        subject_relation: RelationKey,
        after: Option<ObjectKey>,
        count_max: usize,
        subjects: &mut Vec<ObjectKey>,
    ) -> bool {
        let end = subjects.len() + count_max;
        let after = after.map(|object| PostingKey { first: relation, second: subject_relation, object });
        let (from, to) = range(Some(relation), Some(subject_relation), after);
        let mut is_full = false;
        self.record.forward.visit(from, to, |key, version| {
            if self.is_visible_forward(key, version) {
                is_full = subjects.len() == end;
                if is_full {
                    return false;
                }
                subjects.push(key.object);
            }
            true
        });
        is_full
    }

    /// Adds up to `count_max` resources that have the object as a subject of this form in this relation to
    /// `resources`, in order of their numbers, beginning after one of them. Whether there may be more.
    pub fn resources(
        self,
        subject_relation: RelationKey,
        relation: RelationKey,
        after: Option<ObjectKey>,
        count_max: usize,
        resources: &mut Vec<ObjectKey>,
    ) -> bool {
        let end = resources.len() + count_max;
        let after = after.map(|object| PostingKey { first: subject_relation, second: relation, object });
        let (from, to) = range(Some(subject_relation), Some(relation), after);
        let mut is_full = false;
        self.record.reverse.visit(from, to, |key, version| {
            if self.is_visible_reverse(key, version) {
                is_full = resources.len() == end;
                if is_full {
                    return false;
                }
                resources.push(key.object);
            }
            true
        });
        is_full
    }

    /// Visits the edges that the object is the resource of, in order of their numbers, until the visitor returns
    /// false: those of one relation, and of one form of subject, where these are given, and those after one edge.
    pub fn visit_forward(
        self,
        relation: Option<RelationKey>,
        subject_relation: Option<RelationKey>,
        after: Option<Edge>,
        mut visitor: impl FnMut(Edge) -> bool,
    ) {
        let (from, to) = range(relation, subject_relation, after.map(forward_key));
        self.record.forward.visit(from, to, |key, version| {
            !self.is_visible_forward(key, version) || visitor(forward_edge(self.object, key))
        });
    }

    /// Visits the edges that the object is the subject of, in order of their numbers, until the visitor returns
    /// false: those where it has one form, and of one relation, where these are given, and those after one edge.
    pub fn visit_reverse(
        self,
        subject_relation: Option<RelationKey>,
        relation: Option<RelationKey>,
        after: Option<Edge>,
        mut visitor: impl FnMut(Edge) -> bool,
    ) {
        let (from, to) = range(subject_relation, relation, after.map(reverse_key));
        self.record.reverse.visit(from, to, |key, version| {
            !self.is_visible_reverse(key, version) || visitor(reverse_edge(self.object, key))
        });
    }

    fn is_visible_forward(self, key: PostingKey, version: Version) -> bool {
        self.is_visible(version, || forward_edge(self.object, key))
    }

    fn is_visible_reverse(self, key: PostingKey, version: Version) -> bool {
        self.is_visible(version, || reverse_edge(self.object, key))
    }

    fn is_visible(self, version: Version, edge: impl FnOnce() -> Edge) -> bool {
        let is_born = version.born() <= self.revision;
        if version.has_history() {
            self.history.is_alive(edge(), self.revision).unwrap_or(is_born)
        } else {
            is_born
        }
    }
}

/// The first and the last key that begin with what is given, after one of them.
fn range(
    first: Option<RelationKey>,
    second: Option<RelationKey>,
    after: Option<PostingKey>,
) -> (PostingKey, PostingKey) {
    let lowest = RelationKey(0);
    let highest = RelationKey::NONE;
    // Without the first part, the second does not narrow anything down.
    let second = first.and(second);
    let least =
        PostingKey { first: first.unwrap_or(lowest), second: second.unwrap_or(lowest), object: ObjectKey(0) };
    let most = PostingKey {
        first: first.unwrap_or(highest),
        second: second.unwrap_or(highest),
        object: ObjectKey::NONE,
    };
    // No entry has the highest object, so the next key has the same first parts.
    let next =
        |after: PostingKey| PostingKey { object: ObjectKey(after.object.0.saturating_add(1)), ..after };
    (after.map_or(least, next), most)
}

fn forward_edge(resource: ObjectKey, key: PostingKey) -> Edge {
    Edge { resource, relation: key.first, subject_relation: key.second, subject: key.object }
}

fn reverse_edge(subject: ObjectKey, key: PostingKey) -> Edge {
    Edge { resource: key.object, relation: key.second, subject_relation: key.first, subject }
}
