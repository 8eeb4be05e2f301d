//! Relations, caveats and partials that nothing uses.

use std::collections::HashSet;

use crate::relationship::shortened;
use crate::schema::model::{Expression, NodeKind, SubjectForm};
use crate::schema::tree::{Definition, Item, Member};

use super::code::LintCode;
use super::finding::Findings;
use super::source::Source;

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    relations(source, findings);
    caveats(source, findings);
    partials(source, findings);
}

/// Where a definition has permissions, they are what is asked for: a relation that leads to none of them is forgotten.
/// Definitions without any are asked for their relations.
fn relations(source: &Source<'_>, findings: &mut Findings) {
    let schema = source.schema;
    let mut is_used = vec![false; schema.nodes().len()];
    let mut has_permissions = vec![false; schema.definitions().len()];
    for node in schema.nodes() {
        match &node.kind {
            NodeKind::Permission(expression) => {
                has_permissions[node.definition.0 as usize] = true;
                mark(expression, &mut is_used);
            }
            NodeKind::Relation(subjects) => {
                for subject in subjects {
                    if let SubjectForm::Userset(userset) = subject.form {
                        is_used[userset.0 as usize] = true;
                    }
                }
            }
        }
    }
    for member in source.members() {
        let Member::Relation(relation) = member else { continue };
        let nodes = source.nodes(member);
        let is_forgotten = |node: &crate::schema::model::NodeId| {
            !is_used[node.0 as usize] && has_permissions[schema.node(*node).definition.0 as usize]
        };
        if !nodes.is_empty() && nodes.iter().all(is_forgotten) {
            let name = relation.name.of(source.text);
            let message = format!("no permission and no relation uses `{name}`");
            let help = "use it in a permission, or take it out if nothing is stored for it";
            findings.push(LintCode::UnusedRelation, relation.name.span, message, help);
        }
    }
}

/// INVARIANT: recursion is bounded by the depth that the parser allows.
fn mark(expression: &Expression, is_used: &mut [bool]) {
    match expression {
        Expression::Nil | Expression::SelfObject => {}
        Expression::Node(node) => is_used[node.0 as usize] = true,
        Expression::Arrow(arrow) => {
            is_used[arrow.tupleset.0 as usize] = true;
            arrow.targets.iter().for_each(|(_, target)| is_used[target.0 as usize] = true);
        }
        Expression::Union(operands) | Expression::Intersection(operands) => {
            for operand in operands {
                mark(operand, is_used);
            }
        }
        Expression::Exclusion(base, subtrahend) => {
            mark(base, is_used);
            mark(subtrahend, is_used);
        }
    }
}

fn caveats(source: &Source<'_>, findings: &mut Findings) {
    let mut used = HashSet::new();
    for member in source.members() {
        if let Member::Relation(relation) = member {
            used.extend(
                relation
                    .subjects
                    .iter()
                    .filter_map(|subject| Some(subject.caveat.as_ref()?.joined(source.text))),
            );
        }
    }
    for item in &source.file.items {
        let Item::Caveat(caveat) = item else { continue };
        let name = caveat.name.joined(source.text);
        if !used.contains(&name) {
            let message = format!("no relation allows a subject with caveat `{}`", shortened(&name));
            let help = "allow it (`user with …`), or take it out if nothing is stored with it";
            findings.push(LintCode::UnusedCaveat, caveat.name.span(), message, help);
        }
    }
}

fn partials(source: &Source<'_>, findings: &mut Findings) {
    let splats = |definition: &Definition| {
        let names = definition.members.iter().filter_map(|member| match member {
            Member::Splat(name) => Some(name.of(source.text).to_owned()),
            Member::Relation(_) | Member::Permission(_) => None,
        });
        names.collect::<Vec<_>>()
    };
    let used: HashSet<String> = source.definitions().flat_map(splats).collect();
    for item in &source.file.items {
        let Item::Partial(partial) = item else { continue };
        let name = partial.name.joined(source.text);
        if !used.contains(&name) {
            let message =
                format!("nothing inlines partial `{}`, so nothing in it is checked", shortened(&name));
            let help = "inline it (`...name`), or take it out";
            findings.push(LintCode::UnusedPartial, partial.name.span(), message, help);
        }
    }
}
