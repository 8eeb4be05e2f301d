//! Validation files: a schema, relationships and assertions in one YAML file, loaded into an engine and asked of it.
//! The format is SpiceDB's, so its files work unchanged.

mod assertion;
mod bootstrap;
mod error;
mod file;

pub use assertion::{Assertion, Expected, Failure, failures};
pub use bootstrap::{Bootstrapped, bootstrap, load};
pub use error::{Problem, ScenarioError};
pub use file::Scenario;

#[cfg(test)]
mod tests;
