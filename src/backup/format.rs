//! What stands where in a backup.
//!
//! ```text
//! magic 12 bytes │ format u32 │ length u32 │ header, a JSON object │ CRC-32 of all so far
//! frames:  kind u8 │ count u32 │ bytes u32 │ packed bytes u32 │ CRC-32 of these and of what follows │ packed by zstd
//! SHA-256 of everything before
//! ```
//!
//! Numbers are little-endian. The first frame is the schema's text; then come counters, if there are any; then
//! relationships in order, as many frames as they need; last the totals. After the SHA-256 there is nothing.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What every backup begins with, of any format. A transfer that takes it for text changes it.
pub(super) const MAGIC: [u8; 12] = *b"\x89arrowroot\r\n";
/// Bytes of magic, format and length.
pub(super) const PREAMBLE_BYTES: usize = MAGIC.len() + 8;
/// Bytes of the header, at most.
pub(super) const HEADER_BYTES_MAX: usize = 64 << 10;
/// A frame of relationships is complete once it has so many bytes, unpacked. The last one may take it past them.
pub(super) const FRAME_BYTES: usize = 1 << 20;
/// Bytes of one frame, unpacked, at most: of a schema, or of one relationship with a very large context.
pub(super) const FRAME_BYTES_MAX: usize = 64 << 20;
/// Bytes of one frame, packed, at most: what cannot be packed takes little more.
pub(super) const PACKED_BYTES_MAX: usize = FRAME_BYTES_MAX + (1 << 20);
/// Bytes of what a frame begins with.
pub(super) const FRAME_HEAD_BYTES: usize = 17;
/// Bytes of the SHA-256 at the end.
pub(super) const DIGEST_BYTES: usize = 32;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Schema = 1,
    Counters = 2,
    Relationships = 3,
    End = 4,
}

impl Kind {
    pub(super) fn of(byte: u8) -> Option<Self> {
        [Self::Schema, Self::Counters, Self::Relationships, Self::End]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// What a frame begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameHead {
    pub(super) kind: u8,
    pub(super) count: u32,
    pub(super) bytes: u32,
    pub(super) packed_bytes: u32,
    pub(super) checksum: u32,
}

impl FrameHead {
    /// A head, with the checksum of it and of what follows.
    pub(super) fn new(kind: Kind, count: u32, bytes: u32, packed: &[u8]) -> Self {
        let packed_bytes = u32::try_from(packed.len()).unwrap_or(u32::MAX);
        let mut head = Self { kind: kind as u8, count, bytes, packed_bytes, checksum: 0 };
        head.checksum = head.checksum_with(packed);
        head
    }

    /// The checksum that it should have with these bytes behind it.
    pub(super) fn checksum_with(self, packed: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.encode()[..FRAME_HEAD_BYTES - 4]);
        hasher.update(packed);
        hasher.finalize()
    }

    pub(super) fn encode(self) -> [u8; FRAME_HEAD_BYTES] {
        let mut bytes = [0; FRAME_HEAD_BYTES];
        bytes[0] = self.kind;
        let numbers = [self.count, self.bytes, self.packed_bytes, self.checksum];
        for (place, number) in bytes[1..].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(super) fn decode(bytes: [u8; FRAME_HEAD_BYTES]) -> Self {
        let [kind, numbers @ ..] = bytes;
        let number = |index: usize| {
            let mut number = [0; 4];
            number.copy_from_slice(&numbers[index * 4..index * 4 + 4]);
            u32::from_le_bytes(number)
        };
        Self { kind, count: number(0), bytes: number(1), packed_bytes: number(2), checksum: number(3) }
    }
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// When the backup was begun, in the form of RFC 3339.
    pub created_at: String,
    /// The program that wrote it, and its version.
    pub created_by: String,
    /// Where it was taken from: a directory, or a server's address.
    pub source: String,
    /// The token of the revision; empty if nothing had ever been written.
    pub token: String,
    /// The revision, if it is known: other servers' tokens do not say.
    pub revision: Option<u64>,
    /// The identity of the store, if it is known.
    pub store: Option<String>,
    /// Whether counters are in it, if there were any: a server's API does not list them.
    pub has_counters: bool,
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Relationships.
    pub relationships: u64,
    /// Counters.
    pub counters: u64,
    /// Bytes of the schema's text.
    pub schema_bytes: u64,
    /// Frames, without the last.
    pub frames: u64,
    /// Bytes of all of them, unpacked.
    pub bytes: u64,
}

/// What is known of a backup that was read to its end, and is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it says of itself.
    pub header: Header,
    /// What it holds.
    pub totals: Totals,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// The SHA-256 that it ends with.
    pub digest: [u8; DIGEST_BYTES],
}

impl Summary {
    /// The SHA-256 in hexadecimal.
    pub fn digest_text(&self) -> String {
        self.digest.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
