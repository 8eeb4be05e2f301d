//! Following the graph: a watcher is a position in the journal, and reads on from there.
//!
//! Nothing is queued for a watcher. It is woken when the head moves, and takes what follows its position from memory,
//! where the latest transactions are kept for all watchers together, or else from the journal.

mod feed;
mod selection;
mod transactions;
mod watcher;

pub(super) use feed::Feed;
pub use selection::Watch;
pub use transactions::JournalTurn;
pub use watcher::{Changes, Step, Watcher};
