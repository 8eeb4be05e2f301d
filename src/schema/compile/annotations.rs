//! `use typechecking`: a permission's annotation must name every type of subject that can be found in it.

use std::collections::HashSet;

use crate::relationship::shortened;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::model::{DefinitionId, Expression, NodeId, NodeKind, Schema, SubjectForm};
use crate::schema::token::UseFlag;
use crate::schema::tree::{File, Item, Member, Name};

use super::nodes::Compiled;

/// Nodes and operands looked at for all annotations together, at most: each can lead through the whole schema.
const STEPS_MAX: usize = 20_000_000;

pub(super) fn check(text: &str, file: &File, compiled: &Compiled<'_>, diagnostics: &mut Diagnostics) {
    let is_on = |item: &Item| matches!(item, Item::Use(flag) if flag.flag == UseFlag::Typechecking);
    if !file.items.iter().any(is_on) {
        return;
    }
    let schema = &compiled.schema;
    let mut walk = Walk { schema, met_by: vec![None; schema.nodes.len()], waiting: Vec::new(), steps: 0 };
    for (member, id) in compiled.members.iter().zip((0..).map(NodeId)) {
        let Member::Permission(permission) = member else {
            continue;
        };
        let Some(annotation) = &permission.annotation else {
            continue;
        };
        let allowed = annotation.iter().filter_map(|name| schema.find_definition(name.of(text))).collect();
        match walk.find_type_outside(id, &allowed) {
            Ok(None) => {}
            Ok(Some(found)) => diagnostics.push(incomplete(text, schema, id, found, annotation)),
            Err(TooManySteps) => {
                let message = "checking the type annotations up to here takes too long";
                diagnostics.push(Diagnostic::new(DiagnosticCode::TooLarge, permission.name.span, message));
                return;
            }
        }
    }
}

struct TooManySteps;

/// A walk over everything that a permission refers to, on either side of every operator.
struct Walk<'c> {
    schema: &'c Schema,
    /// By node, the permission whose walk met it last.
    met_by: Vec<Option<NodeId>>,
    waiting: Vec<NodeId>,
    steps: usize,
}

impl Walk<'_> {
    fn find_type_outside(
        &mut self,
        start: NodeId,
        allowed: &HashSet<DefinitionId>,
    ) -> Result<Option<DefinitionId>, TooManySteps> {
        self.waiting.clear();
        self.met_by[start.0 as usize] = Some(start);
        self.waiting.push(start);
        let schema = self.schema;
        while let Some(node) = self.waiting.pop() {
            match &schema.node(node).kind {
                NodeKind::Permission(expression) => self.meet_operands(start, expression),
                NodeKind::Relation(subjects) => {
                    self.steps += subjects.len();
                    for subject in subjects {
                        match subject.form {
                            SubjectForm::Userset(userset) => self.meet(start, userset),
                            SubjectForm::Object | SubjectForm::Wildcard => {
                                if !allowed.contains(&subject.definition) {
                                    return Ok(Some(subject.definition));
                                }
                            }
                        }
                    }
                }
            }
            if self.steps > STEPS_MAX {
                return Err(TooManySteps);
            }
        }
        Ok(None)
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn meet_operands(&mut self, start: NodeId, expression: &Expression) {
        self.steps += 1;
        match expression {
            Expression::Nil | Expression::SelfObject => {}
            Expression::Node(node) => self.meet(start, *node),
            Expression::Arrow(arrow) => arrow.targets.iter().for_each(|(_, node)| self.meet(start, *node)),
            Expression::Union(operands) | Expression::Intersection(operands) => {
                for operand in operands {
                    self.meet_operands(start, operand);
                }
            }
            Expression::Exclusion(base, subtrahend) => {
                self.meet_operands(start, base);
                self.meet_operands(start, subtrahend);
            }
        }
    }

    fn meet(&mut self, start: NodeId, node: NodeId) {
        self.steps += 1;
        if self.met_by[node.0 as usize].replace(start) != Some(start) {
            self.waiting.push(node);
        }
    }
}

fn incomplete(
    text: &str,
    schema: &Schema,
    permission: NodeId,
    found: DefinitionId,
    annotation: &[Name],
) -> Diagnostic {
    const NAMES_MAX: usize = 10;
    let node = schema.node(permission);
    let provided: Vec<String> =
        annotation.iter().take(NAMES_MAX).map(|name| format!("`{}`", shortened(name.of(text)))).collect();
    let found = &schema.definition(found).name;
    let message = format!(
        "incomplete type annotation on relation `{}` in definition `{}`: `{found}` found as reachable type, but not \
         contained in provided set [{}]",
        node.name,
        schema.definition(node.definition).name,
        provided.join(" "),
    );
    let span =
        annotation.first().map_or(node.span, |first| first.span.to(annotation.last().unwrap_or(first).span));
    Diagnostic::new(DiagnosticCode::IncompleteAnnotation, span, message)
        .within(node.definition)
        .help(format!("add `| {found}` to the annotation"))
}
