//! `arrowroot lifecycle hash-key`.

use std::error::Error;
use std::io::{self, IsTerminal as _, Read as _, Write as _};

use clap::Args;

use crate::lifecycle::identity::{ApiKeyHash, generate_api_key};

/// Characters of a key, at least: 22 in base64 are 128 bits.
const KEY_CHARACTERS_MIN: usize = 22;
/// Bytes of a key, at most; a server takes no longer ones.
const KEY_BYTES_MAX: u64 = 16 << 10;

/// Print the SHA-256 of an API key, as the key file lists it.
///
/// The key is read from standard input, without echo if that is a terminal.
#[derive(Debug, Args)]
pub(super) struct HashKey {
    /// Make a new random key of 256 bits, and print it before its hash: nobody can print it again
    #[arg(long)]
    generate: bool,
}

/// Why there is no hash. The key is in none of them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum KeyError {
    #[error(
        "an API key has {KEY_CHARACTERS_MIN} characters or more, or it could be guessed; `--generate` makes one"
    )]
    TooShort,
    #[error("an API key has {KEY_BYTES_MAX} bytes at the most")]
    TooLong,
    #[error("an API key has visible ASCII characters only, since it is sent in a header")]
    Characters,
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl HashKey {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        let mut stdout = io::stdout();
        if self.generate {
            let key = generate_api_key().ok_or(KeyError::NoRandomness)?;
            writeln!(stdout, "key: {key}\nsha256: {}", ApiKeyHash::of(&key))?;
        } else {
            let text = read_key()?;
            writeln!(stdout, "{}", ApiKeyHash::of(check(&text)?))?;
        }
        Ok(stdout.flush()?)
    }
}

fn read_key() -> io::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return rpassword::prompt_password("API key: ");
    }
    let mut bytes = Vec::new();
    // What is longer than a key and its line end is refused by its length, however long it is.
    stdin.lock().take(KEY_BYTES_MAX + 3).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The key in a line of text.
fn check(text: &str) -> Result<&str, KeyError> {
    let key = text.strip_suffix('\n').unwrap_or(text);
    let key = key.strip_suffix('\r').unwrap_or(key);
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(KeyError::Characters);
    }
    if key.len() < KEY_CHARACTERS_MIN {
        return Err(KeyError::TooShort);
    }
    if u64::try_from(key.len()).is_ok_and(|length| length <= KEY_BYTES_MAX) {
        Ok(key)
    } else {
        Err(KeyError::TooLong)
    }
}

#[cfg(test)]
mod tests;
