//! Files with one thing a line, which are read twice: once to see that every line can be used, and once to use them. In
//! memory is one batch at a time.

use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufReader, Seek as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::lines;
use super::problems::{self, Problems};

/// Bytes of the lines of one batch, at most, so that its message is within what servers take.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// A file of things. Standard input, and other streams, are copied to a temporary file without a name.
pub(super) struct Items<T> {
    path: PathBuf,
    file: File,
    thing: PhantomData<fn() -> T>,
}

/// Things that stand together, and where.
pub(super) struct Batch<T> {
    /// Each with its line, from 1.
    pub(super) items: Vec<(u64, T)>,
}

/// A file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ItemsError {
    #[error("{}: cannot be read: {error}", problems::name(.path))]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{}: {count} {} cannot be used: nothing is {done}", problems::name(.path), if *.count == 1 { "line" } else { "lines" })]
    Malformed { path: PathBuf, count: u64, done: &'static str },
    #[error("{}:{line}: {problem}: the file was changed in the meantime", problems::name(.path))]
    Changed { path: PathBuf, line: u64, problem: String },
}

impl<T: FromStr<Err: Display>> Items<T> {
    /// Opens a file, and looks at every line. Those that cannot be used are told on standard error, the first fifty of them;
    /// then nothing is done with any.
    pub(super) fn open(path: &Path, done: &'static str) -> Result<Self, ItemsError> {
        let unreadable = |error| ItemsError::Unreadable { path: path.to_owned(), error };
        let file = open(path).map_err(unreadable)?;
        let mut items = Self { path: path.to_owned(), file, thing: PhantomData };
        let mut problems = Problems::default();
        let mut reader = items.read()?;
        while let Some((line, thing)) = reader.next().map_err(unreadable)? {
            if let Err(problem) = thing {
                problems.add(path, line, problem);
            }
        }
        if problems.count() > 0 {
            problems.print();
            return Err(ItemsError::Malformed { path: path.to_owned(), count: problems.count(), done });
        }
        Ok(items)
    }

    /// All things from the begin on, in batches of so many at the most.
    pub(super) fn batches(&mut self, count_max: usize) -> Result<Batches<'_, T>, ItemsError> {
        let path = self.path.clone();
        Ok(Batches { reader: self.read()?, path, count_max })
    }

    fn read(&mut self) -> Result<Reader<'_, T>, ItemsError> {
        let rewound = self.file.rewind();
        rewound.map_err(|error| ItemsError::Unreadable { path: self.path.clone(), error })?;
        Ok(Reader { source: BufReader::new(&self.file), line: 0, bytes: Vec::new(), thing: PhantomData })
    }
}

fn open(path: &Path) -> io::Result<File> {
    let is_stdin = path.as_os_str() == "-";
    if !is_stdin && path.metadata()?.is_file() {
        return File::open(path);
    }
    let mut stream = lines::open(path)?;
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut stream, &mut copy)?;
    Ok(copy)
}

/// Lines as things, without those that are blank or comments.
struct Reader<'file, T> {
    source: BufReader<&'file File>,
    line: u64,
    bytes: Vec<u8>,
    thing: PhantomData<fn() -> T>,
}

impl<T: FromStr<Err: Display>> Reader<'_, T> {
    fn next(&mut self) -> io::Result<Option<(u64, Result<T, String>)>> {
        loop {
            let (bytes, is_whole) = lines::read_line(&mut self.source, &mut self.bytes)?;
            if bytes == 0 {
                return Ok(None);
            }
            self.line += 1;
            if !is_whole {
                let problem = format!("has more than {} bytes", lines::LINE_BYTES_MAX);
                return Ok(Some((self.line, Err(problem))));
            }
            let Ok(text) = str::from_utf8(&self.bytes) else {
                return Ok(Some((self.line, Err("is not UTF-8".to_owned()))));
            };
            // Some editors begin a file with a mark of its encoding.
            let text = if self.line == 1 { text.trim_start_matches('\u{feff}') } else { text };
            let text = text.trim();
            if !text.is_empty() && !text.starts_with("//") {
                return Ok(Some((self.line, text.parse().map_err(|error: T::Err| error.to_string()))));
            }
        }
    }
}

/// Things in batches.
pub(super) struct Batches<'file, T> {
    reader: Reader<'file, T>,
    path: PathBuf,
    count_max: usize,
}

impl<T: FromStr<Err: Display>> Batches<'_, T> {
    /// The next batch; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Batch<T>>, Box<dyn Error>> {
        let (mut items, mut bytes) = (Vec::new(), 0);
        while items.len() < self.count_max && bytes < BATCH_BYTES_MAX {
            let unreadable = |error| ItemsError::Unreadable { path: self.path.clone(), error };
            let Some((line, thing)) = self.reader.next().map_err(unreadable)? else { break };
            let changed = |problem| ItemsError::Changed { path: self.path.clone(), line, problem };
            items.push((line, thing.map_err(changed)?));
            bytes += self.reader.bytes.len();
        }
        Ok((!items.is_empty()).then_some(Batch { items }))
    }
}

impl<T> Batch<T> {
    /// The first and the last line.
    pub(super) fn lines(&self) -> (u64, u64) {
        let line = |item: Option<&(u64, T)>| item.map_or(0, |(line, _)| *line);
        (line(self.items.first()), line(self.items.last()))
    }
}
