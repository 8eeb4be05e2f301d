//! Nothing in a text can exhaust stack, memory or time.

use super::*;
use std::fmt::Write;

use crate::schema::parser::EXPRESSION_DEPTH_MAX;

fn permission(expression: &str) -> String {
    format!("use self\ndefinition doc {{\n relation doc: doc\n permission view = {expression}\n}}")
}

/// Does something on a thread with the stack that threads have by default.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(2 << 20);
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn expression_as_deep_as_the_bound_compiles_and_is_dropped() {
    let deep = EXPRESSION_DEPTH_MAX - 1;
    let half = deep / 2;
    for expression in [
        format!("{}nil{}", "(".repeat(deep), ")".repeat(deep)),
        format!("nil{}", " - nil".repeat(deep)),
        format!("{}nil{}", "(doc - ".repeat(half), ")".repeat(half)),
        format!("{}nil{}", "(doc->view + ".repeat(half), ")".repeat(half)),
    ] {
        let text = permission(&expression);
        on_a_small_stack(|| {
            let schema = compiled(&text);
            assert!(Outline(&schema).to_string().len() > 10);
            Reachability::new(&schema);
        });
    }
}

#[test]
fn expression_deeper_than_the_bound_is_refused() {
    for many in [EXPRESSION_DEPTH_MAX + 1, 100_000] {
        for expression in [
            format!("{}nil{}", "(".repeat(many), ")".repeat(many)),
            "(".repeat(many),
            format!("nil{}", " - nil".repeat(many)),
            format!("{}nil{}", "(nil - ".repeat(many), ")".repeat(many)),
            format!("{}nil{}", "(nil + ".repeat(many), ")".repeat(many)),
            format!("{}nil{}", "nil + (".repeat(many), ")".repeat(many)),
            format!("{}nil{}", "(nil & nil - ".repeat(many), ")".repeat(many)),
        ] {
            let text = permission(&expression);
            on_a_small_stack(|| {
                assert_eq!(refused(&text).first().code, DiagnosticCode::NestedTooDeeply, "{expression:.20}");
            });
        }
    }
}

#[test]
fn expression_may_be_as_wide_as_it_likes() {
    for operator in ["+", "&"] {
        let schema = compiled(&permission(&vec!["doc"; 100_000].join(operator)));
        let NodeKind::Permission(Expression::Union(operands) | Expression::Intersection(operands)) =
            &schema.node(NodeId(1)).kind
        else {
            panic!("no operation")
        };
        assert_eq!(operands.len(), 100_000);
    }
}

#[test]
fn deep_types_of_caveat_parameters_are_refused() {
    let text = format!("caveat deep(day {}int{}) {{ true }}", "list<".repeat(100_000), ">".repeat(100_000));
    assert_eq!(on_a_small_stack(|| refused(&text)).first().code, DiagnosticCode::NestedTooDeeply);
}

/// Whatever it says about a text made of one thing again and again.
fn answer_to_repeated(unit: &str, bytes: usize) {
    let text = unit.repeat(bytes / unit.len());
    on_a_small_stack(|| {
        let _ = Schema::compile(&text, &CompileOptions::default());
    });
}

#[test]
fn megabyte_of_anything_ends_in_an_answer() {
    for unit in [
        "a",
        "(",
        "{",
        "}",
        "/*",
        "*/",
        "//\n",
        "\"",
        "'''",
        "\n",
        "\\",
        "\u{feff}",
        "definition ",
        "definition user {\n",
        "permission view = (",
        "x ",
        "...",
        "use self\n",
        "caveat abc(",
        "relation ",
        "partial ",
        "'a\\",
        "->",
    ] {
        answer_to_repeated(unit, 1 << 20);
    }
}

#[test]
fn ten_megabytes_end_in_an_answer() {
    for unit in ["a", "/* */", "definition user {}\n"] {
        answer_to_repeated(unit, 10 << 20);
    }
}

#[test]
fn chain_of_a_hundred_thousand_definitions_compiles() {
    let mut text = String::from("definition t000000 {\n relation viewer: t000000\n}\n");
    for index in 1..100_000 {
        write!(text, "definition t{index:06} {{\n relation viewer: t{:06}#viewer\n}}\n", index - 1).unwrap();
    }
    let schema = compiled(&text);
    assert_eq!(schema.nodes().len(), 100_000);
    let reachability = Reachability::new(&schema);
    let set = reachability.nodes_for(DefinitionId(0), None);
    assert!(set.contains(NodeId(99_999)));
}

#[test]
fn chain_of_annotated_permissions_is_refused_when_it_takes_too_long() {
    let mut text = String::from(
        "use typechecking\ndefinition doc {\n relation first: doc\n permission p000000: doc = first\n",
    );
    for index in 1..20_000 {
        writeln!(text, " permission p{index:06}: doc = p{:06} + first", index - 1).unwrap();
    }
    text += "}\n";
    assert_eq!(refused(&text).first().code, DiagnosticCode::TooLarge);
}

#[test]
fn partials_that_double_at_every_step_are_refused() {
    for last in ["partial p0 {}\n", "partial p0 { relation viewer: doc; }\n"] {
        let mut text = format!("use partial\n{last}");
        for index in 1..64 {
            write!(text, "partial p{index} {{\n ...p{0}\n ...p{0}\n}}\n", index - 1).unwrap();
        }
        text += "definition doc {\n ...p63\n}\n";
        assert_eq!(refused(&text).first().code, DiagnosticCode::TooLarge);
    }
}

#[test]
fn partials_of_much_text_are_refused_where_they_are_inlined_often() {
    let subjects: Vec<_> = (0..10_000).map(|index| format!("t{index:04}")).collect();
    let long = "x".repeat(60_000);
    for member in [
        format!("relation viewer: {}", subjects.join(" | ")),
        format!("// {long}\n relation viewer: doc"),
        format!("permission view = {}", vec!["viewer"; 8_000].join(" + ")),
    ] {
        let mut text = format!("use partial\npartial par {{\n {member}\n}}\n");
        for index in 0..300 {
            write!(text, "definition doc{index} {{\n ...par\n}}\n").unwrap();
        }
        assert_eq!(refused(&text).first().code, DiagnosticCode::TooLarge);
        assert_eq!(Reflection::read(&text).unwrap_err().first().code, DiagnosticCode::TooLarge);
    }
}

#[test]
fn chain_of_partials_is_followed_without_recursion() {
    let mut text = String::from("use partial\npartial p0 { relation viewer: doc; }\n");
    for index in 1..50_000 {
        write!(text, "partial p{index} {{\n ...p{}\n}}\n", index - 1).unwrap();
    }
    text += "definition doc {\n ...p49999\n}\n";
    assert_eq!(on_a_small_stack(|| compiled(&text)).nodes().len(), 1);
}

#[test]
fn arrows_times_types_are_bounded() {
    let types: Vec<_> = (0..10_000).map(|index| format!("t{index:05}")).collect();
    let mut text = String::new();
    for name in &types {
        writeln!(text, "definition {name} {{}}").unwrap();
    }
    write!(text, "definition doc {{\n relation many: {}\n", types.join(" | ")).unwrap();
    write!(text, " permission view = {}\n}}\n", vec!["many->view"; 10_000].join(" + ")).unwrap();
    assert_eq!(refused(&text).first().code, DiagnosticCode::TooLarge);
}

#[test]
fn chain_of_aliases_is_followed_without_recursion() {
    let mut text = String::from("definition doc {\n relation viewer: doc\n permission p000000 = viewer\n");
    for index in 1..100_000 {
        writeln!(text, " permission p{index:06} = p{:06}", index - 1).unwrap();
    }
    assert_eq!(on_a_small_stack(|| compiled(&(text + "}\n"))).nodes().len(), 100_001);
}
