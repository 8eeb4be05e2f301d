//! Every RPC over gRPC: an input names one by its first byte, and has its messages after the second, which says whether
//! they are sent as they are, without frames around them.

use super::server::{Answer, frame, rpcs, with_server};
use super::{Form, Target, lines};
use crate::wire_format;

pub(super) const TARGET: Target = Target {
    name: "wire",
    seeds,
    run,
    form: Form::Message { head: 2 },
    words: WORDS,
    memory_bytes_max: 256 << 20,
    short_runs: 3000,
};

const MESSAGES: &str = include_str!("../seeds/messages.txt");

/// What stands between the messages of a stream.
const BETWEEN: &[u8] = b"\xff\xfe\xff\xfe";

/// How every message begins about what must not happen. Other messages of INTERNAL are about what a client's code must not
/// do, as in other servers.
pub(super) const TROUBLE: &str = "internal error";

const UNKNOWN: i32 = 2;
const DATA_LOSS: i32 = 15;

const WORDS: &[&str] = &[
    "doc",
    "folder",
    "group",
    "user",
    "agent",
    "task",
    "tenant",
    "api_key",
    "service_account",
    "tombstone",
    "a",
    "b",
    "f",
    "ana",
    "bob",
    "acme",
    "*",
    "...",
    "viewer",
    "editor",
    "member",
    "view",
    "edit",
    "parent",
    "owner",
    "read",
    "execute",
    "in_time",
    "temp",
    "conditional",
    "x",
    "definition user {}",
    "caveat c(a int) { a == 1 }",
    "",
    "é",
    "\u{0}",
    "/",
    "|",
    "a\u{301}",
    "10.0.0.1",
    "2030-01-01T00:00:00Z",
];

fn seeds() -> Vec<Vec<u8>> {
    let rpcs = rpcs();
    let seed = |line: &str| {
        let (name, messages) = line.split_once(' ').unwrap_or((line, ""));
        let number = rpcs.iter().position(|rpc| rpc.rsplit('/').next() == Some(name));
        let number = number.unwrap_or_else(|| panic!("there is no RPC `{name}`"));
        let mut seed = vec![u8::try_from(number).unwrap(), 0];
        let messages: Vec<_> =
            messages.split(" / ").map(|text| wire_format::message(text, Some(b""))).collect();
        seed.extend_from_slice(&messages.join(BETWEEN));
        seed
    };
    let mut seeds: Vec<_> = lines(MESSAGES).map(seed).collect();
    for number in 0..rpcs.len() {
        let number = u8::try_from(number).unwrap();
        assert!(seeds.iter().any(|seed| seed[0] == number), "no message for {}", rpcs[usize::from(number)]);
        seeds.push(vec![number, 0]);
        seeds.push([&[number, 1][..], &frame(b"\x0a\x00")].concat());
    }
    seeds
}

fn run(input: &[u8]) {
    let Some((&[number, is_raw], rest)) = input.split_first_chunk() else { return };
    let rpcs = rpcs();
    let rpc = &rpcs[usize::from(number) % rpcs.len()];
    let body = if is_raw & 1 == 1 { rest.to_vec() } else { framed(rest) };
    let answer = with_server(|server| server.call(rpc, body));
    check(rpc, &answer);
}

/// The messages of an input in frames.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        body.extend_from_slice(&frame(&rest[..end]));
        rest = &rest[end + BETWEEN.len()..];
    }
    body.extend_from_slice(&frame(rest));
    body
}

/// An answer never speaks of the server's own trouble.
pub(super) fn check(rpc: &str, answer: &Answer) {
    let Answer { code, message, .. } = answer;
    assert!((0..=16).contains(code) && ![UNKNOWN, DATA_LOSS].contains(code), "{rpc}: {code} {message}");
    assert!(!message.starts_with(TROUBLE), "{rpc}: {code} {message}");
}
