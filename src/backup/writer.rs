//! Writing a backup, one relationship after another.

use std::io::{self, Write};

use aws_lc_rs::digest;

use crate::relationship::{CounterName, Relationship, RelationshipFilter};

use super::error::WriteBackupError;
use super::format::{
    FORMAT, FRAME_BYTES, FRAME_BYTES_MAX, FrameHead, HEADER_BYTES_MAX, Header, Kind, MAGIC, Totals,
};

/// zstd's level: a higher one takes longer than relationships take to be read.
const LEVEL: i32 = 3;

/// A backup that is being written. What it holds in memory is one frame.
pub struct BackupWriter<W: Write> {
    sink: Digesting<W>,
    packer: zstd::bulk::Compressor<'static>,
    /// The frame of relationships that is being filled.
    open: Vec<u8>,
    open_count: u32,
    packed: Vec<u8>,
    totals: Totals,
}

impl<W: Write> BackupWriter<W> {
    /// Begins a backup with a schema's text, empty for none, and the counters that are known.
    pub fn begin(
        sink: W,
        header: &Header,
        schema: &str,
        counters: &[(CounterName, RelationshipFilter)],
    ) -> Result<Self, WriteBackupError> {
        let mut writer = Self {
            sink: Digesting { sink, context: digest::Context::new(&digest::SHA256), bytes: 0 },
            packer: zstd::bulk::Compressor::new(LEVEL)?,
            open: Vec::new(),
            open_count: 0,
            packed: Vec::new(),
            totals: Totals::default(),
        };
        writer.sink.write(&preamble(header)?)?;
        writer.totals.schema_bytes = schema.len() as u64;
        writer.frame(Kind::Schema, 1, schema.as_bytes())?;
        if !counters.is_empty() {
            let encoded = postcard::to_extend(counters, Vec::new()).map_err(encoding)?;
            writer.totals.counters = counters.len() as u64;
            writer.frame(Kind::Counters, count(counters.len()), &encoded)?;
        }
        Ok(writer)
    }

    /// Adds a relationship.
    pub fn push(&mut self, relationship: &Relationship) -> Result<(), WriteBackupError> {
        let open = std::mem::take(&mut self.open);
        self.open = postcard::to_extend(relationship, open).map_err(encoding)?;
        self.open_count += 1;
        self.totals.relationships += 1;
        if self.open.len() >= FRAME_BYTES { self.close_frame() } else { Ok(()) }
    }

    /// Relationships so far.
    pub fn count(&self) -> u64 {
        self.totals.relationships
    }

    /// Bytes that were given to the sink so far.
    pub fn written_bytes(&self) -> u64 {
        self.sink.bytes
    }

    /// Ends the backup. The sink has all of it then, which need not be durable.
    pub fn finish(mut self) -> Result<(W, Totals), WriteBackupError> {
        self.close_frame()?;
        let totals = self.totals;
        let encoded = postcard::to_extend(&totals, Vec::new()).map_err(encoding)?;
        self.frame(Kind::End, 1, &encoded)?;
        let Digesting { mut sink, context, .. } = self.sink;
        sink.write_all(context.finish().as_ref())?;
        sink.flush()?;
        Ok((sink, totals))
    }

    fn close_frame(&mut self) -> Result<(), WriteBackupError> {
        if self.open_count == 0 {
            return Ok(());
        }
        let mut open = std::mem::take(&mut self.open);
        self.frame(Kind::Relationships, self.open_count, &open)?;
        open.clear();
        self.open = open;
        self.open_count = 0;
        Ok(())
    }

    fn frame(&mut self, kind: Kind, count: u32, bytes: &[u8]) -> Result<(), WriteBackupError> {
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(WriteBackupError::TooLarge { bytes: bytes.len(), bytes_max: FRAME_BYTES_MAX });
        }
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        self.packer.compress_to_buffer(bytes, &mut self.packed)?;
        // It is within the bound.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let head = FrameHead::new(kind, count, length, &self.packed);
        self.sink.write(&head.encode())?;
        self.sink.write(&self.packed)?;
        if kind != Kind::End {
            self.totals.frames += 1;
            self.totals.bytes += bytes.len() as u64;
        }
        Ok(())
    }
}

impl<W: Write> std::fmt::Debug for BackupWriter<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BackupWriter").field("totals", &self.totals).finish_non_exhaustive()
    }
}

fn preamble(header: &Header) -> Result<Vec<u8>, WriteBackupError> {
    let json = serde_json::to_vec(header).map_err(|error| WriteBackupError::Encoding(error.to_string()))?;
    if json.len() > HEADER_BYTES_MAX {
        return Err(WriteBackupError::TooLarge { bytes: json.len(), bytes_max: HEADER_BYTES_MAX });
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&count(json.len()).to_le_bytes());
    bytes.extend_from_slice(&json);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    Ok(bytes)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed as a function")]
fn encoding(error: postcard::Error) -> WriteBackupError {
    WriteBackupError::Encoding(error.to_string())
}

/// A sink, and the digest of what it was given.
struct Digesting<W> {
    sink: W,
    context: digest::Context,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
        self.sink.write_all(bytes)
    }
}
