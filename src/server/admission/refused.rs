//! Why a request does not come in.

use std::time::Duration;

use crate::server::keys::{Busy, Role};
use crate::server::refusals::RefusalReason;

/// A request that does not come in. Messages name no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum Refused {
    /// A key is needed, and none was shown.
    #[error("missing preshared key: send one as `authorization: Bearer <key>`")]
    NoKey,
    /// The key opens nothing.
    #[error("invalid preshared key: invalid token")]
    UnknownKey,
    /// The key's role does not allow this.
    #[error("the key has the role `{has}`, and {method} needs `{needed}`")]
    Role { has: Role, needed: Role, method: String },
    /// There is no such RPC.
    #[error("{path} is not served")]
    NotServed { path: String },
    /// The key, or all that need none, asks too often.
    #[error("more than {requests_per_second} requests a second: the next is answered in {} ms", .retry_after.as_millis())]
    Rate { requests_per_second: u32, retry_after: Duration },
    /// The key, or all that need none, asks too much at once.
    #[error("{requests_max} requests of this key are being answered, and no more at once are")]
    KeyConcurrency { requests_max: usize },
    /// All together ask too much at once.
    #[error("{requests_max} requests are being answered, and no more at once are")]
    Concurrency { requests_max: usize },
}

impl Refused {
    /// How it is counted; none for what is no matter of who asks.
    pub(super) fn reason(&self) -> Option<RefusalReason> {
        Some(match self {
            Self::NoKey => RefusalReason::Unauthenticated,
            Self::UnknownKey | Self::Role { .. } => RefusalReason::Forbidden,
            Self::NotServed { .. } => return None,
            Self::Rate { .. } => RefusalReason::Rate,
            Self::KeyConcurrency { .. } | Self::Concurrency { .. } => RefusalReason::Concurrency,
        })
    }
}

impl From<Busy> for Refused {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Rate { requests_per_second, retry_after } => {
                Self::Rate { requests_per_second, retry_after }
            }
            Busy::Concurrency { requests_max } => Self::KeyConcurrency { requests_max },
        }
    }
}
