//! A file's text replaced in one step: whoever reads it sees the old text or the new one.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces a file's text; its permissions stay, and a link still leads to it.
pub(in crate::cli) fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let file = match fs::canonicalize(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => file.to_owned(),
        Err(error) => return Err(error),
    };
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = match fs::metadata(&file) {
        // A device or a pipe has no text that could be replaced.
        Ok(metadata) if !metadata.is_file() => return fs::write(&file, text),
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".arrowroot-");
    // A new file is as others are made; one that was there keeps what it had.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(directory)?;
    new.write_all(text)?;
    if let Some(permissions) = permissions {
        new.as_file().set_permissions(permissions)?;
    }
    new.as_file().sync_all()?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}
