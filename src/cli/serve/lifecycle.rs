//! Flags: whether an application's resources are registered here, and what its words mean.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::engine::{Consistency, Engine};
use crate::lifecycle::{Lifecycle, Profile};

use super::error::ServeError;

#[derive(Debug, Args)]
pub(super) struct LifecycleFlags {
    /// Serve the resource lifecycle, too, over gRPC and HTTP: the profile says what the application's words mean in the
    /// schema
    #[arg(long, env = "ARROWROOT_LIFECYCLE_PROFILE", value_name = "FILE")]
    lifecycle_profile: Option<PathBuf>,
}

impl LifecycleFlags {
    /// Whether the lifecycle is served.
    pub(super) fn is_enabled(&self) -> bool {
        self.lifecycle_profile.is_some()
    }

    /// The registry, if there is to be one. Its profile has to fit the schema as it is.
    pub(super) fn open(&self, engine: &Arc<Engine>) -> Result<Option<Lifecycle>, ServeError> {
        let Some(file) = &self.lifecycle_profile else { return Ok(None) };
        let view = engine.at(&Consistency::FullyConsistent).map_err(ServeError::View)?;
        if view.read_schema().is_none() {
            return Err(ServeError::NoSchema);
        }
        let profile = Profile::read(file, &view).map_err(ServeError::Profile)?;
        Ok(Some(Lifecycle::new(Arc::clone(engine), profile)))
    }
}
