//! The text form of relationships: what is read prints as a text that reads the same.

use arrowroot::relationship::{Object, Relationship, Subject};

use super::{Form, Target};

pub(super) const TARGET: Target = Target {
    name: "relationship",
    seeds,
    run,
    form: Form::Bytes,
    words: WORDS,
    memory_bytes_max: 16 << 20,
    short_runs: 30_000,
};

const WORDS: &[&str] = &[
    "doc:a",
    "#viewer",
    "@user:b",
    ":*",
    "#...",
    "#member",
    "[caveat]",
    "[c:{\"a\":1}]",
    "[expiration:",
    "]",
    "[",
    "{",
    "}",
    "2030-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "-000001-01-01T00:00:00Z",
    "+02:00",
    "[Europe/Berlin]",
    "0000-01-01T00:00:00Z",
    "1e999",
    "\\u0000",
    "\\\"",
    "null",
    "é",
    "\u{0}",
    "|",
    "/",
    "=",
    "+",
    ".",
    "~",
    "%",
    ",",
];

const SEEDS: &[&str] = &[
    "agent:planner#owner@user:ana",
    "doc:a/b|c_d-e=f+g#viewer@group:g#member",
    "doc:a.b:c@d%e~f,g#viewer@user:*",
    "tenant/doc:1#viewer@tenant/user:x#...",
    "doc:1#viewer@user:a[only_if]",
    "doc:1#viewer@user:a[only_if:{\"a\":[1,{\"b\":\"]}\"}],\"c\":null}]",
    "doc:1#viewer@user:a[expiration:2030-01-31T12:00:00Z]",
    "doc:1#viewer@user:a[t/c:{\"x\":1.5e3}][expiration:1999-12-31T23:59:59.123456789+14:00]",
    "doc:1#viewer@user:a[expiration:9999-12-31T23:59:59.999999999Z]",
    "group:g#member",
    "user:*",
    "doc:1",
];

fn seeds() -> Vec<Vec<u8>> {
    SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(object) = text.parse::<Object>() {
        assert_eq!(object.to_string(), text);
    }
    if let Ok(subject) = text.parse::<Subject>() {
        let printed = subject.to_string();
        assert_eq!(printed.parse::<Subject>().as_ref(), Ok(&subject), "`{printed}`");
    }
    match text.parse::<Relationship>() {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(relationship) => {
            let printed = relationship.to_string();
            let mut read =
                printed.parse::<Relationship>().unwrap_or_else(|error| panic!("`{printed}`: {error}"));
            // An empty context is not printed.
            if let (Some(read), Some(first)) = (&mut read.caveat, &relationship.caveat)
                && first.context_json == "{}"
            {
                assert_eq!(read.context_json, "");
                read.context_json = "{}".to_owned();
            }
            assert_eq!(read, relationship);
            assert_eq!(read.to_string(), printed);
        }
    }
}
