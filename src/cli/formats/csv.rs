//! The relationships of a CSV file.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::columns::Columns;
use super::input::Input;
use super::records::{LINE_BYTES_MAX, NOT_UTF_8, Record};
use super::{ColumnsError, Form};

const BUFFER_BYTES: usize = 64 << 10;

/// Reads the relationships of a CSV file.
pub(super) struct CsvRecords {
    reader: Reader<Bounded>,
    form: Form,
    columns: Option<Columns>,
    taken_since: Rc<Cell<usize>>,
    record: ByteRecord,
    hasher: crc32fast::Hasher,
}

impl CsvRecords {
    pub(super) fn new(input: Input, form: &Form) -> Self {
        let taken_since = Rc::new(Cell::new(0));
        let source = Bounded { input, taken_since: Rc::clone(&taken_since) };
        let reader = ReaderBuilder::new()
            .delimiter(form.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(source);
        let (record, hasher) = (ByteRecord::new(), crc32fast::Hasher::new());
        Self { reader, form: form.clone(), columns: None, taken_since, record, hasher }
    }

    pub(super) fn hasher(&self) -> &crc32fast::Hasher {
        &self.hasher
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        if self.columns.is_none() {
            self.columns = Some(self.read_columns()?);
        }
        if !self.read()? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let columns = self.columns.as_ref().ok_or(io::ErrorKind::InvalidData)?;
        let text = StringRecord::from_byte_record(std::mem::take(&mut self.record));
        let relationship = match &text {
            Ok(text) => columns.relationship(text),
            Err(_) => Err(NOT_UTF_8.to_owned()),
        };
        // The record's memory is used again.
        self.record = match text {
            Ok(text) => text.into_byte_record(),
            Err(error) => error.into_byte_record(),
        };
        Ok(Some(Record { line, relationship }))
    }

    fn read_columns(&mut self) -> io::Result<Columns> {
        let invalid = |error: ColumnsError| io::Error::new(io::ErrorKind::InvalidData, error);
        if !self.form.has_header {
            return Columns::numbered(&self.form.columns).map_err(invalid);
        }
        if !self.read()? {
            return Err(invalid(ColumnsError::NoHeader));
        }
        let header = StringRecord::from_byte_record_lossy(self.record.clone());
        Columns::named(&self.form.columns, &header).map_err(invalid)
    }

    /// Reads the next line, or lines where a field is quoted. Whether there is one.
    fn read(&mut self) -> io::Result<bool> {
        self.taken_since.set(0);
        let line = self.reader.position().line();
        let is_there = self.reader.read_byte_record(&mut self.record).map_err(|error| {
            match error.into_kind() {
                ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "the record that begins on line {line} has more than {LINE_BYTES_MAX} bytes: is a quote left \
                         open?"
                    ),
                ),
                ErrorKind::Io(error) => error,
                kind => io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: {kind:?}")),
            }
        })?;
        if is_there {
            self.hasher.update(self.record.as_slice());
            self.hasher.update(b"\n");
        }
        Ok(is_there)
    }
}

/// Gives only so much for one record: a quote that is never closed does not take up the whole file.
struct Bounded {
    input: Input,
    taken_since: Rc<Cell<usize>>,
}

impl Read for Bounded {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.taken_since.get() > LINE_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.source.read(bytes)?;
        self.taken_since.set(self.taken_since.get() + count);
        Ok(count)
    }
}
