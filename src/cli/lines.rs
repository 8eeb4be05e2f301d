//! Lines of a file or of standard input, in memory one at a time, however long they are.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Bytes of one line, at most. A longer one is passed over.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;
const BUFFER_BYTES: usize = 256 << 10;

/// Opens a file, or standard input for `-`.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin())));
    }
    if fs::metadata(path)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, File::open(path)?)))
}

/// Reads the next line without its end into `line`. How many bytes it takes in the file, 0 at the end, and whether it is
/// whole.
pub(super) fn read_line(source: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<(u64, bool)> {
    read_line_within(source, line, LINE_BYTES_MAX)
}

/// The same for lines that may have more or fewer bytes, their ends not counted.
pub(super) fn read_line_within(
    source: &mut dyn BufRead,
    line: &mut Vec<u8>,
    bytes_max: usize,
) -> io::Result<(u64, bool)> {
    line.clear();
    let (mut bytes, mut is_whole) = (0, true);
    loop {
        let available = match source.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        is_whole &= line.len() + part.len() <= bytes_max;
        if is_whole {
            line.extend_from_slice(part);
        }
        let taken = end.map_or(available.len(), |end| end + 1);
        source.consume(taken);
        bytes += taken as u64;
        if end.is_some() || taken == 0 {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok((bytes, is_whole));
        }
    }
}

#[cfg(test)]
mod tests;
