//! Flags: which side serves which account while a legacy backend is replaced.

use std::path::PathBuf;

use clap::Args;

use crate::lifecycle::WatchedFile;
use crate::lifecycle::rollout::{Rollout as Accounts, RolloutError};
use crate::server::LegacyUpstream;

/// Which side serves which account.
#[derive(Debug, Args)]
pub(super) struct Rollout {
    /// A YAML file that says which side serves which account; read again when it changes. Without one, the graph serves
    /// all
    #[arg(long, env = "ARROWROOT_LIFECYCLE_ACCOUNTS", value_name = "FILE")]
    lifecycle_accounts: Option<PathBuf>,
    /// The base URL of the backend that was there before, for the accounts that it still serves
    #[arg(long, env = "ARROWROOT_LEGACY_UPSTREAM", value_name = "URL")]
    legacy_upstream: Option<LegacyUpstream>,
}

impl Rollout {
    /// The accounts file, if there is one.
    pub(super) fn accounts(&self) -> Result<Option<WatchedFile<Accounts>>, RolloutError> {
        let has_legacy = self.legacy_upstream.is_some();
        self.lifecycle_accounts.as_ref().map(|path| Accounts::open(path, has_legacy)).transpose()
    }

    /// Where the legacy backend is, if there is one.
    pub(super) fn legacy_upstream(&self) -> Option<&LegacyUpstream> {
        self.legacy_upstream.as_ref()
    }
}

#[cfg(test)]
mod tests;
