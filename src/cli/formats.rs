//! Relationships in files: as text, as JSON lines, as CSV. One after another, in flat memory, whatever the file is.

mod columns;
mod csv;
mod input;
mod json;
mod records;
mod writing;

use std::path::Path;

use clap::{Args, ValueEnum};

pub(super) use columns::ColumnsError;
pub(super) use input::{Input, is_compressed};
pub(super) use records::{Record, Records};
pub(super) use writing::Encoder;

use columns::ColumnFlag;

/// How relationships stand in a file.
#[derive(Debug, Clone, Args)]
pub(super) struct FormatFlags {
    /// How relationships stand in the file; if it is not said, the file's name decides: `.jsonl`, `.ndjson`, `.csv`, `.tsv`,
    /// and text for all others
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Which column of a CSV file a field is, as `resource_id=id`; a field that is the same for all, as
    /// `resource_type=:document` (import only)
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    csv_columns: Vec<ColumnFlag>,
    /// The character between the fields of a CSV file, or `tab`; by itself a comma, and a tab in `.tsv`
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    csv_delimiter: Option<u8>,
    /// The CSV file has no line with the names of its columns: columns are numbers, from 1 on
    #[arg(long)]
    csv_no_header: bool,
}

/// A form of relationships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One a line: `agent:planner#owner@user:ana`.
    Text,
    /// One a line, as JSON.
    Jsonl,
    /// Fields in columns.
    Csv,
}

/// How one file is read or written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    format: Format,
    columns: Vec<ColumnFlag>,
    delimiter: u8,
    has_header: bool,
}

impl FormatFlags {
    /// The form of a file, by the flags, or else by its name.
    pub(super) fn form(&self, file: &Path) -> Form {
        let name = file.to_string_lossy();
        let name = name.strip_suffix(".zst").unwrap_or(&name);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let by_name = match extension {
            Some("jsonl" | "ndjson" | "json") => Format::Jsonl,
            Some("csv" | "tsv") => Format::Csv,
            _ => Format::Text,
        };
        let delimiter = if extension == Some("tsv") { b'\t' } else { b',' };
        Form {
            format: self.format.unwrap_or(by_name),
            columns: self.csv_columns.clone(),
            delimiter: self.csv_delimiter.unwrap_or(delimiter),
            has_header: !self.csv_no_header,
        }
    }
}

impl Form {
    /// What must stay the same when one goes on with a file.
    pub(super) fn describe(&self) -> String {
        let Self { format, columns, delimiter, has_header } = self;
        match format {
            Format::Text => "text".to_owned(),
            Format::Jsonl => "jsonl".to_owned(),
            Format::Csv => {
                let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
                format!("csv {} {delimiter} {has_header}", columns.join(","))
            }
        }
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
            _ => Err("it must be one ASCII character, and neither a quote nor an end of line".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests;
