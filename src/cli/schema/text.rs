//! Schemas in files.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::cli::{lines, problems};

/// Bytes of a schema, at most: more is in no message that a server takes.
const BYTES_MAX: u64 = 4 << 20;

/// A file has no schema's text.
#[derive(Debug, thiserror::Error)]
pub(super) enum TextError {
    #[error("{}: cannot be read: {error}", problems::name(.file))]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("{}: has more than {BYTES_MAX} bytes, which is more than any schema has", problems::name(.file))]
    TooLarge { file: PathBuf },
    #[error("{}: is not UTF-8", problems::name(.file))]
    NotText { file: PathBuf },
}

/// The text of a file, or of standard input for `-`.
pub(super) fn read(file: &Path) -> Result<String, TextError> {
    let unreadable = |error| TextError::Unreadable { file: file.to_owned(), error };
    let mut bytes = Vec::new();
    let source = lines::open(file).map_err(unreadable)?;
    source.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(TextError::TooLarge { file: file.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| TextError::NotText { file: file.to_owned() })
}
