//! A small file beside the database that says what the directory is, and what the database must still hold.
//!
//! sled takes a database file that was cut short, or whose last pages are damaged, for one that simply ends
//! earlier. The marker makes the difference visible: it names the journal's identity and a revision that was
//! durable once, that of the head when the journal was last opened or closed. It also names the generation that counts,
//! so that replacing it is what ends one and begins the next.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::super::identity::JournalIdentity;
use super::directory::sync_directory;
use crate::relationship::Revision;

/// The file.
pub(super) const MARKER_FILE: &str = "arrowroot.journal";
const FILE_IN_THE_MAKING: &str = "arrowroot.journal.new";
const TITLE: &str = "arrowroot journal";

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker {
    /// The format of the whole store.
    pub(super) format: u32,
    /// Which journal it is.
    pub(super) identity: JournalIdentity,
    /// A revision that the journal has reached, durably.
    pub(super) head: Revision,
    /// The number of the generation that counts. The first format knows only 0.
    pub(super) generation: u64,
}

/// The format without generations.
const FORMAT_WITHOUT_GENERATIONS: u32 = 1;

/// What a directory has for a marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FoundMarker {
    /// None, as in a directory that is new.
    Nothing,
    /// One that says this.
    Known(Marker),
    /// One that is of a newer format and may say anything else.
    TooNew {
        /// The format.
        format: u32,
    },
    /// A file that is no marker.
    Unreadable,
}

impl Marker {
    /// The marker in a directory.
    pub(super) fn find(directory: &Path, supported_format: u32) -> io::Result<FoundMarker> {
        let bytes = match fs::read(directory.join(MARKER_FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FoundMarker::Nothing),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(match format_of(&text) {
            Some(format) if format > supported_format => FoundMarker::TooNew { format },
            _ => Self::parse(&text).map_or(FoundMarker::Unreadable, FoundMarker::Known),
        })
    }

    /// Writes the marker beside the one that counts, durably but for its entry.
    pub(super) fn prepare(&self, directory: &Path) -> io::Result<()> {
        let path = directory.join(FILE_IN_THE_MAKING);
        let mut file = File::create(&path)?;
        let written = file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            // It counts for nothing; the next one takes its place if it stays.
            let _ = fs::remove_file(path);
        }
        written
    }

    /// Replaces the marker in a directory by the prepared one. After an error either may count after a loss of power.
    pub(super) fn put_in_place(directory: &Path) -> io::Result<()> {
        fs::rename(directory.join(FILE_IN_THE_MAKING), directory.join(MARKER_FILE))?;
        sync_directory(directory)
    }

    /// Replaces the marker in a directory.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        self.prepare(directory)?;
        Self::put_in_place(directory)
    }

    fn to_text(self) -> String {
        let Self { format, identity, head, generation } = self;
        let mut text = format!("{TITLE}\nformat {format}\nidentity {identity}\nhead {head}\n");
        if format > FORMAT_WITHOUT_GENERATIONS {
            let _ = writeln!(text, "generation {generation}");
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let identity = u64::from_str_radix(field(text, "identity")?, 16).ok()?;
        let format = format_of(text)?;
        let generation = match format {
            FORMAT_WITHOUT_GENERATIONS => 0,
            _ => field(text, "generation")?.parse().ok()?,
        };
        let marker = Self {
            format,
            identity: JournalIdentity(identity),
            head: Revision(field(text, "head")?.parse().ok()?),
            generation,
        };
        (marker.to_text() == text).then_some(marker)
    }
}

fn format_of(text: &str) -> Option<u32> {
    text.starts_with(TITLE).then(|| field(text, "format"))??.parse().ok()
}

fn field<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}
