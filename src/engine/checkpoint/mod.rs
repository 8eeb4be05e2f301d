//! Checkpoints: what they hold, when they are written, and starting from one.
//!
//! The segments of the graph come first, and then one that says what is needed besides: schemas, counters, times, and
//! what the others speak of.

mod keeper;
mod loading;
mod saved;
mod writing;

pub(super) use keeper::{Keeper, due_bytes};
pub(super) use loading::{Loaded, load};
