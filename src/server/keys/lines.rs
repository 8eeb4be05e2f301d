//! A file with a key on each line, all of which may do everything.

use std::path::Path;
use std::sync::Arc;

use crate::lifecycle::identity::ApiKeyHash;

use super::error::{KeyFileError, KeyFileProblem};
use super::key::{Key, Keys};
use super::key_file::{KEY_BYTES_MAX, KEYS_MAX};
use super::meter::{KeyLimits, Meters};
use super::role::Role;

/// Reads the keys. Empty lines and those that begin with `#` are passed over, as is white space around a key.
pub(super) fn parse(
    path: &Path,
    text: &str,
    limits: KeyLimits,
    meters: &Meters,
) -> Result<Keys, KeyFileError> {
    let wrong = |line, problem| KeyFileError::Wrong { path: path.to_owned(), line, problem };
    let mut keys = Keys::default();
    for (index, line) in text.lines().enumerate() {
        let key = line.trim();
        if key.is_empty() || key.starts_with('#') {
            continue;
        }
        let problem = if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Some(KeyFileProblem::Characters)
        } else if key.len() > KEY_BYTES_MAX {
            Some(KeyFileProblem::Length { field: "key", bytes_max: KEY_BYTES_MAX })
        } else if keys.len() == KEYS_MAX {
            Some(KeyFileProblem::TooMany { count_max: KEYS_MAX })
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(wrong(index + 1, problem));
        }
        let hash = ApiKeyHash::of(key);
        // A key twice is one key.
        keys.add(hash, Key { role: Role::Admin, meter: Arc::clone(&meters.of(&hash.to_string(), limits)) });
    }
    meters.forget_unused();
    if keys.is_empty() { Err(wrong(1, KeyFileProblem::Empty)) } else { Ok(keys) }
}
