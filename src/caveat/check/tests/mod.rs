//! Facts about the checker.
