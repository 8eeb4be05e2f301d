//! What the server itself refuses, before the engine is asked.

use super::convert::InvalidFields;

/// A request that does not reach the engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    /// Fields break their rules.
    #[error(transparent)]
    InvalidFields(#[from] InvalidFields),
    /// A consistency message that asks for nothing.
    #[error("missing handling of consistency case in {requirement}")]
    UnhandledConsistency {
        /// The requirement as text, empty if there is none.
        requirement: &'static str,
    },
    /// A cursor message without a token.
    #[error("unexpected consistency middleware error: cursor pointer was nil")]
    EmptyCursor,
    /// The limit of a read is larger than allowed.
    #[error("provided limit {limit} is greater than maximum allowed of {limit_max}")]
    LimitTooLarge {
        /// The request's limit.
        limit: u32,
        /// The largest allowed.
        limit_max: u32,
    },
    /// More checks than one call may have.
    #[error("check count of {count} is greater than maximum allowed of {count_max}")]
    TooManyChecks {
        /// Checks in the request.
        count: usize,
        /// Checks allowed.
        count_max: usize,
    },
    /// The context that caveats are evaluated with is larger than allowed.
    #[error("request caveat context should have less than {bytes_max} bytes but had {bytes}")]
    ContextTooLarge {
        /// Bytes of the context on the wire.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
}

/// Work on a thread of its own that ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PoolError {
    /// The work panicked.
    #[error("the work panicked")]
    Panicked,
    /// The server is going down.
    #[error("the server is shutting down")]
    Closing,
}
