//! A schema made ready to run: flat operations over the index's numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::caveat::{Caveat, Parameter};
use crate::index::{DefinitionKey, ELLIPSIS, ObjectKey, RelationKey, RelationNames, Snapshot, WILDCARD};
use crate::relationship::{CaveatName, Object, ObjectId};
use crate::schema::{
    Arrow, ArrowFunction, DefinitionId, Expression, NodeId, NodeKind, Reachability, Schema, SubjectForm,
};

/// A schema compiled against an index's names. It holds for every snapshot of that index at which the schema holds.
#[derive(Debug)]
pub struct Program {
    schema: Arc<Schema>,
    reachability: Reachability,
    definitions: Vec<DefinitionPlan>,
    node_keys: Vec<RelationKey>,
    nodes: Vec<NodePlan>,
    operations: Vec<Operation>,
    operands: Vec<OperationId>,
    leaves: Vec<Leaf>,
    walks: Vec<Walk>,
    definition_by_key: HashMap<DefinitionKey, DefinitionId, foldhash::fast::RandomState>,
    caveats: Vec<CaveatPlan>,
    caveat_by_name: HashMap<CaveatName, usize, foldhash::fast::RandomState>,
    parameter_names: Vec<Arc<str>>,
}

/// A parameter by name and type, whichever caveats have it, by its place in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ParameterId(u32);

impl ParameterId {
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// A caveat, and its parameters in order of declaration.
#[derive(Debug)]
pub(super) struct CaveatPlan {
    pub(super) caveat: Arc<Caveat>,
    pub(super) parameters: Vec<ParameterId>,
}

/// The numbers of a definition.
#[derive(Debug, Clone, Copy)]
pub struct DefinitionPlan {
    /// The definition's own.
    pub key: DefinitionKey,
    /// What its objects have as a subject relation.
    pub object_form: RelationKey,
    /// What its wildcard has as a subject relation; nothing if no relation allows the wildcard.
    pub wildcard_form: Option<RelationKey>,
}

/// How a node is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) enum NodePlan {
    /// A relation whose subjects are objects and wildcards only, or a permission that is a union of such: one look at
    /// the object answers. Places in the program's leaves, from and to.
    Leaves(u32, u32),
    /// A relation with usersets: one search, then a walk over them.
    Relation(RelationKey, OperationId),
    /// A permission that is one arrow. Where another one of the same object names it, it need not be remembered: its
    /// subjects' answers are.
    Arrow(OperationId),
    /// Any other permission.
    Permission(OperationId),
}

/// A relation whose subjects are objects and wildcards only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) node: NodeId,
    pub(super) relation: RelationKey,
}

/// An operation, by its place in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OperationId(pub(super) u32);

/// One step of evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Nil,
    SelfObject,
    Node(NodeId),
    /// Any of some leaves of the same object, at places in the program's leaves, from and to: one look at the object
    /// answers.
    Leaves(u32, u32),
    /// A place in the program's walks.
    Walk(u32),
    /// Places in the program's operands, from and to: any of them, or all of them.
    Any(u32, u32),
    All(u32, u32),
    Exclusion(OperationId, OperationId),
}

/// A walk over the subjects of one relation.
#[derive(Debug)]
pub(super) struct Walk {
    /// The relation that is walked over.
    pub(super) relation: RelationKey,
    /// Each form of subject, and the node to ask of a subject of that form; nothing where its type lacks the node.
    pub(super) steps: Vec<(RelationKey, Option<NodeId>)>,
    /// Whether one subject is enough, or all must agree and there must be one.
    pub(super) function: ArrowFunction,
}

impl Program {
    /// Compiles a schema, giving its names numbers in the index where they have none yet.
    pub fn new(schema: &Arc<Schema>, names: &RelationNames) -> Self {
        let mut definitions: Vec<_> = schema
            .definitions()
            .iter()
            .map(|definition| {
                let key = names.intern_definition(definition.name.as_str());
                DefinitionPlan { key, object_form: names.intern_relation(key, ELLIPSIS), wildcard_form: None }
            })
            .collect();
        for node in schema.nodes() {
            for allowed in
                allowed_subjects(&node.kind).iter().filter(|allowed| allowed.form == SubjectForm::Wildcard)
            {
                let definition = &mut definitions[allowed.definition.0 as usize];
                definition.wildcard_form = Some(names.intern_relation(definition.key, WILDCARD));
            }
        }
        let node_keys = schema
            .nodes()
            .iter()
            .map(|node| {
                names.intern_relation(definitions[node.definition.0 as usize].key, node.name.as_str())
            })
            .collect();
        let places = (0_u32..).map(DefinitionId);
        let mut program = Self {
            reachability: Reachability::new(schema),
            definition_by_key: definitions.iter().map(|definition| definition.key).zip(places).collect(),
            definitions,
            node_keys,
            nodes: Vec::with_capacity(schema.nodes().len()),
            operations: Vec::new(),
            operands: Vec::new(),
            leaves: Vec::new(),
            walks: Vec::new(),
            caveats: Vec::new(),
            caveat_by_name: HashMap::default(),
            parameter_names: Vec::new(),
            schema: Arc::clone(schema),
        };
        program.add_caveats();
        for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
            let plan = match &node.kind {
                NodeKind::Relation(_) => program.add_relation(id, &node.kind),
                NodeKind::Permission(expression) => {
                    let body = program.add_expression(expression);
                    match program.operation(body) {
                        Operation::Leaves(from, to) => NodePlan::Leaves(from, to),
                        Operation::Walk(_) => NodePlan::Arrow(body),
                        _ => NodePlan::Permission(body),
                    }
                }
            };
            program.nodes.push(plan);
        }
        program
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Which nodes can hold a subject.
    pub(super) fn reachability(&self) -> &Reachability {
        &self.reachability
    }

    /// The numbers of a definition.
    pub fn definition(&self, id: DefinitionId) -> DefinitionPlan {
        self.definitions[id.0 as usize]
    }

    /// The definition of a number, if the schema has it.
    pub fn find_definition(&self, key: DefinitionKey) -> Option<DefinitionId> {
        self.definition_by_key.get(&key).copied()
    }

    /// The number of a relation or permission.
    pub fn node_key(&self, id: NodeId) -> RelationKey {
        self.node_keys[id.0 as usize]
    }

    /// A caveat of the schema, and its place among them.
    pub(super) fn find_caveat(&self, name: &CaveatName) -> Option<(usize, &CaveatPlan)> {
        let place = *self.caveat_by_name.get(name)?;
        Some((place, &self.caveats[place]))
    }

    pub(super) fn caveats(&self) -> &[CaveatPlan] {
        &self.caveats
    }

    /// How many parameters there are, those of the same name and type counted once.
    pub(super) fn parameters_len(&self) -> usize {
        self.parameter_names.len()
    }

    /// The name of a parameter.
    pub(super) fn parameter_name(&self, id: ParameterId) -> &Arc<str> {
        &self.parameter_names[id.0 as usize]
    }

    pub(super) fn node(&self, id: NodeId) -> NodePlan {
        self.nodes[id.0 as usize]
    }

    pub(super) fn operation(&self, id: OperationId) -> Operation {
        self.operations[id.0 as usize]
    }

    pub(super) fn operand(&self, place: u32) -> OperationId {
        self.operands[place as usize]
    }

    pub(super) fn leaves(&self, from: u32, to: u32) -> &[Leaf] {
        &self.leaves[from as usize..to as usize]
    }

    pub(super) fn walk(&self, place: u32) -> &Walk {
        &self.walks[place as usize]
    }

    /// An object of a definition by name, if it occurs.
    pub(super) fn object(
        &self,
        snapshot: Snapshot<'_>,
        definition: DefinitionId,
        object: ObjectKey,
    ) -> Option<Object> {
        let (_, id) = snapshot.object_name(object)?;
        let definition = self.schema.definition(definition).name.clone();
        Some(Object { definition, id: ObjectId::new(&*id).ok()? })
    }

    /// The forms of subject that a relation takes, each once; none of a permission.
    pub(super) fn subject_forms(&self, node: NodeId) -> Vec<(DefinitionId, SubjectForm)> {
        let allowed = allowed_subjects(&self.schema.node(node).kind).iter();
        let mut forms = Vec::new();
        for form in allowed.map(|allowed| (allowed.definition, allowed.form)) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms
    }

    /// What a subject of this form has as a subject relation.
    pub(super) fn form_key(&self, definition: DefinitionId, form: SubjectForm) -> RelationKey {
        match form {
            SubjectForm::Object => self.definition(definition).object_form,
            SubjectForm::Wildcard => self.definition(definition).wildcard_form.unwrap_or(RelationKey::NONE),
            SubjectForm::Userset(node) => self.node_key(node),
        }
    }

    fn add_caveats(&mut self) {
        let schema = Arc::clone(&self.schema);
        let mut ids: HashMap<&Parameter, ParameterId> = HashMap::new();
        for (declaration, place) in schema.caveats().iter().zip(0..) {
            let mut parameters = Vec::new();
            for parameter in declaration.compiled.parameters() {
                let next = ParameterId(self::place(self.parameter_names.len()));
                let id = *ids.entry(parameter).or_insert(next);
                if id == next {
                    self.parameter_names.push(Arc::from(parameter.name.as_str()));
                }
                parameters.push(id);
            }
            self.caveats.push(CaveatPlan { caveat: Arc::clone(&declaration.compiled), parameters });
            self.caveat_by_name.insert(declaration.name.clone(), place);
        }
    }

    fn add_relation(&mut self, node: NodeId, kind: &NodeKind) -> NodePlan {
        if let Some(leaf) = self.find_leaf(node) {
            let (from, to) = self.add_leaves(&[leaf]);
            return NodePlan::Leaves(from, to);
        }
        let relation = self.node_key(node);
        let mut steps: Vec<(RelationKey, Option<NodeId>)> = Vec::new();
        for allowed in allowed_subjects(kind) {
            if let SubjectForm::Userset(node) = allowed.form {
                steps.push((self.node_key(node), Some(node)));
            }
        }
        steps.sort_unstable();
        steps.dedup();
        NodePlan::Relation(relation, self.add_walk(Walk { relation, steps, function: ArrowFunction::Any }))
    }

    fn add_expression(&mut self, expression: &Expression) -> OperationId {
        let operation = match expression {
            Expression::Nil => Operation::Nil,
            Expression::SelfObject => Operation::SelfObject,
            Expression::Node(node) => match self.find_leaf(*node) {
                Some(leaf) => {
                    let (from, to) = self.add_leaves(&[leaf]);
                    Operation::Leaves(from, to)
                }
                None => Operation::Node(*node),
            },
            Expression::Arrow(arrow) => return self.add_arrow(arrow),
            Expression::Union(operands) => return self.add_union(operands),
            Expression::Intersection(operands) => {
                let operands = self.add_sorted(operands.iter());
                let (from, to) = self.add_operands(operands);
                Operation::All(from, to)
            }
            Expression::Exclusion(base, subtract) => {
                Operation::Exclusion(self.add_expression(base), self.add_expression(subtract))
            }
        };
        self.add_operation(operation)
    }

    /// The leaves among the operands become one.
    fn add_union(&mut self, operands: &[Expression]) -> OperationId {
        let leaf = |operand: &Expression| match operand {
            Expression::Node(node) => self.find_leaf(*node),
            _ => None,
        };
        let leaves: Vec<_> = operands.iter().filter_map(leaf).collect();
        let others: Vec<_> = operands.iter().filter(|operand| leaf(operand).is_none()).collect();
        let mut ids = Vec::new();
        if !leaves.is_empty() {
            let (from, to) = self.add_leaves(&leaves);
            ids.push(self.add_operation(Operation::Leaves(from, to)));
        }
        ids.extend(self.add_sorted(others.into_iter()));
        if let [only] = ids[..] {
            return only;
        }
        let (from, to) = self.add_operands(ids);
        self.add_operation(Operation::Any(from, to))
    }

    /// The cheap operands come first: what they decide need not be walked for.
    fn add_sorted<'schema>(
        &mut self,
        operands: impl Iterator<Item = &'schema Expression>,
    ) -> Vec<OperationId> {
        let mut sorted: Vec<_> = operands.collect();
        sorted.sort_by_key(|operand| cost(&self.schema, operand));
        sorted.into_iter().map(|operand| self.add_expression(operand)).collect()
    }

    fn add_operands(&mut self, operands: Vec<OperationId>) -> (u32, u32) {
        let from = place(self.operands.len());
        self.operands.extend(operands);
        (from, place(self.operands.len()))
    }

    fn add_leaves(&mut self, leaves: &[Leaf]) -> (u32, u32) {
        let from = place(self.leaves.len());
        self.leaves.extend(leaves);
        (from, place(self.leaves.len()))
    }

    /// The node as a leaf, if it is one.
    fn find_leaf(&self, node: NodeId) -> Option<Leaf> {
        let NodeKind::Relation(allowed) = &self.schema.node(node).kind else { return None };
        let is_leaf = !allowed.iter().any(|allowed| matches!(allowed.form, SubjectForm::Userset(_)));
        is_leaf.then(|| Leaf { node, relation: self.node_key(node) })
    }

    fn add_arrow(&mut self, arrow: &Arrow) -> OperationId {
        let schema = Arc::clone(&self.schema);
        let mut steps = Vec::new();
        for allowed in allowed_subjects(&schema.node(arrow.tupleset).kind) {
            let target = arrow.targets.iter().find(|(definition, _)| *definition == allowed.definition);
            steps.push((self.form_key(allowed.definition, allowed.form), target.map(|(_, node)| *node)));
        }
        steps.sort_unstable();
        steps.dedup();
        if arrow.function == ArrowFunction::Any {
            steps.retain(|(_, target)| target.is_some());
        }
        self.add_walk(Walk { relation: self.node_key(arrow.tupleset), steps, function: arrow.function })
    }

    fn add_walk(&mut self, walk: Walk) -> OperationId {
        self.walks.push(walk);
        self.add_operation(Operation::Walk(place(self.walks.len() - 1)))
    }

    fn add_operation(&mut self, operation: Operation) -> OperationId {
        self.operations.push(operation);
        OperationId(place(self.operations.len() - 1))
    }
}

fn allowed_subjects(kind: &NodeKind) -> &[crate::schema::AllowedSubject] {
    match kind {
        NodeKind::Relation(allowed) => allowed,
        NodeKind::Permission(_) => &[],
    }
}

/// How much an operand is expected to cost: one search, a computation, a walk.
fn cost(schema: &Schema, expression: &Expression) -> u8 {
    match expression {
        Expression::Nil | Expression::SelfObject => 0,
        Expression::Node(node) => match &schema.node(*node).kind {
            NodeKind::Relation(allowed) => {
                u8::from(allowed.iter().any(|allowed| matches!(allowed.form, SubjectForm::Userset(_)))) + 1
            }
            NodeKind::Permission(_) => 3,
        },
        Expression::Union(_) | Expression::Intersection(_) | Expression::Exclusion(..) => 4,
        Expression::Arrow(_) => 5,
    }
}

/// A place as a number: programs are as bounded as the schema's text.
fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
