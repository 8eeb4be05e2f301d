//! Who is looked for, and the look into an object's relations for them.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::caveat::Condition;
use crate::index::{Glance, Holding, ObjectKey, PostingsAt, RelationKey, Snapshot, WILDCARD};
use crate::relationship::Subject;
use crate::schema::{DefinitionId, NodeId, NodeSet};

use super::answer::Answer;
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::limits::Meter;
use super::program::{Leaf, Program};

/// Who is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal<'run> {
    /// The subject's type and relation.
    pub(super) form: RelationKey,
    /// The subject's relation, if it is a userset.
    pub(super) node: Option<NodeId>,
    /// The subject's object.
    pub(super) object: ObjectKey,
    /// The wildcard of the subject's type, as subject relation and object, if it occurs.
    pub(super) wildcard: Option<(RelationKey, ObjectKey)>,
    /// The nodes that can hold such a subject.
    pub(super) possible: &'run NodeSet,
    /// Whether it is one object without relation.
    pub(super) is_object: bool,
}

impl<'run> Goal<'run> {
    /// The subject in numbers. `possible` are the nodes that can hold it.
    pub(super) fn new(
        program: &Program,
        snapshot: Snapshot<'_>,
        subject: &Subject,
        subject_definition: DefinitionId,
        subject_node: Option<NodeId>,
        possible: &'run NodeSet,
    ) -> Self {
        let definition = program.definition(subject_definition);
        Self {
            form: match subject {
                Subject::Object(_) => definition.object_form,
                Subject::Wildcard(_) => definition.wildcard_form.unwrap_or(RelationKey::NONE),
                Subject::Userset(..) => subject_node.map_or(RelationKey::NONE, |node| program.node_key(node)),
            },
            node: subject_node,
            object: snapshot.find_object(definition.key, subject.id()).unwrap_or(ObjectKey::NONE),
            wildcard: Self::wildcard(program, snapshot, subject_definition),
            possible,
            is_object: matches!(subject, Subject::Object(_)),
        }
    }

    /// A subject that no relationship names: it is a member where everyone is.
    pub(super) fn of_nobody(
        program: &Program,
        snapshot: Snapshot<'_>,
        subject_definition: DefinitionId,
        subject_node: Option<NodeId>,
        possible: &'run NodeSet,
    ) -> Self {
        let definition = program.definition(subject_definition);
        Self {
            form: subject_node.map_or(definition.object_form, |node| program.node_key(node)),
            node: subject_node,
            object: ObjectKey::OTHER_NONE,
            wildcard: Self::wildcard(program, snapshot, subject_definition),
            possible,
            is_object: subject_node.is_none(),
        }
    }

    /// A type's wildcard, as subject relation and object, if it occurs.
    fn wildcard(
        program: &Program,
        snapshot: Snapshot<'_>,
        definition: DefinitionId,
    ) -> Option<(RelationKey, ObjectKey)> {
        let definition = program.definition(definition);
        Some((definition.wildcard_form?, snapshot.find_object(definition.key, WILDCARD)?))
    }

    /// Whether a relation of an object holds the subject itself, or everyone of its type.
    pub(super) fn is_in(
        &self,
        snapshot: Snapshot<'_>,
        object: ObjectKey,
        relation: RelationKey,
        conditions: &mut Conditions<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Answer, EvaluateError> {
        match snapshot.read(object, |postings| self.glance(postings, relation)) {
            Glance::No => Ok(Answer::NO),
            Glance::Yes => Ok(Answer::YES),
            Glance::Unclear => self.look_closer(snapshot, object, &[relation], conditions, meter),
        }
    }

    /// Whether one of some relations of an object does, or is what is looked for.
    pub(super) fn is_in_any(
        &self,
        snapshot: Snapshot<'_>,
        object: ObjectKey,
        leaves: &[Leaf],
        conditions: &mut Conditions<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Answer, EvaluateError> {
        if self.object == object && leaves.iter().any(|leaf| self.node == Some(leaf.node)) {
            return Ok(Answer::YES);
        }
        let possible = || leaves.iter().filter(|leaf| self.possible.contains(leaf.node));
        let seen = snapshot.read(object, |postings| {
            let mut seen = Glance::No;
            for leaf in possible() {
                match self.glance(postings, leaf.relation) {
                    Glance::No => {}
                    Glance::Yes => return Glance::Yes,
                    Glance::Unclear => seen = Glance::Unclear,
                }
            }
            seen
        });
        match seen {
            Glance::No => Ok(Answer::NO),
            Glance::Yes => Ok(Answer::YES),
            Glance::Unclear => {
                let relations: SmallVec<[RelationKey; 8]> = possible().map(|leaf| leaf.relation).collect();
                self.look_closer(snapshot, object, &relations, conditions, meter)
            }
        }
    }

    /// What one search each says of the subject and its wildcard.
    #[inline]
    fn glance(&self, postings: PostingsAt<'_>, relation: RelationKey) -> Glance {
        let direct = postings.glance(relation, self.form, self.object);
        if direct == Glance::Yes {
            return Glance::Yes;
        }
        let wildcard = match self.wildcard {
            Some((form, object)) => postings.glance(relation, form, object),
            None => Glance::No,
        };
        match (direct, wildcard) {
            (_, Glance::Yes) => Glance::Yes,
            (Glance::No, Glance::No) => Glance::No,
            _ => Glance::Unclear,
        }
    }

    /// Whether one of some relations of an object holds the subject, where not all of that is plain.
    #[cold]
    #[inline(never)]
    fn look_closer(
        &self,
        snapshot: Snapshot<'_>,
        object: ObjectKey,
        relations: &[RelationKey],
        conditions: &mut Conditions<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Answer, EvaluateError> {
        let mut found = Found::new();
        let is_certain = snapshot.read(object, |postings| {
            relations.iter().any(|relation| self.is_among(postings, *relation, &mut found))
        });
        decide(is_certain, found, conditions, meter)
    }

    /// Whether it is among them for certain; under which conditions it may be is added to `found`.
    fn is_among(&self, postings: PostingsAt<'_>, relation: RelationKey, found: &mut Found) -> bool {
        let mut is_certain = |form, object| match postings.subject(relation, form, object) {
            Holding::No => false,
            Holding::Yes => true,
            Holding::If(condition) => {
                found.push(condition);
                false
            }
        };
        is_certain(self.form, self.object)
            || self.wildcard.is_some_and(|(form, object)| is_certain(form, object))
    }
}

/// Conditions of relationships of which each is enough. They are decided when no lock is held any more.
type Found = SmallVec<[Arc<Condition>; 2]>;

fn decide(
    is_certain: bool,
    found: Found,
    conditions: &mut Conditions<'_>,
    meter: &mut Meter<'_>,
) -> Result<Answer, EvaluateError> {
    if is_certain || found.is_empty() {
        return Ok(Answer::from(is_certain));
    }
    let mut answer = Answer::NO;
    for condition in found {
        let other = conditions.decide(&condition, meter)?;
        answer = conditions.doubts.either(answer, other);
    }
    Ok(answer)
}
