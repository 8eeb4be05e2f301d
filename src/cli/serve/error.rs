//! Why the server does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::engine::{ConsistencyError, OpenError};
use crate::lifecycle::ProfileError;
use crate::server::{KeyFileError, TlsError};

/// What an operator has to change.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error(
        "a preshared key is needed: give ARROWROOT_GRPC_PRESHARED_KEY, --grpc-preshared-key-file or --grpc-keys-file, \
         or on a loopback address --grpc-no-auth"
    )]
    NoKey,
    #[error(
        "a key of --grpc-preshared-key ends with a line break, or has other characters that no header can carry, so that \
         no client can show it: give it without them, or by --grpc-preshared-key-file"
    )]
    UnusableKey,
    #[error(
        "--grpc-no-auth serves everyone who can reach {0}: it is allowed on a loopback address, or where clients must \
         show a certificate"
    )]
    OpenToAll(SocketAddr),
    #[error("the keys cannot be used: {0}")]
    Keys(#[from] KeyFileError),
    #[error("TLS cannot be served: {0}")]
    Tls(#[from] TlsError),
    #[error("cannot open the store in {}: {error}", .path.display())]
    Open { path: PathBuf, error: OpenError },
    #[error("backups cannot be made in {}: {error}", .directory.display())]
    Backups { directory: PathBuf, error: std::io::Error },
    #[error("the store could not be opened: the log says why")]
    OpeningPanicked,
    #[error("the graph cannot be read: {0}")]
    View(ConsistencyError),
    #[error(
        "--lifecycle-profile needs a schema, and the store has none: write one, or give an empty store one with \
         --datastore-bootstrap-files"
    )]
    NoSchema,
    #[error("the lifecycle profile cannot be used: {0}")]
    Profile(ProfileError),
}
