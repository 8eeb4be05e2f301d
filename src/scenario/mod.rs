//! Validation files: a schema, relationships, assertions and expected relations in one YAML file, loaded into an engine
//! and asked of it. The format is SpiceDB's, so its files work unchanged.

mod assertion;
mod bootstrap;
mod error;
mod expected;
mod file;
mod membership;
mod validation;

pub use assertion::{Assertion, Expected, Failure, failures};
pub use bootstrap::{Bootstrapped, bootstrap, load};
pub use error::{PROBLEMS_MAX, Problem, Problems, ScenarioError};
pub use file::{Scenario, SchemaPlace};
pub use validation::{Unmet, Verdict, looks_like_scenario, validate};

#[cfg(test)]
mod tests;
