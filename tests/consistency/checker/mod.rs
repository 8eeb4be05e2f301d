//! Whether a history is one that a correct server can have: a pure function.
//!
//! **What is given.** Operations of concurrent clients with the times at which they were invoked and completed, and
//! the starts of servers over one store, of which at most one ran at a time. Every answer tells a revision. What a
//! client never learned the outcome of (`Unknown`) may have happened, while its server ran, or not.
//!
//! **What is shown.** The server itself claims an order of everything: its revisions. The checker does not search for
//! one, it verifies this one, in these steps, each of which assumes that those before it found nothing:
//!
//! 1. [`order`]: no two writes have one revision. The order does not contradict time: an answer never tells of a
//!    revision older than one that was told before its question, and a write's revision is higher than all of these,
//!    so that tokens grow with time. A check at least as fresh as a token is not older than it, one at an exact token
//!    has it, and all but the latter see everything that was told before they began, which is what one node promises.
//!    A restart loses no revision that was told, and nothing is told that does not outlive a restart. A state is
//!    refused as too old only if another one can have replaced it for as long as the window is.
//! 2. [`agreement`]: the same question at the same revision has the same answer, whenever it is asked, also after
//!    restarts. Facts that are only ever written together are there together or not at all, in every answer.
//! 3. [`states`]: there is one sequence of transactions, one for each revision, in which every acknowledged write
//!    stands at its revision, and each revision in between belongs to one unknown write of the server that ran, not
//!    invoked too late for it; every write finds what it requires; and every answer is that of the state at its
//!    revision. So no acknowledged write is lost, nothing is granted at or after its revocation, nothing is there that
//!    nobody wrote, and what is unknown happened or not, but once observed, it stays so.
//!
//! Together: the history is strictly serializable, but for exact snapshots, which are serializable where they say.
//! Conversely a history of a correct server is never refused: each rule follows from consecutive revisions that are
//! durable before they are visible.
//!
//! **What it takes.** `O(n log n)` for n operations, plus for each answer its size times the possible states at its
//! revision. Those are more than one only where several unknown writes of one server could stand at a revision: at
//! most k! for k processes, since each has one write on its way when a server dies, and the next read that tells them
//! apart ends that. More than [`states::STATES_MAX`] are given up on, with an error.

mod agreement;
mod order;
mod states;
mod violation;

pub(crate) use violation::{Property, Violation};

use super::history::History;

/// What a history without fault consists of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    pub writes_acknowledged: usize,
    pub writes_unknown: usize,
    /// Of the unknown writes, those that happened.
    pub writes_settled: usize,
    pub answers: usize,
    /// States that were refused as too old.
    pub out_of_range: usize,
    /// Possible states at one revision, at most.
    pub states_max: usize,
}

/// Verifies a history, or says what it contradicts.
pub(crate) fn check(history: &History) -> Result<Verified, Violation> {
    let known = order::check(history)?;
    agreement::check(history)?;
    states::check(history, &known)
}
