//! Applying transactions, and taking them back when they did not become durable.
//!
//! One thread writes at a time (the committer, or the replay at start); any number read meanwhile. What is applied at
//! a revision is invisible to every snapshot at an earlier one, so applying comes before publishing.

use std::fmt;

use crate::relationship::{Object, RelationName, Revision, Subject};

use super::counts::Counts;
use super::error::IndexFull;
use super::history::History;
use super::key::{Edge, RelationKey};
use super::names::{ELLIPSIS, RelationNames, WILDCARD};
use super::object::Objects;
use super::postings::{Postings, forward_key, reverse_key};
use super::snapshot::Snapshot;
use super::version::Version;

/// The whole graph, at every revision that is kept.
#[derive(Default)]
pub struct Index {
    pub(super) relation_names: RelationNames,
    pub(super) objects: Objects,
    pub(super) history: History,
    counts: Counts,
}

/// Only that it is there: its contents have no bounds.
impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Index").finish_non_exhaustive()
    }
}

/// What a write did, so that it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The edge was not there, and is now.
    Created(Edge),
    /// The edge was there, and is not now.
    Deleted(Edge),
}

impl Index {
    /// The graph as it is, or will be once published, at a revision.
    pub fn snapshot(&self, revision: Revision) -> Snapshot<'_> {
        Snapshot::new(self, revision)
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
        let names = &self.relation_names;
        let resource_definition = names.intern_definition(resource.definition.as_str());
        let subject_definition = names.intern_definition(subject.definition().as_str());
        Ok(Edge {
            resource: self.objects.intern(resource_definition, resource.id.as_str())?,
            relation: names.intern_relation(resource_definition, relation.as_str()),
            subject_relation: names.intern_relation(subject_definition, subject_form(subject)),
            subject: self.objects.intern(subject_definition, subject.id())?,
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

    /// Whether the edge is there after all that is written, published or not.
    pub fn is_alive(&self, edge: Edge) -> bool {
        let version = self.objects.read(edge.resource, |record| record.forward.get(&forward_key(edge)));
        version.is_some_and(|version| self.is_alive_at_last(edge, version))
    }

    /// The edge is there from a revision on; `None` if it was there already.
    pub fn create(&self, edge: Edge, revision: Revision) -> Option<Change> {
        let version = self.objects.read(edge.resource, |record| {
            if matches!(record.forward, Postings::Empty) {
                return Some(None);
            }
            record.forward.get(&forward_key(edge)).map(Some)
        });
        match version {
            Some(Some(version)) if self.is_alive_at_last(edge, version) => return None,
            Some(Some(_)) => self.history.renew(edge, revision),
            absent => {
                self.set_version(edge, Version::born_at(revision));
                if absent == Some(None) {
                    self.objects.list_as_resource(edge.resource);
                }
            }
        }
        self.counts.add(edge.relation, edge.subject_relation);
        Some(Change::Created(edge))
    }

    /// The edge is gone from a revision on; `None` if it was not there.
    pub fn delete(&self, edge: Edge, revision: Revision) -> Option<Change> {
        let version = self.objects.read(edge.resource, |record| record.forward.get(&forward_key(edge)))?;
        if !self.is_alive_at_last(edge, version) {
            return None;
        }
        if version.has_history() {
            self.history.end(edge, revision);
        } else {
            self.history.begin(edge, version.born(), revision);
            self.set_version(edge, version.with_history());
        }
        self.counts.remove(edge.relation, edge.subject_relation);
        Some(Change::Deleted(edge))
    }

    /// Takes back a change that has not been published. The last change comes first.
    pub fn take_back(&self, change: Change) {
        match change {
            Change::Created(edge) => {
                let version =
                    self.objects.read(edge.resource, |record| record.forward.get(&forward_key(edge)));
                if version.is_some_and(Version::has_history) {
                    self.history.take_back_renewal(edge);
                } else {
                    self.objects.write(edge.resource, |record| record.forward.remove(&forward_key(edge)));
                    self.objects.write(edge.subject, |record| record.reverse.remove(&reverse_key(edge)));
                }
                self.counts.remove(edge.relation, edge.subject_relation);
            }
            Change::Deleted(edge) => {
                let version =
                    self.objects.read(edge.resource, |record| record.forward.get(&forward_key(edge)));
                if let (Some(version), true) = (version, self.history.take_back_end(edge)) {
                    self.set_version(edge, Version::born_at(version.born()));
                }
                self.counts.add(edge.relation, edge.subject_relation);
            }
        }
    }

    /// How many relationships there are after all that is written, by relation and kind of subject.
    pub fn live_counts(&self) -> Vec<(RelationKey, RelationKey, u64)> {
        self.counts.all()
    }

    fn is_alive_at_last(&self, edge: Edge, version: Version) -> bool {
        !version.has_history() || self.history.is_alive_at_last(edge).unwrap_or(true)
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
