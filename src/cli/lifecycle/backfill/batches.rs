//! The file, cut into requests by a thread that is never far ahead of the server.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc;

use crate::cli::lines::{self, LINE_BYTES_MAX};
use crate::server::wire::lifecycle_v1 as v1;

use super::form;

/// Resources in one request, at most, and bytes of their lines.
const RESOURCES_MAX: usize = 1000;
const BYTES_MAX: u64 = 1 << 20;
/// Complaints about the lines of one batch: files that are no such files at all stay small in memory.
const COMPLAINTS_MAX: usize = 1000;
/// Batches that are read ahead.
const AHEAD_MAX: usize = 2;

/// Some lines of the file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) resources: Vec<v1::ExistingResource>,
    /// The lines' numbers.
    pub(super) lines: Vec<u64>,
    /// Lines that are no resources, and why.
    pub(super) malformed: Vec<(u64, String)>,
    /// Where the next batch begins: the byte, and the number of the line before.
    pub(super) end: (u64, u64),
}

/// Reads the file from a place on, which is the beginning of a line.
pub(super) fn read(path: PathBuf, place: (u64, u64)) -> io::Result<mpsc::Receiver<io::Result<Batch>>> {
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    thread::Builder::new().name("arrowroot-lines".to_owned()).spawn(move || {
        let mut reader = match Reader::open(&path, place) {
            Ok(reader) => reader,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        loop {
            let batch = reader.next().transpose();
            let Some(batch) = batch else { return };
            let has_failed = batch.is_err();
            if sender.blocking_send(batch).is_err() || has_failed {
                return;
            }
        }
    })?;
    Ok(receiver)
}

struct Reader {
    source: Box<dyn io::BufRead + Send>,
    place: (u64, u64),
    line: Vec<u8>,
}

impl Reader {
    fn open(path: &Path, place: (u64, u64)) -> io::Result<Self> {
        let mut source = lines::open(path)?;
        if place.0 > 0 {
            let mut file = std::fs::File::open(path)?;
            io::Seek::seek(&mut file, io::SeekFrom::Start(place.0))?;
            source = Box::new(io::BufReader::with_capacity(256 << 10, file));
        }
        Ok(Self { source, place, line: Vec::new() })
    }

    /// The next batch; none at the end.
    fn next(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        let begin = self.place.0;
        while batch.resources.len() < RESOURCES_MAX
            && batch.malformed.len() < COMPLAINTS_MAX
            && self.place.0 - begin < BYTES_MAX
        {
            let (bytes, is_whole) = lines::read_line(&mut *self.source, &mut self.line)?;
            if bytes == 0 {
                break;
            }
            self.place.0 += bytes;
            self.place.1 += 1;
            if !is_whole {
                let message = format!("the line has more than {LINE_BYTES_MAX} bytes");
                batch.malformed.push((self.place.1, message));
            } else if !self.line.trim_ascii().is_empty() {
                match form::parse(&self.line) {
                    Ok(resource) => {
                        batch.resources.push(resource);
                        batch.lines.push(self.place.1);
                    }
                    Err(message) => batch.malformed.push((self.place.1, message)),
                }
            }
        }
        batch.end = self.place;
        Ok((self.place.0 > begin).then_some(batch))
    }
}
