//! A store whose files are not what they were: bits flipped, pages lost, ends cut off, anywhere. It starts with exactly what
//! was there, or is refused with a message that says what to do; nothing else ever.
//!
//! `DISK_TEST_DAMAGES` says how many places are tried, `DISK_TEST_SEED` chooses others.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrowroot::engine::{Consistency, Engine};

use super::graph::{Graph, names, options};
use super::image::{Entry, Image};
use super::server;
use super::trial::scratch;

/// How many damages the engine meets, and how many of these a server.
const DAMAGES: u64 = 60;
const ENGINES_FOR_ONE_SERVER: u64 = 10;
const WAY_OUT: &str = "restore it from a backup with `arrowroot restore`";

/// A closed store, as it lies on the disk.
struct Closed {
    image: Image,
    expected: BTreeSet<String>,
}

impl Closed {
    /// The first generation, or a later one with a checkpoint; either with transactions after it.
    fn store(has_checkpoint: bool) -> Self {
        let directory = scratch();
        let path = directory.path().join("store");
        let mut graph = Graph::create(&path);
        graph.import("early", 1500).unwrap();
        graph.write("some", 300).unwrap();
        if has_checkpoint {
            graph.engine.write_checkpoint().unwrap();
        }
        graph.write("more", 200).unwrap();
        let mut graph = graph.reopen(&path);
        graph.write("last", 20).unwrap();
        let expected = graph.expected.clone();
        drop(graph);
        let image = Image::read(&path);
        assert_eq!(names(&path).iter().any(|name| name == "generation-1"), has_checkpoint);
        Self { image, expected }
    }

    /// One with one damage, and what it is.
    fn damaged(&self, random: &mut fastrand::Rng) -> (Image, String) {
        let mut image = self.image.clone();
        let mut files: Vec<(&PathBuf, &mut Vec<u8>)> = image
            .entries
            .iter_mut()
            .filter_map(|(path, entry)| match entry {
                Entry::File(bytes) if !bytes.is_empty() => Some((path, bytes)),
                _ => None,
            })
            .collect();
        // Mostly the database itself, and there what is in use.
        let database = files.iter().position(|(path, _)| path.ends_with("db")).unwrap();
        let chosen = if random.u8(..4) == 0 { random.usize(..files.len()) } else { database };
        let (path, bytes) = &mut files[chosen];
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        let below = if random.u8(..3) == 0 { used.min(20_000) } else { used };
        let place = random.usize(..below);
        let kind = match random.u8(..4) {
            0 => {
                bytes.truncate(place);
                "cut"
            }
            1 => {
                let end = used.min((place & !4095) + 4096);
                bytes[place & !4095..end].fill(0);
                "page of zeros"
            }
            _ => {
                bytes[place] ^= 1 << random.u8(..8);
                "flipped bit"
            }
        };
        let described = format!("{kind} in {} at {place} of {used}", path.display());
        (image, described)
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// Whether a message says what to do.
fn is_clear(message: &str) -> bool {
    message.ends_with(WAY_OUT) || message.contains("run the newer arrowroot that wrote it")
}

fn open(path: &Path) -> Result<BTreeSet<String>, String> {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let engine = Engine::open(path, options()).map_err(|error| error.to_string())?;
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        let all = view.export_relationships(None, None).unwrap();
        Ok(all.map(|relationship| relationship.to_string()).collect())
    }));
    opened.unwrap_or_else(|_| Err("a panic".to_owned()))
}

fn damages_are_refused_or_do_no_harm(has_checkpoint: bool) {
    let closed = Closed::store(has_checkpoint);
    let seed = number("DISK_TEST_SEED", 1);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut refused = 0;
    let mut failures = Vec::new();
    let undamaged = scratch();
    closed.image.write(undamaged.path());
    assert_eq!(open(undamaged.path()), Ok(closed.expected.clone()));
    for round in 0..number("DISK_TEST_DAMAGES", DAMAGES) {
        let (image, damage) = closed.damaged(&mut random);
        let directory = scratch();
        image.write(directory.path());
        let case = format!("DISK_TEST_SEED={seed}, round {round}, {damage}");
        if round % ENGINES_FOR_ONE_SERVER == 0 {
            let copy = scratch();
            image.write(copy.path());
            match server::Server::try_start(copy.path(), |_| {}) {
                Ok(server) => {
                    let mut client = server.client();
                    if client.count_all() != closed.expected.len() {
                        failures.push(format!("{case}: the server has {}", client.count_all()));
                    }
                }
                Err(message) if message.lines().count() == 1 && is_clear(&message) => {}
                Err(message) => failures.push(format!("{case}: the server says {message}")),
            }
        }
        match open(directory.path()) {
            Ok(found) if found == closed.expected => {}
            Ok(found) => failures.push(format!("{case}: {} of {}", found.len(), closed.expected.len())),
            Err(message) if is_clear(&message) => refused += 1,
            Err(message) => failures.push(format!("{case}: {message}")),
        }
    }
    println!("{refused} refused");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(refused > 0);
}

#[test]
fn a_damaged_first_generation_is_refused_or_whole() {
    damages_are_refused_or_do_no_harm(false);
}

#[test]
fn a_damaged_generation_with_a_checkpoint_is_refused_or_whole() {
    damages_are_refused_or_do_no_harm(true);
}
