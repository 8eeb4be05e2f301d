//! API keys, of which only hashes are kept.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of randomness in a generated key.
const KEY_ENTROPY_BYTES: usize = 32;
/// What generated keys begin with, so that whoever finds one knows what it is; scanners for leaked secrets do.
const KEY_PREFIX: &str = "arrowroot_";

/// The SHA-256 of an API key, which stands for it in files and tables.
///
/// A plain, fast hash is right here, and a slow, salted one would not be: keys are random, with 128 bits or more.
/// Nobody finds one by trying, at any speed, so slowness would only cost time in every request; and no two are alike,
/// so that there is nothing for a salt to hide. (For passwords, which people choose, all this is false.)
///
/// Looking one up in a hash table leaks nothing useful either. The time may depend on how much of the shown key's hash
/// agrees with a listed one, but who shows a key cannot choose its hash bit by bit, and a prefix of a hash does not
/// lead to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash([u8; digest::SHA256_OUTPUT_LEN]);

/// A text is not the SHA-256 of anything: it has not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct NoKeyHash;

impl ApiKeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self::of_bytes(key.as_bytes())
    }

    /// The hash of what may be a key.
    pub fn of_bytes(key: &[u8]) -> Self {
        let mut hash = [0; digest::SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest::digest(&digest::SHA256, key).as_ref());
        Self(hash)
    }
}

impl FromStr for ApiKeyHash {
    type Err = NoKeyHash;

    fn from_str(text: &str) -> Result<Self, NoKeyHash> {
        let digits: &[u8; 2 * digest::SHA256_OUTPUT_LEN] =
            text.as_bytes().try_into().map_err(|_| NoKeyHash)?;
        let mut hash = [0; digest::SHA256_OUTPUT_LEN];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
                *byte = *byte << 4 | value.ok_or(NoKeyHash)?;
            }
        }
        Ok(Self(hash))
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for ApiKeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A new key of 256 random bits, as text; none if the system gives no randomness.
pub fn generate_api_key() -> Option<String> {
    let mut bytes = [0; KEY_ENTROPY_BYTES];
    rand::fill(&mut bytes).ok()?;
    Some(format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}
