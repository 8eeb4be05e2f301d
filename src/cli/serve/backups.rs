//! Flags: backups that the server makes by itself.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::backup::{Schedule, ScheduledBackups};
use crate::cli::duration::Duration;
use crate::engine::Engine;

use super::error::ServeError;

/// Backups that the server makes by itself.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct Backups {
    /// The directory for backups that the server makes by itself; without it, it makes none
    #[arg(long, env = "ARROWROOT_BACKUP_DIR", value_name = "DIRECTORY")]
    backup_dir: Option<PathBuf>,
    /// How long after one backup the next is made; if nothing has changed, none is
    #[arg(
        long,
        env = "ARROWROOT_BACKUP_INTERVAL",
        default_value = "24h",
        value_parser = interval,
        value_name = "DURATION"
    )]
    backup_interval: Duration,
    /// How many backups are kept; older ones of this store are removed when a newer one is complete
    #[arg(long, env = "ARROWROOT_BACKUP_KEEP", default_value = "7", value_name = "COUNT")]
    backup_keep: NonZeroUsize,
}

/// The shortest interval: a backup reads the whole graph.
const INTERVAL_MIN: std::time::Duration = std::time::Duration::from_secs(1);

fn interval(text: &str) -> Result<Duration, String> {
    let interval: Duration = text.parse()?;
    if interval.0 < INTERVAL_MIN {
        return Err("it must be a second at least".to_owned());
    }
    Ok(interval)
}

impl Backups {
    /// How long after one the next is made.
    pub(super) fn interval(&self) -> std::time::Duration {
        self.backup_interval.0
    }

    /// Begins to make them, if they are wanted. `source` is what they say that they were taken from.
    pub(super) fn start(
        &self,
        engine: &Arc<Engine>,
        source: String,
    ) -> Result<Option<ScheduledBackups>, ServeError> {
        let Some(directory) = &self.backup_dir else { return Ok(None) };
        let schedule = Schedule {
            directory: directory.clone(),
            interval: self.backup_interval.0,
            keep: self.backup_keep.get(),
        };
        let started = ScheduledBackups::start(Arc::clone(engine), schedule, source);
        started.map(Some).map_err(|error| ServeError::Backups { directory: directory.clone(), error })
    }
}
