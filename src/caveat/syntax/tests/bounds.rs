//! No expression can exhaust stack, memory or time.

use super::*;

use crate::caveat::syntax::parser::DEPTH_MAX;

/// Shapes that nest: text of a level before and behind the middle, the middle, and the deepest that is accepted.
const SHAPES: &[(&str, &str, &str, usize)] = &[
    ("(", "a", ")", 249),
    ("[", "", "]", 250),
    ("[", "a", "]", 249),
    ("{a:", "a", "}", 249),
    ("f(", "a", ")", 249),
    ("a.f(", "a", ")", 249),
    ("a[", "a", "]", 249),
    ("a ? b : ", "a", "", 249),
    ("(", "a", ") ? b : c", 249),
    ("!(", "a", ")", 249),
    ("-(", "a", ")", 249),
    ("a || (", "a", ")", 249),
    ("a.all(x, ", "a", ")", 249),
    ("has(a.b) && (", "a", ")", 249),
    ("", "a", ".b", 250),
    ("", "a", "[0]", 250),
    ("", "a", ".f()", 250),
    ("", "a", ".map(x, x)", 250),
    ("", "a", " + a", 250),
    ("", "a", " == a", 250),
    ("", "a", " in a", 250),
];

/// Does something on a thread with the stack that threads have by default.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(2 << 20);
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn nested(before: &str, middle: &str, behind: &str, depth: usize) -> String {
    format!("{}{middle}{}", before.repeat(depth), behind.repeat(depth))
}

#[test]
fn nesting_is_bounded_as_in_spicedb() {
    for (before, middle, behind, deepest) in SHAPES {
        let accepted = nested(before, middle, behind, *deepest);
        let refused = nested(before, middle, behind, deepest + 1);
        on_a_small_stack(|| {
            let tree = parse(&accepted);
            assert!(tree.is_ok(), "{before}{middle}{behind}: {:?}", tree.err());
            drop(tree);
            let errors = errors(&refused);
            assert_eq!(errors.len(), 1, "{before}{middle}{behind}");
            assert!(errors[0].1.contains(&format!("nests deeper than {DEPTH_MAX} levels")));
        });
    }
}

#[test]
fn text_that_nests_as_deep_as_it_is_long_does_not_overflow() {
    for (before, middle, behind, _) in SHAPES {
        let levels = 100_000 / (before.len() + behind.len());
        for text in [nested(before, middle, behind, levels), nested(before, middle, "", levels)] {
            on_a_small_stack(|| drop(parse(&text)));
        }
    }
}

#[test]
fn chains_and_signs_of_any_length_are_read() {
    for (text, depth) in [
        (vec!["a"; 10_000].join(" && "), 1),
        (vec!["a"; 10_000].join(" || "), 1),
        (vec!["a && a"; 10_000].join(" || "), 2),
        (format!("{}a", "!".repeat(99_999)), 1),
        (format!("{}a", "-".repeat(99_998)), 0),
        (format!("[{}]", vec!["1"; 40_000].join(",")), 1),
        (format!("{{{}}}", vec!["1:1"; 20_000].join(",")), 1),
    ] {
        on_a_small_stack(|| assert_eq!(parse(&text).unwrap().root.depth, depth));
    }
}

#[test]
fn length_is_bounded_without_the_space_around() {
    let string = |length| format!("\n '{}' \n", "a".repeat(length));
    assert_eq!(errors(&string(99_998)), []);
    let text = string(99_999);
    assert_eq!(errors(&text)[0].1, "the expression is longer than 100000 bytes");
}
