//! Reading a backup, one frame after another. Nothing that is read counts before the end has been reached.

use std::io::{self, Read};

use aws_lc_rs::digest;

use crate::relationship::{CounterName, Relationship, RelationshipFilter};

use super::error::ReadBackupError;
use super::format::{
    DIGEST_BYTES, FORMAT, FRAME_BYTES_MAX, FRAME_HEAD_BYTES, FrameHead, HEADER_BYTES_MAX, Header, Kind,
    MAGIC, PACKED_BYTES_MAX, PREAMBLE_BYTES, Summary, Totals,
};

/// A part of a backup. The schema comes first, then counters, if there are any, then relationships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The schema's text, empty if there was none.
    Schema(String),
    /// All counters.
    Counters(Vec<(CounterName, RelationshipFilter)>),
    /// Some relationships, which follow those before.
    Relationships(Vec<Relationship>),
}

/// A backup that is being read. What it holds in memory is one frame.
pub struct BackupReader<R: Read> {
    source: Source<R>,
    header: Header,
    /// What was found so far.
    totals: Totals,
    /// Once everything is read and right.
    digest: Option<[u8; DIGEST_BYTES]>,
}

impl<R: Read> BackupReader<R> {
    /// Begins to read.
    pub fn open(source: R) -> Result<Self, ReadBackupError> {
        let mut source = Source { inner: source, context: digest::Context::new(&digest::SHA256), offset: 0 };
        let header = read_header(&mut source)?;
        Ok(Self { source, header, totals: Totals::default(), digest: None })
    }

    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes that were read so far.
    pub fn offset(&self) -> u64 {
        self.source.offset
    }

    /// The next part; nothing once the end is reached and the whole file is what was written.
    pub fn next_part(&mut self) -> Result<Option<Part>, ReadBackupError> {
        if self.digest.is_some() {
            return Ok(None);
        }
        let offset = self.source.offset;
        let damaged = |defect| Err(ReadBackupError::Damaged { offset, defect });
        let (head, bytes) = self.read_frame()?;
        let Some(kind) = Kind::of(head.kind) else { return damaged("a part is of no known kind") };
        if kind == Kind::End {
            self.finish(&bytes, offset)?;
            return Ok(None);
        }
        let place = self.totals.frames;
        self.totals.frames += 1;
        self.totals.bytes += bytes.len() as u64;
        let is_in_place = match kind {
            Kind::Schema => place == 0,
            Kind::Counters => place == 1,
            Kind::Relationships | Kind::End => place > 0,
        };
        if !is_in_place {
            return damaged("a part is not in its place");
        }
        let decoded = match kind {
            Kind::Schema => {
                self.totals.schema_bytes = bytes.len() as u64;
                String::from_utf8(bytes).ok().map(Part::Schema)
            }
            Kind::Counters => postcard::from_bytes(&bytes).ok().map(Part::Counters),
            Kind::Relationships | Kind::End => relationships(&bytes, head.count).map(Part::Relationships),
        };
        match &decoded {
            Some(Part::Counters(counters)) => self.totals.counters = counters.len() as u64,
            Some(Part::Relationships(some)) => self.totals.relationships += some.len() as u64,
            Some(Part::Schema(_)) => {}
            None => return damaged("a part cannot be decoded"),
        }
        Ok(decoded)
    }

    /// What is known of it once [`Self::next_part`] has given nothing.
    pub fn summary(self) -> Option<Summary> {
        let digest = self.digest?;
        Some(Summary { header: self.header, totals: self.totals, file_bytes: self.source.offset, digest })
    }

    fn read_frame(&mut self) -> Result<(FrameHead, Vec<u8>), ReadBackupError> {
        let offset = self.source.offset;
        let damaged = |defect| ReadBackupError::Damaged { offset, defect };
        let mut head = [0; FRAME_HEAD_BYTES];
        self.source.read(&mut head)?;
        let head = FrameHead::decode(head);
        let (bytes, packed_bytes) = (head.bytes as usize, head.packed_bytes as usize);
        if bytes > FRAME_BYTES_MAX || packed_bytes > PACKED_BYTES_MAX {
            return Err(damaged("a part has an impossible length"));
        }
        let packed = self.source.read_some(packed_bytes)?;
        if head.checksum_with(&packed) != head.checksum {
            return Err(damaged("a checksum does not match"));
        }
        let unpacked = zstd::bulk::decompress(&packed, bytes).ok().filter(|unpacked| unpacked.len() == bytes);
        Ok((head, unpacked.ok_or_else(|| damaged("a part cannot be unpacked"))?))
    }

    fn finish(&mut self, bytes: &[u8], offset: u64) -> Result<(), ReadBackupError> {
        let damaged = |defect| ReadBackupError::Damaged { offset, defect };
        let totals: Totals =
            postcard::from_bytes(bytes).map_err(|_| damaged("its totals cannot be decoded"))?;
        if totals != self.totals || totals.frames == 0 {
            return Err(damaged("its totals are not those of what it holds"));
        }
        let expected = self.source.context.clone().finish();
        let mut found = [0; DIGEST_BYTES];
        self.source.read(&mut found)?;
        if expected.as_ref() != found {
            return Err(damaged("the checksum of the whole file does not match"));
        }
        if self.source.read_end()? {
            self.digest = Some(found);
            return Ok(());
        }
        Err(ReadBackupError::Damaged { offset: self.source.offset, defect: "something follows its end" })
    }
}

impl<R: Read> std::fmt::Debug for BackupReader<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BackupReader").field("header", &self.header).finish_non_exhaustive()
    }
}

fn read_header<R: Read>(source: &mut Source<R>) -> Result<Header, ReadBackupError> {
    let damaged = |defect| ReadBackupError::Damaged { offset: 0, defect };
    let mut preamble = [0; PREAMBLE_BYTES];
    source.read(&mut preamble).map_err(|error| match error {
        // It is too short to be told from anything else.
        ReadBackupError::Damaged { .. } => ReadBackupError::NotABackup,
        error => error,
    })?;
    let (magic, numbers) = preamble.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(ReadBackupError::NotABackup);
    }
    let number = |at: usize| {
        let mut number = [0; 4];
        number.copy_from_slice(&numbers[at..at + 4]);
        u32::from_le_bytes(number)
    };
    let (format, length) = (number(0), number(4) as usize);
    if format > FORMAT {
        return Err(ReadBackupError::TooNew { format, supported: FORMAT });
    }
    if format == 0 || length > HEADER_BYTES_MAX {
        return Err(damaged("its header has an impossible length"));
    }
    let json = source.read_some(length)?;
    let mut checksum = [0; 4];
    source.read(&mut checksum)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&preamble);
    hasher.update(&json);
    if hasher.finalize() != u32::from_le_bytes(checksum) {
        return Err(damaged("the checksum of its header does not match"));
    }
    serde_json::from_slice(&json).map_err(|_| damaged("its header cannot be decoded"))
}

fn relationships(bytes: &[u8], count: u32) -> Option<Vec<Relationship>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    for _ in 0..count {
        let (relationship, after) = postcard::take_from_bytes(rest).ok()?;
        all.push(relationship);
        rest = after;
    }
    rest.is_empty().then_some(all)
}

/// A source, the digest of what it has given, and how much that was.
struct Source<R> {
    inner: R,
    context: digest::Context,
    offset: u64,
}

impl<R: Read> Source<R> {
    /// Reads so many bytes as there is room for.
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), ReadBackupError> {
        self.inner.read_exact(bytes).map_err(|error| self.fault(error))?;
        self.took(bytes);
        Ok(())
    }

    /// Reads so many bytes; what is not there takes no memory.
    fn read_some(&mut self, length: usize) -> Result<Vec<u8>, ReadBackupError> {
        let mut bytes = Vec::new();
        let taken = self.inner.by_ref().take(length as u64).read_to_end(&mut bytes);
        taken.map_err(|error| self.fault(error))?;
        if bytes.len() < length {
            return Err(self.fault(io::ErrorKind::UnexpectedEof.into()));
        }
        self.took(&bytes);
        Ok(bytes)
    }

    /// Whether there is nothing more.
    fn read_end(&mut self) -> Result<bool, ReadBackupError> {
        let mut bytes = Vec::new();
        let taken = self.inner.by_ref().take(1).read_to_end(&mut bytes);
        Ok(taken.map_err(|error| self.fault(error))? == 0)
    }

    fn took(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.offset += bytes.len() as u64;
    }

    fn fault(&self, error: io::Error) -> ReadBackupError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return ReadBackupError::Damaged { offset: self.offset, defect: "it ends too early" };
        }
        ReadBackupError::Storage(error)
    }
}
