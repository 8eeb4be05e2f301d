//! The targets of `tests/fuzz` under libFuzzer. `ARROWROOT_FUZZ_TARGET` names one of them; its seeds and findings are written
//! to the directory `ARROWROOT_FUZZ_CORPUS` before libFuzzer reads it.

#![no_main]

#[path = "../memory.rs"]
mod memory;
#[path = "../mutation.rs"]
mod mutation;
#[path = "../../random/number.rs"]
#[expect(dead_code, reason = "libFuzzer gives the seeds")]
mod number;
#[path = "../targets/mod.rs"]
#[expect(dead_code, reason = "libFuzzer is told how long to run")]
mod targets;
#[path = "../vitals.rs"]
mod vitals;
#[path = "../wire_format.rs"]
mod wire_format;

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use number::Random;
use targets::{TARGETS, Target};

/// Where arrowroot's package lies.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// Of changes, so many of a hundred are libFuzzer's own.
const BLIND_PERCENT: usize = 50;

fn target() -> &'static Target {
    let name = std::env::var("ARROWROOT_FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        panic!("ARROWROOT_FUZZ_TARGET is `{name}`, not one of {}", names.join(", "))
    })
}

fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| (target().seeds)())
}

fn write_corpus() {
    let Some(directory) = std::env::var_os("ARROWROOT_FUZZ_CORPUS") else { return };
    for (number, seed) in seeds().iter().enumerate() {
        std::fs::write(Path::new(&directory).join(format!("seed-{number}")), seed).unwrap();
    }
}

fuzz_target!(
    init: {
        vitals::note_panics();
        write_corpus();
    },
    |input: &[u8]| {
        static TARGET: OnceLock<&Target> = OnceLock::new();
        if let Err(problem) = vitals::probe(TARGET.get_or_init(target), input) {
            panic!("{problem}");
        }
    }
);

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random(u64::from(seed));
    if random.is(BLIND_PERCENT) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut changed = mutation::mutate(target(), &data[..size], seeds(), &mut random);
    changed.truncate(max_size);
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
