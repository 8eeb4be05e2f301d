//! From text to schema.

use super::*;

/// How an expression over `aaa` to `ddd` is read, as an outline.
fn read(expression: &str) -> String {
    let schema = compiled(&format!(
        "definition user {{}}\n\
         definition doc {{\n\
           relation aaa: user; relation bbb: user; relation ccc: user; relation ddd: user\n\
           permission all = {expression}\n\
         }}"
    ));
    let outline = Outline(&schema).to_string();
    let (_, read) = outline.split_once("permission all = ").unwrap();
    read.trim_end().to_owned()
}

#[test]
fn union_binds_tightest_and_exclusion_loosest() {
    for (expression, expected) in [
        ("aaa + bbb - ccc", "((aaa + bbb) - ccc)"),
        ("aaa - bbb + ccc", "(aaa - (bbb + ccc))"),
        ("aaa - bbb - ccc", "((aaa - bbb) - ccc)"),
        ("aaa & bbb + ccc", "(aaa & (bbb + ccc))"),
        ("aaa + bbb & ccc", "((aaa + bbb) & ccc)"),
        ("aaa - bbb & ccc", "(aaa - (bbb & ccc))"),
        ("aaa & bbb - ccc", "((aaa & bbb) - ccc)"),
        ("aaa - bbb + ccc & ddd - aaa", "((aaa - ((bbb + ccc) & ddd)) - aaa)"),
        ("aaa - (bbb - ccc)", "(aaa - (bbb - ccc))"),
        ("(aaa & bbb) + ccc", "((aaa & bbb) + ccc)"),
    ] {
        assert_eq!(read(expression), expected, "{expression}");
    }
}

#[test]
fn operations_of_one_kind_are_flattened_through_parentheses_but_for_exclusion() {
    assert_eq!(read("((aaa + (bbb)) + (ccc + ddd))"), "(aaa + bbb + ccc + ddd)");
    assert_eq!(read("aaa & ((bbb & ccc) & ddd)"), "(aaa & bbb & ccc & ddd)");
    assert_eq!(read("(aaa - bbb) - (ccc - ddd)"), "((aaa - bbb) - (ccc - ddd))");
}

#[test]
fn places_in_the_model_are_places_in_the_text() {
    let text = "// head\ndefinition user {}\n\ndefinition doc {\n  relation viewer: user\n  permission view = viewer\n}\n";
    let schema = compiled(text);
    let doc = schema.definition(schema.find_definition("doc").unwrap());
    assert!(doc.span.of(text).starts_with("definition doc {") && doc.span.of(text).ends_with('}'));
    assert_eq!(schema.node(node(&schema, "doc#viewer")).span.of(text), "relation viewer: user");
    assert_eq!(schema.node(node(&schema, "doc#view")).span.of(text), "permission view = viewer");
    assert_eq!(schema.text(), text);
}

#[test]
fn nodes_of_a_definition_lie_side_by_side_in_source_order() {
    let schema = compiled(
        "use partial\n\
         definition doc { relation one: doc; ...shared; permission two = one; }\n\
         partial shared { relation three: doc; }\n\
         definition dir { ...shared; }",
    );
    let names: Vec<_> = (0..4).map(|index| schema.node_text(NodeId(index))).collect();
    assert_eq!(names, ["doc#one", "doc#three", "doc#two", "dir#three"]);
    assert_eq!(schema.definitions()[0].nodes, [NodeId(0), NodeId(1), NodeId(2)]);
    assert_eq!(schema.definitions()[1].nodes, [NodeId(3)]);
}

#[test]
fn prefixes_are_asked_for_only_if_required() {
    let text = "definition user {}\ndefinition acme/doc {\n relation viewer: user\n}";
    assert!(Schema::compile(text, &CompileOptions::default()).is_ok());
    let error = Schema::compile(text, &CompileOptions { prefixes_required: true }).unwrap_err();
    let codes: Vec<_> = error.diagnostics().iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [DiagnosticCode::MissingPrefix; 2]);
}
