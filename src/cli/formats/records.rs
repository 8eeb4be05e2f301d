//! The relationships of a file, one after another, each with its line, or what is wrong with it.

use std::io;

use crate::relationship::{ParseRelationshipError, Relationship};

use super::csv::CsvRecords;
use super::input::Input;
use super::{Form, Format, json};
use crate::cli::lines;

/// Bytes of one line, at most: more than the text of the largest relationship that a server takes.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;
/// What editors of another system put before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A relationship in a file.
#[derive(Debug)]
pub(in crate::cli) struct Record {
    /// Its line, from 1.
    pub(in crate::cli) line: u64,
    /// The relationship, or what is wrong with it.
    pub(in crate::cli) relationship: Result<Relationship, String>,
}

/// Reads the relationships of a file.
pub(in crate::cli) struct Records(Kind);

enum Kind {
    Lines(Lines),
    Csv(Box<CsvRecords>),
}

impl Records {
    /// Begins to read.
    pub(in crate::cli) fn new(input: Input, form: &Form) -> Self {
        Self(match form.format {
            Format::Text => Kind::Lines(Lines::new(input, parse_text)),
            Format::Jsonl => Kind::Lines(Lines::new(input, json::parse)),
            Format::Csv => Kind::Csv(Box::new(CsvRecords::new(input, form))),
        })
    }

    /// The next one; nothing at the end. After an error nothing more can be read.
    pub(in crate::cli) fn next(&mut self) -> io::Result<Option<Record>> {
        match &mut self.0 {
            Kind::Lines(lines) => lines.next(),
            Kind::Csv(records) => records.next(),
        }
    }

    /// A checksum of everything up to the last one that was given.
    pub(in crate::cli) fn checksum(&self) -> u32 {
        let hasher = match &self.0 {
            Kind::Lines(lines) => &lines.hasher,
            Kind::Csv(records) => records.hasher(),
        };
        hasher.clone().finalize()
    }
}

struct Lines {
    input: Input,
    parse: fn(&[u8]) -> Result<Relationship, String>,
    line: Vec<u8>,
    number: u64,
    hasher: crc32fast::Hasher,
}

impl Lines {
    fn new(input: Input, parse: fn(&[u8]) -> Result<Relationship, String>) -> Self {
        Self { input, parse, line: Vec::new(), number: 0, hasher: crc32fast::Hasher::new() }
    }

    fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let source = &mut *self.input.source;
            let (bytes, is_whole) = lines::read_line_within(source, &mut self.line, LINE_BYTES_MAX)?;
            if bytes == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.hasher.update(&self.line);
            self.hasher.update(b"\n");
            let line = self.number;
            if !is_whole {
                let problem = format!("the line has more than {LINE_BYTES_MAX} bytes");
                return Ok(Some(Record { line, relationship: Err(problem) }));
            }
            let mut text = self.line.as_slice();
            if line == 1 {
                text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
            }
            let text = text.trim_ascii();
            if text.is_empty() || text.starts_with(b"//") || text.starts_with(b"#") {
                continue;
            }
            return Ok(Some(Record { line, relationship: (self.parse)(text) }));
        }
    }
}

fn parse_text(line: &[u8]) -> Result<Relationship, String> {
    let text = std::str::from_utf8(line).map_err(|_| NOT_UTF_8.to_owned())?;
    text.parse().map_err(|problem: ParseRelationshipError| problem.to_string())
}

/// What is said of bytes that are no text.
pub(super) const NOT_UTF_8: &str = "it is not UTF-8";
