//! Ten million relationships of an agent platform on sled: importing them, what memory and what disk they take, and how
//! long it takes until they answer again after a restart.
//!
//! `cargo bench --bench scale -- 30` takes another number of millions.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[expect(dead_code, reason = "other benches ask about the graph")]
#[path = "support/agentex.rs"]
mod agentex;
#[path = "support/journal.rs"]
mod journal;
#[path = "support/memory.rs"]
mod memory;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::relationship::{Object, ObjectId, Relationship, RelationshipUpdate, Subject, UpdateOperation};

use agentex::RELATIONSHIPS;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MILLIONS: usize = 10;
/// Relationships that an import takes up at once.
const MESSAGE: usize = 1000;
/// What is waited and written before the memory after a checkpoint is looked at again.
const SOON: Duration = Duration::from_secs(1);
const WRITES_AFTER: usize = 1000;
/// Tells a child process what it is to do.
const PHASE: &str = "ARROWROOT_BENCH_PHASE";
const DIRECTORY: &str = "ARROWROOT_BENCH_DIRECTORY";

fn main() {
    let millions = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(MILLIONS);
    let directory = env::var_os(DIRECTORY).map(PathBuf::from);
    match (env::var(PHASE).as_deref(), directory) {
        (Ok("import"), Some(directory)) => import(&directory, millions),
        (Ok("open"), Some(directory)) => open(&directory, millions),
        _ => {
            // On the disk that the target directory is on, since temporary directories are often in memory.
            let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
            let path = directory.path().join("graph");
            for phase in ["import", "open", "open"] {
                run(phase, &path, millions);
                report("on the disk", disk_bytes(&path), millions);
            }
        }
    }
}

/// A phase in a process of its own, so that its memory is its own.
fn run(phase: &str, directory: &Path, millions: usize) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(PHASE, phase).env(DIRECTORY, directory).arg(millions.to_string());
    assert!(command.status().unwrap().success(), "{phase} failed");
}

fn import(directory: &Path, millions: usize) {
    // No checkpoint in the midst, so that each part is measured by itself; and afterwards none of the past is kept.
    let mut options = EngineOptions::default();
    options.checkpoint_after_bytes = u64::MAX;
    options.retention = Duration::ZERO;
    let engine = Engine::open(directory, options).unwrap();
    engine.write_schema(agentex::SCHEMA).unwrap();
    let before = memory::resident_bytes();
    let mut spent = Duration::ZERO;
    for copy in 0..millions {
        let mut import = engine.import_relationships().unwrap();
        let mut message = Vec::new();
        visit(copy, |relationship| {
            message.push(relationship);
            if message.len() == MESSAGE {
                let start = Instant::now();
                import.add_all(&message).unwrap();
                spent += start.elapsed();
                message.clear();
            }
        });
        let start = Instant::now();
        import.add_all(&message).unwrap();
        engine.commit_import(import).unwrap();
        spent += start.elapsed();
    }
    let count = millions * RELATIONSHIPS;
    println!("import: {:.0} relationships/s", count as f64 / spent.as_secs_f64());
    report("resident after the import", memory::resident_bytes() - before, millions);
    let start = Instant::now();
    engine.write_checkpoint().unwrap();
    println!("checkpoint written in {:.2} s: {:?}", start.elapsed().as_secs_f64(), engine.journal_size());
    report("resident right after the checkpoint", memory::resident_bytes() - before, millions);
    // The allocator gives back a while later, when it is asked for something.
    thread::sleep(SOON);
    for number in 0..WRITES_AFTER {
        let relationship = format!("task:{number}#owner@user:{number}").parse().unwrap();
        let updates = vec![RelationshipUpdate { operation: UpdateOperation::Touch, relationship }];
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    }
    report("resident soon after it", memory::resident_bytes() - before, millions);
    let start = Instant::now();
    drop(engine);
    println!("closed in {:.2} s", start.elapsed().as_secs_f64());
}

fn open(directory: &Path, millions: usize) {
    let start = Instant::now();
    let engine = Engine::open(directory, EngineOptions::default()).unwrap();
    println!("opened in {:.2} s", start.elapsed().as_secs_f64());
    report("resident after opening", memory::resident_bytes(), millions);
    drop(engine);
}

/// Visits the relationships of one of many platforms that are alike but for their names.
fn visit(copy: usize, mut visitor: impl FnMut(Relationship)) {
    for place in 0..agentex::OBJECTS {
        for mut relationship in agentex::relationships_in(place) {
            relationship.resource = of_copy(&relationship.resource, copy);
            if let Subject::Object(object) = &relationship.subject {
                relationship.subject = Subject::Object(of_copy(object, copy));
            }
            visitor(relationship);
        }
    }
}

/// The same object of another platform: another first byte.
fn of_copy(object: &Object, copy: usize) -> Object {
    let id = format!("{copy:02x}{}", &object.id.as_str()[2..]);
    Object { definition: object.definition.clone(), id: ObjectId::new(id).unwrap() }
}

fn report(what: &str, bytes: u64, millions: usize) {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    println!(
        "{what}: {mebibytes:.0} MiB, {:.1} bytes a relationship",
        bytes as f64 / (millions * RELATIONSHIPS) as f64
    );
}

/// What a directory's files take.
fn disk_bytes(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(
            |entry| {
                if entry.path().is_dir() {
                    disk_bytes(&entry.path())
                } else {
                    entry.metadata().unwrap().len()
                }
            },
        )
        .sum()
}
