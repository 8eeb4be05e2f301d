//! What can go wrong between us and the legacy backend.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

/// A request that the legacy backend has not answered, or not in a way that can be passed on. Whether it was carried
/// out there is not known.
#[derive(Debug, thiserror::Error)]
pub(in crate::server) enum LegacyError {
    /// What follows the base URL is no path.
    #[error("`{path}` is not a path")]
    Path {
        /// What should have been one.
        path: String,
    },
    /// There is no connection to it.
    #[error("the legacy backend cannot be reached: {}", with_causes(.0))]
    Unreachable(hyper_util::client::legacy::Error),
    /// The connection ended, or something that is not HTTP came.
    #[error("the legacy backend did not answer: {}", with_causes(&**.0))]
    Broken(Box<dyn Error + Send + Sync>),
    /// It took too long.
    #[error("the legacy backend did not answer within {timeout:?}")]
    TimedOut {
        /// How long was waited.
        timeout: Duration,
    },
    /// The answer is larger than what is passed on.
    #[error("the legacy backend's answer has more than {bytes_max} bytes")]
    TooLarge {
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A status that ends no request, such as that of a change of protocols.
    #[error("the legacy backend answered with status {status}, which is no answer")]
    NotFinal {
        /// The status.
        status: u16,
    },
}

/// The certificates that the machine trusts cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the certificates that this machine trusts: {0}")]
pub struct LegacyTrustError(#[from] pub(super) io::Error);

/// An error and what caused it, since the transport's own text names the kind only.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
