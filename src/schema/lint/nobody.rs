//! Permissions that nobody can have, whatever is stored.
//!
//! For each relation and permission, the types of objects that it can hold are the least fixpoint over the schema. Where
//! that is no type, somebody meant something else: told once, at its cause, and not again of what rests on it.

use crate::schema::diagnostic::Span;
use crate::schema::model::{DefinitionId, Expression, NodeId, NodeKind, Schema, SubjectForm};
use crate::schema::reachability::Reachability;
use crate::schema::tree::Member;

use super::code::LintCode;
use super::finding::Findings;
use super::source::Source;

/// Types that are told apart in one place; where there are more, any type is taken to be possible.
const TYPES_MAX: usize = 64;

/// The types of objects that something can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Types {
    /// These, in order.
    Some(Vec<DefinitionId>),
    /// Any.
    Any,
}

impl Types {
    const NONE: Self = Self::Some(Vec::new());

    fn is_none(&self) -> bool {
        matches!(self, Self::Some(types) if types.is_empty())
    }

    fn add(&mut self, other: &Self) {
        let (Self::Some(types), Self::Some(others)) = (&mut *self, other) else {
            *self = Self::Any;
            return;
        };
        types.extend_from_slice(others);
        types.sort_unstable();
        types.dedup();
        if types.len() > TYPES_MAX {
            *self = Self::Any;
        }
    }

    fn keep(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::Any) => {}
            (Self::Any, other) => *self = other.clone(),
            (Self::Some(types), Self::Some(others)) => types.retain(|kind| others.contains(kind)),
        }
    }
}

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    let schema = source.schema;
    let reachability = Reachability::new(schema);
    let possible = possible(schema, &reachability);
    let count = possible.iter().filter(|types| types.is_none()).count();
    if count == 0 {
        return;
    }
    let mut search = Search {
        schema,
        reachability: &reachability,
        possible,
        is_explained: vec![false; schema.nodes().len()],
    };
    let mut causes = Vec::new();
    let empty: Vec<NodeId> = search.empty().collect();
    // Causes: nobody has it even if others that nobody has were had by somebody.
    for node in &empty {
        if search.is_explained[node.0 as usize] {
            continue;
        }
        let is_meant = matches!(schema.node(*node).kind, NodeKind::Permission(Expression::Nil));
        if is_meant || search.is_empty_given(*node) {
            // An arrow that leads nowhere is told by itself.
            if !is_meant && search.is_empty_whatever_arrows(*node) {
                causes.push((*node, Cause::Operands));
            }
            search.explain(*node);
        }
    }
    // What is left goes round in circles.
    for node in empty {
        if !search.is_explained[node.0 as usize] {
            causes.push((node, Cause::Circle));
            search.explain(node);
        }
    }
    tell(source, &causes, findings);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// What it is put together from excludes each other.
    Operands,
    /// It leads only to what leads back to it.
    Circle,
}

/// What each node can hold.
fn possible(schema: &Schema, reachability: &Reachability) -> Vec<Types> {
    let nodes = schema.nodes().len();
    let mut possible = vec![Types::NONE; nodes];
    let mut is_waiting = vec![true; nodes];
    let mut waiting: Vec<NodeId> = (0..).map(NodeId).take(nodes).collect();
    while let Some(node) = waiting.pop() {
        is_waiting[node.0 as usize] = false;
        let types = types_of(schema, node, &|part| possible[part.0 as usize].clone(), false);
        if types != possible[node.0 as usize] {
            possible[node.0 as usize] = types;
            let users = reachability.used_by(node).iter().map(|usage| usage.node);
            waiting.extend(users.filter(|user| !std::mem::replace(&mut is_waiting[user.0 as usize], true)));
        }
    }
    possible
}

fn types_of(schema: &Schema, node: NodeId, of: &dyn Fn(NodeId) -> Types, do_arrows_lead: bool) -> Types {
    let NodeKind::Relation(subjects) = &schema.node(node).kind else {
        let NodeKind::Permission(expression) = &schema.node(node).kind else { return Types::NONE };
        let own = schema.node(node).definition;
        return types_in(expression, own, of, do_arrows_lead);
    };
    let mut types = Types::NONE;
    for subject in subjects {
        match subject.form {
            SubjectForm::Object | SubjectForm::Wildcard => types.add(&Types::Some(vec![subject.definition])),
            SubjectForm::Userset(userset) => types.add(&of(userset)),
        }
        if types == Types::Any {
            break;
        }
    }
    types
}

/// INVARIANT: recursion is bounded by the depth that the parser allows.
fn types_in(
    expression: &Expression,
    own: DefinitionId,
    of: &dyn Fn(NodeId) -> Types,
    do_arrows_lead: bool,
) -> Types {
    match expression {
        Expression::Nil => Types::NONE,
        Expression::SelfObject => Types::Some(vec![own]),
        Expression::Node(node) => of(*node),
        Expression::Arrow(arrow) if arrow.targets.is_empty() && do_arrows_lead => Types::Any,
        Expression::Arrow(arrow) => {
            let mut types = Types::NONE;
            arrow.targets.iter().for_each(|(_, target)| types.add(&of(*target)));
            types
        }
        Expression::Union(operands) => {
            let mut types = Types::NONE;
            for operand in operands {
                types.add(&types_in(operand, own, of, do_arrows_lead));
            }
            types
        }
        Expression::Intersection(operands) => {
            let mut types = Types::Any;
            for operand in operands {
                types.keep(&types_in(operand, own, of, do_arrows_lead));
            }
            types
        }
        Expression::Exclusion(base, subtrahend) if takes_all(base, subtrahend) => Types::NONE,
        Expression::Exclusion(base, _) => types_in(base, own, of, do_arrows_lead),
    }
}

/// Whether what is subtracted is what it is subtracted from.
fn takes_all(base: &Expression, subtrahend: &Expression) -> bool {
    match subtrahend {
        Expression::Union(operands) => operands.contains(base),
        _ => base == subtrahend,
    }
}

struct Search<'s> {
    schema: &'s Schema,
    reachability: &'s Reachability,
    possible: Vec<Types>,
    /// Nodes that nobody has for a reason that is known.
    is_explained: Vec<bool>,
}

impl Search<'_> {
    fn empty(&self) -> impl Iterator<Item = NodeId> {
        (0..).map(NodeId).zip(&self.possible).filter(|(_, types)| types.is_none()).map(|(node, _)| node)
    }

    /// Whether nobody has a node even if somebody had all those that are not explained.
    fn is_empty_given(&self, node: NodeId) -> bool {
        self.types(node, false).is_none()
    }

    /// The same, if every arrow led somewhere.
    fn is_empty_whatever_arrows(&self, node: NodeId) -> bool {
        self.types(node, true).is_none()
    }

    /// Whether nobody has a node because nobody has what is explained. What only leads back to itself adds nothing.
    fn rests_on_explained(&self, node: NodeId) -> bool {
        let of = |part: NodeId| if part == node { Types::NONE } else { self.types_of_part(part) };
        types_of(self.schema, node, &of, false).is_none()
    }

    fn types_of_part(&self, part: NodeId) -> Types {
        let types = &self.possible[part.0 as usize];
        if types.is_none() && !self.is_explained[part.0 as usize] { Types::Any } else { types.clone() }
    }

    fn types(&self, node: NodeId, do_arrows_lead: bool) -> Types {
        let of = |part: NodeId| self.types_of_part(part);
        types_of(self.schema, node, &of, do_arrows_lead)
    }

    /// A node is explained, and with it what rests on it.
    fn explain(&mut self, node: NodeId) {
        self.is_explained[node.0 as usize] = true;
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            for usage in self.reachability.used_by(node) {
                let user = usage.node;
                let is_open = self.possible[user.0 as usize].is_none() && !self.is_explained[user.0 as usize];
                if is_open && self.rests_on_explained(user) {
                    self.is_explained[user.0 as usize] = true;
                    waiting.push(user);
                }
            }
        }
    }
}

/// Tells of each place in the text once, and of a partial's member only if nobody has it in any definition.
fn tell(source: &Source<'_>, causes: &[(NodeId, Cause)], findings: &mut Findings) {
    let schema = source.schema;
    let mut cause_by_node = vec![None; schema.nodes().len()];
    for (node, cause) in causes {
        cause_by_node[node.0 as usize] = Some(*cause);
    }
    for member in source.members() {
        let nodes = source.nodes(member);
        let first = nodes.first().and_then(|node| cause_by_node[node.0 as usize]);
        let (Some(cause), true) = (first, nodes.iter().all(|node| cause_by_node[node.0 as usize].is_some()))
        else {
            continue;
        };
        let (code, kind, name) = match member {
            Member::Relation(relation) => (LintCode::EmptyRelation, "relation", relation.name),
            Member::Permission(permission) => (LintCode::EmptyPermission, "permission", permission.name),
            Member::Splat(_) => continue,
        };
        let shown = name.of(source.text);
        let why = match cause {
            Cause::Operands => "no type of subject is in all that it asks for",
            Cause::Circle => "it leads only to what leads back to it, and nowhere does a subject stand",
        };
        let message = format!("nobody can ever have {kind} `{shown}`: {why}");
        let help = match cause {
            Cause::Operands => "if that is meant, write `nil`",
            Cause::Circle => "add a relation or a type of subject that does not lead back",
        };
        let span: Span = name.span;
        findings.push(code, span, message, help);
    }
}
