//! Flags: what is logged, and how.

use clap::Args;

use crate::cli::log::{self, LogError, LogFormat};

#[derive(Debug, Args)]
pub(super) struct Logging {
    /// How the log on stderr is written
    #[arg(long, env = "ARROWROOT_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
    /// What the log holds: error, warn, info, debug or trace, also by module, as in `info,arrowroot=debug`
    #[arg(long, env = "ARROWROOT_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: String,
}

impl Logging {
    pub(super) fn start(&self) -> Result<(), LogError> {
        log::start(self.log_format, &self.log_level)
    }
}
