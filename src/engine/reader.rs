//! The relationships of one read, in order, one after another.
//!
//! Resources come in order from the index; what each has is sorted when its turn comes. Where a subject leads to its
//! edges, these are sorted by their resources. Either may be more than should be held: then only what comes first is,
//! and the rest is visited again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::index::{Edge, IdText, ObjectKey};
use crate::relationship::{Object, ObjectId, Relationship, RelationshipFilter, Subject};

use super::matching::{Matcher, Plan, Resources};
use super::name_table::{Form, NameTable};
use super::read_relationships::sort_key;
use super::selection::{Found, Place, Selection};
use super::view::View;

/// Edges of one resource, or one subject, that are held sorted, at the least.
const HELD_MIN: usize = 16 << 10;
/// Of many, this part is held, so that the time for all of them stays in proportion to their number.
const HELD_PART: usize = 8;

/// The relationships of one read, one after another. It holds no lock between them, and no more memory than what it
/// takes to sort an eighth of the relationships that one resource or subject has.
#[derive(Debug)]
pub struct RelationshipReader {
    view: View,
    names: Arc<NameTable>,
    plan: Arc<Plan>,
    walk: Walk,
    /// Edges in order, the next one last.
    ready: Vec<Found>,
    /// The place after which there are more edges of the same resource or subject.
    unfinished: Option<Place>,
    held_max: usize,
}

/// Where the edges come from.
#[derive(Debug)]
enum Walk {
    /// From resources, in order.
    Resources {
        resources: Resources,
        /// The resource whose edges are read, and its id.
        current: Option<(ObjectKey, ObjectId)>,
        /// The resource that the read begins with, if that is in its midst, and where.
        first: Option<(Object, Place)>,
    },
    /// From a subject. A wildcard's id is none.
    Subject { subject: ObjectKey, id: Option<ObjectId>, is_begun: bool },
}

impl RelationshipReader {
    /// Reads what matches a filter and comes after a relationship; nothing if that has names that no other has.
    pub(super) fn new(view: View, filter: &RelationshipFilter, after: Option<&Relationship>) -> Option<Self> {
        let names = view.state.names();
        let snapshot = view.snapshot();
        let matcher = Matcher::new(snapshot, filter);
        let plan = Arc::clone(matcher.plan());
        let mut unfinished = None;
        let walk = match matcher.known_subject() {
            Some(subject) if filter.resource_id.is_none() => {
                if let Some(after) = after {
                    unfinished = Some(place_by_resource(&names, after)?);
                }
                let id = snapshot.object_id(subject).and_then(|id| ObjectId::new(&*id).ok());
                Walk::Subject { subject, id, is_begun: false }
            }
            _ => match after {
                None => Walk::Resources { resources: Resources::from_start(), current: None, first: None },
                Some(after) => {
                    let Object { definition, id } = &after.resource;
                    let resources = Resources::from_resource(&matcher, definition.as_str(), id.as_str());
                    let first = Some((after.resource.clone(), place_by_subject(&names, after)?));
                    Walk::Resources { resources, current: None, first }
                }
            },
        };
        Some(Self { names, plan, walk, ready: Vec::new(), unfinished, held_max: HELD_MIN, view })
    }

    /// The position of a relationship that was read: a read after it goes on with the next one.
    pub fn position_of(relationship: &Relationship) -> String {
        let Relationship { resource, relation, subject, .. } = relationship;
        format!("{resource}#{relation}@{subject}")
    }

    /// Bytes of memory that are held from one relationship to the next.
    pub fn held_bytes(&self) -> usize {
        self.ready.capacity() * size_of::<Found>()
    }

    /// The next relationship. Once the flag is set, it ends before the next resource.
    pub fn next_unless(&mut self, cancelled: &AtomicBool) -> Option<Relationship> {
        loop {
            while let Some(found) = self.ready.pop() {
                if let Some(relationship) = self.relationship(&found) {
                    return Some(relationship);
                }
            }
            if cancelled.load(Ordering::Relaxed) || !self.read_more() {
                return None;
            }
        }
    }

    /// Makes the next edges ready. Whether there may be any.
    fn read_more(&mut self) -> bool {
        let matcher = Matcher::again(self.view.snapshot(), &self.plan);
        let is_same = self.unfinished.is_some();
        let Some(after) = self.walk.advance(&matcher, self.unfinished.take()) else { return false };
        if !is_same {
            self.held_max = HELD_MIN;
        }
        let mut buffer = std::mem::take(&mut self.ready);
        buffer.shrink_to(HELD_MIN);
        let mut selection = Selection::new(after.as_ref(), self.held_max, buffer);
        let (snapshot, names) = (self.view.snapshot(), &*self.names);
        match &self.walk {
            Walk::Resources { current: Some((resource, _)), .. } => {
                matcher.visit_resource(*resource, |edge| {
                    let (before, after) = ranks_by_subject(names, edge);
                    selection.offer(before, after, edge, || snapshot.object_id(edge.subject));
                    true
                });
            }
            Walk::Resources { current: None, .. } => {}
            Walk::Subject { subject, .. } => {
                matcher.visit_subject(*subject, |edge| {
                    let (before, after) = ranks_by_resource(names, edge);
                    selection.offer(before, after, edge, || snapshot.object_id(edge.resource));
                    true
                });
            }
        }
        self.held_max = HELD_MIN.max(selection.offered() / HELD_PART);
        let (mut found, has_more) = selection.finish();
        self.unfinished = found.last().filter(|_| has_more).map(|found| found.place.clone());
        found.reverse();
        self.ready = found;
        true
    }

    /// An edge in words. Nothing if it has left meanwhile, since it had expired.
    fn relationship(&self, found: &Found) -> Option<Relationship> {
        let Found { edge, place } = found;
        let snapshot = self.view.snapshot();
        let found_id = || ObjectId::new(&*place.id).ok();
        let (resource_id, subject_id) = match &self.walk {
            Walk::Resources { current, .. } => (current.as_ref()?.1.clone(), found_id()),
            Walk::Subject { id, .. } => (found_id()?, id.clone()),
        };
        let names = &*self.names;
        let definition = names.definition_of(edge.subject_relation)?.clone();
        let subject = match names.form(edge.subject_relation)? {
            Form::Wildcard => Subject::Wildcard(definition),
            Form::Object => Subject::Object(Object { definition, id: subject_id? }),
            Form::Userset(relation) => {
                Subject::Userset(Object { definition, id: subject_id? }, relation.clone())
            }
        };
        let Form::Userset(relation) = names.form(edge.relation)? else { return None };
        let terms = snapshot.terms(*edge)?;
        Some(Relationship {
            resource: Object { definition: names.definition_of(edge.relation)?.clone(), id: resource_id },
            relation: relation.clone(),
            subject,
            caveat: terms.stored_caveat().cloned(),
            expires_at: terms.expires_at,
        })
    }
}

impl Walk {
    /// Goes to the next edges: nothing if there are none, else the place that they come after, if any. `unfinished`
    /// is that of the present ones, if there are more of them.
    #[expect(
        clippy::option_option,
        reason = "at the end, from the start, and after a place are three things"
    )]
    fn advance(&mut self, matcher: &Matcher<'_>, unfinished: Option<Place>) -> Option<Option<Place>> {
        match self {
            Self::Resources { .. } if unfinished.is_some() => Some(unfinished),
            Self::Resources { resources, current, first } => loop {
                let (definition, id, resource) = resources.next(matcher)?;
                // A wildcard is listed as well, but is no resource.
                let Ok(resource_id) = ObjectId::new(&*id) else { continue };
                *current = Some((resource, resource_id));
                let is_first =
                    |first: &Object| first.definition.as_str() == &*definition && first.id.as_str() == &*id;
                return Some(first.take().filter(|(first, _)| is_first(first)).map(|(_, place)| place));
            },
            Self::Subject { is_begun, .. } => {
                let is_new = !std::mem::replace(is_begun, true);
                (is_new || unfinished.is_some()).then_some(unfinished)
            }
        }
    }
}

impl Iterator for RelationshipReader {
    type Item = Relationship;

    fn next(&mut self) -> Option<Relationship> {
        self.next_unless(&AtomicBool::new(false))
    }
}

/// What comes before and after the subject's id in the order of one resource's edges.
fn ranks_by_subject(names: &NameTable, edge: Edge) -> ([u32; 2], [u32; 2]) {
    let Edge { relation, subject_relation, .. } = edge;
    let before = [names.relation_rank(relation), names.definition_rank(subject_relation)];
    (before, [names.relation_rank(subject_relation), 0])
}

/// What comes before and after the resource's id in the order of one subject's edges.
fn ranks_by_resource(names: &NameTable, edge: Edge) -> ([u32; 2], [u32; 2]) {
    let Edge { relation, subject_relation, .. } = edge;
    let after = [names.relation_rank(relation), names.relation_rank(subject_relation)];
    ([names.definition_rank(relation), 0], after)
}

/// The place of a relationship among those of its resource; nothing if no relationship has its names.
fn place_by_subject(names: &NameTable, relationship: &Relationship) -> Option<Place> {
    let [_, _, relation, definition, id, subject_relation] = sort_key(relationship);
    Some(Place {
        before: [names.find_relation_rank(relation)?, names.find_definition_rank(definition)?],
        id: IdText::from(id),
        after: [names.find_relation_rank(subject_relation)?, 0],
    })
}

/// The place of a relationship among those of its subject; nothing if no relationship has its names.
fn place_by_resource(names: &NameTable, relationship: &Relationship) -> Option<Place> {
    let [definition, id, relation, _, _, subject_relation] = sort_key(relationship);
    Some(Place {
        before: [names.find_definition_rank(definition)?, 0],
        id: IdText::from(id),
        after: [names.find_relation_rank(relation)?, names.find_relation_rank(subject_relation)?],
    })
}
