//! Declarations → numbered definitions and nodes, then what each node allows or computes.

use std::collections::HashMap;
use std::ops::Range;

use crate::relationship::{DefinitionName, RelationName};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::model::{Definition, DefinitionId, Expression, Node, NodeId, NodeKind, Schema};
use crate::schema::tree::{Member, Name};

use super::declarations::{Declarations, documentation};
use super::wildcards::Wildcards;
use super::{expressions, subjects};

/// A schema, and the statement from which each node comes.
pub(super) struct Compiled<'t> {
    pub(super) schema: Schema,
    /// By node.
    pub(super) members: Vec<&'t Member>,
}

/// Resolves everything. What cannot be resolved is left out of the schema, with a diagnostic.
pub(super) fn build<'t>(
    text: &'t str,
    declarations: &Declarations<'t>,
    diagnostics: &mut Diagnostics,
) -> Compiled<'t> {
    let mut compiled = number(text, declarations, diagnostics);
    for index in 0..compiled.members.len() {
        if diagnostics.is_full() {
            break;
        }
        if let Member::Relation(relation) = compiled.members[index] {
            let node = &compiled.schema.nodes[index];
            let subjects = subjects::resolve(text, &compiled.schema, node, relation, diagnostics);
            compiled.schema.nodes[index].kind = NodeKind::Relation(subjects);
        }
    }
    let wildcards = Wildcards::find(&compiled.schema);
    subjects::refuse_transitive_wildcards(&compiled, &wildcards, diagnostics);
    expressions::resolve_all(text, &mut compiled, &wildcards, diagnostics);
    compiled
}

/// Gives definitions and nodes their numbers, so that all names are known before any is looked up.
fn number<'t>(text: &'t str, declarations: &Declarations<'t>, diagnostics: &mut Diagnostics) -> Compiled<'t> {
    let mut schema = Schema {
        text: text.to_owned(),
        definitions: Vec::with_capacity(declarations.definitions.len()),
        nodes: Vec::new(),
        caveats: declarations.caveats.clone(),
        definition_by_name: HashMap::default(),
        caveat_by_name: declarations.caveats.iter().map(|caveat| caveat.name.clone()).zip(0..).collect(),
    };
    let mut members = Vec::new();
    for (declared, id) in declarations.definitions.iter().zip((0..).map(DefinitionId)) {
        let mut definition = Definition {
            name: declared.name.clone(),
            comment: documentation(text, declarations.comments, declared.tree.comments.clone()),
            nodes: Vec::with_capacity(declared.members.len()),
            node_by_name: HashMap::default(),
            span: declared.tree.span,
        };
        for member in &declared.members {
            let Some(head) = Head::of(member) else { continue };
            let Ok(name) = RelationName::new(head.name.of(text)) else {
                continue;
            };
            if definition.node_by_name.contains_key(&name) {
                diagnostics.push(duplicate(&definition.name, &name, head.name).within(id));
                continue;
            }
            let Ok(number) = u32::try_from(members.len()) else {
                break;
            };
            definition.nodes.push(NodeId(number));
            definition.node_by_name.insert(name.clone(), NodeId(number));
            schema.nodes.push(Node {
                definition: id,
                name,
                comment: documentation(text, declarations.comments, head.comments),
                kind: head.kind,
                span: head.span,
            });
            members.push(*member);
        }
        schema.definition_by_name.insert(declared.name.clone(), id);
        schema.definitions.push(definition);
    }
    Compiled { schema, members }
}

/// What relations and permissions have in common.
struct Head {
    name: Name,
    comments: Range<usize>,
    span: Span,
    /// The kind, with nothing in it yet.
    kind: NodeKind,
}

impl Head {
    fn of(member: &Member) -> Option<Self> {
        match member {
            Member::Relation(relation) => Some(Self {
                name: relation.name,
                comments: relation.comments.clone(),
                span: relation.span,
                kind: NodeKind::Relation(Vec::new()),
            }),
            Member::Permission(permission) => Some(Self {
                name: permission.name,
                comments: permission.comments.clone(),
                span: permission.span,
                kind: NodeKind::Permission(Expression::Nil),
            }),
            Member::Splat(_) => None,
        }
    }
}

/// The diagnostic for a name that a definition has already given away.
pub(super) fn duplicate(definition: &DefinitionName, name: &RelationName, place: Name) -> Diagnostic {
    let message =
        format!("found duplicate relation/permission name `{name}` under definition `{definition}`");
    Diagnostic::new(DiagnosticCode::DuplicateRelation, place.span, message)
        .with("definition_name", definition.as_str())
        .with("relation_or_permission_name", name.as_str())
}
