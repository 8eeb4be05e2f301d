//! `authzed.api.v1.WatchService`: a stream of what changes.
//!
//! One task a client takes the watcher's steps and pushes messages into a small buffer, from which they are sent. A
//! client that takes none of them for too long is told so and dropped; it can go on where it was, since all is in the
//! journal. What waits for all clients together is bounded, too.

mod buffer;
mod message;
mod refusal;
mod room;
mod service;
mod teller;
mod watch;

pub(super) use refusal::WatchRefusal;
pub(super) use room::Room;
pub(super) use service::Watches;
