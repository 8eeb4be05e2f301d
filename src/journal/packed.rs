//! Runs of changes, packed: names repeat, and what repeats need not be written again.

use serde::{Deserialize, Serialize, Serializer};
use zstd::bulk::{Compressor, Decompressor};

use super::transaction::RelationshipChange;

/// Bytes of one run when unpacked, at most: no more is ever made of bytes from a disk. Longer runs stay as they are.
pub(super) const UNPACKED_BYTES_MAX: usize = 1 << 20;

/// The fastest level: it packs names as well as any, at hundreds of megabytes a second.
const LEVEL: i32 = 1;

/// Packs runs, one after another.
#[derive(Default)]
pub(super) struct Packer {
    compressor: Option<Compressor<'static>>,
}

impl Packer {
    /// The bytes packed; nothing if that would not make them fewer.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.len() > UNPACKED_BYTES_MAX {
            return None;
        }
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(LEVEL).ok()?),
        };
        compressor.compress(bytes).ok().filter(|packed| packed.len() < bytes.len())
    }
}

/// Unpacks bytes that stand for so many.
pub(super) fn unpack(packed: &[u8], unpacked_bytes: usize) -> Option<Vec<u8>> {
    if unpacked_bytes > UNPACKED_BYTES_MAX {
        return None;
    }
    let unpacked = Decompressor::new().ok()?.decompress(packed, unpacked_bytes).ok()?;
    (unpacked.len() == unpacked_bytes).then_some(unpacked)
}

/// A run of changes in the place of the list that it stands for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct PackedChanges<'bytes> {
    /// How many there are.
    pub(super) count: u32,
    /// Bytes of the run when unpacked; 0 if it is not packed.
    pub(super) unpacked_bytes: u32,
    /// The changes one after another, packed or not.
    #[serde(serialize_with = "as_bytes")]
    pub(super) bytes: &'bytes [u8],
}

impl PackedChanges<'_> {
    /// The list; nothing if the bytes stand for none.
    pub(super) fn changes(&self) -> Option<Vec<RelationshipChange>> {
        let unpacked_bytes = usize::try_from(self.unpacked_bytes).ok()?;
        let unpacked = match unpacked_bytes {
            0 => None,
            _ => Some(unpack(self.bytes, unpacked_bytes)?),
        };
        let mut rest = unpacked.as_deref().unwrap_or(self.bytes);
        let mut changes = Vec::new();
        for _ in 0..self.count {
            let (change, after) = postcard::take_from_bytes(rest).ok()?;
            rest = after;
            changes.push(change);
        }
        rest.is_empty().then_some(changes)
    }
}

fn as_bytes<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

#[cfg(test)]
mod tests;
