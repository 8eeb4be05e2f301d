//! The graph as it was at one revision, without what has expired since.

use std::ops::Bound;
use std::sync::Arc;

use crate::caveat::Condition;
use crate::relationship::{Revision, Timestamp};

use super::key::{DefinitionKey, Edge, IdText, ObjectKey, RelationKey};
use super::lives::{LifeAt, Lives};
use super::names::RelationNames;
use super::object::ObjectRecord;
use super::postings::{PostingKey, forward_key, reverse_key};
use super::terms::Terms;
use super::version::Version;
use super::write::Index;

/// A view of the index at one revision. Cheap to make and to copy; what is written later does not change it.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'index> {
    index: &'index Index,
    revision: Revision,
    now: Timestamp,
}

/// One object's postings at a snapshot's revision. Its shard is locked while this is in hand: search, and let go.
#[derive(Debug, Clone, Copy)]
pub struct PostingsAt<'record> {
    record: &'record ObjectRecord,
    object: ObjectKey,
    lives: &'record Lives,
    revision: Revision,
    now: Timestamp,
}

/// What a search says of a relationship without a look at its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glance {
    /// It does not hold.
    #[default]
    No,
    /// It holds.
    Yes,
    /// It is not plain: [`PostingsAt::subject`] knows.
    Unclear,
}

/// Whether a relationship holds.
#[derive(Debug, Clone)]
pub enum Holding {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It does if this holds.
    If(Arc<Condition>),
}

impl<'index> Snapshot<'index> {
    pub(super) fn new(index: &'index Index, revision: Revision, now: Timestamp) -> Self {
        Self { index, revision, now }
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
    pub fn object_name(self, object: ObjectKey) -> Option<(DefinitionKey, IdText)> {
        self.index.objects.read(object, |record| Some((record.definition, record.id.clone()?)))
    }

    /// The id of an object.
    pub fn object_id(self, object: ObjectKey) -> Option<IdText> {
        self.index.objects.read(object, |record| record.id.clone())
    }

    /// Whether no relationship has the object, as its resource or as its subject.
    pub fn is_bare(self, object: ObjectKey) -> bool {
        self.read(object, |postings| {
            let mut is_bare = true;
            let mut find = |_| {
                is_bare = false;
                false
            };
            postings.visit_forward(None, None, None, &mut find);
            postings.visit_reverse(None, None, None, &mut find);
            Some(is_bare)
        })
        .unwrap_or(true)
    }

    /// Shows an object's postings to a reader, which must be quick. An unknown object gives the default.
    #[inline]
    pub fn read<T: Default>(self, object: ObjectKey, reader: impl FnOnce(PostingsAt<'_>) -> T) -> T {
        let Self { index, revision, now } = self;
        let lives = &index.lives;
        index.objects.read(object, |record| reader(PostingsAt { record, object, lives, revision, now }))
    }

    /// The terms on which an edge holds; nothing if it does not.
    pub fn terms(self, edge: Edge) -> Option<Terms> {
        self.read(edge.resource, |postings| {
            let version = postings.record.forward.get(&forward_key(edge))?;
            postings.terms(version, || edge)
        })
    }

    /// The revision at which an edge began to hold as it does; nothing if it does not.
    pub fn born(self, edge: Edge) -> Option<Revision> {
        self.read(edge.resource, |postings| {
            let version = postings.record.forward.get(&forward_key(edge))?;
            postings.terms(version, || edge)?;
            let of_lives =
                version.has_lives().then(|| postings.lives.born(edge, postings.revision)).flatten();
            Some(of_lives.unwrap_or_else(|| version.born()))
        })
    }

    /// Up to `count_max` objects of a definition that occur at any revision, in order of their ids.
    pub fn objects_by_name(
        self,
        definition: DefinitionKey,
        from: Bound<&str>,
        count_max: usize,
    ) -> Vec<(IdText, ObjectKey)> {
        self.index.objects.by_name(definition, from, count_max)
    }
}

impl PostingsAt<'_> {
    /// Whether the object is the resource of this relationship, condition or not.
    pub fn has_subject(
        self,
        relation: RelationKey,
        subject_relation: RelationKey,
        subject: ObjectKey,
    ) -> bool {
        !matches!(self.subject(relation, subject_relation, subject), Holding::No)
    }

    /// Whether the object is the resource of this relationship, as far as one search tells.
    #[inline]
    pub fn glance(self, relation: RelationKey, subject_relation: RelationKey, subject: ObjectKey) -> Glance {
        let key = PostingKey { first: relation, second: subject_relation, object: subject };
        match self.record.forward.get(&key) {
            Some(version) if version.has_lives() => Glance::Unclear,
            Some(version) if version.born() <= self.revision => Glance::Yes,
            _ => Glance::No,
        }
    }

    /// Whether the object is the resource of this relationship.
    pub fn subject(
        self,
        relation: RelationKey,
        subject_relation: RelationKey,
        subject: ObjectKey,
    ) -> Holding {
        let key = PostingKey { first: relation, second: subject_relation, object: subject };
        match self.record.forward.get(&key) {
            Some(version) => self.holding(version, || forward_edge(self.object, key)),
            None => Holding::No,
        }
    }

    /// Hands up to `count_max` subjects of a relation that have this form, each with the condition under which it is
    /// one, to a visitor, in order of their numbers, beginning after one of them. Whether there may be more.
    pub fn subjects(
        self,
        relation: RelationKey,
        subject_relation: RelationKey,
        after: Option<ObjectKey>,
        count_max: usize,
        mut visitor: impl FnMut(ObjectKey, Option<Arc<Condition>>),
    ) -> bool {
        let after = after.map(|object| PostingKey { first: relation, second: subject_relation, object });
        let (from, to) = range(Some(relation), Some(subject_relation), after);
        let mut count = 0;
        let mut is_full = false;
        self.record.forward.visit(from, to, |key, version| {
            let condition = match self.holding(version, || forward_edge(self.object, key)) {
                Holding::No => return true,
                Holding::Yes => None,
                Holding::If(condition) => Some(condition),
            };
            is_full = count == count_max;
            if !is_full {
                count += 1;
                visitor(key.object, condition);
            }
            !is_full
        });
        is_full
    }

    /// Hands up to `count_max` resources of which the object is a subject of this form by a relation, each with whether
    /// that holds without condition, to a visitor, in order of their numbers, beginning after one of them. Whether
    /// there may be more.
    pub fn resources(
        self,
        subject_relation: RelationKey,
        relation: RelationKey,
        after: Option<ObjectKey>,
        count_max: usize,
        mut visitor: impl FnMut(ObjectKey, bool),
    ) -> bool {
        let after = after.map(|object| PostingKey { first: subject_relation, second: relation, object });
        let (from, to) = range(Some(subject_relation), Some(relation), after);
        let mut count = 0;
        let mut is_full = false;
        self.record.reverse.visit(from, to, |key, version| {
            let is_plain = match self.holding(version, || reverse_edge(self.object, key)) {
                Holding::No => return true,
                Holding::Yes => true,
                Holding::If(_) => false,
            };
            is_full = count == count_max;
            if !is_full {
                count += 1;
                visitor(key.object, is_plain);
            }
            !is_full
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
            !self.is_visible(version, || forward_edge(self.object, key))
                || visitor(forward_edge(self.object, key))
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
            !self.is_visible(version, || reverse_edge(self.object, key))
                || visitor(reverse_edge(self.object, key))
        });
    }

    /// Whether an entry is seen, and if so, under which condition.
    #[inline]
    fn holding(self, version: Version, edge: impl FnOnce() -> Edge) -> Holding {
        if !version.has_lives() {
            return if version.born() <= self.revision { Holding::Yes } else { Holding::No };
        }
        self.holding_on_terms(version, edge())
    }

    #[cold]
    #[inline(never)]
    fn holding_on_terms(self, version: Version, edge: Edge) -> Holding {
        match self.terms(version, || edge) {
            None => Holding::No,
            Some(Terms { condition: None, .. }) => Holding::Yes,
            Some(Terms { condition: Some(condition), .. }) => Holding::If(condition),
        }
    }

    fn is_visible(self, version: Version, edge: impl FnOnce() -> Edge) -> bool {
        !matches!(self.holding(version, edge), Holding::No)
    }

    /// The terms of an entry that is seen.
    fn terms(self, version: Version, edge: impl FnOnce() -> Edge) -> Option<Terms> {
        let plain = || (version.born() <= self.revision).then(Terms::default);
        if !version.has_lives() {
            return plain();
        }
        match self.lives.at(edge(), self.revision) {
            LifeAt::Plain => plain(),
            LifeAt::None => None,
            LifeAt::On(terms) => (!terms.have_expired(self.now)).then_some(terms),
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

pub(super) fn forward_edge(resource: ObjectKey, key: PostingKey) -> Edge {
    Edge { resource, relation: key.first, subject_relation: key.second, subject: key.object }
}

pub(super) fn reverse_edge(subject: ObjectKey, key: PostingKey) -> Edge {
    Edge { resource: key.object, relation: key.second, subject_relation: key.first, subject }
}
