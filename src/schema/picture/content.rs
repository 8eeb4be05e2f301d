//! What is in the picture: a box a definition, a row a relation or permission, and lines between them.

use std::collections::BTreeSet;

use crate::schema::model::{Arrow, ArrowFunction, Expression, NodeId, NodeKind, Schema, SubjectForm};

/// Characters of one row, at most.
const ROW_CHARACTERS_MAX: usize = 64;
/// Lines of one picture, at most: what arrows times types could grow to. Further ones are left out.
const LINES_MAX: usize = 200_000;

/// All of a picture.
pub(super) struct Content {
    pub(super) boxes: Vec<TypeBox>,
    /// In order, each once.
    pub(super) lines: Vec<Line>,
}

/// A definition.
pub(super) struct TypeBox {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// A relation or permission.
pub(super) struct Row {
    pub(super) is_permission: bool,
    pub(super) text: String,
}

/// From a row to a box, or to one of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) from_row: usize,
    pub(super) to: usize,
    pub(super) to_row: Option<usize>,
    pub(super) kind: LineKind,
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineKind {
    /// A relation may hold such subjects.
    Subject,
    /// An arrow of a permission leads there.
    Arrow,
}

impl Content {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut row_by_node = vec![0; schema.nodes().len()];
        let mut boxes = Vec::new();
        for definition in schema.definitions() {
            let mut rows = Vec::new();
            for (row, id) in definition.nodes.iter().enumerate() {
                row_by_node[id.0 as usize] = row;
                rows.push(row_of(schema, *id));
            }
            boxes.push(TypeBox { name: definition.name.to_string(), rows });
        }
        let mut collector = Collector { schema, row_by_node: &row_by_node, lines: BTreeSet::new() };
        for id in (0..).map(NodeId).take(schema.nodes().len()) {
            collector.node(id);
        }
        Self { boxes, lines: collector.lines.into_iter().collect() }
    }
}

struct Collector<'s> {
    schema: &'s Schema,
    row_by_node: &'s [usize],
    lines: BTreeSet<Line>,
}

impl Collector<'_> {
    fn node(&mut self, id: NodeId) {
        match &self.schema.node(id).kind {
            NodeKind::Relation(subjects) => {
                for subject in subjects {
                    let to_row = match subject.form {
                        SubjectForm::Userset(userset) => Some(self.row_by_node[userset.0 as usize]),
                        SubjectForm::Object | SubjectForm::Wildcard => None,
                    };
                    self.line(id, subject.definition.0 as usize, to_row, LineKind::Subject);
                }
            }
            NodeKind::Permission(expression) => self.expression(id, expression),
        }
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(&mut self, id: NodeId, expression: &Expression) {
        match expression {
            Expression::Nil | Expression::SelfObject | Expression::Node(_) => {}
            Expression::Arrow(arrow) => {
                for (definition, target) in &arrow.targets {
                    let to_row = Some(self.row_by_node[target.0 as usize]);
                    self.line(id, definition.0 as usize, to_row, LineKind::Arrow);
                }
            }
            Expression::Union(operands) | Expression::Intersection(operands) => {
                for operand in operands {
                    self.expression(id, operand);
                }
            }
            Expression::Exclusion(base, subtrahend) => {
                self.expression(id, base);
                self.expression(id, subtrahend);
            }
        }
    }

    fn line(&mut self, from: NodeId, to: usize, to_row: Option<usize>, kind: LineKind) {
        if self.lines.len() < LINES_MAX {
            let from_row = self.row_by_node[from.0 as usize];
            let from = self.schema.node(from).definition.0 as usize;
            self.lines.insert(Line { from, from_row, to, to_row, kind });
        }
    }
}

/// `viewer: user | group#member`, `view = viewer + parent->view`; cut where it is long.
fn row_of(schema: &Schema, id: NodeId) -> Row {
    let node = schema.node(id);
    let mut text = node.name.to_string();
    let is_permission = match &node.kind {
        NodeKind::Relation(subjects) => {
            for (index, subject) in subjects.iter().enumerate() {
                text.push_str(if index == 0 { ": " } else { " | " });
                text.push_str(&schema.subject_text(subject));
                if text.len() > ROW_CHARACTERS_MAX {
                    break;
                }
            }
            false
        }
        NodeKind::Permission(expression) => {
            text.push_str(" = ");
            spell(schema, expression, false, &mut text);
            true
        }
    };
    if text.chars().count() > ROW_CHARACTERS_MAX {
        text = text.chars().take(ROW_CHARACTERS_MAX - 1).chain(['…']).collect();
    }
    Row { is_permission, text }
}

/// INVARIANT: recursion is bounded by the depth that the parser allows.
fn spell(schema: &Schema, expression: &Expression, is_inner: bool, text: &mut String) {
    if text.len() > ROW_CHARACTERS_MAX {
        return;
    }
    let mut operation = |operator: &str, operands: &mut dyn Iterator<Item = &Expression>| {
        text.push_str(if is_inner { "(" } else { "" });
        for (index, operand) in operands.enumerate() {
            text.push_str(if index == 0 { "" } else { operator });
            spell(schema, operand, true, text);
            if text.len() > ROW_CHARACTERS_MAX {
                break;
            }
        }
        text.push_str(if is_inner { ")" } else { "" });
    };
    match expression {
        Expression::Nil => text.push_str("nil"),
        Expression::SelfObject => text.push_str("self"),
        Expression::Node(node) => text.push_str(schema.node(*node).name.as_str()),
        Expression::Arrow(Arrow { tupleset, function, target, .. }) => {
            text.push_str(schema.node(*tupleset).name.as_str());
            match function {
                ArrowFunction::Any => text.extend(["->", target.as_str()]),
                ArrowFunction::All => text.extend([".all(", target.as_str(), ")"]),
            }
        }
        Expression::Union(operands) => operation(" + ", &mut operands.iter()),
        Expression::Intersection(operands) => operation(" & ", &mut operands.iter()),
        Expression::Exclusion(base, subtrahend) => {
            operation(" - ", &mut [&**base, &**subtrahend].into_iter());
        }
    }
}
