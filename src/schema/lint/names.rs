//! Names that mislead whoever reads a schema, or asks it.
//!
//! Only words that say the same in every schema: a relation is what somebody is, a permission what somebody may do.

use std::collections::HashSet;

use crate::schema::model::{NodeId, NodeKind, SubjectForm};
use crate::schema::tree::{Item, Member};

use super::code::LintCode;
use super::finding::Findings;
use super::source::Source;

/// What somebody does.
const ACTIONS: [&str; 14] = [
    "approve", "create", "delete", "edit", "execute", "invoke", "list", "manage", "publish", "read",
    "remove", "update", "view", "write",
];
/// What somebody is.
const ROLES: [&str; 7] = ["creator", "editor", "owner", "reader", "subscriber", "viewer", "writer"];

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    let usersets = usersets(source);
    for item in &source.file.items {
        let Item::Definition(definition) = item else { continue };
        // `acme/document` is about documents.
        let kind = definition.name.rest.last().unwrap_or(&definition.name.first).of(source.text);
        for member in &definition.members {
            repeats_type(source, kind, member, findings);
        }
    }
    for member in source.members() {
        match member {
            Member::Relation(relation) => {
                let name = relation.name.of(source.text);
                if ACTIONS.contains(&name) || name.starts_with("can_") {
                    let message =
                        format!("relation `{name}` is named for what somebody does, as permissions are");
                    let help = "name it for what its subjects are, such as `viewer`, and compute the permission from it";
                    findings.push(LintCode::RelationNamedAsAction, relation.name.span, message, help);
                }
            }
            Member::Permission(permission) => {
                let name = permission.name.of(source.text);
                let is_set = source.nodes(member).iter().any(|node| usersets.contains(node));
                if ROLES.contains(&name) && !is_set {
                    let message =
                        format!("permission `{name}` is named for what somebody is, as relations are");
                    let help = "name it for what it allows, such as `view`";
                    findings.push(LintCode::PermissionNamedAsRole, permission.name.span, message, help);
                }
            }
            Member::Splat(_) => {}
        }
    }
}

/// The relations and permissions that stand for their subjects elsewhere, as `group#member` does: these are named for
/// what somebody is.
fn usersets(source: &Source<'_>) -> HashSet<NodeId> {
    let kinds = source.schema.nodes().iter().map(|node| &node.kind);
    let subjects = kinds.filter_map(|kind| match kind {
        NodeKind::Relation(subjects) => Some(subjects),
        NodeKind::Permission(_) => None,
    });
    let forms = subjects.flatten().map(|subject| subject.form);
    forms
        .filter_map(|form| match form {
            SubjectForm::Userset(userset) => Some(userset),
            SubjectForm::Object | SubjectForm::Wildcard => None,
        })
        .collect()
}

/// `document#view_document`.
fn repeats_type(source: &Source<'_>, kind: &str, member: &Member, findings: &mut Findings) {
    let (name, is_about_subjects) = match member {
        // A relation to the same type is about its subjects: `folder#parent_folder`.
        Member::Relation(relation) => {
            let is_own = |path: &crate::schema::tree::Path| {
                path.rest.last().unwrap_or(&path.first).of(source.text) == kind
            };
            (relation.name, relation.subjects.iter().any(|subject| is_own(&subject.definition)))
        }
        Member::Permission(permission) => (permission.name, false),
        Member::Splat(_) => return,
    };
    let shown = name.of(source.text);
    let rest = shown.strip_suffix(kind).and_then(|rest| rest.strip_suffix('_'));
    let rest = rest.or_else(|| shown.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')));
    // Some names need the type: `create_task` of a tenant is no `create`, but that is another type.
    if let Some(rest) = rest.filter(|rest| rest.len() >= 3 && !is_about_subjects) {
        let message = format!("`{shown}` repeats the type that it is of: `{kind}#{shown}`");
        findings.push(LintCode::NameRepeatsType, name.span, message, format!("`{rest}` says the same"));
    }
}
