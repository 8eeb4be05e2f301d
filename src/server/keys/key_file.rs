//! The file of keys with roles, in TOML: a table `[[key]]` for each.

use std::collections::HashSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::lifecycle::identity::ApiKeyHash;

use super::error::{KeyFileError, KeyFileProblem};
use super::key::{Key, Keys};
use super::meter::{KeyLimits, Meters};
use super::role::Role;

/// Keys in one file, at most.
pub(super) const KEYS_MAX: usize = 10_000;
/// Bytes of a key, at most; a request's headers have no room for longer ones.
pub(super) const KEY_BYTES_MAX: usize = 4 << 10;
/// Bytes of a name, at most.
const NAME_BYTES_MAX: usize = 200;
/// The largest limit.
const LIMIT_MAX: u32 = 1_000_000;
/// Characters of a parser's message that are shown.
const MESSAGE_CHARACTERS_MAX: usize = 120;

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    key: Vec<Spanned<KeyText>>,
}

/// A key as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    name: Spanned<String>,
    key: Option<Spanned<String>>,
    sha256: Option<Spanned<String>>,
    role: Spanned<String>,
    requests_per_second: Option<Spanned<u32>>,
    concurrent_requests: Option<Spanned<u32>>,
}

/// A problem, and the byte at which it is.
type Misplaced = (usize, KeyFileProblem);

/// Reads the keys. Those without limits of their own have the given ones.
pub(super) fn parse(
    path: &Path,
    text: &str,
    limits: KeyLimits,
    meters: &Meters,
) -> Result<Keys, KeyFileError> {
    let keys = parse_text(text, limits, meters).map_err(|(at, problem)| {
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        KeyFileError::Wrong { path: path.to_owned(), line, problem }
    })?;
    meters.forget_unused();
    Ok(keys)
}

fn parse_text(text: &str, limits: KeyLimits, meters: &Meters) -> Result<Keys, Misplaced> {
    let document: Document = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, KeyFileProblem::Form(without_values(error.message())))
    })?;
    if document.key.is_empty() {
        return Err((0, KeyFileProblem::Empty));
    }
    if document.key.len() > KEYS_MAX {
        return Err((0, KeyFileProblem::TooMany { count_max: KEYS_MAX }));
    }
    let (mut keys, mut names) = (Keys::default(), HashSet::new());
    for key in document.key {
        let begin = key.span().start;
        let key = key.into_inner();
        let name = bounded("name", &key.name, NAME_BYTES_MAX)?;
        if !names.insert(name.to_owned()) {
            return Err((key.name.span().start, KeyFileProblem::RepeatedName));
        }
        let (at, hash) = hash(begin, &key)?;
        let role = Role::of_name(key.role.get_ref()).ok_or((key.role.span().start, KeyFileProblem::Role))?;
        let limits = KeyLimits {
            requests_per_second: limit("requests_per_second", key.requests_per_second.as_ref())?
                .or(limits.requests_per_second),
            concurrent_requests: limit("concurrent_requests", key.concurrent_requests.as_ref())?
                .and_then(|count| NonZeroUsize::try_from(count).ok())
                .or(limits.concurrent_requests),
        };
        if !keys.add(hash, Key { role, meter: meters.of(name, limits) }) {
            return Err((at, KeyFileProblem::RepeatedKey));
        }
    }
    Ok(keys)
}

/// The hash of a key, and where it or the key stands.
fn hash(begin: usize, text: &KeyText) -> Result<(usize, ApiKeyHash), Misplaced> {
    match (&text.key, &text.sha256) {
        (None, Some(hash)) => {
            let at = hash.span().start;
            let hash = hash.get_ref().parse().map_err(|_| (at, KeyFileProblem::Hash))?;
            Ok((at, hash))
        }
        (Some(key), None) => {
            let text = bounded("key", key, KEY_BYTES_MAX)?;
            if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err((key.span().start, KeyFileProblem::Characters));
            }
            Ok((key.span().start, ApiKeyHash::of(text)))
        }
        _ => Err((begin, KeyFileProblem::KeyOrHash)),
    }
}

fn bounded<'text>(
    field: &'static str,
    text: &'text Spanned<String>,
    bytes_max: usize,
) -> Result<&'text str, Misplaced> {
    if (1..=bytes_max).contains(&text.get_ref().len()) {
        return Ok(text.get_ref());
    }
    Err((text.span().start, KeyFileProblem::Length { field, bytes_max }))
}

fn limit(field: &'static str, count: Option<&Spanned<u32>>) -> Result<Option<NonZeroU32>, Misplaced> {
    let Some(count) = count else { return Ok(None) };
    match NonZeroU32::new(*count.get_ref()).filter(|count| count.get() <= LIMIT_MAX) {
        Some(limit) => Ok(Some(limit)),
        None => Err((count.span().start, KeyFileProblem::Limit { field, count_max: LIMIT_MAX })),
    }
}

/// The first line of a parser's message, without what it quotes from the file: that may be a key in the wrong place.
fn without_values(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = match (line.find('"'), line.rfind('"')) {
        (Some(first), Some(last)) => format!("{}…{}", &line[..first], &line[last + 1..]),
        _ => line.to_owned(),
    };
    // Of an unknown field, what is expected helps and what was found may be anything.
    let line = match line.split_once("unknown field `") {
        Some((_, rest)) => format!("unknown field{}", rest.split_once('`').map_or("", |(_, rest)| rest)),
        None => line,
    };
    line.chars().take(MESSAGE_CHARACTERS_MAX).collect()
}
