//! Flags: how many may come in at once, how often, and for how long.

use std::num::{NonZeroU32, NonZeroUsize};

use clap::Args;

use crate::cli::duration::Duration;
use crate::server::{AdmissionOptions, KeyLimits, RequestLimits};

#[derive(Debug, Args)]
pub(super) struct Admission {
    /// Bytes of one message from a client; over HTTP, its JSON may have four times as many
    #[arg(
        long,
        env = "ARROWROOT_MAX_MESSAGE_BYTES",
        default_value_t = 4 << 20,
        value_name = "BYTES",
        value_parser = clap::value_parser!(u32).range((64 << 10)..=(64 << 20))
    )]
    max_message_bytes: u32,
    /// Connections that may be open, of gRPC and of HTTP each; more are closed at once
    #[arg(long, env = "ARROWROOT_MAX_CONNECTIONS", default_value = "8192", value_name = "COUNT")]
    max_connections: NonZeroUsize,
    /// How long a gRPC connection may last before its client is asked to make a new one; 0s for as long as it likes
    #[arg(long, env = "ARROWROOT_GRPC_MAX_CONN_AGE", default_value = "0s", value_name = "DURATION")]
    grpc_max_conn_age: Duration,
    /// Requests that may be answered at once, watches apart; 0 for no bound
    #[arg(long, env = "ARROWROOT_MAX_CONCURRENT_REQUESTS", default_value_t = 16_384, value_name = "COUNT")]
    max_concurrent_requests: usize,
    /// The same for each key whose file says nothing else; 0 for no bound
    #[arg(
        long,
        env = "ARROWROOT_MAX_CONCURRENT_REQUESTS_PER_KEY",
        default_value_t = 0,
        value_name = "COUNT"
    )]
    max_concurrent_requests_per_key: usize,
    /// Requests a second of each key whose file says nothing else; 0 for no bound
    #[arg(
        long,
        env = "ARROWROOT_MAX_REQUESTS_PER_SECOND_PER_KEY",
        default_value_t = 0,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    max_requests_per_second_per_key: u32,
    /// How long a call with one answer may take if its client gives no deadline; 0s for no bound
    #[arg(long, env = "ARROWROOT_DEFAULT_DEADLINE", default_value = "60s", value_name = "DURATION")]
    default_deadline: Duration,
    /// How long a call that streams may take if its client gives no deadline, watches apart; 0s for no bound
    #[arg(long, env = "ARROWROOT_DEFAULT_STREAM_DEADLINE", default_value = "1h", value_name = "DURATION")]
    default_stream_deadline: Duration,
}

impl Admission {
    pub(super) fn options(&self) -> AdmissionOptions {
        let key_limits = KeyLimits {
            requests_per_second: NonZeroU32::new(self.max_requests_per_second_per_key),
            concurrent_requests: NonZeroUsize::new(self.max_concurrent_requests_per_key),
        };
        AdmissionOptions {
            connections_max: self.max_connections,
            connection_age_max: bound(self.grpc_max_conn_age),
            requests_max: NonZeroUsize::new(self.max_concurrent_requests),
            key_limits,
            deadline: bound(self.default_deadline),
            stream_deadline: bound(self.default_stream_deadline),
        }
    }

    pub(super) fn apply_to_requests(&self, limits: &mut RequestLimits) {
        limits.message_bytes_max =
            usize::try_from(self.max_message_bytes).unwrap_or(limits.message_bytes_max);
    }
}

/// A duration as a bound: none is none.
fn bound(duration: Duration) -> Option<std::time::Duration> {
    Some(duration.0).filter(|duration| !duration.is_zero())
}
