//! Errors small enough to arrive.
//!
//! gRPC carries an error in the trailer: the message, percent-encoded, and once more within the details, in base64.
//! Clients built on the C core refuse trailers over 8 KiB, and then report that instead of the error.

/// Bytes of an error's message and details on the wire, at most; the rest of the 8 KiB is for other trailers.
const WIRE_BYTES_MAX: usize = 7_000;
/// Bytes of the details beside message and metadata: type names, tags and lengths.
const FRAME_BYTES: usize = 300;
/// Bytes of each value of the metadata when all is too much. There are at most eight.
const VALUE_BYTES_MAX: usize = 160;

/// Cuts what is too long for a client to receive. What fits stays as it is.
pub(super) fn fit(message: &mut String, metadata: &mut [(&'static str, String)]) {
    if wire_bytes(message, metadata) <= WIRE_BYTES_MAX {
        return;
    }
    for (_, value) in metadata.iter_mut() {
        cut(value, VALUE_BYTES_MAX);
    }
    while wire_bytes(message, metadata) > WIRE_BYTES_MAX {
        cut(message, message.len() * 3 / 4);
    }
}

fn wire_bytes(message: &str, metadata: &[(&'static str, String)]) -> usize {
    // As tonic does it.
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"#%<>`?{}".contains(byte);
    let plain = message.bytes().filter(|byte| is_plain(byte)).count();
    let percent_encoded = plain + (message.len() - plain) * 3;
    let metadata_bytes: usize = metadata.iter().map(|(key, value)| key.len() + value.len() + 8).sum();
    percent_encoded + (FRAME_BYTES + message.len() + metadata_bytes).div_ceil(3) * 4
}

/// Cuts a text to so many bytes, with a sign that it was longer.
fn cut(text: &mut String, bytes_max: usize) {
    const SIGN: char = '…';
    if text.len() <= bytes_max {
        return;
    }
    let end = (0..=bytes_max.saturating_sub(SIGN.len_utf8())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text.push(SIGN);
}

#[cfg(test)]
mod tests;
