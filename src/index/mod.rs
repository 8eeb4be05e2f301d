//! The journal made searchable: the whole graph in memory, multi-version, in both directions.
//!
//! Objects and relations are interned to small numbers. Each object's record holds its forward postings (the
//! subjects of its relations) and its reverse postings (the resources that it is a subject of). Every entry says at
//! which revision it was born; the few that have ended, lived more than once, or hold under a condition or until a
//! time, have their lives in a side table. Readers take one shard's lock for the time of one search, so they never wait for more than one entry's
//! change, and they see the state at their own revision whatever is written meanwhile.
//!
//! Knows no permission, no journal and no request.

mod checkpoint;
mod counts;
mod ended;
mod error;
mod expirations;
mod key;
mod lives;
mod memory;
mod names;
mod object;
mod pause;
mod postings;
mod removal;
mod snapshot;
mod terms;
mod vacancies;
mod version;
mod write;

pub use checkpoint::{Contents, LoadedObjects, Loading, LoadingPostings, Packing, Unloadable};
pub use counts::EdgeKind;
pub use error::IndexFull;
pub use key::{DefinitionKey, Edge, IdText, ObjectKey, RelationKey};
pub use memory::IndexMemory;
pub use names::{ELLIPSIS, RelationNames, WILDCARD};
pub use pause::RemovalPause;
pub use snapshot::{Glance, Holding, PostingsAt, Snapshot};
pub use terms::{Terms, TermsKind};
pub use write::{Change, EdgeNames, Index};

#[cfg(test)]
mod tests;
