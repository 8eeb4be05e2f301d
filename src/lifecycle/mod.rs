//! An application's resources in the graph: registered when they are made, deregistered when they are deleted, and asked
//! about in between.
//!
//! A profile says what the application's words mean in the schema; nothing here knows any application. Knows no wire
//! type either: whatever speaks to applications converts, makes one call, and converts back.

pub mod audit;
mod backfill;
mod check;
mod check_batch;
mod children;
mod deregister;
mod error;
mod grant;
pub mod identity;
mod orphans;
mod principal;
mod profile;
mod register;
mod registry;
mod resource;
pub mod rollout;
mod search;
mod selector;
mod standing;
mod watched_file;

pub use backfill::{Backfilled, Existing};
pub use check::{Decision, Question, Reason};
pub use deregister::AbsentRule;
pub use error::{Conflict, Denial, InvalidRequest, LifecycleError, Trouble};
pub use grant::Role;
pub use orphans::{Living, Orphan, OrphanReader, OrphanReason, Selection};
pub use principal::Principal;
pub use profile::{Profile, ProfileError, ProfileProblem};
pub use register::{ParentRule, Register};
pub use registry::{Change, Lifecycle};
pub use resource::ResourceName;
pub use search::{Page, Search};
pub use selector::InvalidId;
pub use watched_file::{ReadFileError, ReadProblem, Refresh, Refreshed, Reloads, WatchedFile, read_settings};
