//! arrowroot: a relationship graph engine in the manner of Google's Zanzibar.

pub mod engine;
pub mod evaluate;
pub mod index;
pub mod journal;
pub mod relationship;
pub mod schema;
pub mod server;
