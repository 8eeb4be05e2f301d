//! The strict functions.
