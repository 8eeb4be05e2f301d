//! A file that is appended to in whole lines, and gives way to a new one when it is full.
//!
//! Own code, since a log must neither take a lost file for success nor leave half a line behind after an error.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Who may read the log, before the process's mask: the owner, and the group, for whoever collects logs.
const MODE: u32 = 0o640;

/// `audit.log`, and before it `audit.log.1` (the youngest), `audit.log.2`, …
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    bytes_max: u64,
    files_max: u32,
    current: Option<Current>,
    /// Why the last full file could not give way.
    rotation_error: Option<io::Error>,
}

/// The file that is written.
#[derive(Debug)]
struct Current {
    file: File,
    /// Device and inode: what stands at the path may become another file, by hand or by a tool.
    identity: (u64, u64),
    length: u64,
    /// Whether it ends within a line.
    is_torn: bool,
    /// A device is neither measured nor renamed.
    is_regular: bool,
}

impl RotatingFile {
    /// Opens or makes the file. Its directory must be there.
    pub(super) fn open(path: PathBuf, bytes_max: u64, files_max: u32) -> io::Result<Self> {
        let current = Some(Current::open(&path)?);
        Ok(Self { path, bytes_max, files_max, current, rotation_error: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether as many bytes fit into the file as it is.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.current.as_ref().is_none_or(|current| current.has_room(bytes, self.bytes_max))
    }

    /// Appends lines, all of them or none. A full file gives way before; if it cannot, it grows instead, and
    /// [`Self::take_rotation_error`] tells why.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let identity = fs::metadata(&self.path).map(|metadata| identity(&metadata)).ok();
        if self.current.as_ref().map(|current| current.identity) != identity {
            self.current = None;
        }
        let is_full =
            |current: &Current| current.length > 0 && !current.has_room(lines.len(), self.bytes_max);
        if self.current.as_ref().is_some_and(is_full) {
            match self.rotate() {
                Ok(()) => self.current = None,
                Err(error) => self.rotation_error = Some(error),
            }
        }
        let current = match &mut self.current {
            Some(current) => current,
            none => none.insert(Current::open(&self.path)?),
        };
        current.append(lines)
    }

    /// Why the last full file could not give way, once.
    pub(super) fn take_rotation_error(&mut self) -> Option<io::Error> {
        self.rotation_error.take()
    }

    /// Waits until what was appended is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match &self.current {
            Some(current) if current.is_regular => current.file.sync_data(),
            Some(_) | None => Ok(()),
        }
    }

    /// Moves the files on by one number, into the first that is free; if none is, the oldest is lost.
    fn rotate(&self) -> io::Result<()> {
        if self.files_max == 0 {
            return fs::remove_file(&self.path);
        }
        let free = (1..self.files_max).find(|number| !self.numbered(*number).exists());
        for number in (1..free.unwrap_or(self.files_max)).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Current {
    fn open(path: &Path) -> io::Result<Self> {
        // Before it is opened, since opening a pipe waits for a reader.
        let is_unfit = |metadata: Metadata| !metadata.is_file() && !metadata.file_type().is_char_device();
        if fs::metadata(path).is_ok_and(is_unfit) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a device"));
        }
        let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
        let metadata = file.metadata()?;
        let is_regular = metadata.is_file();
        let length = if is_regular { metadata.len() } else { 0 };
        let is_torn = length > 0 && last_byte(path)? != Some(b'\n');
        Ok(Self { file, identity: identity(&metadata), length, is_torn, is_regular })
    }

    fn has_room(&self, bytes: usize, bytes_max: u64) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        !self.is_regular || self.length.saturating_add(bytes) <= bytes_max
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let ended;
        let bytes = if self.is_torn {
            ended = [b"\n", lines].concat();
            &ended[..]
        } else {
            lines
        };
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.is_torn = false;
                self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                Ok(())
            }
            Err(error) => {
                // A part of it may be there: it is taken back, or ended by the next line.
                let was_torn = self.is_torn;
                self.is_torn = was_torn || self.file.set_len(self.length).is_err();
                Err(error)
            }
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Files that are appended to are not open for reading.
fn last_byte(path: &Path) -> io::Result<Option<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut byte = [0];
    Ok((file.read(&mut byte)? == 1).then_some(byte[0]))
}
