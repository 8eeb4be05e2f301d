//! Sets of subjects.
