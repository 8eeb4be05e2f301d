//! gRPC's frames: each message behind a byte that says whether it is compressed, and four bytes of length.

use tonic::Status;
use tonic::codegen::Bytes;

const HEADER_BYTES: usize = 5;

/// A message as a frame. It is not compressed.
pub(super) fn frame(message: &[u8]) -> Result<Bytes, Status> {
    let length = u32::try_from(message.len())
        .map_err(|_| Status::resource_exhausted("the message is larger than a frame can be"))?;
    let mut frame = Vec::with_capacity(HEADER_BYTES + message.len());
    frame.push(0);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    Ok(frame.into())
}

/// Takes frames apart as their bytes come in.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// What of the bytes has been taken.
    taken: usize,
}

impl Frames {
    /// Adds what has come in.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, if it is there as a whole.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        let (header, rest) = self.bytes.get(self.taken..)?.split_first_chunk::<HEADER_BYTES>()?;
        let [_, length @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let message = rest.get(..length)?;
        self.taken += HEADER_BYTES + length;
        Some(message)
    }
}
