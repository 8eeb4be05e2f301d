//! Forwarding to a backend that speaks, or fails to speak, HTTP; and what comparisons come to.

mod backend;
mod failures;
mod forward;
mod shadow;
mod upstream;
mod verdicts;
