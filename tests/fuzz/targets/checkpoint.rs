//! Checkpoints: segments that are not what was written, and then the transactions after them. Each part of an input is a
//! segment, by its first byte compressed as the index does it (`o`, `r`, `s`) or as it is (`z`), or a transaction (`t`).
//! An engine that opens with it must answer whatever it is asked.

use std::sync::Arc;

use arrowroot::engine::{
    CheckPermission, Consistency, DeleteRelationships, Engine, EngineOptions, ExpandPermissionTree,
    LookupResources, LookupSubjects, RegisterCounter, WriteRelationships,
};
use arrowroot::journal::{Journal as _, MemoryJournal, Transaction};
use arrowroot::relationship::{RelationshipFilter, RelationshipUpdate, Revision, Timestamp, UpdateOperation};

use super::{Form, Target, lines};
use crate::mutation::{chunks, join_chunks};

pub(super) const TARGET: Target = Target {
    name: "checkpoint",
    seeds,
    run,
    form: Form::Chunks,
    words: WORDS,
    memory_bytes_max: 512 << 20,
    short_runs: 3000,
};

const SCHEMA: &str = include_str!("../seeds/schema.zed");
const RELATIONSHIPS: &str = include_str!("../seeds/relationships.txt");

const WORDS: &[&str] = &[
    "doc",
    "user",
    "group",
    "viewer",
    "member",
    "...",
    "*",
    "\u{0}",
    "\u{7f}",
    "a",
    "only_if",
    "{\"a\":1}",
    "definition user {}",
];

/// The revision of all checkpoints here.
const REVISION: u64 = 40;
const KINDS: &[u8] = b"ors";
const HEADER_BYTES: usize = 5;

fn seeds() -> Vec<Vec<u8>> {
    let journal = Arc::new(MemoryJournal::new());
    let mut options = EngineOptions::default();
    options.retention = std::time::Duration::from_hours(1000);
    let engine = Engine::with_journal(Arc::clone(&journal) as _, options).unwrap();
    engine.write_schema(&format!("{SCHEMA}definition user {{}}")).unwrap();
    let checkpoint = || {
        engine.write_checkpoint().unwrap();
        let checkpoint = journal.checkpoint().unwrap().unwrap();
        let segments =
            (0..checkpoint.segment_count()).map(|number| part(&checkpoint.segment(number).unwrap()));
        segments.collect::<Vec<_>>()
    };
    let empty = checkpoint();
    let write = |text: &str, operation| {
        let updates = vec![RelationshipUpdate { operation, relationship: text.parse().unwrap() }];
        drop(engine.write_relationships(WriteRelationships { updates, ..Default::default() }));
    };
    let texts: Vec<_> = lines(RELATIONSHIPS).take(18).collect();
    for text in &texts {
        write(text, UpdateOperation::Touch);
    }
    let full = checkpoint();
    let deleted = texts.iter().filter(|text| text.contains("ana"));
    deleted.clone().for_each(|text| write(text, UpdateOperation::Delete));
    deleted.for_each(|text| write(text, UpdateOperation::Touch));
    let filter =
        RelationshipFilter { resource_definition: Some("doc".parse().unwrap()), ..Default::default() };
    engine.register_counter(RegisterCounter { name: "docs".parse().unwrap(), filter }).unwrap();
    let lived = checkpoint();
    let after = Transaction {
        revision: Revision(REVISION + 1),
        committed_at: Timestamp { seconds: 1_700_000_000, nanoseconds: 5 },
        schema: None,
        changes: vec![arrowroot::journal::RelationshipChange::Touch("doc:z#viewer@user:y".parse().unwrap())],
        metadata_json: None,
        counter: None,
    };
    let mut followed = full.clone();
    followed.push([b"t", &*postcard::to_stdvec(&after).unwrap()].concat());
    [empty, full, lived, followed].iter().map(|parts| join_chunks(parts)).collect()
}

/// A segment as a part of an input.
fn part(segment: &[u8]) -> Vec<u8> {
    let kind = segment.first().copied().unwrap_or_default();
    if let Some((header, compressed)) = segment.split_at_checked(HEADER_BYTES)
        && KINDS.contains(&kind)
        && let Ok(content) = zstd::bulk::decompress(compressed, 1 << 20)
        && header[1..] == u32::try_from(content.len()).unwrap().to_le_bytes()
    {
        return [&[kind], &*content].concat();
    }
    [b"z", segment].concat()
}

/// A part of an input as a segment.
fn segment(part: &[u8]) -> Vec<u8> {
    match part.split_first() {
        Some((kind, content)) if KINDS.contains(kind) => {
            let length = u32::try_from(content.len()).unwrap().to_le_bytes();
            let compressed = zstd::bulk::compress(content, 1).unwrap();
            [&[*kind][..], &length, &compressed].concat()
        }
        Some((_, content)) => content.to_vec(),
        None => Vec::new(),
    }
}

fn run(input: &[u8]) {
    let journal = MemoryJournal::new();
    let nothing = |revision| Transaction {
        revision: Revision(revision),
        committed_at: Timestamp { seconds: 1_700_000_000, nanoseconds: 0 },
        schema: None,
        changes: Vec::new(),
        metadata_json: None,
        counter: None,
    };
    let transactions: Vec<_> = (1..=REVISION).map(nothing).collect();
    journal.append(Revision(0), &transactions).unwrap();
    let (after, segments): (Vec<_>, Vec<_>) = chunks(input).partition(|part| part.first() == Some(&b't'));
    let mut segments = segments.into_iter().map(|part| Ok(segment(part)));
    journal.write_checkpoint(Revision(REVISION), Revision(REVISION), &mut segments).unwrap();
    for (part, revision) in after.into_iter().zip(REVISION + 1..) {
        let Ok(transaction) = postcard::from_bytes::<Transaction>(&part[1..]) else { break };
        let transaction = Transaction { revision: Revision(revision), ..transaction };
        journal.append(Revision(revision - 1), &[transaction]).unwrap();
    }
    let journal = Arc::new(journal);
    let mut options = EngineOptions::default();
    // Everything that has ended leaves.
    options.retention = std::time::Duration::from_millis(1);
    match Engine::with_journal(Arc::clone(&journal) as _, options) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(engine) => {
            ask(&engine);
            drop(engine.write_checkpoint());
        }
    }
}

/// Asks all kinds of questions, and writes. Whatever the answers are, they come.
pub(super) fn ask(engine: &Engine) {
    let Ok(view) = engine.at(&Consistency::FullyConsistent) else { return };
    let limits = view.limits();
    let cancelled = std::sync::atomic::AtomicBool::new(false);
    if let Ok(mut reader) = view.export_relationships(None, None) {
        for _ in 0..1000 {
            let Some(relationship) = reader.next_unless(&cancelled) else { break };
            drop(relationship.to_string());
        }
    }
    for resource in ["doc:a", "doc:b", "folder:f", "group:g"] {
        let object = || resource.parse::<arrowroot::relationship::Object>().unwrap();
        let permission = if resource.starts_with("group") { "member" } else { "view" };
        for subject in ["user:ana", "user:zoe", "group:h#member"] {
            let question = CheckPermission::new(object(), permission, subject.parse().unwrap());
            drop(view.check_permission(&question, limits));
        }
        if let Ok(mut found) = view.lookup_subjects(LookupSubjects::new(object(), permission, "user"), None) {
            drop(found.next(100, limits));
        }
        let question = ExpandPermissionTree { resource: object(), permission: permission.to_owned() };
        drop(view.expand_permission_tree(&question, limits));
    }
    if let Ok(mut found) =
        view.lookup_resources(LookupResources::new("doc", "view", "user:ana".parse().unwrap()), None)
    {
        drop(found.next(100, limits));
    }
    let updates =
        ["doc:a#viewer@user:ana", "doc:new#viewer@user:new", "group:g#member@group:h#member"].map(|text| {
            RelationshipUpdate { operation: UpdateOperation::Touch, relationship: text.parse().unwrap() }
        });
    drop(engine.write_relationships(WriteRelationships { updates: updates.to_vec(), ..Default::default() }));
    for definition in ["doc", "group", "folder"] {
        let filter = RelationshipFilter {
            resource_definition: Some(definition.parse().unwrap()),
            ..Default::default()
        };
        drop(engine.delete_relationships(DeleteRelationships { filter, ..Default::default() }));
    }
    drop(engine.write_schema("definition user {}"));
}
