//! Where an export goes: a file that gets its name at the end, or standard output.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::formats::is_compressed;
use crate::cli::output::OutputError;
use crate::cli::position;

use super::kept::Kept;

/// How often the position is kept.
const KEPT_EVERY: Duration = Duration::from_millis(500);
/// zstd's level: a higher one takes longer than the server takes.
const LEVEL: i32 = 3;

/// Where an export goes, and how far it has come.
pub(super) struct Target {
    kept: Kept,
    sink: Sink,
    is_resumed: bool,
}

enum Sink {
    Stdout(io::Stdout),
    File(Box<Partial>),
}

/// A file that is not complete.
struct Partial {
    file: PathBuf,
    draft: PathBuf,
    progress: PathBuf,
    writer: Writer,
    /// Nothing before the first time.
    kept_at: Option<Instant>,
}

/// Compressed files are made of frames: one ends wherever the position is kept.
enum Writer {
    Plain(File),
    Compressed(Option<zstd::stream::write::Encoder<'static, File>>),
}

/// An export cannot begin.
#[derive(Debug, thiserror::Error)]
enum TargetError {
    #[error("{} is there already: choose another name, or replace it with --overwrite", .0.display())]
    Exists(PathBuf),
    #[error(
        "an export to {} was broken off: go on with --resume, or begin anew with --overwrite", .0.display()
    )]
    BrokenOff(PathBuf),
    #[error("there is no export to {} to go on with", .0.display())]
    NothingToResume(PathBuf),
    #[error(
        "the export to {} that was broken off was of another server, or in another form: say what was said then, or \
         begin anew with --overwrite", .0.display()
    )]
    OtherExport(PathBuf),
    #[error("standard output cannot be resumed: it is gone")]
    StandardOutput,
    #[error("{} is shorter than it was: begin anew with --overwrite", .0.display())]
    Shorter(PathBuf),
    #[error("{} cannot be written: {}", .0.display(), .1)]
    Storage(PathBuf, io::Error),
}

impl Target {
    pub(super) fn open(
        file: &Path,
        fresh: Kept,
        resume: bool,
        overwrite: bool,
    ) -> Result<Self, Box<dyn Error>> {
        if file.as_os_str() == "-" {
            if resume {
                return Err(TargetError::StandardOutput.into());
            }
            return Ok(Self { kept: fresh, sink: Sink::Stdout(io::stdout()), is_resumed: false });
        }
        let (draft, progress) = (position::beside(file, ".partial"), position::beside(file, ".progress"));
        let storage = |error| TargetError::Storage(draft.clone(), error);
        if file.is_dir() {
            return Err(TargetError::Storage(file.to_owned(), io::ErrorKind::IsADirectory.into()).into());
        }
        if file.try_exists()? && !overwrite {
            return Err(TargetError::Exists(file.to_owned()).into());
        }
        let earlier: Option<Kept> = position::read(&progress)?;
        let kept = match (earlier, resume) {
            (Some(_), false) if !overwrite => return Err(TargetError::BrokenOff(file.to_owned()).into()),
            (None, true) => return Err(TargetError::NothingToResume(file.to_owned()).into()),
            (Some(earlier), true) if !earlier.is_of_same_export(&fresh) => {
                return Err(TargetError::OtherExport(file.to_owned()).into());
            }
            (Some(earlier), true) => earlier,
            (_, false) => {
                position::forget(&progress)?;
                fresh
            }
        };
        let mut opened =
            OpenOptions::new().write(true).create(!resume).truncate(false).open(&draft).map_err(storage)?;
        if opened.metadata()?.len() < kept.file_bytes {
            return Err(TargetError::Shorter(draft).into());
        }
        opened.set_len(kept.file_bytes).and_then(|()| opened.seek(SeekFrom::End(0))).map_err(storage)?;
        let writer = if is_compressed(file) { Writer::compressed(opened)? } else { Writer::Plain(opened) };
        let file = file.to_owned();
        let partial = Partial { file, draft, progress, writer, kept_at: None };
        Ok(Self { kept, sink: Sink::File(Box::new(partial)), is_resumed: resume })
    }

    /// Whether something was written, if only a header.
    pub(super) fn is_begun(&self) -> bool {
        self.kept.bytes > 0
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Relationships so far.
    pub(super) fn count(&self) -> u64 {
        self.kept.count
    }

    /// Bytes so far, before they were compressed.
    pub(super) fn bytes(&self) -> u64 {
        self.kept.bytes
    }

    /// Where the server goes on.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.kept.cursor.as_deref()
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        match &mut self.sink {
            Sink::Stdout(stdout) => stdout.write_all(bytes).map_err(OutputError::from)?,
            Sink::File(partial) => {
                let written = partial.writer.write_all(bytes);
                written.map_err(|error| TargetError::Storage(partial.draft.clone(), error))?;
            }
        }
        self.kept.bytes += bytes.len() as u64;
        Ok(())
    }

    /// So many relationships more are written, and the server goes on behind them. Now and then that is kept.
    pub(super) fn advance(&mut self, count: u64, cursor: Option<String>) -> Result<(), Box<dyn Error>> {
        self.kept.count += count;
        self.kept.cursor = cursor;
        match &self.sink {
            Sink::File(partial) if partial.kept_at.is_none_or(|kept_at| kept_at.elapsed() >= KEPT_EVERY) => {
                self.keep()
            }
            _ => Ok(()),
        }
    }

    /// Everything is written: the file gets its name. Its bytes.
    pub(super) fn finish(self) -> Result<u64, Box<dyn Error>> {
        match self.sink {
            Sink::Stdout(mut stdout) => {
                stdout.flush().map_err(OutputError::from)?;
                Ok(self.kept.bytes)
            }
            Sink::File(partial) => {
                let Partial { file, draft, progress, writer, .. } = *partial;
                let storage = |error| TargetError::Storage(file.clone(), error);
                let written = writer.finish().map_err(storage)?;
                written.sync_all().map_err(storage)?;
                let bytes = written.metadata()?.len();
                std::fs::rename(&draft, &file).map_err(storage)?;
                position::forget(&progress)?;
                Ok(bytes)
            }
        }
    }

    /// It is broken off. What there is to say about that.
    pub(super) fn leave(mut self) -> Result<String, Box<dyn Error>> {
        let count = self.kept.count;
        if matches!(self.sink, Sink::Stdout(_)) {
            return Ok(format!("; {count} relationships were exported before"));
        }
        if let (None, Sink::File(partial)) = (&self.kept.cursor, &self.sink) {
            // There is nothing to go on with.
            position::forget(&partial.progress)?;
            position::forget(&partial.draft)?;
            return Ok(String::new());
        }
        self.keep()?;
        Ok(format!("; {count} relationships are exported; run the command again with --resume to go on"))
    }

    /// Keeps the position, and what is before it.
    fn keep(&mut self) -> Result<(), Box<dyn Error>> {
        let Sink::File(partial) = &mut self.sink else { return Ok(()) };
        let storage = |error| TargetError::Storage(partial.draft.clone(), error);
        self.kept.file_bytes = partial.writer.rest().map_err(storage)?;
        position::keep(&partial.progress, &self.kept)?;
        partial.kept_at = Some(Instant::now());
        Ok(())
    }
}

impl Writer {
    fn compressed(file: File) -> io::Result<Self> {
        Ok(Self::Compressed(Some(zstd::stream::write::Encoder::new(file, LEVEL)?)))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Compressed(encoder) => encoder.as_mut().ok_or_else(failed)?.write_all(bytes),
        }
    }

    /// Brings everything to the disk. The bytes of the file, which is whole up to there.
    fn rest(&mut self) -> io::Result<u64> {
        if let Self::Compressed(encoder) = self {
            let file = encoder.take().ok_or_else(failed)?.finish()?;
            *self = Self::compressed(file)?;
        }
        let file = match self {
            Self::Plain(file) => file,
            Self::Compressed(encoder) => encoder.as_ref().ok_or_else(failed)?.get_ref(),
        };
        file.sync_data()?;
        Ok(file.metadata()?.len())
    }

    fn finish(self) -> io::Result<File> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Compressed(encoder) => encoder.ok_or_else(failed)?.finish(),
        }
    }
}

fn failed() -> io::Error {
    io::Error::other("an earlier write failed")
}
