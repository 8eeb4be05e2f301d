//! How much memory the process takes up, and whether the graph may grow.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::error::Unwritable;

/// How long a reading holds: the kernel is asked ten times a second at the most, by those who write.
const READING_MS: u64 = 100;

/// The process's memory and its bound.
#[derive(Debug)]
pub(super) struct Memory {
    bytes_max: Option<u64>,
    resident_bytes: fn() -> Option<u64>,
    begun: Instant,
    /// When it was read last, in milliseconds since the beginning.
    read_at_ms: AtomicU64,
    bytes: AtomicU64,
}

impl Memory {
    /// With a bound in bytes, if there is one.
    pub(super) fn new(bytes_max: Option<u64>) -> Self {
        Self {
            bytes_max,
            resident_bytes,
            begun: Instant::now(),
            read_at_ms: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Refuses what makes the graph grow while more than the bound is taken up.
    pub(super) fn check(&self) -> Result<(), Unwritable> {
        let Some(bytes_max) = self.bytes_max else { return Ok(()) };
        // From one interval on, so that the first call reads.
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let bytes = self.bytes_at(now_ms.saturating_add(READING_MS));
        if bytes > bytes_max { Err(Unwritable::MemoryFull { bytes, bytes_max }) } else { Ok(()) }
    }

    fn bytes_at(&self, now_ms: u64) -> u64 {
        let read_at_ms = self.read_at_ms.load(Ordering::Relaxed);
        let claim = || {
            self.read_at_ms.compare_exchange(read_at_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        if now_ms.saturating_sub(read_at_ms) >= READING_MS && claim() {
            self.bytes.store((self.resident_bytes)().unwrap_or_default(), Ordering::Relaxed);
        }
        self.bytes.load(Ordering::Relaxed)
    }
}

/// What the kernel counts as the process's resident memory. Nothing on systems without `/proc`: there the bound is none.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests;
