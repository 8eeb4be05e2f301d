//! What the kernel knows of a process.

use std::fs;

/// A process, and what it took up at first.
pub(crate) struct Vitals {
    id: u32,
    base_bytes: usize,
    base_threads: usize,
}

impl Vitals {
    pub(crate) fn of(id: u32) -> Self {
        let mut vitals = Self { id, base_bytes: 0, base_threads: 0 };
        (vitals.base_bytes, vitals.base_threads) = (vitals.kibibytes("VmRSS:") << 10, vitals.threads());
        vitals
    }

    pub(crate) fn base_bytes(&self) -> usize {
        self.base_bytes
    }

    /// Resident memory beyond that.
    pub(crate) fn more_bytes(&self) -> usize {
        (self.kibibytes("VmRSS:") << 10).saturating_sub(self.base_bytes)
    }

    pub(crate) fn base_threads(&self) -> usize {
        self.base_threads
    }

    pub(crate) fn threads(&self) -> usize {
        self.number("Threads:")
    }

    fn kibibytes(&self, name: &str) -> usize {
        self.number(name)
    }

    fn number(&self, name: &str) -> usize {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}
