//! Whatever can be parsed is checked to an answer.

use proptest::prelude::*;

use super::*;

const PARTS: &[&str] = &[
    "i",
    "s",
    "b",
    "t",
    "du",
    "ip",
    "a",
    "li",
    "m",
    "ma",
    "x",
    "y",
    "1",
    "1.5",
    "2u",
    "'a'",
    "null",
    "[]",
    "{}",
    "true",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".x",
    "?",
    " + ",
    " - ",
    " * ",
    " == ",
    " < ",
    " in ",
    " && ",
    " || ",
    "!",
    "-",
    "size(",
    "int(",
    "type(",
    "dyn(",
    "has(ma.x)",
    ".all(x, ",
    ".map(y, ",
    ".filter(x, ",
    ".contains(",
    "[0]",
    ".matches('a')",
    ".in_cidr(s)",
    "google.protobuf.Timestamp",
    "int",
    "x: x",
    "[x]",
    "{x: x}",
    ".?x",
    "[?",
    "{?",
    ".optMap(x, ",
    ".value()",
    ".orValue(",
    "optional.of(",
    "optional.none()",
    "google.protobuf.Int64Value{value: ",
    "google.protobuf.Value{list_value: ",
];

proptest! {
    #[test]
    fn every_text_has_a_verdict(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        let text = parts.concat();
        match Caveat::compile(parameters(), &text) {
            Ok(caveat) => prop_assert!(!Outline(&caveat).to_string().is_empty()),
            Err(errors) => {
                prop_assert!((1..=20).contains(&errors.len()));
                prop_assert!(errors.iter().all(|error| text.get(error.span.clone()).is_some()));
            }
        }
    }
}
