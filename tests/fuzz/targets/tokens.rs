//! Tokens and cursors, in every RPC that takes one. An input names the place by its first byte, and by its second what the
//! rest is: a text as it is; the bytes of a token of this store, to which the checksum is added; or changes of real ones.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::server::{Answer, Fixture, frame, rpcs, with_server};
use super::{Form, Target, lines, wire};
use crate::wire_format;

pub(super) const TARGET: Target = Target {
    name: "tokens",
    seeds,
    run,
    form: Form::Bytes,
    words: WORDS,
    memory_bytes_max: 128 << 20,
    short_runs: 2000,
};

const PLACES: &str = include_str!("../seeds/tokens.txt");

const WORDS: &[&str] = &[
    "doc:a#viewer@user:ana",
    "doc:a",
    "#",
    "@",
    ":*",
    "user",
    "\u{0}",
    "\u{7f}",
    "AQ",
    "==",
    "-_",
    "+/",
    "é",
    "[c]",
    "|",
    "planner",
];

const OK: i32 = 0;
const INVALID_ARGUMENT: i32 = 3;

/// What the rest of an input is.
#[derive(Clone, Copy)]
enum Kind {
    /// The token.
    Text,
    /// Its bytes, without checksum and with any identity.
    Bytes,
    /// Pairs of place and change, to be made in a real one.
    Changes,
    /// Nothing: the token is one of another store.
    Foreign,
}

const KINDS: [Kind; 4] = [Kind::Text, Kind::Bytes, Kind::Changes, Kind::Foreign];

fn places() -> Vec<(String, &'static str)> {
    let rpcs = rpcs();
    let place = |line: &'static str| {
        let (name, message) = line.split_once(' ').unwrap();
        let rpc = rpcs.iter().find(|rpc| rpc.rsplit('/').next() == Some(name));
        (rpc.unwrap_or_else(|| panic!("there is no RPC `{name}`")).clone(), message)
    };
    lines(PLACES).map(place).collect()
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut server = Fixture::start();
    for ((rpc, message), number) in places().into_iter().zip(0..) {
        seeds.push(vec![number, 0]);
        seeds.push(vec![number, 3]);
        for token in real(&mut server, &rpc, message) {
            seeds.push([&[number, 1][..], &token[..token.len() - CHECKSUM_BYTES]].concat());
            seeds.push(vec![number, 2, 0, 1]);
            seeds.push([&[number, 0][..], URL_SAFE.encode(token).as_bytes()].concat());
        }
    }
    seeds
}

/// Format, kind, identity, and the rest without the checksum.
const IDENTITY: std::ops::Range<usize> = 2..10;
const CHECKSUM_BYTES: usize = 4;

/// The tokens and cursors, decoded, that an RPC answers with.
fn real(server: &mut Fixture, rpc: &str, message: &str) -> Vec<Vec<u8>> {
    let answer = server.call(rpc, frame(&wire_format::message(message, None)));
    let texts = answer.messages.iter().flat_map(|message| wire_format::texts(message));
    let is_token = |bytes: &Vec<u8>| bytes.len() >= 22 && bytes[0] == 1 && b"tc".contains(&bytes[1]);
    let mut tokens: Vec<_> = texts.filter_map(|text| URL_SAFE.decode(text).ok()).filter(is_token).collect();
    tokens.dedup();
    tokens
}

fn run(input: &[u8]) {
    let Some((&[place, kind], rest)) = input.split_first_chunk() else { return };
    let places = places();
    let (rpc, message) = &places[usize::from(place) % places.len()];
    let kind = KINDS[usize::from(kind) % KINDS.len()];
    with_server(|server| {
        // Tokens come with every check.
        let (check, checked) = &places[3];
        let mut known = real(server, rpc, message);
        known.append(&mut real(server, check, checked));
        let real = known.first().expect("a check has a token").clone();
        let token = match kind {
            Kind::Text => String::from_utf8_lossy(rest).into_owned(),
            Kind::Bytes => {
                let mut bytes = rest.to_vec();
                if let Some(identity) = bytes.get_mut(IDENTITY) {
                    identity.copy_from_slice(&real[IDENTITY]);
                }
                checked_text(bytes)
            }
            Kind::Changes => changed(&URL_SAFE.encode(&real), rest),
            Kind::Foreign => {
                let mut bytes = real[..real.len() - CHECKSUM_BYTES].to_vec();
                bytes[IDENTITY.start] ^= 1;
                checked_text(bytes)
            }
        };
        let answer = server.call(rpc, frame(&wire_format::message(message, Some(token.as_bytes()))));
        wire::check(rpc, &answer);
        let is_unchecked = matches!(kind, Kind::Changes | Kind::Foreign) || has_no_checksum(&token);
        // A token that is not there is another mistake.
        if token.is_empty() {
            return;
        }
        if is_unchecked && token != URL_SAFE.encode(&real) {
            let Answer { code, message, .. } = &answer;
            assert_eq!(*code, INVALID_ARGUMENT, "{rpc} of `{token}`: {message}");
        }
        if [OK, INVALID_ARGUMENT].contains(&answer.code) {
            return;
        }
        // OUT_OF_RANGE, FAILED_PRECONDITION, and the end of a watch.
        assert!([4, 9, 11].contains(&answer.code), "{rpc} of `{token}`: {} {}", answer.code, answer.message);
    });
}

fn checked_text(mut bytes: Vec<u8>) -> String {
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    URL_SAFE.encode(bytes)
}

/// Whether no store has ever given it.
fn has_no_checksum(token: &str) -> bool {
    let Ok(bytes) = URL_SAFE.decode(token) else { return true };
    match bytes.split_last_chunk() {
        Some((bytes, checksum)) => crc32fast::hash(bytes) != u32::from_be_bytes(*checksum),
        None => true,
    }
}

/// Flips bits and cuts; what comes of it may not be text.
fn changed(token: &str, changes: &[u8]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for change in changes.chunks_exact(2).take(8) {
        let place = usize::from(change[0]) % (bytes.len() + 1);
        match (change[1], bytes.get_mut(place)) {
            (0, _) => bytes.truncate(place),
            (mask, Some(byte)) => *byte ^= mask & 0x7f,
            (byte, None) => bytes.push(byte & 0x7f),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
