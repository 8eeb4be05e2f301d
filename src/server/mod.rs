//! The gRPC server: thin services that convert, make one engine call, and convert back; authentication, limits and
//! health. The only room, with the command line's client, that knows the wire types.

mod admission;
mod authz;
mod backend;
mod connection;
mod convert;
mod deadline;
mod error;
mod experimental;
mod fitting;
mod front;
mod gateway;
mod guard;
mod health;
mod heavy;
mod keys;
mod legacy;
mod lifecycle;
mod listener;
mod options;
mod outbox;
mod paging;
mod permissions;
mod pool;
mod reception;
mod refusals;
mod router;
mod schema;
mod serve;
mod silence;
mod status;
mod streaming;
mod telemetry;
mod tls;
mod trailers;
mod unbroken;
mod watches;
mod weight;
pub mod wire;
mod worker;

pub use admission::AdmissionOptions;
/// How the wire writes nouns, for the command line's client.
pub(crate) use convert::{
    context_to_wire, object_to_wire, relationship_from_wire, relationship_to_wire, subject_to_wire,
};
pub use front::{Front, Listening};
pub use keys::{KeyFileError, KeyFilePaths, KeyFileProblem, KeyFiles, KeyLimits, Role};
pub use legacy::{LegacyTrustError, LegacyUpstream, LegacyUpstreamError};
pub use options::{AuthzOptions, PresharedKey, RequestLimits, ServerOptions, WatchOptions};
pub use refusals::{RefusalReason, Refusals};
/// How the wire tells differences of schemas, for the command line.
pub(crate) use schema::difference_to_wire;
pub use serve::{Entrance, ServeError, Server};
pub use telemetry::{Extra, Telemetry, TelemetryOptions, TraceError, TraceOptions};
pub use tls::{Tls, TlsError, TlsPaths, TlsProblem, TlsProtocol};
