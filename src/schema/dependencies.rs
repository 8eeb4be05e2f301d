//! Which relations and permissions depend on which, whatever is stored: for people who change a schema and want to know
//! what that touches.
//!
//! Wider than [`Reachability`](super::Reachability), which knows who can be *held*: what is subtracted counts here, too.

use super::adjacency::Adjacency;
use super::model::{DefinitionId, Expression, NodeId, NodeKind, Schema, SubjectForm};

/// Every relation and permission whose answers can depend on the subjects of a relation or permission, itself excluded,
/// or, without one, on the objects of the definition. By name. In time proportional to the schema.
///
/// A relation depends on what it allows as a subject, everyone of its type included: whoever reaches `group#member` counts
/// as reaching `group:*`. A permission depends on its operands, those subtracted among them, and on what its arrows end
/// in; an arrow's tupleset is not depended on, but walked over.
pub fn computable_permissions(
    schema: &Schema,
    definition: DefinitionId,
    relation: Option<NodeId>,
) -> Vec<NodeId> {
    let places = Places { nodes: schema.nodes().len(), definitions: schema.definitions().len() };
    let users = places.users(schema);
    let mut is_found = vec![false; places.nodes];
    let mut is_widened = vec![false; places.definitions];
    let start = relation.map_or(places.objects(definition), |node| places.node(node));
    let mut waiting = vec![(start, definition)];
    while let Some((place, definition)) = waiting.pop() {
        let is_new = !std::mem::replace(&mut is_widened[definition.0 as usize], true);
        let wildcards = if is_new { users.of(places.everyone(definition)) } else { &[] };
        for user in users.of(place).iter().chain(wildcards) {
            if !std::mem::replace(&mut is_found[user.0 as usize], true) {
                waiting.push((places.node(*user), schema.node(*user).definition));
            }
        }
    }
    found(schema, &is_found, relation)
}

/// Every relation and permission that the answers of a permission can depend on, itself excluded. By name. In time
/// proportional to the schema.
///
/// That is its operands, the tuplesets and targets of its arrows, and what these depend on in turn; of a relation, the
/// usersets that it allows. What a tupleset allows does not matter, since only the objects of its subjects do.
pub fn dependent_relations(schema: &Schema, permission: NodeId) -> Vec<NodeId> {
    let mut search = Search { is_found: vec![false; schema.nodes().len()], waiting: vec![permission] };
    let mut is_read = search.is_found.clone();
    while let Some(node) = search.waiting.pop() {
        search.is_found[node.0 as usize] = true;
        if std::mem::replace(&mut is_read[node.0 as usize], true) {
            continue;
        }
        match &schema.node(node).kind {
            NodeKind::Permission(expression) => search.expression(expression),
            NodeKind::Relation(subjects) => {
                let usersets = subjects.iter().filter_map(|subject| match subject.form {
                    SubjectForm::Userset(userset) => Some(userset),
                    SubjectForm::Object | SubjectForm::Wildcard => None,
                });
                search.waiting.extend(usersets);
            }
        }
    }
    found(schema, &search.is_found, Some(permission))
}

/// The nodes of a set but one, by name.
fn found(schema: &Schema, is_found: &[bool], but: Option<NodeId>) -> Vec<NodeId> {
    let nodes = (0..).map(NodeId).zip(is_found).filter(|(node, is_found)| **is_found && Some(*node) != but);
    let mut nodes: Vec<_> = nodes.map(|(node, _)| node).collect();
    nodes.sort_by_key(|id| {
        let node = schema.node(*id);
        (&schema.definition(node.definition).name, &node.name)
    });
    nodes
}

/// What can be depended on, as numbers: nodes, then the objects of definitions, then everyone of definitions.
#[derive(Clone, Copy)]
struct Places {
    nodes: usize,
    definitions: usize,
}

impl Places {
    fn node(self, node: NodeId) -> u32 {
        debug_assert!((node.0 as usize) < self.nodes, "a node of another schema");
        node.0
    }

    fn objects(self, definition: DefinitionId) -> u32 {
        // A text has too few bytes for so many of them that this could be cut off.
        u32::try_from(self.nodes).unwrap_or(u32::MAX) + definition.0
    }

    fn everyone(self, definition: DefinitionId) -> u32 {
        self.objects(definition) + u32::try_from(self.definitions).unwrap_or(u32::MAX)
    }

    /// For each place the nodes that depend on it directly.
    fn users(self, schema: &Schema) -> Adjacency<NodeId> {
        let mut users = Vec::new();
        for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
            match &node.kind {
                NodeKind::Permission(expression) => {
                    self.operands(expression, node.definition, &mut |place| users.push((place, id)));
                }
                NodeKind::Relation(subjects) => users.extend(subjects.iter().map(|subject| {
                    let place = match subject.form {
                        SubjectForm::Object => self.objects(subject.definition),
                        SubjectForm::Wildcard => self.everyone(subject.definition),
                        SubjectForm::Userset(userset) => self.node(userset),
                    };
                    (place, id)
                })),
            }
        }
        Adjacency::new(self.nodes + 2 * self.definitions, users)
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn operands(self, expression: &Expression, own: DefinitionId, tell: &mut impl FnMut(u32)) {
        match expression {
            Expression::Nil => {}
            Expression::SelfObject => tell(self.objects(own)),
            Expression::Node(node) => tell(self.node(*node)),
            Expression::Arrow(arrow) => {
                for (_, target) in &arrow.targets {
                    tell(self.node(*target));
                }
            }
            Expression::Union(operands) | Expression::Intersection(operands) => {
                for operand in operands {
                    self.operands(operand, own, tell);
                }
            }
            Expression::Exclusion(base, subtrahend) => {
                self.operands(base, own, tell);
                self.operands(subtrahend, own, tell);
            }
        }
    }
}

struct Search {
    is_found: Vec<bool>,
    waiting: Vec<NodeId>,
}

impl Search {
    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Nil | Expression::SelfObject => {}
            Expression::Node(node) => self.waiting.push(*node),
            Expression::Arrow(arrow) => {
                // An arrow that leads nowhere is not walked.
                self.is_found[arrow.tupleset.0 as usize] |= !arrow.targets.is_empty();
                self.waiting.extend(arrow.targets.iter().map(|(_, target)| *target));
            }
            Expression::Union(operands) | Expression::Intersection(operands) => {
                for operand in operands {
                    self.expression(operand);
                }
            }
            Expression::Exclusion(base, subtrahend) => {
                self.expression(base);
                self.expression(subtrahend);
            }
        }
    }
}
