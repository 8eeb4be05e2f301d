//! Facts about the texts that become object ids, and come back.

use proptest::prelude::*;

use super::{InvalidId, decode, decode_exactly, encode};

#[test]
fn what_object_ids_may_have_stays_as_it_is() {
    for text in
        ["7f0c1b6e", "run-schedule::a::b", "agent-1/schedule-1", "a--b", "x|y=z+1", "ana@example.com", "~,."]
    {
        assert_eq!(encode(text).unwrap().as_str(), text);
    }
}

#[test]
fn other_bytes_are_escaped() {
    let cases = [
        ("a b", "a%20b"),
        ("50%", "50%25"),
        ("*", "%2A"),
        ("é", "%C3%A9"),
        ("\"\\\n", "%22%5C%0A"),
        ("#", "%23"),
    ];
    for (text, id) in cases {
        assert_eq!(encode(text).unwrap().as_str(), id);
        assert_eq!(decode(id), text);
    }
}

#[test]
fn ids_that_were_not_written_here_stand_for_themselves() {
    for id in ["50%", "%zz", "%2", "a%2a", "%FF"] {
        assert_eq!(decode(id), id);
    }
}

#[test]
fn an_id_that_is_no_texts_is_known() {
    for id in ["a%41", "50%", "%zz", "a%2a", "%FF", "%2"] {
        assert_eq!(decode_exactly(id), None, "{id}");
    }
    for (id, text) in [("a%20b", "a b"), ("%25", "%"), ("plain", "plain"), ("%C3%A9", "é")] {
        assert_eq!(decode_exactly(id).as_deref(), Some(text));
    }
}

#[test]
fn too_little_and_too_much_are_refused() {
    assert_eq!(encode(""), Err(InvalidId::Empty));
    assert_eq!(encode(&"a".repeat(1 << 20)), Err(InvalidId::TooLong));
    assert_eq!(encode(&" ".repeat(300)), Err(InvalidId::TooLong));
    assert!(encode(&"a".repeat(895)).is_ok());
    assert!(encode(&"a".repeat(896)).is_err());
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "\\PC{1,60}") {
        let id = encode(&text).unwrap();
        prop_assert_eq!(decode(id.as_str()), text);
    }
}
