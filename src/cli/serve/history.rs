//! Flags: how long the past is kept, and how watches are served.

use std::num::NonZeroUsize;

use clap::Args;

use crate::cli::duration::Duration;
use crate::engine::EngineOptions;
use crate::server::WatchOptions;

/// How long the past is kept, and how watches are served.
#[derive(Debug, Args)]
pub(super) struct History {
    /// How long the past can be asked for and watched from; the newest state always can
    #[arg(long, env = "ARROWROOT_DATASTORE_GC_WINDOW", default_value = "24h", value_name = "DURATION")]
    datastore_gc_window: Duration,
    /// Bytes written after the last checkpoint that make another one due, or half of what that took if it is more: at a
    /// start, all that was written after the last one is read
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_CHECKPOINT_AFTER",
        default_value_t = EngineOptions::default().checkpoint_after_bytes,
        value_name = "BYTES"
    )]
    datastore_checkpoint_after: u64,
    /// How often a watch that asks for checkpoints gets one while nothing happens
    #[arg(long, env = "ARROWROOT_WATCH_API_HEARTBEAT", default_value = "1s", value_name = "DURATION")]
    watch_api_heartbeat: Duration,
    /// Messages that wait for one client of Watch
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_WATCH_BUFFER_LENGTH",
        default_value_t = WatchOptions::default().buffer_length_max,
        value_name = "COUNT"
    )]
    datastore_watch_buffer_length: NonZeroUsize,
    /// How long a client of Watch may take no message while that many wait
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_WATCH_BUFFER_WRITE_TIMEOUT",
        default_value = "1s",
        value_name = "DURATION"
    )]
    datastore_watch_buffer_write_timeout: Duration,
    /// Refuse Watch
    #[arg(long, env = "ARROWROOT_DATASTORE_DISABLE_WATCH_SUPPORT")]
    datastore_disable_watch_support: bool,
}

impl History {
    /// How long the past is kept.
    pub(super) fn retention(&self) -> std::time::Duration {
        self.datastore_gc_window.0
    }

    /// Bytes of transactions that make a checkpoint due.
    pub(super) fn checkpoint_after_bytes(&self) -> u64 {
        self.datastore_checkpoint_after
    }

    /// How watches are served.
    pub(super) fn watch_options(&self) -> WatchOptions {
        WatchOptions {
            is_enabled: !self.datastore_disable_watch_support,
            heartbeat: self.watch_api_heartbeat.0,
            buffer_length_max: self.datastore_watch_buffer_length,
            buffer_write_timeout: self.datastore_watch_buffer_write_timeout.0,
        }
    }
}
