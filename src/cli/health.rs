//! `arrowroot health`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::client::{self, Connection};
use super::duration::Duration;
use super::output::{OutputFlags, OutputFormat, styles};

/// Ask a server whether it serves, as a container's health check does.
///
/// Exits with 0 if it does, 1 if it does not yet or not any more, and 2 if it does not answer.
#[derive(Debug, Args)]
pub(super) struct Health {
    /// One service of it, such as authzed.api.v1.PermissionsService; by itself all of it
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    service: String,
    /// How long the answer may take
    #[arg(long, default_value = "3s", value_name = "DURATION")]
    wait: Duration,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Serialize)]
struct Answer<'answer> {
    service: &'answer str,
    status: &'answer str,
}

impl Health {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked = client::health(&self.connection, &self.service, self.wait.0);
        let status = runtime.block_on(asked)?;
        let is_served = status == client::serving();
        let mut output = self.output.open();
        match output.format() {
            OutputFormat::Text => {
                let style = if is_served { styles::GRANTED } else { styles::DENIED };
                output.line(format_args!("{style}{status}{style:#}"))?;
            }
            OutputFormat::Json => output.json(&Answer { service: &self.service, status })?,
        }
        output.flush()?;
        Ok(if is_served { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
