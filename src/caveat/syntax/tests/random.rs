//! Whatever is written, the parser answers; and what is printed from a tree is read as the same tree.

use proptest::prelude::*;

use crate::caveat::lay_out;

use super::sketch::Sketch;
use super::*;

const NAMES: &[&str] = &["a", "b", "r", "in_", "_x", "size", "Br", "null_"];
const LITERALS: &[(&str, &str)] = &[
    ("1", "1"),
    ("-1", "-1"),
    ("2u", "2u"),
    ("1.5", "1.5"),
    ("-0.5", "-0.5"),
    ("true", "true"),
    ("null", "null"),
    ("'x'", "\"x\""),
    ("b'x'", "b\"x\""),
];
const RELATIONS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "in"];
const MACROS: &[(&str, &str)] = &[("All", "all"), ("Exists", "exists"), ("Filter", "filter"), ("Map", "map")];

fn trees() -> impl Strategy<Value = Sketch> {
    let name = || prop::sample::select(NAMES).prop_map(str::to_owned);
    let literal = prop::sample::select(LITERALS).prop_map(|(_, described)| described.to_owned());
    let leaf = prop_oneof![name(), literal].prop_map(Sketch::Leaf);
    leaf.prop_recursive(6, 60, 4, move |below| {
        let some = move |count| prop::collection::vec(below.clone(), count);
        let operators = prop::sample::select(&["+", "-", "*", "/", "%"][..]);
        prop_oneof![
            (prop::sample::select(RELATIONS), some(2..=2)).prop_map(|(sign, of)| Sketch::Operation(sign, of)),
            (operators, some(2..=2)).prop_map(|(sign, of)| Sketch::Operation(sign, of)),
            (prop::sample::select(&["&&", "||"][..]), some(2..=4))
                .prop_map(|(sign, of)| Sketch::Operation(sign, of)),
            (prop::sample::select(&["!", "neg"][..]), some(1..=1))
                .prop_map(|(sign, of)| Sketch::Operation(sign, of)),
            some(3..=3).prop_map(|of| Sketch::Operation("?:", of)),
            some(2..=2).prop_map(|of| Sketch::Operation("[]", of)),
            some(0..=4).prop_map(|of| Sketch::Operation("list", of)),
            prop_oneof![some(0..=0), some(2..=2), some(4..=4)].prop_map(|of| Sketch::Operation("map", of)),
            (prop::sample::select(&[".", "has."][..]), name(), some(1..=1))
                .prop_map(|(kind, name, of)| Sketch::Named(kind, name, of)),
            (name(), some(0..=3)).prop_map(|(name, of)| Sketch::Named("call ", name, of)),
            (name(), some(1..=3)).prop_map(|(name, of)| Sketch::Named("method ", name, of)),
            (prop::sample::select(MACROS), name(), some(2..=2))
                .prop_map(|((kind, _), name, of)| Sketch::Named("macro ", format!("{kind} {name}"), of)),
        ]
    })
}

/// How tight the outermost operation binds; a part that binds less needs parentheses.
fn strength(sketch: &Sketch) -> u8 {
    match sketch {
        Sketch::Operation("?:", _) => 0,
        Sketch::Operation("||", _) => 1,
        Sketch::Operation("&&", _) => 2,
        Sketch::Operation("+" | "-", _) => 4,
        Sketch::Operation("*" | "/" | "%", _) => 5,
        Sketch::Operation("!" | "neg", _) => 6,
        Sketch::Operation(sign, _) if RELATIONS.contains(sign) => 3,
        _ => 7,
    }
}

/// The expression that means a tree, with no more parentheses than it needs.
fn written(sketch: &Sketch) -> String {
    let part = |below: &Sketch, least| {
        let text = written(below);
        if strength(below) < least { format!("({text})") } else { text }
    };
    let list = |below: &[Sketch]| below.iter().map(written).collect::<Vec<_>>().join(", ");
    match sketch {
        Sketch::Leaf(text) => {
            let literal = LITERALS.iter().find(|(_, described)| described == text);
            literal.map_or_else(|| text.clone(), |(literal, _)| (*literal).to_owned())
        }
        Sketch::Operation("?:", below) => {
            format!("{} ? {} : {}", part(&below[0], 1), part(&below[1], 1), part(&below[2], 0))
        }
        // A sign before a number would belong to it.
        Sketch::Operation("neg", below) => format!("-({})", written(&below[0])),
        Sketch::Operation("!", below) => format!("!{}", part(&below[0], 7)),
        Sketch::Operation("[]", below) => format!("{}[{}]", part(&below[0], 7), written(&below[1])),
        Sketch::Operation("list", below) => format!("[{}]", list(below)),
        Sketch::Operation("map", below) => {
            let entries =
                below.chunks(2).map(|entry| format!("{}: {}", written(&entry[0]), written(&entry[1])));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Sketch::Operation(sign @ ("&&" | "||"), below) => {
            let strength = strength(sketch) + 1;
            let parts: Vec<_> = below.iter().map(|below| part(below, strength)).collect();
            parts.join(&format!(" {sign} "))
        }
        Sketch::Operation(sign, below) => {
            let strength = strength(sketch);
            format!("{} {sign} {}", part(&below[0], strength), part(&below[1], strength + 1))
        }
        Sketch::Named(".", name, below) => format!("{}.{name}", part(&below[0], 7)),
        Sketch::Named("has.", name, below) => format!("has({}.{name})", part(&below[0], 7)),
        Sketch::Named("call ", name, below) => format!("{name}({})", list(below)),
        Sketch::Named("method ", name, below) => {
            format!("{}.{name}({})", part(&below[0], 7), list(&below[1..]))
        }
        Sketch::Named(_, name, below) => {
            let (kind, variable) = name.split_once(' ').unwrap();
            let (_, name) = MACROS.iter().find(|(known, _)| *known == kind).unwrap();
            format!("{}.{name}({variable}, {})", part(&below[0], 7), written(&below[1]))
        }
    }
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "has",
    "all",
    "map",
    "in",
    "true",
    "null",
    "for",
    "1",
    "1.5",
    "0x1",
    "2u",
    "9223372036854775808",
    "'x'",
    "\"",
    "'",
    "'''",
    "b'",
    "r'",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ":",
    "?",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "//",
    "%",
    "==",
    "=",
    "<",
    ">=",
    "#",
    "é",
    "\n",
    " ",
    "has(a.b)",
    ".all(x, ",
    "size(",
    "?.",
    "&",
];

/// Errors lie within the text and in order, and there are at least one and at most twenty. What has none can be laid out.
fn assert_sound(text: &str) {
    assert_eq!(lay_out(text).is_ok(), parse(text).is_ok(), "{text}");
    if let Err(errors) = parse(text) {
        assert!((1..=20).contains(&errors.len()), "{text}");
        assert!(errors.is_sorted_by_key(|error| error.span.start), "{text}");
        for error in errors {
            assert!(text.get(error.span.clone()).is_some(), "{text}: {error:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_tree_that_is_written_is_read_as_the_same_tree(expected in trees()) {
        let text = written(&expected);
        let found = parse(&text).map(|tree| sketch(&tree.root));
        prop_assert_eq!(found, Ok(expected), "{}", text);
        prop_assert!(lay_out(&text).is_ok(), "{}", text);
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        assert_sound(&text);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        assert_sound(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn words_in_any_order_are_answered(
        words in prop::collection::vec((prop::sample::select(WORDS), any::<bool>()), 0..60),
    ) {
        let spaced = words.iter().map(|(word, is_spaced)| format!("{word}{}", if *is_spaced { " " } else { "" }));
        assert_sound(&spaced.collect::<String>());
    }
}
