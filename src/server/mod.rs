//! The gRPC server: thin services that convert, make one engine call, and convert back; authentication, limits and
//! health. The only room, with the command line's client, that knows the wire types.

mod auth;
mod authz;
mod backend;
mod convert;
mod deadline;
mod error;
mod experimental;
mod fitting;
mod gateway;
mod guard;
mod health;
mod heavy;
mod legacy;
mod lifecycle;
mod listener;
mod options;
mod outbox;
mod paging;
mod permissions;
mod pool;
mod router;
mod schema;
mod serve;
mod silence;
mod status;
mod streaming;
mod trailers;
mod unbroken;
mod watches;
mod weight;
pub mod wire;
mod worker;

pub use legacy::{LegacyTrustError, LegacyUpstream, LegacyUpstreamError};
pub use options::{AuthzOptions, PresharedKey, RequestLimits, ServerOptions, WatchOptions};
pub use serve::{Entrance, ServeError, Server};
