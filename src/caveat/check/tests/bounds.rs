//! No expression can exhaust stack, memory or time.

use super::*;

/// Does something on a thread with the stack that threads have by default.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(2 << 20);
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn expressions_as_deep_as_the_parser_allows_are_checked() {
    for (before, middle, behind, depth) in [
        ("[", "", "]", 250),
        ("{1: ", "1", "}", 249),
        ("!(", "b", ")", 249),
        ("b ? b : ", "b", "", 249),
        ("int(", "i", ")", 249),
        ("s + (", "s", ")", 249),
        ("li.all(x, ", "x == 1", ")", 249),
        ("li.filter(x, b)[", "0", "]", 249),
        ("", "a", ".x", 250),
        ("", "a", "[0]", 250),
        ("", "li", ".map(x, x)", 250),
        ("", "i", " + i", 250),
        ("a.x(", "a", ")", 249),
    ] {
        let text = format!("{}{middle}{}", before.repeat(depth), behind.repeat(depth));
        for text in [format!("dyn({text}) == 1"), text] {
            let parameters = parameters();
            on_a_small_stack(move || {
                drop(Caveat::compile(parameters, &text).map(|caveat| Outline(&caveat).to_string()));
            });
        }
    }
}

#[test]
fn types_that_double_with_every_step_are_refused() {
    let doubling = format!("[1]{} == []", ".map(x, {x: x})".repeat(200));
    assert_eq!(type_of(&doubling), "the types of the expression are too complex");
    let open = format!("[]{} == []", ".map(x, {x: x})".repeat(200));
    assert_eq!(type_of(&open), "the types of the expression are too complex");
    assert_eq!(type_of(&format!("[1]{} == []", ".map(x, [x])".repeat(200))), "bool");
}

#[test]
fn long_expressions_are_checked() {
    for text in [
        format!("i in [{}]", vec!["1"; 40_000].join(",")),
        format!("[{}] == []", vec!["[]"; 30_000].join(",")),
        format!("size({{{}}}) == 1", vec!["'a':i"; 15_000].join(",")),
        vec!["i == 1"; 9_000].join(" || "),
        vec!["[].all(x,x)"; 6_000].join(" && "),
    ] {
        assert_eq!(type_of(&text), "bool");
    }
    assert_eq!(type_of(&vec!["foo(bar)"; 8_000].join(" || ")), "undeclared reference to `foo`");
}

#[test]
fn patterns_cannot_exhaust_memory() {
    assert_eq!(outline(r"s.matches('\\w{1000}{1000}')"), r#"(Matches s "\\w{1000}{1000}")"#);
    let many = vec!["s.matches('a')"; 20].join(" && ");
    let outline = outline(&many);
    assert_eq!(outline.matches("(Matches /a/ s)").count(), 16);
    assert_eq!(outline.matches("(Matches s \"a\")").count(), 4);
}

#[test]
fn parameters_are_bounded() {
    let parameter = |number| Parameter { name: format!("p{number}"), kind: ParameterType::Bool };
    assert!(Caveat::compile((0..1_000).map(parameter).collect(), "p999").is_ok());
    let errors = Caveat::compile((0..1_001).map(parameter).collect(), "p999").err().unwrap();
    assert_eq!(errors[0].message, "there are more than 1000 parameters");
}

#[test]
fn long_types_and_names_are_shortened_in_messages() {
    let deep = format!("{}1{} + 1", "[".repeat(200), "]".repeat(200));
    assert!(type_of(&deep).len() < 300);
    assert!(type_of(&"x".repeat(50_000)).len() < 300);
    let many = format!("size({})", vec!["1"; 40_000].join(","));
    assert_eq!(
        type_of(&many),
        "found no matching overload for 'size' applied to '(int, int, int, int, int, int, int, int, …)'"
    );
}
