//! Whatever is written, the compiler answers, and answers the same about what it has printed.

use proptest::prelude::*;

use super::*;

/// Words of the language and near it, from which nearly-valid texts are made.
const WORDS: &[&str] = &[
    "definition",
    "definition user {\n",
    "definition doc {\n",
    "}\n",
    "}",
    "{",
    "relation",
    "relation viewer: user\n",
    "relation parent: doc\n",
    "permission",
    "permission view =",
    "permission edit = view\n",
    "viewer",
    "parent",
    "view",
    "user",
    "doc",
    ":",
    "|",
    "#",
    "#...",
    ":*",
    "=",
    "+",
    "&",
    "-",
    "->",
    ".any(",
    ".all(",
    "(",
    ")",
    "nil",
    "self",
    "with",
    "expiration",
    "and",
    "caveat",
    "caveat weekdays(day string) { day == '1' }\n",
    "use self\n",
    "use partial\n",
    "use typechecking\n",
    "use expiration\n",
    "partial",
    "partial shared {\n",
    "...shared",
    "...",
    "\n",
    ";",
    " ",
    "\t",
    "// comment\n",
    "/* comment */",
    "/*",
    "'text'",
    "\"",
    "'''",
    "é",
    "@",
    "\u{feff}",
    "1",
    "/",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(WORDS), prop::bool::ANY), 0..60).prop_map(|words| {
        let spaced =
            words.into_iter().map(|(word, is_spaced)| format!("{word}{}", if is_spaced { " " } else { "" }));
        spaced.collect()
    })
}

/// Compiles it, and whatever comes out must hold together.
fn probe(text: &str) -> Result<(), TestCaseError> {
    let reflection = Reflection::read(text);
    match Schema::compile(text, &CompileOptions::default()) {
        Err(error) => {
            prop_assert!(!error.diagnostics().is_empty() && !error.to_string().is_empty());
            for diagnostic in error.diagnostics() {
                prop_assert!(text.get(diagnostic.span.start..diagnostic.span.end).is_some());
                prop_assert!(diagnostic.start().line <= diagnostic.end().line);
            }
        }
        Ok(schema) => {
            prop_assert_eq!(removals(&schema, &schema), []);
            let Ok(reflection) = reflection else { panic!("{text} compiles, but cannot be told") };
            prop_assert_eq!(reflection.definitions.len(), schema.definitions().len());
            prop_assert_eq!(differences(&reflection, &reflection), Ok(vec![]));
            let reachability = Reachability::new(&schema);
            for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
                prop_assert!(reachability.nodes_for(node.definition, Some(id)).contains(id));
                let users = computable_permissions(&schema, node.definition, Some(id));
                prop_assert!(!users.contains(&id));
                let held = reachability.used_by(id).iter().map(|usage| usage.node).filter(|user| *user != id);
                prop_assert!(
                    held.clone().all(|user| users.contains(&user)),
                    "{:?}",
                    held.collect::<Vec<_>>()
                );
                let is_permission =
                    |user: &NodeId| matches!(schema.node(*user).kind, NodeKind::Permission(_));
                for permission in users.into_iter().filter(is_permission) {
                    prop_assert!(!dependent_relations(&schema, permission).is_empty());
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        probe(&text)?;
    }

    #[test]
    fn any_printable_text_gets_an_answer(text in "[ -~\n]{0,300}") {
        probe(&text)?;
    }

    #[test]
    fn any_soup_of_words_gets_an_answer(text in soup()) {
        probe(&text)?;
    }
}
