//! Applying transactions, and taking them back when they did not become durable.
//!
//! One thread writes at a time (the committer, or the replay at start); any number read meanwhile. What is applied at
//! a revision is invisible to every snapshot at an earlier one, so applying comes before publishing.

use std::fmt;

use crate::relationship::{Object, RelationName, Revision, Subject, Timestamp};

use super::checkpoint::{Contents, Loading, Packing, Unloadable};
use super::counts::{Counts, EdgeKind};
use super::ended::Ended;
use super::error::IndexFull;
use super::expirations::Expirations;
use super::key::Edge;
use super::lives::Lives;
use super::names::{ELLIPSIS, RelationNames, WILDCARD};
use super::object::{ObjectRecord, Objects};
use super::pause::Pauses;
use super::postings::{forward_key, reverse_key};
use super::snapshot::Snapshot;
use super::terms::{Terms, TermsKind};
use super::vacancies::Vacancies;
use super::version::Version;

/// The whole graph, at every revision that is kept.
#[derive(Default)]
pub struct Index {
    pub(super) relation_names: RelationNames,
    pub(super) objects: Objects,
    pub(super) lives: Lives,
    pub(super) expirations: Expirations,
    pub(super) counts: Counts,
    pub(super) ended: Ended,
    pub(super) vacancies: Vacancies,
    pub(super) pauses: Pauses,
}

/// Only that it is there: its contents have no bounds.
impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Index").finish_non_exhaustive()
    }
}

/// The names of an edge's parts.
#[derive(Debug, Clone, Copy)]
pub struct EdgeNames<'names> {
    /// The resource's type.
    pub resource_definition: &'names str,
    /// The resource's id.
    pub resource_id: &'names str,
    /// The relation.
    pub relation: &'names str,
    /// The subject's type.
    pub subject_definition: &'names str,
    /// The subject's id, [`WILDCARD`] for everyone of the type.
    pub subject_id: &'names str,
    /// The subject's relation, [`ELLIPSIS`] if it has none, [`WILDCARD`] for everyone of the type.
    pub subject_form: &'names str,
}

/// What a write did, so that it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A life of the edge has begun.
    Created(Edge),
    /// A life of the edge has ended.
    Deleted(Edge),
}

impl Index {
    /// The graph as it is, or will be once published, at a revision, without what has expired by `now`.
    pub fn snapshot(&self, revision: Revision, now: Timestamp) -> Snapshot<'_> {
        Snapshot::new(self, revision, now)
    }

    /// Makes segments of the graph at a revision, with what ended after the oldest one that can still be asked for.
    pub fn pack(&self, revision: Revision, oldest: Revision) -> Packing<'_> {
        Packing::new(self, revision, oldest)
    }

    /// Loads what was packed at a revision into this index, which is empty.
    pub fn load(&self, contents: Contents, revision: Revision) -> Result<Loading<'_>, Unloadable> {
        Loading::new(self, contents, revision)
    }

    /// How many relationships are there that will cease to hold, or have ceased and not left yet.
    pub fn expiring_count(&self) -> usize {
        self.expirations.count()
    }

    /// Whether the time of a snapshot matters: whether anything expires or has expired, at any revision.
    pub fn is_time_relevant(&self) -> bool {
        self.expirations.lives_count() > 0
    }

    /// The names of definitions and relations.
    pub fn relation_names(&self) -> &RelationNames {
        &self.relation_names
    }

    /// The numbers of a relationship's parts, new ones where need be.
    pub fn intern(
        &self,
        resource: &Object,
        relation: &RelationName,
        subject: &Subject,
    ) -> Result<Edge, IndexFull> {
        self.intern_names(&EdgeNames {
            resource_definition: resource.definition.as_str(),
            resource_id: resource.id.as_str(),
            relation: relation.as_str(),
            subject_definition: subject.definition().as_str(),
            subject_id: subject.id(),
            subject_form: subject_form(subject),
        })
    }

    /// The same for names that stand on their own.
    pub fn intern_names(&self, edge: &EdgeNames<'_>) -> Result<Edge, IndexFull> {
        let names = &self.relation_names;
        let resource_definition = names.intern_definition(edge.resource_definition);
        let subject_definition = names.intern_definition(edge.subject_definition);
        Ok(Edge {
            resource: self.objects.intern(resource_definition, edge.resource_id)?,
            relation: names.intern_relation(resource_definition, edge.relation),
            subject_relation: names.intern_relation(subject_definition, edge.subject_form),
            subject: self.objects.intern(subject_definition, edge.subject_id)?,
        })
    }

    /// The numbers of a relationship's parts, if all of them occur.
    pub fn find(&self, resource: &Object, relation: &RelationName, subject: &Subject) -> Option<Edge> {
        let names = &self.relation_names;
        let resource_definition = names.find_definition(resource.definition.as_str())?;
        let subject_definition = names.find_definition(subject.definition().as_str())?;
        Some(Edge {
            resource: self.objects.find(resource_definition, resource.id.as_str())?,
            relation: names.find_relation(resource_definition, relation.as_str())?,
            subject_relation: names.find_relation(subject_definition, subject_form(subject))?,
            subject: self.objects.find(subject_definition, subject.id())?,
        })
    }

    /// The terms on which the edge holds after all that is written, published or not; nothing if it does not.
    pub fn terms_at_last(&self, edge: Edge, now: Timestamp) -> Option<Terms> {
        let (_, terms) = self.last_life(edge, self.version(edge)?)?;
        (!terms.have_expired(now)).then_some(terms)
    }

    /// The edge holds on some terms from a revision on; what that changed is added to `changes`, which has what the revision
    /// changed before. Whether it changed anything: not if it held on the same terms before.
    pub fn touch(
        &self,
        edge: Edge,
        terms: Terms,
        revision: Revision,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> bool {
        let version = self.version(edge);
        if let Some(version) = version
            && let Some((born, before)) = self.last_life(edge, version)
        {
            if before == terms && !before.have_expired(now) {
                return false;
            }
            if born == revision {
                // It lasted for no revision, so it has not been. That a life began is known.
                self.remove_life(edge);
                self.begin(edge, self.version(edge).is_some(), terms, revision);
                return true;
            }
            changes.push(self.end(edge, version, born, &before, revision));
        }
        changes.push(self.begin(edge, version.is_some(), terms, revision));
        true
    }

    /// The edge holds on some terms from a revision on, unless it holds already; what that changed is added to
    /// `changes`. Whether it did not hold before.
    pub fn create(
        &self,
        edge: Edge,
        terms: Terms,
        revision: Revision,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> bool {
        let version = self.version(edge);
        if let Some(version) = version
            && let Some((born, before)) = self.last_life(edge, version)
        {
            // What the same revision has created is there, even if it had expired before.
            if !before.have_expired(now) || born == revision {
                return false;
            }
            changes.push(self.end(edge, version, born, &before, revision));
        }
        changes.push(self.begin(edge, version.is_some(), terms, revision));
        true
    }

    /// The edge is gone from a revision on; `None` if it was not there, or has expired.
    pub fn delete(&self, edge: Edge, revision: Revision, now: Timestamp) -> Option<Change> {
        let version = self.version(edge)?;
        let (born, terms) = self.last_life(edge, version)?;
        (!terms.have_expired(now)).then(|| self.end(edge, version, born, &terms, revision))
    }

    /// Takes back a change that has not been published. The last change comes first.
    pub fn take_back(&self, change: Change) {
        match change {
            Change::Created(edge) => self.remove_life(edge),
            Change::Deleted(edge) => {
                let (terms, plain_since) = self.lives.take_back_end(edge);
                if let Some(born) = plain_since {
                    self.make_plain(edge, born);
                }
                self.ended.take_back(edge);
                self.expirations.add(terms.expires_at, edge);
                self.counts.add(EdgeKind::of(edge, terms.kind()));
            }
        }
    }

    /// The kinds of relationship that there are after all that is written, what has expired included.
    pub fn live_kinds(&self) -> Vec<EdgeKind> {
        self.counts.kinds()
    }

    pub(super) fn version(&self, edge: Edge) -> Option<Version> {
        self.objects.read(edge.resource, |record| record.forward.get(&forward_key(edge)))
    }

    /// The birth and the terms of the life that lasts, expired or not.
    pub(super) fn last_life(&self, edge: Edge, version: Version) -> Option<(Revision, Terms)> {
        if version.has_lives() { self.lives.last(edge) } else { Some((version.born(), Terms::default())) }
    }

    /// Begins a life of an edge that has none that lasts.
    fn begin(&self, edge: Edge, is_known: bool, terms: Terms, revision: Revision) -> Change {
        let kind = EdgeKind::of(edge, terms.kind());
        let expires_at = terms.expires_at;
        // The lives come first: who sees the posting must find them.
        if is_known || !terms.are_plain() {
            self.lives.begin(edge, revision, terms);
        }
        if !is_known {
            let version = Version::born_at(revision);
            let is_plain = kind.terms == TermsKind::default();
            self.set_version(edge, if is_plain { version } else { version.with_lives() });
        }
        self.expirations.begin_life(expires_at, edge);
        self.counts.add(kind);
        Change::Created(edge)
    }

    /// Ends the life that lasts.
    fn end(&self, edge: Edge, version: Version, born: Revision, terms: &Terms, died: Revision) -> Change {
        if version.has_lives() {
            self.lives.end(edge, died);
        } else {
            self.lives.end_plain(edge, born, died);
            self.set_version(edge, version.with_lives());
        }
        self.expirations.remove(terms.expires_at, edge);
        self.ended.add(died, edge);
        self.counts.remove(&EdgeKind::of(edge, terms.kind()));
        Change::Deleted(edge)
    }

    /// Removes the life that lasts, as if it had never been.
    pub(super) fn remove_life(&self, edge: Edge) {
        let Some(version) = self.version(edge) else { return };
        let Some((_, terms)) = self.last_life(edge, version) else { return };
        if version.has_lives() && !self.lives.is_only_one(edge) {
            self.lives.pop(edge);
        } else {
            self.remove_edge(edge);
        }
        self.expirations.remove_life(terms.expires_at, edge);
        self.counts.remove(&EdgeKind::of(edge, terms.kind()));
    }

    /// Removes an edge that has no life any more.
    pub(super) fn remove_edge(&self, edge: Edge) {
        let remove_forward = |record: &mut ObjectRecord| {
            record.forward.remove(&forward_key(edge));
            record.is_bare()
        };
        let remove_reverse = |record: &mut ObjectRecord| {
            record.reverse.remove(&reverse_key(edge));
            record.is_bare()
        };
        if self.objects.write(edge.resource, remove_forward) {
            self.vacancies.add_bare(edge.resource);
        }
        if self.objects.write(edge.subject, remove_reverse) {
            self.vacancies.add_bare(edge.subject);
        }
        // The lives go last: who still sees the posting must find them.
        self.lives.remove(edge);
    }

    /// The only life of an edge lasts and is plain.
    pub(super) fn make_plain(&self, edge: Edge, born: Revision) {
        self.set_version(edge, Version::born_at(born));
        // The lives go last: who still sees that there are some must find them.
        self.lives.remove(edge);
    }

    fn set_version(&self, edge: Edge, version: Version) {
        self.objects.write(edge.resource, |record| record.forward.set(forward_key(edge), version));
        self.objects.write(edge.subject, |record| record.reverse.set(reverse_key(edge), version));
    }
}

/// What stands for the subject's relation: its own, or the sign for none or for all.
fn subject_form(subject: &Subject) -> &str {
    match subject {
        Subject::Object(_) => ELLIPSIS,
        Subject::Wildcard(_) => WILDCARD,
        Subject::Userset(_, relation) => relation.as_str(),
    }
}
