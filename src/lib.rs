//! arrowroot: a relationship graph engine in the manner of Google's Zanzibar.

pub mod relationship;
pub mod schema;
