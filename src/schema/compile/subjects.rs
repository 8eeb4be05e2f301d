//! What a relation allows as subjects.

use std::collections::HashSet;

use crate::relationship::{CaveatName, shortened};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::model::{AllowedSubject, DefinitionId, Node, NodeKind, Schema, SubjectForm};
use crate::schema::suggestion::did_you_mean;
use crate::schema::tree::{self, Member, Relation};

use super::nodes::Compiled;
use super::wildcards::Wildcards;

/// The subjects of one relation, those left out that do not exist or are there already.
pub(super) fn resolve(
    text: &str,
    schema: &Schema,
    node: &Node,
    relation: &Relation,
    diagnostics: &mut Diagnostics,
) -> Vec<AllowedSubject> {
    let mut subjects = Vec::with_capacity(relation.subjects.len());
    let mut known = HashSet::with_capacity(relation.subjects.len());
    for tree in &relation.subjects {
        if diagnostics.is_full() {
            break;
        }
        match resolve_subject(text, schema, node, tree) {
            Err(diagnostic) => diagnostics.push(diagnostic.within(node.definition)),
            Ok(subject) if known.insert(subject.clone()) => subjects.push(subject),
            Ok(subject) => {
                let definition = &schema.definition(node.definition).name;
                let source = schema.subject_text(&subject);
                let message = format!(
                    "found duplicate allowed subject type `{source}` on relation `{}` under definition \
                     `{definition}`",
                    node.name
                );
                let diagnostic = Diagnostic::new(DiagnosticCode::DuplicateAllowedSubject, tree.span, message)
                    .with("allowed_relation", source)
                    .with("definition_name", definition.as_str())
                    .with("relation_name", node.name.as_str());
                diagnostics.push(diagnostic.within(node.definition));
            }
        }
    }
    subjects
}

fn resolve_subject(
    text: &str,
    schema: &Schema,
    node: &Node,
    tree: &tree::AllowedSubject,
) -> Result<AllowedSubject, Box<Diagnostic>> {
    let name = tree.definition.joined(text);
    let Some(definition) = schema.find_definition(&name) else {
        let message = format!(
            "could not lookup definition `{name}` for relation `{}`: object definition `{name}` not found",
            node.name
        );
        let span = tree.definition.span();
        let diagnostic = Diagnostic::new(DiagnosticCode::UnknownDefinition, span, message)
            .with("definition_name", name.as_str());
        let known = schema.definitions.iter().map(|definition| definition.name.as_str());
        return Err(Box::new(did_you_mean(diagnostic, &name, known)));
    };
    let form = match tree.form {
        tree::SubjectForm::Object | tree::SubjectForm::Ellipsis => SubjectForm::Object,
        tree::SubjectForm::Wildcard => SubjectForm::Wildcard,
        tree::SubjectForm::Userset(relation) => match schema.find_node(definition, relation.of(text)) {
            Some(userset) => SubjectForm::Userset(userset),
            None => return Err(Box::new(unknown_relation(text, schema, definition, relation))),
        },
    };
    Ok(AllowedSubject {
        definition,
        form,
        caveat: resolve_caveat(text, schema, node, tree)?,
        has_expiration: tree.expiration.is_some(),
    })
}

/// The diagnostic for a relation or permission that a definition does not have.
pub(super) fn unknown_relation(
    text: &str,
    schema: &Schema,
    definition: DefinitionId,
    relation: tree::Name,
) -> Diagnostic {
    let (name, definition) = (relation.of(text), schema.definition(definition));
    let message =
        format!("relation/permission `{}` not found under definition `{}`", shortened(name), definition.name);
    let diagnostic = Diagnostic::new(DiagnosticCode::UnknownRelation, relation.span, message)
        .with("definition_name", definition.name.as_str())
        .with("relation_or_permission_name", shortened(name));
    let known = definition.nodes.iter().map(|node| schema.node(*node).name.as_str());
    did_you_mean(diagnostic, name, known)
}

fn resolve_caveat(
    text: &str,
    schema: &Schema,
    node: &Node,
    tree: &tree::AllowedSubject,
) -> Result<Option<CaveatName>, Box<Diagnostic>> {
    let Some(path) = &tree.caveat else {
        return Ok(None);
    };
    let name = path.joined(text);
    if let Some(caveat) = schema.find_caveat(&name) {
        return Ok(Some(caveat.name.clone()));
    }
    let shown = shortened(&name);
    let message = format!(
        "could not lookup caveat `{shown}` for relation `{}`: caveat with name `{shown}` not found",
        node.name
    );
    let diagnostic = Diagnostic::new(DiagnosticCode::UnknownCaveat, path.span(), message);
    let diagnostic = diagnostic.with("caveat_name", &shown);
    if name == "expiration" {
        let help = "relationships that expire need `use expiration` at the top";
        return Err(Box::new(diagnostic.help(help)));
    }
    let known = schema.caveats.iter().map(|caveat| caveat.name.as_str());
    Err(Box::new(did_you_mean(diagnostic, &name, known)))
}

/// A userset of another definition must not include a wildcard.
pub(super) fn refuse_transitive_wildcards(
    compiled: &Compiled<'_>,
    wildcards: &Wildcards,
    diagnostics: &mut Diagnostics,
) {
    let schema = &compiled.schema;
    for (node, member) in schema.nodes.iter().zip(&compiled.members) {
        let (NodeKind::Relation(subjects), Member::Relation(relation)) = (&node.kind, member) else {
            continue;
        };
        for subject in subjects {
            let SubjectForm::Userset(userset) = subject.form else {
                continue;
            };
            let Some(origin) = wildcards.origin(userset) else {
                continue;
            };
            if subject.definition == node.definition {
                continue;
            }
            let message = format!(
                "for relation `{}`: relation/permission `{}` includes wildcard type `{}` via relation `{}`: \
                 wildcard relations cannot be transitively included",
                node.name,
                schema.node_text(userset),
                schema.definition(origin.definition).name,
                schema.node_text(origin.relation),
            );
            let diagnostic = Diagnostic::new(DiagnosticCode::TransitiveWildcard, relation.name.span, message)
                .with("definition_name", schema.definition(node.definition).name.as_str())
                .with("relation_name", node.name.as_str())
                .help("a permission that includes the wildcard may be named here instead");
            diagnostics.push(diagnostic.within(node.definition));
        }
    }
}
