//! Messages as JSON, after the canonical mapping of protobuf: from text to the wire and back, by the descriptors alone.
//!
//! No message is ever built in memory: a reader writes the wire's bytes while it parses, and a writer writes JSON while
//! it goes through the bytes. So both cost about as much memory as the texts themselves, whatever a client sends.

mod number;
mod read;
mod time;
mod wire;
mod write;

pub(super) use read::read;
pub(super) use write::write;

#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;
