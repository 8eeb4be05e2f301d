//! Why there are no contexts. No message has anything of the file's text in it but names.

use std::io;
use std::path::PathBuf;

/// Contexts cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ContextsError {
    /// Nothing says where the file is.
    #[error("the configuration file has no place: set HOME, XDG_CONFIG_HOME or ARROWROOT_CONFIG")]
    Homeless,
    /// A file cannot be read.
    #[error("{}: cannot be read: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    /// The file cannot be written.
    #[error("{}: cannot be written: {error}", .path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    /// The file is not the owner's secret.
    #[error("{path}: others can read it, and it may have keys in it: run `chmod 600 {path}`", path = .path.display())]
    Open { path: PathBuf },
    /// The file is larger than any of this kind.
    #[error("{}: has more than {bytes_max} bytes", .path.display())]
    TooLarge { path: PathBuf, bytes_max: u64 },
    /// The file is no TOML, or not of this form.
    #[error("{}:{line}: {problem}", .path.display())]
    Malformed { path: PathBuf, line: usize, problem: String },
    /// There is no context of this name.
    #[error("there is no context `{name}`: `arrowroot context list` shows those that there are")]
    Unknown { name: String },
    /// There is one of this name.
    #[error("there is a context `{name}` already: `--replace` replaces it")]
    Present { name: String },
    /// This cannot be a name.
    #[error(
        "`{name}` is no name of a context: take 1 to 64 letters, digits and any of `._-`, beginning with a letter or digit"
    )]
    Name { name: String },
}
