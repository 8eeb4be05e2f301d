//! Every message of the API as JSON, empty and filled, against a file that shows them all. `REGEN=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::wire::{put_bytes, put_double, put_message, put_varint};
use super::{read, write};
use crate::server::gateway::routes::Routes;

/// Messages within messages that are filled.
const DEPTH_MAX: u32 = 3;

/// The wire's bytes of a message with something in every field; of a choice, in the one of this number, if it has it.
fn filled(message: &MessageDescriptor, choice: usize, depth: u32) -> Vec<u8> {
    let mut wire = Vec::new();
    for field in message.fields() {
        if let Some(oneof) = field.containing_oneof() {
            let chosen = oneof.fields().nth(choice % oneof.fields().len());
            if chosen.is_none_or(|chosen| chosen.number() != field.number()) {
                continue;
            }
        }
        let count = if field.is_list() { 2 } else { 1 };
        for _ in 0..count {
            fill(&field, choice, depth, &mut wire);
        }
    }
    wire
}

fn fill(field: &FieldDescriptor, choice: usize, depth: u32, wire: &mut Vec<u8>) {
    let number = field.number();
    match field.kind() {
        Kind::String => put_bytes(wire, number, field.name().as_bytes()),
        Kind::Bytes => put_bytes(wire, number, &[0xfb, 0xff]),
        Kind::Double => put_double(wire, number, 1.5),
        Kind::Message(message) if message.full_name() == "google.protobuf.Any" => {}
        Kind::Message(message) if depth < DEPTH_MAX => {
            let content = filled(&message, choice, depth + 1);
            put_message(wire, number, |wire| {
                wire.extend_from_slice(&content);
                Ok::<_, ()>(())
            })
            .unwrap();
        }
        Kind::Message(_) => {}
        _ => put_varint(wire, number, 1),
    }
}

fn text(message: &MessageDescriptor, wire: &[u8]) -> String {
    let mut json = Vec::new();
    write(message, wire, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

/// Every message that the API says, by its name, and whether it is part of a request.
fn messages() -> BTreeMap<String, (MessageDescriptor, bool)> {
    fn add(
        message: &MessageDescriptor,
        is_request: bool,
        found: &mut BTreeMap<String, (MessageDescriptor, bool)>,
    ) {
        if message.package_name() != "authzed.api.v1" {
            return;
        }
        let before = found.get(message.full_name()).map(|(_, is_request)| *is_request);
        if before.is_some_and(|before| before || !is_request) {
            return;
        }
        found.insert(message.full_name().to_owned(), (message.clone(), is_request));
        for field in message.fields() {
            if let Kind::Message(message) = field.kind() {
                add(&message, is_request, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    for route in Routes::new().unwrap().all() {
        add(&route.response, false, &mut found);
        add(&route.request, true, &mut found);
    }
    found
}

#[test]
fn every_message_has_its_shape() {
    let mut shapes = String::new();
    for (name, (message, _)) in messages() {
        let choices = message.oneofs().map(|oneof| oneof.fields().len()).max().unwrap_or(1);
        writeln!(shapes, "{name}\n  {}", text(&message, &[])).unwrap();
        for choice in 0..choices {
            writeln!(shapes, "  {}", text(&message, &filled(&message, choice, 0))).unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway/shapes.txt");
    if std::env::var_os("REGEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &shapes).unwrap();
    }
    assert_eq!(shapes, std::fs::read_to_string(&file).unwrap());
}

#[test]
fn every_request_is_read_as_it_is_written() {
    let mut count = 0;
    for (name, (message, _)) in messages().into_iter().filter(|(_, (_, is_request))| *is_request) {
        for choice in 0..2 {
            let wire = filled(&message, choice, 0);
            let written = text(&message, &wire);
            let Ok(read) = read(&message, written.as_bytes()) else { panic!("{name}: {written}") };
            assert_eq!(text(&message, &read), written, "{name}");
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}
