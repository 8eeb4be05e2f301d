//! What a schema declares, and what is different between two, by example: every `.zed` file in `tests/schema/reflect` and
//! `tests/schema/diff` with what is told of it beside it. A file of the latter has both texts, with a line of `===`
//! between them. All that is told is as SpiceDB 1.54 tells it, in a fixed order.
//!
//! `REGEN=1 cargo test --test schema_reflection_goldens` writes the expectations anew.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use arrowroot::schema::{
    CompileOptions, Difference, NodeKind, ReflectedCaveat, ReflectedDefinition, ReflectedForm,
    ReflectedParameter, ReflectedPermission, ReflectedRelation, ReflectedSubject, Reflection, Schema,
    SchemaError, differences,
};

/// The texts of a directory of `tests/schema`, each with its path.
fn texts(directory: &str, files_min: usize) -> Vec<(std::path::PathBuf, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema").join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|kind| kind == "zed"));
    let texts: Vec<_> = sources.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    assert!(texts.len() >= files_min, "only {} files", texts.len());
    texts
}

/// Compares what is told of each file of a directory with the text beside the file.
fn check(directory: &str, files_min: usize, tell: impl Fn(&str) -> String) {
    for (source, text) in texts(directory, files_min) {
        let found = tell(&text);
        let expectation = source.with_extension("txt");
        if std::env::var_os("REGEN").is_some() {
            std::fs::write(&expectation, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        assert_eq!(found, expected, "{}", source.display());
    }
}

#[test]
fn schemas_tell_what_they_declare() {
    check("reflect", 8, |text| match Reflection::read(text) {
        Ok(reflection) => {
            let definitions = reflection.definitions.iter().map(definition);
            definitions.chain(reflection.caveats.iter().map(caveat)).collect()
        }
        Err(error) => refused(&error),
    });
}

#[test]
fn schemas_tell_what_is_different_in_another() {
    check("diff", 20, |text| {
        let (before, after) = text.split_once("===\n").unwrap();
        let before = Reflection::read(before).unwrap();
        match Reflection::read(after) {
            Ok(after) => differences(&before, &after).unwrap().iter().map(difference).collect(),
            Err(error) => refused(&error),
        }
    });
}

#[test]
fn every_kind_of_difference_has_an_example() {
    let mut kinds = BTreeSet::new();
    for (_, text) in texts("diff", 20) {
        let (before, after) = text.split_once("===\n").unwrap();
        if let Ok(after) = Reflection::read(after) {
            let found = differences(&Reflection::read(before).unwrap(), &after).unwrap();
            kinds.extend(found.iter().map(|found| difference(found).split(' ').next().unwrap().to_owned()));
        }
    }
    assert_eq!(kinds.len(), 19, "{kinds:?}");
}

#[test]
fn nothing_is_different_between_a_schema_and_itself() {
    for (path, text) in texts("good", 80) {
        let reflection = Reflection::read(&text).unwrap();
        assert_eq!(differences(&reflection, &reflection).unwrap(), [], "{}", path.display());
        assert_eq!(Reflection::read(&text).unwrap(), reflection);
    }
}

#[test]
fn what_a_schema_declares_is_what_it_compiles_to() {
    for (path, text) in texts("good", 80) {
        let schema = Schema::compile(&text, &CompileOptions::default()).unwrap();
        let reflection = Reflection::read(&text).unwrap();
        let mut expected = BTreeSet::new();
        for node in schema.nodes() {
            let name = format!("{}#{}", schema.definition(node.definition).name, node.name);
            let kind = match &node.kind {
                NodeKind::Relation(subjects) => {
                    let subjects: Vec<_> = subjects.iter().map(|kind| schema.subject_text(kind)).collect();
                    subjects.join(" | ")
                }
                NodeKind::Permission(_) => "=".to_owned(),
            };
            expected.insert((name, node.comment.clone(), kind));
        }
        let relations = reflection.definitions.iter().flat_map(|definition| &definition.relations);
        let permissions = reflection.definitions.iter().flat_map(|definition| &definition.permissions);
        let relations = relations.map(|relation| {
            let subjects: Vec<_> = relation.subjects.iter().map(subject).collect();
            (
                format!("{}#{}", relation.definition, relation.name),
                relation.comment.clone(),
                subjects.join(" | "),
            )
        });
        let permissions = permissions.map(|permission| {
            let name = format!("{}#{}", permission.definition, permission.name);
            (name, permission.comment.clone(), "=".to_owned())
        });
        assert_eq!(relations.chain(permissions).collect::<BTreeSet<_>>(), expected, "{}", path.display());
        assert_eq!(reflection.definitions.len(), schema.definitions().len());
        assert_eq!(reflection.caveats.len(), schema.caveats().len());
    }
}

fn refused(error: &SchemaError) -> String {
    format!("refused: {}\n", error.first().headline())
}

/// ``kind `what` `` with all that goes with it, a line or more.
fn difference(difference: &Difference) -> String {
    use Difference as D;

    match difference {
        D::DefinitionAdded(is) => format!("definition_added {}", definition(is)),
        D::DefinitionRemoved(was) => format!("definition_removed {}", definition(was)),
        D::DefinitionCommentChanged(is) => format!("definition_doc_comment_changed {}", definition(is)),
        D::RelationAdded(is) => format!("relation_added {}", relation(is)),
        D::RelationRemoved(was) => format!("relation_removed {}", relation(was)),
        D::RelationCommentChanged(is) => format!("relation_doc_comment_changed {}", relation(is)),
        D::SubjectAdded(is, kind) => {
            format!("relation_subject_type_added {} in {}", subject(kind), relation(is))
        }
        D::SubjectRemoved(is, kind) => {
            format!("relation_subject_type_removed {} from {}", subject(kind), relation(is))
        }
        D::PermissionAdded(is) => format!("permission_added {}", permission(is)),
        D::PermissionRemoved(was) => format!("permission_removed {}", permission(was)),
        D::PermissionCommentChanged(is) => format!("permission_doc_comment_changed {}", permission(is)),
        D::PermissionExpressionChanged(is) => format!("permission_expr_changed {}", permission(is)),
        D::CaveatAdded(is) => format!("caveat_added {}", caveat(is)),
        D::CaveatRemoved(was) => format!("caveat_removed {}", caveat(was)),
        D::CaveatCommentChanged(is) => format!("caveat_doc_comment_changed {}", caveat(is)),
        D::CaveatExpressionChanged(is) => format!("caveat_expr_changed {}", caveat(is)),
        D::ParameterAdded(is) => format!("caveat_parameter_added {}\n", parameter(is)),
        D::ParameterRemoved(was) => format!("caveat_parameter_removed {}\n", parameter(was)),
        D::ParameterTypeChanged(is, was) => {
            format!("caveat_parameter_type_changed {} from {was}\n", parameter(is))
        }
    }
}

fn definition(definition: &ReflectedDefinition) -> String {
    let ReflectedDefinition { name, comment, relations, permissions } = definition;
    let mut text = format!("definition {name}{}\n", commented(comment));
    for member in relations.iter().map(relation).chain(permissions.iter().map(permission)) {
        write!(text, "  {member}").unwrap();
    }
    text
}

fn relation(relation: &ReflectedRelation) -> String {
    let ReflectedRelation { definition, name, comment, subjects } = relation;
    let subjects: Vec<_> = subjects.iter().map(subject).collect();
    format!("relation {definition}#{name}: {}{}\n", subjects.join(" | "), commented(comment))
}

fn subject(subject: &ReflectedSubject) -> String {
    let ReflectedSubject { definition, form, caveat, has_expiration } = subject;
    let form = match form {
        ReflectedForm::Object => String::new(),
        ReflectedForm::Wildcard => ":*".to_owned(),
        ReflectedForm::Userset(relation) => format!("#{relation}"),
    };
    let expiration = has_expiration.then(|| "expiration".to_owned());
    let traits: Vec<_> = caveat.iter().map(ToString::to_string).chain(expiration).collect();
    let with = if traits.is_empty() { "" } else { " with " };
    format!("{definition}{form}{with}{}", traits.join(" and "))
}

fn permission(permission: &ReflectedPermission) -> String {
    let ReflectedPermission { definition, name, comment, expression } = permission;
    format!("permission {definition}#{name} = {expression}{}\n", commented(comment))
}

fn caveat(caveat: &ReflectedCaveat) -> String {
    let ReflectedCaveat { name, comment, parameters, expression, .. } = caveat;
    let parameters: Vec<_> = parameters.iter().map(parameter).collect();
    format!("caveat {name}({}) {{ {expression} }}{}\n", parameters.join(", "), commented(comment))
}

fn parameter(parameter: &ReflectedParameter) -> String {
    format!("{}.{} {}", parameter.caveat, parameter.name, parameter.kind)
}

fn commented(comment: &str) -> String {
    if comment.is_empty() { String::new() } else { format!(" {comment:?}") }
}
