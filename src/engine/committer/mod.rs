//! The one that owns the head: it takes writes in order, applies each to the index at the next revision, makes them
//! durable in groups, and only then lets readers see them.
//!
//! Two threads: one prepares the next group while the other makes the last one durable. A group that could not be
//! made durable is taken back from the index, with the one that was prepared on top of it, and all its writers are
//! told; the next write tries again. Between writes, the first thread removes from the index what may leave; a third one,
//! asleep but for a moment each second, wakes it for that.

mod collecting;
mod group;
mod journaling;
mod pending;
mod preparing;
mod waking;

pub(super) use group::Reply;
pub(super) use pending::Pending;
pub(super) use preparing::Committer;

/// A write that waits for its turn.
pub(super) trait Write: Send {
    /// Checks the write against the state that is pending, and applies it if it is right.
    ///
    /// Nothing is applied before everything is checked. The reply waits for the group: an error, too, may rest on
    /// what is not durable yet.
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply;

    /// Whether it is to become durable in a group of its own.
    fn is_alone(&self) -> bool {
        false
    }
}
