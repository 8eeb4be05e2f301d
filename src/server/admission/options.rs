//! How many may come in at once, and for how long.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::server::keys::KeyLimits;

/// Bounds on connections and requests.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AdmissionOptions {
    /// Connections that may be open at one address; more are closed as soon as they are accepted.
    pub connections_max: NonZeroUsize,
    /// How long a gRPC connection may last before its client is told to make a new one; calls go on to their ends.
    pub connection_age_max: Option<Duration>,
    /// Requests that may be answered at once, all together; watches and health do not count.
    pub requests_max: Option<NonZeroUsize>,
    /// What each key may ask that has no limits of its own. Whoever needs none shares one.
    pub key_limits: KeyLimits,
    /// How long a call with one answer may take whose client gives no deadline.
    pub deadline: Option<Duration>,
    /// The same for a call that streams in either direction; a watch may take as long as it likes.
    pub stream_deadline: Option<Duration>,
}

impl Default for AdmissionOptions {
    fn default() -> Self {
        Self {
            connections_max: NonZeroUsize::MIN.saturating_add(8191),
            connection_age_max: None,
            requests_max: NonZeroUsize::new(16_384),
            key_limits: KeyLimits::default(),
            deadline: Some(Duration::from_mins(1)),
            stream_deadline: Some(Duration::from_hours(1)),
        }
    }
}
