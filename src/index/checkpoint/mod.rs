//! The graph at one revision as segments of bytes, and back.
//!
//! Objects are numbered anew, definition by definition in order of their ids, so that names that begin alike stand
//! together and the numbers need no room. Relationships stand twice, by resource and by subject, since finding the second
//! order again would take longer than reading it. A segment holds one kind of thing, in columns, compressed:
//!
//! ```text
//! kind u8  bytes before compression u32 LE  zstd:
//!   objects:  definition, first object, count; bytes shared with the id before; other bytes; these
//!   postings: first object, count; entries of each; kind and whether it has lives, of each entry; the other object;
//!             the birth; and by resource, the lives of those that have them
//! ```
//!
//! All numbers are of varying length, and differences where neighbours are near. What there is besides is in
//! [`Contents`]. The segments bear no checksums: whoever keeps them sees to it that they come back as they were. Whatever
//! comes back instead, reading it ends with an error at the worst.

mod bytes;
mod contents;
mod lives;
mod loading;
mod numbers;
mod objects;
mod packing;
mod postings;
mod segment;

pub use contents::Contents;
pub(super) use lives::KeptLife;
pub use loading::{Loading, LoadingPostings};
pub use objects::LoadedObjects;
pub use packing::Packing;
pub use segment::Unloadable;
