//! What can be wrong with an accounts file.

use std::path::PathBuf;

use crate::lifecycle::ReadFileError;

use super::mode::AccountRollout;

/// An accounts file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadFileError),
    /// It does not say what it should.
    #[error("{}{}: {problem}", .file.display(), line_suffix(*.line))]
    Content {
        /// The file.
        file: PathBuf,
        /// The line, from 1; 0 if the whole file is meant.
        line: u64,
        /// What is wrong.
        problem: RolloutProblem,
    },
}

/// What is wrong with the content.
#[derive(Debug, thiserror::Error)]
pub enum RolloutProblem {
    /// It is no YAML, or not of this form.
    #[error("{0}")]
    Yaml(String),
    /// An account without a name.
    #[error("an account's name is empty")]
    NamelessAccount,
    /// What it asks for needs a legacy backend, and there is none.
    #[error("{} cannot be served as {} without --legacy-upstream", subject(.account.as_deref()), describe(*.rollout))]
    NeedsLegacy {
        /// The account; none for the default.
        account: Option<String>,
        /// What it asks for.
        rollout: AccountRollout,
    },
}

fn subject(account: Option<&str>) -> String {
    account.map_or_else(|| "the default".to_owned(), |account| format!("account `{account}`"))
}

fn describe(rollout: AccountRollout) -> String {
    let shadow = if rollout.is_shadowed { " with `shadow`" } else { "" };
    format!("`{}`{shadow}", rollout.mode)
}

fn line_suffix(line: u64) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}
