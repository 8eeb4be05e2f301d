//! What is in the files, what is not, and that nobody waits for it.

mod decisions;
mod disk;
mod lines;
mod queue;
mod rotation;
mod support;
