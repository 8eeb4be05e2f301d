//! A journal's directory whose files are not as they were written: records with their checksums put right, so that what is
//! behind them is reached, and bytes of files. Each part of an input is one change; see [`Change`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::journal::{Journal as _, SledJournal, Transaction};
use arrowroot::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use super::checkpoint::ask;
use super::{Form, Target, lines};
use crate::mutation::{chunks, join_chunks};

pub(super) const TARGET: Target = Target {
    name: "journal",
    seeds,
    run,
    form: Form::Chunks,
    words: WORDS,
    memory_bytes_max: 768 << 20,
    short_runs: 100,
};

const SCHEMA: &str = include_str!("../seeds/schema.zed");
const RELATIONSHIPS: &str = include_str!("../seeds/relationships.txt");

const WORDS: &[&str] =
    &["\u{0}", "\u{1}", "\u{2}", "\u{7f}", "doc", "user", "*", "...", "m/checkpoint", "generation 1"];

/// What sled insists on for the journal's database.
const SEGMENT_BYTES: usize = 8 << 20;
const CHECKSUM_BYTES: usize = 4;

/// One change: a byte that says which, one for the record or the file, u16 LE for the place in it, and further bytes.
enum Change<'input> {
    /// Of a record's value.
    Replace {
        record: usize,
        place: usize,
        bytes: &'input [u8],
    },
    Insert {
        record: usize,
        place: usize,
        bytes: &'input [u8],
    },
    Truncate {
        record: usize,
        place: usize,
    },
    Remove {
        record: usize,
    },
    /// Of a record's key: the record is there once more, under another one.
    Copy {
        record: usize,
        place: usize,
        bytes: &'input [u8],
    },
    /// Of a file, after all others.
    Overwrite {
        file: usize,
        place: usize,
        bytes: &'input [u8],
    },
    Shorten {
        file: usize,
        place: usize,
    },
}

impl<'input> Change<'input> {
    fn of(part: &'input [u8]) -> Option<Self> {
        let (&[kind, which, low, high], bytes) = part.split_first_chunk()?;
        let (record, place) = (usize::from(which), usize::from(u16::from_le_bytes([low, high])));
        let file = record;
        Some(match kind % 8 {
            0 | 1 => Self::Replace { record, place, bytes },
            2 => Self::Insert { record, place, bytes },
            3 => Self::Truncate { record, place },
            4 => Self::Remove { record },
            5 => Self::Copy { record, place, bytes },
            6 => Self::Overwrite { file, place, bytes },
            _ => Self::Shorten { file, place },
        })
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for kind in 0..8 {
        for which in 0..6 {
            seeds.push(join_chunks(&[[kind, which, 9 + which, 0, 2, 7]]));
        }
    }
    seeds
}

/// The files of a journal that was closed, with a checkpoint and transactions before and after it.
fn files() -> &'static [(PathBuf, Vec<u8>)] {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let directory = directory();
        let engine = Engine::open(directory.path(), EngineOptions::default()).unwrap();
        engine.write_schema(&format!("{SCHEMA}definition user {{}}")).unwrap();
        let write = |text: &str| {
            let relationship = text.parse().unwrap();
            let updates = vec![RelationshipUpdate { operation: UpdateOperation::Touch, relationship }];
            engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        };
        lines(RELATIONSHIPS).take(12).for_each(write);
        engine.write_checkpoint().unwrap();
        lines(RELATIONSHIPS).skip(12).take(6).for_each(write);
        drop(engine);
        let mut files = Vec::new();
        collect(directory.path(), Path::new(""), &mut files);
        files.sort();
        files
    })
}

fn collect(root: &Path, within: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(within)).unwrap().map(Result::unwrap) {
        let path = within.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, files);
        } else {
            files.push((path, fs::read(entry.path()).unwrap()));
        }
    }
}

/// In memory where that is to be had: nothing here needs to last.
fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap()
}

fn run(input: &[u8]) {
    let changes: Vec<_> = chunks(input).take(16).filter_map(Change::of).collect();
    let directory = directory();
    for (path, content) in files() {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    change_records(&directory.path().join("generation-1"), &changes);
    change_files(directory.path(), &changes);
    let journal = match SledJournal::open(directory.path()) {
        Ok(journal) => journal,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    read(&journal);
    drop(journal.checkpoint().map(|checkpoint| {
        let checkpoint = checkpoint?;
        (0..checkpoint.segment_count().min(1000)).for_each(|number| drop(checkpoint.segment(number)));
        Some(())
    }));
    let _ = journal.size();
    match Engine::with_journal(Arc::new(journal), EngineOptions::default()) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(engine) => ask(&engine),
    }
}

/// Whatever is read is in order and without gaps.
fn read(journal: &SledJournal) {
    let mut last: Option<Revision> = None;
    drop(journal.read(Revision(13), &mut |transaction: Transaction| {
        assert!(
            last.is_none_or(|last| transaction.revision == Revision(last.0 + 1)),
            "{last:?}: {transaction:?}"
        );
        last = Some(transaction.revision);
        std::ops::ControlFlow::Continue(())
    }));
}

fn change_records(path: &Path, changes: &[Change<'_>]) {
    let config = sled::Config::new().path(path).segment_size(SEGMENT_BYTES).flush_every_ms(None);
    let database = config.open().unwrap();
    for change in changes {
        let keys: Vec<_> = database.iter().keys().map(Result::unwrap).collect();
        let find = |record: usize| keys.get(record % keys.len().max(1)).cloned();
        let edit = |record: usize, edit: &dyn Fn(&mut Vec<u8>)| {
            let Some(key) = find(record) else { return };
            let mut value = database.get(&key).unwrap().unwrap().to_vec();
            value.truncate(value.len().saturating_sub(CHECKSUM_BYTES));
            edit(&mut value);
            database.insert(&key, checked(&key, value)).unwrap();
        };
        match *change {
            Change::Replace { record, place, bytes } => edit(record, &|value| {
                let start = place % (value.len() + 1);
                let end = (start + bytes.len()).min(value.len());
                value.splice(start..end, bytes.iter().copied());
            }),
            Change::Insert { record, place, bytes } => edit(record, &|value| {
                let place = place % (value.len() + 1);
                value.splice(place..place, bytes.iter().copied());
            }),
            Change::Truncate { record, place } => {
                edit(record, &|value| value.truncate(place % (value.len() + 1)));
            }
            Change::Remove { record } => drop(find(record).map(|key| database.remove(key).unwrap())),
            Change::Copy { record, place, bytes } => {
                let Some(mut key) = find(record).map(|key| key.to_vec()) else { continue };
                let mut value = database.get(&key).unwrap().unwrap().to_vec();
                value.truncate(value.len().saturating_sub(CHECKSUM_BYTES));
                for (byte, new) in key.iter_mut().skip(1 + place % 13).zip(bytes) {
                    *byte = *new;
                }
                database.insert(&key, checked(&key, value)).unwrap();
            }
            Change::Overwrite { .. } | Change::Shorten { .. } => {}
        }
    }
    database.flush().unwrap();
    drop(database);
    // sled's background tasks may hold the file for a moment after the database is dropped.
    fs::File::open(path.join("db")).unwrap().lock().unwrap();
}

/// A value with its checksum, which covers the key, too.
fn checked(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    // Larger ones would become files of their own; no journal has them.
    value.truncate(16_000);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&value);
    value.extend_from_slice(&hasher.finalize().to_le_bytes());
    value
}

fn change_files(directory: &Path, changes: &[Change<'_>]) {
    let mut paths = Vec::new();
    collect(directory, Path::new(""), &mut paths);
    paths.sort();
    for change in changes {
        let (Change::Overwrite { file, place, .. } | Change::Shorten { file, place }) = change else {
            continue;
        };
        let path = directory.join(&paths[file % paths.len()].0);
        let mut content = fs::read(&path).unwrap();
        let place = place % (content.len() + 1);
        match change {
            Change::Overwrite { bytes, .. } => {
                content.iter_mut().skip(place).zip(*bytes).for_each(|(byte, new)| *byte = *new);
            }
            _ => content.truncate(place),
        }
        fs::write(path, content).unwrap();
    }
}
