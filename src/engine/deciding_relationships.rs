//! The relationships that a yes rests on.

use std::sync::atomic::AtomicBool;

use crate::evaluate::{Limits, TRACE_BYTES_MAX, Trace, TraceAnswer};
use crate::relationship::{
    Object, RelationName, Relationship, RelationshipFilter, Subject, SubjectFilter, SubjectIdFilter,
    SubjectRelationFilter,
};
use crate::schema::{Arrow, Expression, NodeId, NodeKind, Schema};

use super::error::CheckPermissionError;
use super::request::CheckPermission;
use super::view::View;

/// Relationships between the same two objects that are looked at.
const BETWEEN_MAX: usize = 16;

impl View {
    /// The relationships by which the subject has the permission: those of the first way that leads to a yes, from the
    /// resource to the subject, each once, `count_max` at the most. None where the answer is no or conditional.
    ///
    /// Where a trace is cut, since it would be too large, what lies below is missing. Synchronous, without I/O; it costs
    /// what [`View::explain_permission`] costs.
    pub fn deciding_relationships(
        &self,
        question: &CheckPermission,
        limits: Limits<'_>,
        count_max: usize,
    ) -> Result<Vec<Relationship>, CheckPermissionError> {
        let trace = self.explain_permission(question, limits, TRACE_BYTES_MAX)?.trace;
        let Some(program) = &self.program else { return Ok(Vec::new()) };
        let mut way = Way {
            view: self,
            schema: program.schema(),
            subject: &question.subject,
            found: Vec::new(),
            count_max,
        };
        if trace.answer == TraceAnswer::Member {
            way.follow(&trace);
        }
        Ok(way.found)
    }
}

/// A walk along the questions of a trace that were answered with yes.
struct Way<'run> {
    view: &'run View,
    schema: &'run Schema,
    subject: &'run Subject,
    found: Vec<Relationship>,
    count_max: usize,
}

impl Way<'_> {
    /// A trace nests no deeper than clients decode it, so neither does this.
    fn follow(&mut self, trace: &Trace) {
        let Some(node) = self.node(&trace.resource, &trace.relation) else { return };
        let schema = self.schema;
        let members = trace.parts.iter().filter(|part| part.answer == TraceAnswer::Member);
        match &schema.node(node).kind {
            NodeKind::Relation(_) if trace.parts.is_empty() => {
                let found = self.to_subject(&trace.resource, &trace.relation);
                self.add(found);
            }
            NodeKind::Relation(_) => {
                for part in members {
                    let between = self.between(&trace.resource, &trace.relation, &part.resource);
                    self.add(between.into_iter().filter(|found| found.subject.relation().is_some()));
                    self.follow(part);
                }
            }
            NodeKind::Permission(expression) => {
                let mut arrows = Vec::new();
                collect_arrows(expression, &mut arrows);
                for part in members {
                    for arrow in &arrows {
                        if self.leads_to(arrow, part) {
                            let relation = &schema.node(arrow.tupleset).name;
                            let between = self.between(&trace.resource, relation, &part.resource);
                            self.add(between);
                        }
                    }
                    self.follow(part);
                }
            }
        }
    }

    fn add(&mut self, found: impl IntoIterator<Item = Relationship>) {
        for relationship in found {
            if self.found.len() >= self.count_max {
                return;
            }
            if !self.found.contains(&relationship) {
                self.found.push(relationship);
            }
        }
    }

    fn node(&self, resource: &Object, relation: &RelationName) -> Option<NodeId> {
        let definition = self.schema.find_definition(resource.definition.as_str())?;
        self.schema.find_node(definition, relation.as_str())
    }

    /// Whether an arrow asks the question of a part, or a permission that is only another name for it.
    fn leads_to(&self, arrow: &Arrow, part: &Trace) -> bool {
        let Some(asked) = self.node(&part.resource, &part.relation) else { return false };
        arrow.targets.iter().any(|(_, target)| {
            let mut node = *target;
            // No circles: the schema's compiler refuses permissions that are only each other's names.
            while node != asked {
                match &self.schema.node(node).kind {
                    NodeKind::Permission(Expression::Node(next)) => node = *next,
                    NodeKind::Permission(_) | NodeKind::Relation(_) => return false,
                }
            }
            true
        })
    }

    /// The relationship of a resource with the subject itself, or else with everyone of its type.
    fn to_subject(&self, resource: &Object, relation: &RelationName) -> Option<Relationship> {
        let form = match self.subject.relation() {
            Some(relation) => SubjectRelationFilter::Named(relation.clone()),
            None => SubjectRelationFilter::Ellipsis,
        };
        let id = match self.subject {
            Subject::Object(object) | Subject::Userset(object, _) => {
                SubjectIdFilter::Object(object.id.clone())
            }
            Subject::Wildcard(_) => SubjectIdFilter::Wildcard,
        };
        let definition = self.subject.definition();
        let itself = SubjectFilter { definition: definition.clone(), id: Some(id), relation: form };
        let everyone = SubjectFilter {
            definition: definition.clone(),
            id: Some(SubjectIdFilter::Wildcard),
            relation: SubjectRelationFilter::Ellipsis,
        };
        [itself, everyone].into_iter().find_map(|subject| self.read(resource, relation, subject).pop())
    }

    /// The relationships of a resource with an object, whatever is asked of that.
    fn between(&self, resource: &Object, relation: &RelationName, object: &Object) -> Vec<Relationship> {
        let subject = SubjectFilter {
            definition: object.definition.clone(),
            id: Some(SubjectIdFilter::Object(object.id.clone())),
            relation: SubjectRelationFilter::Any,
        };
        self.read(resource, relation, subject)
    }

    fn read(&self, resource: &Object, relation: &RelationName, subject: SubjectFilter) -> Vec<Relationship> {
        let filter = RelationshipFilter {
            resource_definition: Some(resource.definition.clone()),
            resource_id: Some(resource.id.clone()),
            resource_id_prefix: None,
            relation: Some(relation.clone()),
            subject: Some(subject),
        };
        // The names are from the schema, so there is no error; if there were one, there would be nothing to show.
        let Ok(mut reader) = self.view.read_relationships(&filter, None) else { return Vec::new() };
        let is_cancelled = AtomicBool::new(false);
        std::iter::from_fn(|| reader.next_unless(&is_cancelled)).take(BETWEEN_MAX).collect()
    }
}

/// Every arrow of an expression.
fn collect_arrows<'schema>(expression: &'schema Expression, arrows: &mut Vec<&'schema Arrow>) {
    match expression {
        Expression::Nil | Expression::SelfObject | Expression::Node(_) => {}
        Expression::Arrow(arrow) => arrows.push(arrow),
        Expression::Union(operands) | Expression::Intersection(operands) => {
            for operand in operands {
                collect_arrows(operand, arrows);
            }
        }
        Expression::Exclusion(base, subtract) => {
            collect_arrows(base, arrows);
            collect_arrows(subtract, arrows);
        }
    }
}
