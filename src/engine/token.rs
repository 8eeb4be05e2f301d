//! Consistency tokens and cursors: a revision of one journal, as opaque text.
//!
//! Both are base64 of a fixed head (format, kind, journal identity, revision), a payload that only cursors have, and
//! a CRC-32 of it all: a token that was cut or mistyped is told from one that is merely of another store.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::{Deserialize, Serialize};

use crate::journal::JournalIdentity;
use crate::relationship::Revision;

use super::error::{ConsistencyError, InvalidCursor};

/// A state of the graph, to be passed to later requests: they are then at least as fresh, or exactly there.
///
/// Tokens survive restarts. Clients must treat them as opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ZedToken(pub String);

impl fmt::Display for ZedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// How fresh an answer must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Consistency {
    /// The newest state that this node has: on one node, the newest there is.
    #[default]
    MinimizeLatency,
    /// Not older than a token.
    AtLeastAsFresh(ZedToken),
    /// Exactly the state of a token.
    AtExactSnapshot(ZedToken),
    /// The newest state there is, on any node.
    FullyConsistent,
}

/// Where a paged read goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The state that the first page was read at; the others are, too.
    pub revision: Revision,
    /// A digest of the call's arguments, which must stay the same from page to page.
    pub call: u64,
    /// The last element that was read, in a form of the reader's own.
    pub position: String,
}

const FORMAT: u8 = 1;
const TOKEN: u8 = b't';
const CURSOR: u8 = b'c';
/// Format, kind, identity and revision.
const HEAD_BYTES: usize = 18;
const CHECKSUM_BYTES: usize = 4;
/// Bytes of a cursor's digest of the call.
const CALL_BYTES: usize = 8;

impl ZedToken {
    pub(super) fn new(journal: JournalIdentity, revision: Revision) -> Self {
        Self(encode(TOKEN, journal, revision, &[]))
    }

    pub(super) fn decode(&self, journal: JournalIdentity) -> Result<Revision, ConsistencyError> {
        let decoded = decode(TOKEN, &self.0).ok_or(ConsistencyError::Garbled)?;
        if decoded.journal != journal {
            return Err(ConsistencyError::OtherStore);
        }
        Ok(decoded.revision)
    }
}

impl ZedToken {
    /// The name of the store that gave it, as [`View::store`](super::View::store) tells it, and the revision; nothing if
    /// no arrowroot gave it.
    pub fn origin(&self) -> Option<(String, Revision)> {
        let decoded = decode(TOKEN, &self.0)?;
        Some((decoded.journal.to_string(), decoded.revision))
    }
}

impl Cursor {
    pub(super) fn encode(&self, journal: JournalIdentity) -> String {
        let mut payload = self.call.to_be_bytes().to_vec();
        payload.extend_from_slice(self.position.as_bytes());
        encode(CURSOR, journal, self.revision, &payload)
    }

    pub(super) fn decode(text: &str, journal: JournalIdentity) -> Result<Self, InvalidCursor> {
        let decoded = decode(CURSOR, text).ok_or(InvalidCursor::Garbled)?;
        if decoded.journal != journal {
            return Err(InvalidCursor::OtherStore);
        }
        let (call, position) =
            decoded.payload.split_first_chunk::<CALL_BYTES>().ok_or(InvalidCursor::Garbled)?;
        let position = String::from_utf8(position.to_vec()).map_err(|_| InvalidCursor::Garbled)?;
        Ok(Self { revision: decoded.revision, call: u64::from_be_bytes(*call), position })
    }
}

struct Decoded {
    journal: JournalIdentity,
    revision: Revision,
    payload: Vec<u8>,
}

fn encode(kind: u8, journal: JournalIdentity, revision: Revision, payload: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len() + CHECKSUM_BYTES);
    bytes.extend_from_slice(&[FORMAT, kind]);
    bytes.extend_from_slice(&journal.0.to_be_bytes());
    bytes.extend_from_slice(&revision.0.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    URL_SAFE.encode(bytes)
}

fn decode(kind: u8, text: &str) -> Option<Decoded> {
    let bytes = URL_SAFE.decode(text).ok()?;
    let (bytes, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if crc32fast::hash(bytes) != u32::from_be_bytes(*checksum) {
        return None;
    }
    let (head, payload) = bytes.split_first_chunk::<HEAD_BYTES>()?;
    let (marks, numbers) = head.split_first_chunk::<2>()?;
    if *marks != [FORMAT, kind] {
        return None;
    }
    let (journal, revision) = numbers.split_first_chunk::<8>()?;
    Some(Decoded {
        journal: JournalIdentity(u64::from_be_bytes(*journal)),
        revision: Revision(u64::from_be_bytes(revision.try_into().ok()?)),
        payload: payload.to_vec(),
    })
}
