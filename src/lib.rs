//! arrowroot is a relationship graph engine in the manner of Google's Zanzibar: it stores relationships such as
//! `agent:planner#owner@user:ana`, durably, and answers whether a subject has a permission that a schema computes
//! over them, such as `permission read = owner + parent_agent->read`, however deep the graph.
//!
//! The `arrowroot` command serves it over gRPC to every `authzed.api.v1` client. This library is the same engine
//! inside your own program: no server, and no async runtime to manage.
//!
//! ```
//! use arrowroot::engine::{CheckPermission, Consistency, Engine, EngineOptions, Permissionship, WriteRelationships};
//! use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let engine = Engine::open(directory.path().join("graph"), EngineOptions::default())?;
//! engine.write_schema(
//!     "definition user {}
//!      definition agent {
//!          relation owner: user
//!          permission read = owner
//!      }
//!      definition api_key {
//!          relation parent_agent: agent
//!          permission read = parent_agent->read
//!      }",
//! )?;
//!
//! let touch = |text: &str| text.parse().map(|relationship| {
//!     RelationshipUpdate { operation: UpdateOperation::Touch, relationship }
//! });
//! let updates = vec![touch("agent:planner#owner@user:ana")?, touch("api_key:k1#parent_agent@agent:planner")?];
//! let written = engine.write_relationships(WriteRelationships { updates, ..Default::default() })?;
//!
//! // The token says how fresh an answer must be: at least as fresh as the write.
//! let view = engine.at(&Consistency::AtLeastAsFresh(written.written_at))?;
//! let question = CheckPermission::new("api_key:k1".parse()?, "read", "user:ana".parse()?);
//! assert_eq!(view.check_permission(&question, view.limits())?, Permissionship::HasPermission);
//! # Ok(())
//! # }
//! ```

pub mod backup;
pub mod caveat;
#[doc(hidden)]
pub mod cli;
pub mod engine;
pub mod evaluate;
pub mod index;
pub mod journal;
pub mod lifecycle;
pub mod measure;
pub mod relationship;
pub mod scenario;
pub mod schema;
pub mod server;

pub use engine::Engine;
