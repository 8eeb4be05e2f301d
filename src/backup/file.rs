//! A backup as a file: under its name only when it is complete and durable, and read to its end before it is used.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::ReadBackupError;
use super::format::Summary;
use super::reader::BackupReader;

/// What the name of a file ends with that is not complete.
pub(super) const PARTIAL_SUFFIX: &str = ".partial";
const BUFFER_BYTES: usize = 1 << 20;

/// A file that gets its name when it is complete. Dropping it before leaves nothing.
#[derive(Debug)]
pub struct BackupFile {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
    may_replace: bool,
}

impl BackupFile {
    /// A file beside the path that it will have; only its owner can read it. Whether a file that has that path already may
    /// be replaced is seen now, and again at the end.
    pub fn create(path: &Path, may_replace: bool) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !may_replace && path.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = tempfile::Builder::new()
            .prefix(&format!(".{}.", name.to_string_lossy()))
            .suffix(PARTIAL_SUFFIX)
            .tempfile_in(directory_of(path))?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Self { file, path: path.to_owned(), may_replace })
    }

    /// Makes it durable, and gives it its name. Its bytes.
    pub fn finish(self) -> io::Result<u64> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let bytes = file.as_file().metadata()?.len();
        if self.may_replace {
            file.persist(&self.path)?
        } else {
            file.persist_noclobber(&self.path)?
        };
        File::open(directory_of(&self.path))?.sync_all()?;
        Ok(bytes)
    }
}

impl Write for BackupFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The directory of a path.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Begins to read a backup. It has to be a file: whoever uses one reads it twice, first to see whether it is whole.
pub fn open(path: &Path) -> Result<BackupReader<BufReader<File>>, ReadBackupError> {
    let metadata = fs::metadata(path).map_err(ReadBackupError::Storage)?;
    if metadata.is_dir() {
        return Err(ReadBackupError::Storage(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Err(ReadBackupError::ReadOnce);
    }
    let file = File::open(path).map_err(ReadBackupError::Storage)?;
    BackupReader::open(BufReader::with_capacity(BUFFER_BYTES, file))
}

/// Reads a backup to its end, and forgets what it holds. `told` is called with the bytes that were read so far.
pub fn verify(path: &Path, told: &mut dyn FnMut(u64)) -> Result<Summary, ReadBackupError> {
    let mut reader = open(path)?;
    while reader.next_part()?.is_some() {
        told(reader.offset());
    }
    let offset = reader.offset();
    reader.summary().ok_or(ReadBackupError::Damaged { offset, defect: "it has no end" })
}
