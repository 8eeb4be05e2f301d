//! What the rooms above count of their own work: plain numbers that are cheap to add to and can be read at any time.
//!
//! Knows nothing of who reads them, and of no format: the server tells of them when it is asked.

mod counter;
mod histogram;

pub use counter::Counter;
pub use histogram::{Distribution, Histogram, LATENCY_BOUNDS_NS, SIZE_BOUNDS};

#[cfg(test)]
mod tests;
