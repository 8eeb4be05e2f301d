//! A file, compressed or not, or standard input, and how much of it was read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::lines;

const BUFFER_BYTES: usize = 256 << 10;

/// A source of bytes, unpacked.
pub(in crate::cli) struct Input {
    pub(super) source: Box<dyn BufRead + Send>,
    read_bytes: Arc<AtomicU64>,
}

impl Input {
    /// Opens a file, which is unpacked if its name ends in `.zst`, or standard input for `-`.
    pub(in crate::cli) fn open(path: &Path) -> io::Result<Self> {
        let read_bytes = Arc::new(AtomicU64::new(0));
        if path.as_os_str() == "-" {
            let counting = Counting { source: io::stdin(), read_bytes: Arc::clone(&read_bytes) };
            let source = Box::new(BufReader::with_capacity(BUFFER_BYTES, counting));
            return Ok(Self { source, read_bytes });
        }
        // The same refusals for what is no file.
        drop(lines::open(path)?);
        let counting = Counting { source: File::open(path)?, read_bytes: Arc::clone(&read_bytes) };
        let source: Box<dyn BufRead + Send> = if is_compressed(path) {
            let unpacked = zstd::stream::read::Decoder::new(counting)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
        } else {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, counting))
        };
        Ok(Self { source, read_bytes })
    }

    /// Bytes of the file that were read so far, as they lie in it. The reader may be somewhat behind.
    pub(in crate::cli) fn read_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read_bytes)
    }
}

/// Whether a file is compressed, by its name.
pub(in crate::cli) fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

struct Counting<R> {
    source: R,
    read_bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(bytes)?;
        self.read_bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
