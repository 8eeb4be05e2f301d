//! Who has a relation or permission on an object, laid out as the schema puts it together.
//!
//! One level of data: permissions and arrows are unfolded, usersets stay subjects. A tree is sent as messages within
//! messages, so both its depth and its size are bounded; recursion is as deep as the tree. A permission that comes
//! back to itself on the same object has no finite tree, and is an error that names the circle.

use crate::index::{ObjectKey, Snapshot};
use crate::relationship::{Object, RelationName, Subject};
use crate::schema::{Arrow, ArrowFunction, DefinitionId, Expression, NodeId, NodeKind, SubjectForm};

use super::error::ExpandError;
use super::limits::{Limits, Meter};
use super::program::Program;

/// Levels of a tree, at most: what 49 arrows, one below the other, make of the usual schemas, and some more. Many
/// clients decode 50 levels.
pub const TREE_LEVELS_MAX: u32 = 160;
/// Bytes of a tree, at most: names as long as they are, and 64 for each node and each subject.
pub const TREE_BYTES_MAX: usize = 8 << 20;
/// What a node or a subject costs beside its names.
const ENTRY_BYTES: usize = 64;
/// Permissions of a circle that are named in the message, at most.
const NAMED_MAX: usize = 20;
/// Subjects copied out of the index at once.
const CHUNK: usize = 1024;

/// The subjects of one relation or permission of one object, or of a part of its expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionTree {
    /// The object.
    pub object: Object,
    /// The relation or permission, or the one that this is a part of.
    pub relation: RelationName,
    /// The subjects.
    pub subjects: TreeSubjects,
}

/// The subjects of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeSubjects {
    /// These, conditions left aside; in order.
    Leaf(Vec<Subject>),
    /// Those of several trees, put together.
    Combined(SetOperation, Vec<PermissionTree>),
}

/// How sets of subjects are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperation {
    /// Whoever is in any.
    Union,
    /// Whoever is in all.
    Intersection,
    /// Whoever is in the first and not in the second.
    Exclusion,
}

/// Lays out who has a relation or permission on a resource, which is of the definition that `node` belongs to.
/// Conditions of relationships are left aside.
pub fn expand(
    program: &Program,
    snapshot: Snapshot<'_>,
    resource: &Object,
    node: NodeId,
    limits: Limits<'_>,
) -> Result<PermissionTree, ExpandError> {
    let definition = program.definition(program.schema().node(node).definition);
    let key = snapshot.find_object(definition.key, resource.id.as_str()).unwrap_or(ObjectKey::NONE);
    let levels_max = TREE_LEVELS_MAX.min(limits.depth_max);
    let meter = Meter::new(limits);
    let mut expander =
        Expander { program, snapshot, meter, levels_max, bytes_left: TREE_BYTES_MAX, around: Vec::new() };
    expander.node(node, &Place { object: resource, key, node }, 0)
}

struct Expander<'run, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    meter: Meter<'caller>,
    levels_max: u32,
    bytes_left: usize,
    /// The permissions that are being expanded, from the root to here.
    around: Vec<(NodeId, ObjectKey, Object)>,
}

/// An object, and the relation or permission of it that is being expanded.
#[derive(Clone, Copy)]
struct Place<'tree> {
    object: &'tree Object,
    key: ObjectKey,
    node: NodeId,
}

impl Expander<'_, '_> {
    /// The tree of a relation or permission of the place's object.
    fn node(&mut self, node: NodeId, place: &Place<'_>, level: u32) -> Result<PermissionTree, ExpandError> {
        let place = &Place { node, ..*place };
        let program = self.program;
        let expression = match &program.schema().node(node).kind {
            NodeKind::Relation(_) => return self.relation(place, level),
            NodeKind::Permission(expression) => expression,
        };
        if let Some(start) = self.around.iter().position(|open| (open.0, open.1) == (node, place.key)) {
            return Err(self.circle(start));
        }
        self.around.push((node, place.key, place.object.clone()));
        let tree = match expression {
            Expression::Union(_) | Expression::Intersection(_) | Expression::Exclusion(..) => {
                self.expression(expression, place, level)?
            }
            only => {
                self.add_tree(place, level)?;
                let only = self.expression(only, place, level + 1)?;
                self.combined(place, SetOperation::Union, vec![only])
            }
        };
        self.around.pop();
        Ok(tree)
    }

    fn expression(
        &mut self,
        expression: &Expression,
        place: &Place<'_>,
        level: u32,
    ) -> Result<PermissionTree, ExpandError> {
        let (operation, operands): (_, Vec<&Expression>) = match expression {
            Expression::Nil => return self.leaf(place, level, Vec::new()),
            Expression::SelfObject => {
                self.add_bytes(bytes_of(place.object))?;
                return self.leaf(place, level, vec![Subject::Object(place.object.clone())]);
            }
            Expression::Node(node) => return self.node(*node, place, level),
            Expression::Arrow(arrow) => return self.arrow(arrow, place, level),
            Expression::Union(operands) => (SetOperation::Union, operands.iter().collect()),
            Expression::Intersection(operands) => (SetOperation::Intersection, operands.iter().collect()),
            Expression::Exclusion(base, subtract) => (SetOperation::Exclusion, vec![&**base, &**subtract]),
        };
        self.add_tree(place, level)?;
        let children: Result<_, _> =
            operands.into_iter().map(|operand| self.expression(operand, place, level + 1)).collect();
        Ok(self.combined(place, operation, children?))
    }

    /// One tree for each subject of the arrow's relation, an empty one where its type lacks the target.
    fn arrow(&mut self, arrow: &Arrow, place: &Place<'_>, level: u32) -> Result<PermissionTree, ExpandError> {
        self.add_tree(place, level)?;
        let mut steps = Vec::new();
        self.visit_subjects(&Place { node: arrow.tupleset, ..*place }, |form, key, subject| {
            if let Subject::Object(object) | Subject::Userset(object, _) = subject {
                steps.push((object, key, form.0));
            }
        })?;
        steps.sort_unstable();
        let mut children = Vec::with_capacity(steps.len());
        for (object, key, definition) in steps {
            let target = arrow.targets.iter().find(|(known, _)| *known == definition);
            children.push(match target {
                Some((_, node)) => {
                    self.node(*node, &Place { object: &object, key, node: *node }, level + 1)?
                }
                None => self.leaf(place, level + 1, Vec::new())?,
            });
        }
        let operation = match arrow.function {
            ArrowFunction::Any => SetOperation::Union,
            ArrowFunction::All => SetOperation::Intersection,
        };
        Ok(self.combined(place, operation, children))
    }

    fn relation(&mut self, place: &Place<'_>, level: u32) -> Result<PermissionTree, ExpandError> {
        let mut subjects = Vec::new();
        self.visit_subjects(place, |_, _, subject| subjects.push(subject))?;
        subjects.sort_unstable();
        self.leaf(place, level, subjects)
    }

    fn leaf(
        &mut self,
        place: &Place<'_>,
        level: u32,
        subjects: Vec<Subject>,
    ) -> Result<PermissionTree, ExpandError> {
        self.add_tree(place, level)?;
        Ok(self.tree(place, TreeSubjects::Leaf(subjects)))
    }

    fn combined(
        &self,
        place: &Place<'_>,
        operation: SetOperation,
        children: Vec<PermissionTree>,
    ) -> PermissionTree {
        self.tree(place, TreeSubjects::Combined(operation, children))
    }

    fn tree(&self, place: &Place<'_>, subjects: TreeSubjects) -> PermissionTree {
        let relation = self.program.schema().node(place.node).name.clone();
        PermissionTree { object: place.object.clone(), relation, subjects }
    }

    /// Visits the subjects that the place's relation holds at this time, in no particular order.
    fn visit_subjects(
        &mut self,
        place: &Place<'_>,
        mut visitor: impl FnMut((DefinitionId, SubjectForm), ObjectKey, Subject),
    ) -> Result<(), ExpandError> {
        let relation = self.program.node_key(place.node);
        for form in self.program.subject_forms(place.node) {
            let form_key = self.program.form_key(form.0, form.1);
            let mut after = None;
            loop {
                let mut keys = Vec::new();
                let has_more = self.snapshot.read(place.key, |postings| {
                    postings.subjects(relation, form_key, after, CHUNK, |key, _| keys.push(key))
                });
                self.meter.visit(keys.len() as u64)?;
                after = keys.last().copied();
                for key in keys {
                    if let Some(subject) = self.subject(form, key) {
                        self.add_bytes(subject_bytes(&subject))?;
                        visitor(form, key, subject);
                    }
                }
                if !has_more {
                    break;
                }
            }
        }
        Ok(())
    }

    fn subject(&self, (definition, form): (DefinitionId, SubjectForm), key: ObjectKey) -> Option<Subject> {
        let schema = self.program.schema();
        let object = || self.program.object(self.snapshot, definition, key);
        Some(match form {
            SubjectForm::Object => Subject::Object(object()?),
            SubjectForm::Wildcard => Subject::Wildcard(schema.definition(definition).name.clone()),
            SubjectForm::Userset(node) => Subject::Userset(object()?, schema.node(node).name.clone()),
        })
    }

    /// Counts one more tree on a level.
    fn add_tree(&mut self, place: &Place<'_>, level: u32) -> Result<(), ExpandError> {
        self.meter.visit(1)?;
        if level >= self.levels_max {
            return Err(ExpandError::TooDeep { levels_max: self.levels_max });
        }
        let name = &self.program.schema().node(place.node).name;
        self.add_bytes(bytes_of(place.object) + name.as_str().len())
    }

    fn add_bytes(&mut self, bytes: usize) -> Result<(), ExpandError> {
        let left = self.bytes_left.checked_sub(bytes + ENTRY_BYTES);
        self.bytes_left = left.ok_or(ExpandError::TooLarge { bytes_max: TREE_BYTES_MAX })?;
        Ok(())
    }

    /// The circle that begins, and ends, at one of the permissions around.
    fn circle(&self, start: usize) -> ExpandError {
        let around = self.around[start..].iter().take(NAMED_MAX).chain(&self.around[start..=start]);
        let schema = self.program.schema();
        let name = |(node, _, object): &(NodeId, _, Object)| format!("{object}#{}", schema.node(*node).name);
        ExpandError::Circle { circle: around.map(name).collect() }
    }
}

fn bytes_of(object: &Object) -> usize {
    object.definition.as_str().len() + object.id.as_str().len()
}

fn subject_bytes(subject: &Subject) -> usize {
    subject.definition().as_str().len()
        + subject.id().len()
        + subject.relation().map_or(0, |relation| relation.as_str().len())
}
