//! Finding the edges that a filter describes.

use std::ops::Bound;
use std::sync::Arc;

use crate::index::{DefinitionKey, ELLIPSIS, Edge, IdText, ObjectKey, RelationKey, Snapshot, WILDCARD};
use crate::relationship::{RelationshipFilter, SubjectIdFilter, SubjectRelationFilter};

use super::budget::Budget;

/// Edges copied out of the index at once, and resources looked at at once.
const CHUNK: usize = 256;

/// A filter in the index's numbers, at a snapshot.
pub(super) struct Matcher<'view> {
    snapshot: Snapshot<'view>,
    plan: Arc<Plan>,
    budget: Option<&'view Budget<'view>>,
}

/// A filter in the index's numbers.
#[derive(Debug)]
pub(super) struct Plan {
    /// The definitions that resources may have, in order of their names.
    definitions: Vec<(Arc<str>, DefinitionKey)>,
    resource_id: Option<String>,
    resource_id_prefix: Option<String>,
    /// The relations that edges may have, by their definition; any if there is nothing.
    relations: Option<Vec<(DefinitionKey, Vec<RelationKey>)>>,
    /// Whether these are fewer than all that their definitions have.
    is_relation_named: bool,
    subject: Option<SubjectMatcher>,
}

#[derive(Debug)]
struct SubjectMatcher {
    /// The relations that subjects may have.
    forms: Vec<RelationKey>,
    /// The subject's object: nothing for any, [`ObjectKey::NONE`] for one that does not occur.
    object: Option<ObjectKey>,
}

impl<'view> Matcher<'view> {
    pub(super) fn new(snapshot: Snapshot<'view>, filter: &RelationshipFilter) -> Self {
        let names = snapshot.relation_names();
        let definition_name = filter.resource_definition.as_ref();
        let mut definitions: Vec<_> = match definition_name {
            Some(name) => names
                .find_definition(name.as_str())
                .map(|key| (Arc::from(name.as_str()), key))
                .into_iter()
                .collect(),
            None => names.definitions().into_iter().map(|(key, name)| (name, key)).collect(),
        };
        definitions.sort_unstable();
        let relation_name = filter.relation.as_ref().map(AsRef::as_ref);
        let is_any_relation = definition_name.is_none() && relation_name.is_none();
        let relations_of = |(_, key): &(_, _)| (*key, names.relations(Some(*key), relation_name));
        let relations = (!is_any_relation).then(|| definitions.iter().map(relations_of).collect());
        let subject = filter.subject.as_ref().map(|subject| {
            let definition = names.find_definition(subject.definition.as_str());
            let form = match &subject.relation {
                SubjectRelationFilter::Any => None,
                SubjectRelationFilter::Ellipsis => Some(vec![ELLIPSIS, WILDCARD]),
                SubjectRelationFilter::Named(relation) => Some(vec![relation.as_str()]),
            };
            let forms_named =
                |name| definition.into_iter().flat_map(move |key| names.relations(Some(key), name));
            let forms = match form {
                None => forms_named(None).collect(),
                Some(forms) => forms.into_iter().flat_map(|form| forms_named(Some(form))).collect(),
            };
            let object = subject.id.as_ref().map(|id| {
                let id = match id {
                    SubjectIdFilter::Object(id) => id.as_str(),
                    SubjectIdFilter::Wildcard => WILDCARD,
                };
                definition.and_then(|key| snapshot.find_object(key, id)).unwrap_or(ObjectKey::NONE)
            });
            SubjectMatcher { forms, object }
        });
        let plan = Plan {
            definitions,
            resource_id: filter.resource_id.as_ref().map(ToString::to_string),
            resource_id_prefix: filter.resource_id_prefix.as_ref().map(ToString::to_string),
            relations,
            is_relation_named: relation_name.is_some(),
            subject,
        };
        Self { snapshot, plan: Arc::new(plan), budget: None }
    }

    /// The same filter again, at a snapshot of the same revision.
    pub(super) fn again(snapshot: Snapshot<'view>, plan: &Arc<Plan>) -> Self {
        Self { snapshot, plan: Arc::clone(plan), budget: None }
    }

    /// The same at a price: the walk ends when the budget does.
    pub(super) fn within(self, budget: &'view Budget<'view>) -> Self {
        Self { budget: Some(budget), ..self }
    }

    pub(super) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Visits every edge that matches, in no particular order, until the visitor returns false.
    pub(super) fn visit(&self, mut visitor: impl FnMut(Edge) -> bool) {
        if let Some(id) = &self.plan.resource_id {
            for (_, definition) in &self.plan.definitions {
                if let Some(resource) = self.snapshot.find_object(*definition, id)
                    && !self.visit_resource(resource, &mut visitor)
                {
                    return;
                }
            }
        } else if let Some(subject) = self.known_subject() {
            self.visit_subject(subject, &mut visitor);
        } else {
            let mut resources = Resources::from_start();
            while let Some((_, _, resource)) = resources.next(self) {
                if !self.visit_resource(resource, &mut visitor) {
                    return;
                }
            }
        }
    }

    /// The subject's object, if the filter has one.
    pub(super) fn known_subject(&self) -> Option<ObjectKey> {
        self.plan.subject.as_ref().and_then(|subject| subject.object)
    }

    /// Visits the matching edges of one resource. Whether the visitor wants more.
    pub(super) fn visit_resource(&self, resource: ObjectKey, mut visitor: impl FnMut(Edge) -> bool) -> bool {
        let subject = self.plan.subject.as_ref().and_then(|subject| Some((&subject.forms, subject.object?)));
        let relations = match &self.plan.relations {
            // All that its definition has, which is what it has at the most.
            Some(_) if !self.plan.is_relation_named && subject.is_none() => None,
            Some(relations) => {
                let Some((definition, _)) = self.snapshot.object_name(resource) else { return true };
                let of_definition = relations.iter().find(|(owner, _)| *owner == definition);
                Some(of_definition.map(|(_, relations)| relations.as_slice()).unwrap_or_default())
            }
            None => None,
        };
        if let (Some(relations), Some((forms, object))) = (relations, subject) {
            return self.visit_exact(resource, relations, forms, object, visitor);
        }
        let is_match = |edge: &Edge| self.is_subject_match(edge);
        for relation in optional(relations) {
            let mut after = None;
            loop {
                let mut chunk = Vec::with_capacity(8);
                self.snapshot.read(resource, |postings| {
                    postings.visit_forward(relation, None, after, |edge| {
                        chunk.push(edge);
                        chunk.len() < CHUNK
                    });
                });
                after = chunk.last().copied();
                let is_last = chunk.len() < CHUNK;
                if !self.spend(chunk.len()) || !chunk.into_iter().filter(is_match).all(&mut visitor) {
                    return false;
                }
                if is_last {
                    break;
                }
            }
        }
        true
    }

    /// Visits the edges between a resource and one subject: searches, however many others there are.
    fn visit_exact(
        &self,
        resource: ObjectKey,
        relations: &[RelationKey],
        forms: &[RelationKey],
        subject: ObjectKey,
        mut visitor: impl FnMut(Edge) -> bool,
    ) -> bool {
        for relation in relations {
            for form in forms {
                let has_edge =
                    |postings: crate::index::PostingsAt<'_>| postings.has_subject(*relation, *form, subject);
                if self.snapshot.read(resource, has_edge)
                    && !visitor(Edge { resource, relation: *relation, subject_relation: *form, subject })
                {
                    return false;
                }
            }
        }
        true
    }

    /// Visits the matching edges of one subject. Whether the visitor wants more.
    pub(super) fn visit_subject(&self, subject: ObjectKey, mut visitor: impl FnMut(Edge) -> bool) -> bool {
        let forms = self.plan.subject.as_ref().map(|subject| subject.forms.as_slice());
        let relations = self.plan.relations.as_ref().map(|relations| {
            relations.iter().flat_map(|(_, relations)| relations.iter().copied()).collect::<Vec<_>>()
        });
        for form in optional(forms) {
            for relation in optional(relations.as_deref()) {
                let mut after = None;
                loop {
                    let mut chunk = Vec::with_capacity(8);
                    self.snapshot.read(subject, |postings| {
                        postings.visit_reverse(form, relation, after, |edge| {
                            chunk.push(edge);
                            chunk.len() < CHUNK
                        });
                    });
                    after = chunk.last().copied();
                    let is_last = chunk.len() < CHUNK;
                    let is_match = |edge: &Edge| self.is_resource_match(edge.resource);
                    if !self.spend(chunk.len()) || !chunk.into_iter().filter(is_match).all(&mut visitor) {
                        return false;
                    }
                    if is_last {
                        break;
                    }
                }
            }
        }
        true
    }

    /// Whether the budget allows for this.
    fn spend(&self, visits: usize) -> bool {
        self.budget.is_none_or(|budget| budget.spend(visits))
    }

    fn is_subject_match(&self, edge: &Edge) -> bool {
        self.plan.subject.as_ref().is_none_or(|subject| {
            subject.forms.contains(&edge.subject_relation)
                && subject.object.is_none_or(|object| object == edge.subject)
        })
    }

    fn is_resource_match(&self, resource: ObjectKey) -> bool {
        let is_prefixed = |prefix: &String| {
            self.snapshot.object_name(resource).is_some_and(|(_, id)| id.starts_with(prefix.as_str()))
        };
        self.plan.resource_id_prefix.as_ref().is_none_or(is_prefixed)
    }
}

/// Each of the keys that are given, or once nothing.
fn optional(keys: Option<&[RelationKey]>) -> impl Iterator<Item = Option<RelationKey>> {
    let is_any = keys.is_none();
    keys.unwrap_or_default().iter().copied().map(Some).chain(is_any.then_some(None))
}

/// The resources that a matcher may find edges at, in order of their definition's name and their id.
#[derive(Debug)]
pub(super) struct Resources {
    definition: usize,
    /// The last id seen in the current definition.
    after: Option<IdText>,
    page: std::vec::IntoIter<(IdText, ObjectKey)>,
}

impl Resources {
    pub(super) fn from_start() -> Self {
        Self { definition: 0, after: None, page: Vec::new().into_iter() }
    }

    /// Begins at a resource, or at the next one if it is not there.
    pub(super) fn from_resource(matcher: &Matcher<'_>, definition: &str, id: &str) -> Self {
        let place = matcher.plan.definitions.partition_point(|(name, _)| **name < *definition);
        let is_there = matcher.plan.definitions.get(place).is_some_and(|(name, _)| **name == *definition);
        let Some((_, key)) = matcher.plan.definitions.get(place).filter(|_| is_there) else {
            return Self { definition: place, after: None, page: Vec::new().into_iter() };
        };
        let page = matcher.page(*key, Bound::Included(id));
        // Should the page be empty, the next one is, too: all ids are before this one.
        let after = page.last().map_or_else(|| IdText::from(id), |(id, _)| IdText::clone(id));
        Self { definition: place, after: Some(after), page: page.into_iter() }
    }

    pub(super) fn next(&mut self, matcher: &Matcher<'_>) -> Option<(Arc<str>, IdText, ObjectKey)> {
        loop {
            let (name, key) = matcher.plan.definitions.get(self.definition)?;
            if let Some((id, resource)) = self.page.next() {
                return Some((Arc::clone(name), id, resource));
            }
            let from = match (&self.after, &matcher.plan.resource_id_prefix) {
                (Some(after), _) => Bound::Excluded(&**after),
                (None, Some(prefix)) => Bound::Included(prefix.as_str()),
                (None, None) => Bound::Unbounded,
            };
            let page = matcher.page(*key, from);
            if let Some((id, _)) = page.last() {
                self.after = Some(IdText::clone(id));
            } else {
                self.definition += 1;
                self.after = None;
            }
            self.page = page.into_iter();
        }
    }
}

impl Matcher<'_> {
    /// The next resources of a definition that the filter's id or prefix allows.
    fn page(&self, definition: DefinitionKey, from: Bound<&str>) -> Vec<(IdText, ObjectKey)> {
        if let Some(wanted) = &self.plan.resource_id {
            let is_in_range = match from {
                Bound::Included(from) => wanted.as_str() >= from,
                Bound::Excluded(from) => wanted.as_str() > from,
                Bound::Unbounded => true,
            };
            let resource = self.snapshot.find_object(definition, wanted).filter(|_| is_in_range);
            return resource.map(|resource| (IdText::from(wanted.as_str()), resource)).into_iter().collect();
        }
        if !self.spend(CHUNK) {
            return Vec::new();
        }
        let mut page = self.snapshot.objects_by_name(definition, from, CHUNK);
        if let Some(prefix) = &self.plan.resource_id_prefix {
            page.retain(|(id, _)| id.starts_with(prefix.as_str()));
        }
        page
    }
}
