//! One segment: what kind it is, and its bytes, compressed.

use super::bytes::Reader;

/// Bytes of a segment before compression: it ends with what takes it past them.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;
/// Bytes of a segment before compression, at most. What takes it past the former is far smaller, but for a relationship
/// that was changed millions of times.
const SEGMENT_BYTES_MAX: usize = 256 << 20;
/// Low, since the start waits for the other direction only, and more gains some percent.
const COMPRESSION_LEVEL: i32 = 3;

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentKind {
    Objects,
    ByResource,
    BySubject,
}

impl SegmentKind {
    fn byte(self) -> u8 {
        match self {
            Self::Objects => b'o',
            Self::ByResource => b'r',
            Self::BySubject => b's',
        }
    }
}

/// A checkpoint cannot be loaded: it is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a segment of the checkpoint {0}")]
pub struct Unloadable(pub(super) &'static str);

impl Unloadable {
    pub(super) const ENDS_EARLY: Self = Self("ends early");
    pub(super) const CONTRADICTS_ITSELF: Self = Self("contradicts itself");
    pub(super) const OTHER_KIND: Self = Self("is of another kind");
    pub(super) const NOT_COMPRESSED: Self = Self("cannot be decompressed");
    pub(super) const TOO_LARGE: Self = Self("has more bytes than can be loaded");
    pub(super) const FULL: Self = Self("has more objects than can be numbered");
}

/// A segment of a kind. None that could not be unpacked.
pub(super) fn pack(kind: SegmentKind, content: &[u8]) -> Result<Vec<u8>, Unloadable> {
    if content.len() > SEGMENT_BYTES_MAX {
        return Err(Unloadable::TOO_LARGE);
    }
    let length = u32::try_from(content.len()).map_err(|_| Unloadable::TOO_LARGE)?;
    let mut segment = vec![kind.byte()];
    segment.extend_from_slice(&length.to_le_bytes());
    let compressed =
        zstd::bulk::compress(content, COMPRESSION_LEVEL).map_err(|_| Unloadable::NOT_COMPRESSED)?;
    segment.extend_from_slice(&compressed);
    Ok(segment)
}

/// The content of a segment of a kind.
pub(super) fn unpack(kind: SegmentKind, segment: &[u8]) -> Result<Vec<u8>, Unloadable> {
    let (found, rest) = segment.split_first().ok_or(Unloadable::ENDS_EARLY)?;
    if *found != kind.byte() {
        return Err(Unloadable::OTHER_KIND);
    }
    let mut reader = Reader::new(rest);
    let length = reader.take(4)?.try_into().map_or(u32::MAX, u32::from_le_bytes) as usize;
    if length > SEGMENT_BYTES_MAX {
        return Err(Unloadable::CONTRADICTS_ITSELF);
    }
    let content = zstd::bulk::decompress(reader.rest(), length).map_err(|_| Unloadable::NOT_COMPRESSED)?;
    if content.len() == length { Ok(content) } else { Err(Unloadable::ENDS_EARLY) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_unpacked_is_not_packed() {
        let content = vec![0; SEGMENT_BYTES_MAX + 1];
        assert_eq!(pack(SegmentKind::Objects, &content), Err(Unloadable::TOO_LARGE));
    }
}
