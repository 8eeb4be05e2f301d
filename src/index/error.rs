//! What can go wrong in the index.

/// There are no numbers left for names: the graph has about four billion objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the graph has as many objects as it can number")]
pub struct IndexFull;
