//! What a permission computes.

use crate::relationship::RelationName;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::model::{Arrow, ArrowFunction, DefinitionId, Expression, NodeId, NodeKind, Schema};
use crate::schema::tree::{self, ArrowSpelling, ExpressionKind, Member, Name};

use super::nodes::Compiled;
use super::subjects::unknown_relation;
use super::wildcards::Wildcards;

/// Subject types looked at for the targets of all arrows together, at most: what arrows times types could grow to.
const ARROW_STEPS_MAX: usize = 5_000_000;

/// Resolves every permission's expression.
pub(super) fn resolve_all(
    text: &str,
    compiled: &mut Compiled<'_>,
    wildcards: &Wildcards,
    diagnostics: &mut Diagnostics,
) {
    let mut resolver = Resolver {
        text,
        schema: &compiled.schema,
        wildcards,
        diagnostics,
        permission: NodeId(0),
        arrow_steps: 0,
        arrows: 0,
        seen_in_arrow: vec![0; compiled.schema.definitions.len()],
    };
    let mut expressions = Vec::new();
    for (index, member) in (0..).zip(&compiled.members) {
        if let Member::Permission(permission) = member {
            resolver.permission = NodeId(index);
            expressions.push((NodeId(index), resolver.resolve(&permission.expression)));
        }
    }
    for (permission, expression) in expressions {
        compiled.schema.nodes[permission.0 as usize].kind = NodeKind::Permission(expression);
    }
}

struct Resolver<'c> {
    text: &'c str,
    schema: &'c Schema,
    wildcards: &'c Wildcards,
    diagnostics: &'c mut Diagnostics,
    /// Whose expression is being resolved.
    permission: NodeId,
    arrow_steps: usize,
    /// How many arrows have been resolved.
    arrows: u32,
    /// By definition, the number of the last arrow that met it.
    seen_in_arrow: Vec<u32>,
}

impl Resolver<'_> {
    fn definition(&self) -> DefinitionId {
        self.schema.node(self.permission).definition
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn resolve(&mut self, tree: &tree::Expression) -> Expression {
        match &tree.kind {
            ExpressionKind::Nil => Expression::Nil,
            ExpressionKind::SelfObject => Expression::SelfObject,
            ExpressionKind::Name => {
                self.find(Name { span: tree.span }).map_or(Expression::Nil, Expression::Node)
            }
            ExpressionKind::Arrow(arrow) => self.arrow(arrow).unwrap_or(Expression::Nil),
            ExpressionKind::Parenthesized(inside) => self.resolve(inside),
            ExpressionKind::Exclusion(base, subtrahend) => {
                Expression::Exclusion(Box::new(self.resolve(base)), Box::new(self.resolve(subtrahend)))
            }
            ExpressionKind::Union(operands) => {
                let mut flat = Vec::with_capacity(operands.len());
                for operand in operands {
                    match self.resolve(operand) {
                        Expression::Union(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                Expression::Union(flat)
            }
            ExpressionKind::Intersection(operands) => {
                let mut flat = Vec::with_capacity(operands.len());
                for operand in operands {
                    match self.resolve(operand) {
                        Expression::Intersection(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                Expression::Intersection(flat)
            }
        }
    }

    fn find(&mut self, name: Name) -> Option<NodeId> {
        let found = self.schema.find_node(self.definition(), name.of(self.text));
        if found.is_none() && !self.diagnostics.is_full() {
            let mut diagnostic = unknown_relation(self.text, self.schema, self.definition(), name);
            if name.of(self.text) == "self" {
                diagnostic = diagnostic.help("the resource itself needs `use self` at the top");
            }
            self.diagnostics.push(diagnostic.within(self.definition()));
        }
        found
    }

    fn arrow(&mut self, tree: &tree::Arrow) -> Option<Expression> {
        let tupleset = self.find(tree.tupleset)?;
        let diagnostic = self.refuse_tupleset(tupleset, tree.tupleset);
        if let Some(diagnostic) = diagnostic {
            self.diagnostics.push(diagnostic.within(self.definition()));
            return None;
        }
        let target = tree.target.of(self.text);
        let targets = self.targets(tupleset, target, tree.target)?;
        Some(Expression::Arrow(Arrow {
            tupleset,
            function: match tree.spelling {
                ArrowSpelling::Sign | ArrowSpelling::Any => ArrowFunction::Any,
                ArrowSpelling::All => ArrowFunction::All,
            },
            target: RelationName::new(target).ok()?,
            targets,
        }))
    }

    /// Why an arrow cannot go over this node, if it cannot.
    fn refuse_tupleset(&self, tupleset: NodeId, place: Name) -> Option<Diagnostic> {
        let schema = self.schema;
        let definition = &schema.definition(self.definition()).name;
        let permission = &schema.node(self.permission).name;
        let found = &schema.node(tupleset).name;
        if let NodeKind::Permission(_) = schema.node(tupleset).kind {
            let message = format!(
                "under permission `{permission}` under definition `{definition}`: permissions cannot be used on \
                 the left hand side of an arrow (found `{found}`)"
            );
            let code = DiagnosticCode::PermissionOnLeftOfArrow;
            let diagnostic = Diagnostic::new(code, place.span, message)
                .with("definition_name", definition.as_str())
                .with("permission_name", permission.as_str())
                .with("used_permission_name", found.as_str())
                .help("an arrow walks over the relationships of a relation; a permission has none");
            return Some(diagnostic);
        }
        let origin = self.wildcards.origin(tupleset)?;
        let message = format!(
            "for arrow under permission `{permission}`: relation `{}` includes wildcard type `{}` via relation \
             `{}`: wildcard relations cannot be used on the left side of arrows",
            schema.node_text(tupleset),
            schema.definition(origin.definition).name,
            schema.node_text(origin.relation),
        );
        let diagnostic = Diagnostic::new(DiagnosticCode::WildcardOnLeftOfArrow, place.span, message)
            .with("accessed_relation_name", found.as_str())
            .with("definition_name", definition.as_str())
            .with("permission_name", permission.as_str());
        Some(diagnostic)
    }

    /// The target in each type that the tupleset allows and that has it, each type once.
    fn targets(
        &mut self,
        tupleset: NodeId,
        target: &str,
        place: Name,
    ) -> Option<Vec<(DefinitionId, NodeId)>> {
        let NodeKind::Relation(subjects) = &self.schema.node(tupleset).kind else {
            return None;
        };
        let was_within = self.arrow_steps <= ARROW_STEPS_MAX;
        self.arrow_steps += subjects.len();
        if self.arrow_steps > ARROW_STEPS_MAX {
            if was_within {
                let message =
                    format!("the arrows so far lead to more than {ARROW_STEPS_MAX} types of subject");
                self.diagnostics.push(Diagnostic::new(DiagnosticCode::TooLarge, place.span, message));
            }
            return None;
        }
        self.arrows += 1;
        let mut targets = Vec::new();
        for subject in subjects {
            let last_arrow = &mut self.seen_in_arrow[subject.definition.0 as usize];
            if std::mem::replace(last_arrow, self.arrows) != self.arrows {
                let node = self.schema.find_node(subject.definition, target);
                targets.extend(node.map(|node| (subject.definition, node)));
            }
        }
        Some(targets)
    }
}
