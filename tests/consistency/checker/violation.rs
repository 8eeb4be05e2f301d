//! What a history contradicts, and the few operations that show it.

use std::fmt::Write as _;

use super::super::history::History;

/// What a correct server promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Property {
    /// The history is none: a server that never started, an answer before its question.
    WellFormed,
    /// Tokens grow with time, and no two writes have the same.
    TokensGrow,
    /// An answer is not older than what was told before its question.
    NoStaleRead,
    /// An answer is at least as fresh as the token that was asked for.
    NoStaleReadAtToken,
    /// An answer at an exact token is of its state, and is the same each time.
    SnapshotsRepeat,
    /// What was acknowledged, or read, is there after a restart and ever after.
    NoLostWrite,
    /// A permission is not granted at or after its revocation.
    NoRevokedPermission,
    /// A transaction is visible whole, or not at all.
    NoTornBatch,
    /// Nothing changes that nobody wrote.
    NothingUnasked,
    /// A write that needs something to hold happens only where it does.
    RequirementsHold,
    /// What is within the window can be asked for.
    WindowIsKept,
    /// So many unknown writes that nothing can be said.
    Decidable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub property: Property,
    pub message: String,
    /// Places in the history's operations.
    pub operations: Vec<usize>,
}

impl Violation {
    pub(crate) fn new(property: Property, message: String, operations: &[usize]) -> Self {
        let mut operations = operations.to_vec();
        operations.sort_unstable();
        operations.dedup();
        Self { property, message, operations }
    }

    /// What is wrong, with the operations that show it, in the order of their invocations.
    pub(crate) fn report(&self, history: &History) -> String {
        let mut text = format!("{:?}: {}\n", self.property, self.message);
        let mut shown: Vec<_> = self
            .operations
            .iter()
            .filter_map(|number| Some((number, history.operations.get(*number)?)))
            .collect();
        shown.sort_by_key(|(_, operation)| operation.invoked);
        for (number, operation) in shown {
            writeln!(text, "  {number}: {}", operation.to_json()).unwrap();
        }
        for (number, start) in history.starts.iter().enumerate() {
            let is_near = self.operations.iter().filter_map(|place| history.operations.get(*place));
            if is_near
                .into_iter()
                .any(|operation| number == operation.server || number == operation.server + 1)
            {
                writeln!(text, "  server {number} started at {} with {}", start.at, start.head).unwrap();
            }
        }
        text
    }
}
