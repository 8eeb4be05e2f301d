//! Flags: where relationships are kept, and what an empty store begins with.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::engine::{Engine, EngineOptions};
use crate::scenario::{Bootstrapped, Scenario, ScenarioError, bootstrap};

use super::error::ServeError;

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct Datastore {
    /// Where relationships are kept
    #[arg(long, env = "ARROWROOT_DATASTORE_ENGINE", default_value = "sled", value_name = "ENGINE")]
    datastore_engine: DatastoreEngine,
    /// The directory of the sled engine; it is made if it is not there
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_PATH",
        default_value = "./arrowroot-data",
        value_name = "DIRECTORY"
    )]
    datastore_path: PathBuf,
    /// Validation files (.yaml) or schemas (.zed), repeated or with commas, that are loaded into an empty store
    #[arg(long, env = "ARROWROOT_DATASTORE_BOOTSTRAP_FILES", value_delimiter = ',', value_name = "FILES")]
    datastore_bootstrap_files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatastoreEngine {
    /// Durable, in a directory.
    Sled,
    /// Ends with the process.
    Memory,
}

impl Datastore {
    /// The bootstrap files.
    pub(super) fn read_scenarios(&self) -> Result<Vec<Scenario>, ScenarioError> {
        self.datastore_bootstrap_files.iter().map(Scenario::read).collect()
    }

    pub(super) fn open(&self, options: &EngineOptions) -> Result<Engine, ServeError> {
        match self.datastore_engine {
            DatastoreEngine::Sled => Engine::open(&self.datastore_path, options.clone()),
            DatastoreEngine::Memory => Engine::in_memory(options.clone()),
        }
        .map_err(|error| ServeError::Open { path: self.datastore_path.clone(), error })
    }

    /// The store, as the line on stdout names it.
    pub(super) fn describe(&self) -> String {
        match self.datastore_engine {
            DatastoreEngine::Sled => format!("sled path={}", self.datastore_path.display()),
            DatastoreEngine::Memory => "memory".to_owned(),
        }
    }
}

/// Loads the bootstrap files into a store that is empty.
pub(super) fn load(
    scenarios: &[Scenario],
    engine: &Engine,
    options: &EngineOptions,
) -> Result<(), ScenarioError> {
    if scenarios.is_empty() {
        return Ok(());
    }
    match bootstrap(engine, options, scenarios)? {
        Bootstrapped::Loaded { relationships } => {
            tracing::info!(relationships, "the store was empty and has been bootstrapped");
        }
        Bootstrapped::Skipped => {
            tracing::info!(revision = %engine.head(), "the store is not empty: bootstrap files are skipped");
        }
    }
    Ok(())
}
