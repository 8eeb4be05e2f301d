//! `arrowroot schema graph`.

use super::Files;

const SCHEMA: &str =
    "definition user {}\n\ndefinition doc {\n\trelation viewer: user\n\tpermission view = viewer\n}\n";

#[test]
fn a_drawing_is_printed_or_written() {
    let files = Files::new([("a.zed", SCHEMA), ("v.yaml", "schemaFile: a.zed\n")]);
    let answer = files.run(&["schema", "graph", "a.zed"]);
    assert!(
        answer.status == 0 && answer.out.starts_with("<svg ") && answer.out.ends_with("</svg>\n"),
        "{answer:?}"
    );
    assert!(answer.out.contains(">view = viewer<") && answer.out.contains("prefers-color-scheme:dark"));
    let written = files.run(&["schema", "graph", "a.zed", "--output-file", "a.svg"]);
    assert_eq!((written.status, &*written.out, files.text("a.svg")), (0, "", answer.out.clone()));
    assert_eq!(files.run(&["schema", "graph", "v.yaml"]).out, answer.out);
    assert_eq!(files.run_with(&["schema", "graph", "-"], SCHEMA).out, answer.out);
}

#[test]
fn the_text_for_graphviz_has_every_name() {
    let files = Files::new([("a.zed", SCHEMA)]);
    let answer = files.run(&["schema", "graph", "--format", "dot", "a.zed"]);
    assert!(answer.status == 0 && answer.out.starts_with("digraph schema {") && answer.out.ends_with("}\n"));
    assert!(answer.out.contains("n1:r0:e -> n0:title:w"), "{}", answer.out);
}

#[test]
fn what_cannot_be_drawn_or_written_is_an_error() {
    let files = Files::new([("a.zed", SCHEMA), ("b.zed", "definition doc {\n\trelation viewer: usr\n}\n")]);
    for (arguments, problem) in [
        (&["schema", "graph", "b.zed"][..], "b.zed:2:19: "),
        (&["schema", "graph", "nowhere.zed"], "nowhere.zed: cannot be read"),
        (&["schema", "graph", "a.zed", "--output-file", "nowhere/a.svg"], "nowhere/a.svg: cannot be written"),
        (&["schema", "graph", "a.zed", "--format", "png"], "invalid value 'png'"),
    ] {
        let answer = files.run(arguments);
        assert!(answer.status == 2 && answer.out.is_empty() && answer.err.contains(problem), "{answer:?}");
    }
}
