//! The schema language: the compiler, what a schema declares, and how two differ. An input is one text, or two with a
//! line of `===` between them.

use arrowroot::schema::{
    CompileOptions, NodeId, NodeKind, Outline, Reachability, Reflection, Schema, computable_permissions,
    dependent_relations, differences, forbidden_caveat_change, format, lint, picture, removals,
};

use super::{Form, Target, files};

pub(super) const TARGET: Target = Target {
    name: "schema",
    seeds,
    run,
    form: Form::Bytes,
    words: WORDS,
    memory_bytes_max: 64 << 20,
    short_runs: 3000,
};

const BETWEEN: &str = "===\n";

const WORDS: &[&str] = &[
    "definition ",
    "definition user {}\n",
    "relation ",
    "permission ",
    "relation viewer: user\n",
    "permission view = ",
    "caveat ",
    "caveat c(a int) { a == 1 }\n",
    " with ",
    " with expiration",
    " and expiration",
    "use expiration\n",
    "use self\n",
    "use partial\n",
    "use typechecking\n",
    "use import\n",
    "use deprecation\n",
    "partial ",
    "...",
    "->",
    ".any(",
    ".all(",
    "(",
    ")",
    "{",
    "}",
    "nil",
    "self",
    " + ",
    " & ",
    " - ",
    " | ",
    ":*",
    "#...",
    "#member",
    ":",
    "=",
    "list<",
    "map<",
    "any",
    "timestamp",
    "// ",
    "/* ",
    "*/",
    "/**",
    "'",
    "\"",
    "'''",
    "\\",
    "\n",
    ";",
    "@",
    "user",
    "doc",
    "a/b",
    "é",
    "\u{feff}",
    "\u{202e}",
    "@deprecated(",
    "===\n",
    "import \"x\"\n",
];

fn seeds() -> Vec<Vec<u8>> {
    let all = ["schema/good", "schema/bad", "schema/diff", "schema/reflect"]
        .map(|directory| files(directory, "zed"));
    all.into_iter().flatten().map(String::into_bytes).collect()
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (before, after) = match text.split_once(BETWEEN) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    };
    let (schema, reflection) = read(before);
    if let Some((other, other_reflection)) = after.map(read) {
        if let (Some(schema), Some(other)) = (&schema, &other) {
            for (old, new) in [(schema, other), (other, schema)] {
                for removal in removals(old, new) {
                    drop(removal.message("doc:a#viewer@user:b"));
                }
                drop(forbidden_caveat_change(old, new).map(|change| change.message()));
            }
        }
        if let (Some(reflection), Some(other)) = (&reflection, &other_reflection) {
            let there = differences(reflection, other).map(|differences| differences.is_empty());
            let back = differences(other, reflection).map(|differences| differences.is_empty());
            if let (Ok(there), Ok(back)) = (there, back) {
                assert_eq!(there, back, "they differ in one direction only");
            }
        }
    }
}

/// The formatter keeps the schema, and its own output; the others do not fail.
fn check_tools(text: &str, schema: &Schema) {
    let formatted = format(text).expect("what compiles can be formatted");
    assert_eq!(format(&formatted).as_ref(), Ok(&formatted));
    let after = Schema::compile(&formatted, &CompileOptions::default()).expect("it compiles as before");
    assert_eq!(Outline(schema).to_string(), Outline(&after).to_string());
    let lints = lint(text).expect("what compiles can be looked at");
    for finding in &lints.findings {
        assert!(text.get(finding.span.start..finding.span.end).is_some(), "{:?}", finding.span);
    }
    assert!(picture::svg(schema).ends_with("</svg>\n") && picture::dot(schema).ends_with("}\n"));
}

/// Whatever comes out of the compiler must hold together.
fn read(text: &str) -> (Option<Schema>, Option<Reflection>) {
    drop(Schema::compile(text, &CompileOptions { prefixes_required: true }));
    let reflection = Reflection::read(text);
    let schema = match Schema::compile(text, &CompileOptions::default()) {
        Ok(schema) => schema,
        Err(error) => {
            assert!(!error.diagnostics().is_empty() && !error.to_string().is_empty());
            for diagnostic in error.diagnostics() {
                assert!(
                    text.get(diagnostic.span.start..diagnostic.span.end).is_some(),
                    "{:?}",
                    diagnostic.span
                );
                assert!(
                    diagnostic.start().line <= diagnostic.end().line && !diagnostic.to_string().is_empty()
                );
                drop(diagnostic.error_info());
            }
            return (None, reflection.ok());
        }
    };
    let reflection = reflection.expect("what compiles can be told");
    assert_eq!(reflection.definitions.len(), schema.definitions().len());
    assert_eq!(reflection.caveats.len(), schema.caveats().len());
    assert_eq!(differences(&reflection, &reflection), Ok(vec![]));
    assert_eq!(removals(&schema, &schema), []);
    assert!(forbidden_caveat_change(&schema, &schema).is_none());
    let again = Schema::compile(text, &CompileOptions::default()).expect("it compiled a moment ago");
    assert_eq!(Outline(&schema).to_string(), Outline(&again).to_string());
    check_tools(text, &schema);
    let reachability = Reachability::new(&schema);
    for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
        assert!(reachability.nodes_for(node.definition, Some(id)).contains(id));
        let users = computable_permissions(&schema, node.definition, Some(id));
        for usage in reachability.used_by(id) {
            assert!(usage.node == id || users.contains(&usage.node));
        }
        if matches!(node.kind, NodeKind::Permission(_)) {
            drop(dependent_relations(&schema, id));
        }
    }
    (Some(schema), Some(reflection))
}
