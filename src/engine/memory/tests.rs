//! Facts about the bound on memory.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::error::Unwritable;

use super::{Memory, READING_MS, resident_bytes};

#[test]
fn a_reading_holds_for_an_interval_and_what_it_was_over_does_not_matter_later() {
    static BYTES: AtomicU64 = AtomicU64::new(500);
    let memory = Memory { resident_bytes: || Some(BYTES.load(Ordering::Relaxed)), ..Memory::new(None) };
    assert_eq!(memory.bytes_at(READING_MS), 500);
    BYTES.store(100, Ordering::Relaxed);
    assert_eq!(memory.bytes_at(2 * READING_MS - 1), 500);
    assert_eq!(memory.bytes_at(2 * READING_MS), 100);
}

#[test]
fn the_first_look_reads_and_a_bound_is_not_reached_before_it_is_passed() {
    let check = |bytes, bytes_max| {
        let resident_bytes = match bytes {
            500 => || Some(500),
            _ => || None,
        };
        Memory { resident_bytes, ..Memory::new(bytes_max) }.check()
    };
    assert_eq!(check(500, Some(499)), Err(Unwritable::MemoryFull { bytes: 500, bytes_max: 499 }));
    assert_eq!(check(500, Some(500)), Ok(()));
    assert_eq!(check(500, None), Ok(()));
    assert_eq!(check(0, Some(0)), Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_counts_what_is_written_to() {
    let before = resident_bytes().unwrap();
    let block = vec![1_u8; 64 << 20];
    let after = resident_bytes().unwrap();
    assert!(after > before + (32 << 20), "{before}, {after}");
    drop(block);
}
