//! Facts about caveats.
