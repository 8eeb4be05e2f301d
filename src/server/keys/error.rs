//! Why a file of keys cannot be used. No key is in any message.

use std::path::PathBuf;

use crate::lifecycle::ReadFileError;

/// A file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadFileError),
    /// What it says is wrong.
    #[error("{}:{line}: {problem}", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Counted from 1; 1 if it is the whole.
        line: usize,
        /// What is wrong there.
        problem: KeyFileProblem,
    },
}

/// What is wrong with a file of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileProblem {
    /// There is no key in it, and so nobody could come in.
    #[error("there is no key in the file")]
    Empty,
    /// More keys than a file may have.
    #[error("more than {count_max} keys")]
    TooMany {
        /// The bound.
        count_max: usize,
    },
    /// A key that no header can carry.
    #[error("a key has visible ASCII characters only, since it is sent in a header")]
    Characters,
    /// It is not as the file's form says.
    #[error("{0}")]
    Form(String),
    /// A field that may not be empty, or is too long.
    #[error("{field}: must have 1 to {bytes_max} bytes")]
    Length {
        /// The field.
        field: &'static str,
        /// Its bytes, at most.
        bytes_max: usize,
    },
    /// Neither a key nor its hash, or both.
    #[error("give either `sha256` or `key`; `arrowroot lifecycle hash-key --generate` makes both")]
    KeyOrHash,
    /// A hash that is none.
    #[error(
        "sha256: must have 64 hexadecimal digits; the hash of a key is printed by `arrowroot lifecycle hash-key`"
    )]
    Hash,
    /// A role that is none.
    #[error("role: must be `read`, `write`, `schema` or `admin`")]
    Role,
    /// A limit of nothing, or a larger one than there can be.
    #[error("{field}: must be between 1 and {count_max}")]
    Limit {
        /// The field.
        field: &'static str,
        /// The largest.
        count_max: u32,
    },
    /// Two keys of one name.
    #[error("name: there is a key of this name before")]
    RepeatedName,
    /// The same key twice.
    #[error("the same key stands in the file before")]
    RepeatedKey,
}
