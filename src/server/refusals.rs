//! How often something was refused at the door, by reason: what an operator watches when clients complain.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a request or a connection was refused, or a request ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// No key was shown where one is needed.
    Unauthenticated,
    /// The key is not known, or its role is not enough.
    Forbidden,
    /// There were as many connections as there may be.
    Connections,
    /// There were as many requests at once as there may be, of all or of one key.
    Concurrency,
    /// A key has sent more requests than it may at a time.
    Rate,
    /// The request took longer than one may whose client gives no deadline.
    Deadline,
}

impl RefusalReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Connections,
        Self::Concurrency,
        Self::Rate,
        Self::Deadline,
    ];

    /// One word in lower case, as a metric's label has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Connections => "connections",
            Self::Concurrency => "concurrency",
            Self::Rate => "rate",
            Self::Deadline => "deadline",
        }
    }
}

/// The counts since the start.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; RefusalReason::ALL.len()]);

impl Refusals {
    /// How often there was this reason.
    pub fn of(&self, reason: RefusalReason) -> u64 {
        self.cell(reason).load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, reason: RefusalReason) {
        self.cell(reason).fetch_add(1, Ordering::Relaxed);
    }

    fn cell(&self, reason: RefusalReason) -> &AtomicU64 {
        let [unauthenticated, forbidden, connections, concurrency, rate, deadline] = &self.0;
        match reason {
            RefusalReason::Unauthenticated => unauthenticated,
            RefusalReason::Forbidden => forbidden,
            RefusalReason::Connections => connections,
            RefusalReason::Concurrency => concurrency,
            RefusalReason::Rate => rate,
            RefusalReason::Deadline => deadline,
        }
    }
}
