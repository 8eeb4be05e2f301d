//! arrowroot: a relationship graph engine in the manner of Google's Zanzibar.

pub mod server;
