//! The file of API keys: whom each belongs to, in which accounts, and when.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::relationship::Timestamp;

use super::api_key::ApiKeyHash;
use super::error::{AuthenticateError, IdentityError, KeyFileProblem};
use super::holder::Holder;

/// Collections inside each other, at most.
const YAML_DEPTH_MAX: usize = 16;
/// Scalars and collections, at most: enough for as many keys as fit into a file of settings.
const YAML_NODES_MAX: usize = 4_000_000;
/// Bytes of an id or of an account's name, at most.
const NAME_BYTES_MAX: usize = 1000;
/// A word in a message about broken YAML that is longer than this may be a secret that stands in the wrong place.
const WORD_CHARACTERS_MAX: usize = 18;

/// The keys of a file.
pub(super) struct KeyFile {
    keys: HashMap<ApiKeyHash, Key>,
}

struct Key {
    name: String,
    holder: Holder,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    keys: Vec<KeyText>,
}

/// A key as it is written. Several keys for one principal are fine: that is how keys are changed without a gap.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    id: Spanned<String>,
    sha256: Spanned<String>,
    principal: PrincipalText,
    accounts: Spanned<Vec<Spanned<String>>>,
    not_before: Option<Spanned<String>>,
    expires_at: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalText {
    r#type: Spanned<String>,
    id: Spanned<String>,
}

/// A problem and the line on which it is.
type Misplaced = (usize, KeyFileProblem);

impl KeyFile {
    /// Reads the keys; principals must be of one of these types.
    pub(super) fn parse(path: &Path, text: &str, identity_kinds: &[String]) -> Result<Self, IdentityError> {
        Self::parse_lines(text, identity_kinds).map_err(|(line, problem)| IdentityError::KeyFile {
            path: path.to_owned(),
            line,
            problem,
        })
    }

    fn parse_lines(text: &str, identity_kinds: &[String]) -> Result<Self, Misplaced> {
        let mut keys = HashMap::new();
        let (mut lines_by_id, mut lines_by_hash) = (HashMap::new(), HashMap::new());
        for key in parse_document(text)?.keys {
            let (id_line, hash_line) = (line(&key.id), line(&key.sha256));
            if let Some(line_before) = lines_by_id.insert(key.id.value.clone(), id_line) {
                return Err((id_line, KeyFileProblem::RepeatedId { id: key.id.value, line_before }));
            }
            let hash: ApiKeyHash = key.sha256.value.parse().map_err(|_| (hash_line, KeyFileProblem::Hash))?;
            if let Some(line_before) = lines_by_hash.insert(hash, hash_line) {
                return Err((hash_line, KeyFileProblem::RepeatedHash { line_before }));
            }
            keys.insert(hash, key.resolve(identity_kinds)?);
        }
        Ok(Self { keys })
    }

    /// Whom a key belongs to that is good now.
    pub(super) fn find(&self, key: &str, now: Timestamp) -> Result<&Holder, AuthenticateError> {
        let key = self.keys.get(&ApiKeyHash::of(key)).ok_or(AuthenticateError::UnknownKey)?;
        if key.not_before.is_some_and(|not_before| now < not_before) {
            return Err(AuthenticateError::KeyNotYetValid { name: key.name.clone() });
        }
        if key.expires_at.is_some_and(|expires_at| now >= expires_at) {
            return Err(AuthenticateError::KeyExpired { name: key.name.clone() });
        }
        Ok(&key.holder)
    }
}

impl KeyText {
    fn resolve(self, identity_kinds: &[String]) -> Result<Key, Misplaced> {
        let kind = &self.principal.r#type;
        if !identity_kinds.contains(&kind.value) {
            let (found, known) = (kind.value.clone(), identity_kinds.to_vec());
            return Err((line(kind), KeyFileProblem::UnknownPrincipalType { found, known }));
        }
        let accounts_line = line(&self.accounts);
        let mut accounts = Vec::with_capacity(self.accounts.value.len());
        let mut is_listed = HashSet::new();
        for account in self.accounts.value {
            let line = line(&account);
            let account = bounded("accounts", account)?;
            if !is_listed.insert(account.clone()) {
                return Err((line, KeyFileProblem::RepeatedAccount(account)));
            }
            accounts.push(account);
        }
        if accounts.is_empty() {
            return Err((accounts_line, KeyFileProblem::NoAccount));
        }
        let expires_line = self.expires_at.as_ref().map_or(0, line);
        let not_before = parse_time("not_before", self.not_before)?;
        let expires_at = parse_time("expires_at", self.expires_at)?;
        if expires_at.zip(not_before).is_some_and(|(expires_at, not_before)| expires_at <= not_before) {
            return Err((expires_line, KeyFileProblem::NeverValid));
        }
        let id = bounded("principal.id", self.principal.id)?;
        let holder = Holder { kind: self.principal.r#type.value, id, accounts };
        Ok(Key { name: bounded("id", self.id)?, holder, not_before, expires_at })
    }
}

fn bounded(field: &'static str, text: Spanned<String>) -> Result<String, Misplaced> {
    if (1..=NAME_BYTES_MAX).contains(&text.value.len()) {
        return Ok(text.value);
    }
    Err((line(&text), KeyFileProblem::Length { field, bytes_max: NAME_BYTES_MAX }))
}

fn parse_time(field: &'static str, text: Option<Spanned<String>>) -> Result<Option<Timestamp>, Misplaced> {
    let Some(text) = text else {
        return Ok(None);
    };
    let problem = |_| (line(&text), KeyFileProblem::Time { field });
    let time: jiff::Timestamp = text.value.parse().map_err(problem)?;
    // A timestamp's nanoseconds count after the second, before 1970 as well.
    let nanoseconds = time.as_nanosecond().rem_euclid(1_000_000_000);
    let seconds = i64::try_from(time.as_nanosecond().div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    Ok(Some(Timestamp { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or_default() }))
}

fn parse_document(text: &str) -> Result<Document, Misplaced> {
    let budget = serde_saphyr::budget! {
        max_depth: YAML_DEPTH_MAX,
        flow_nesting_limit: YAML_DEPTH_MAX,
        max_nodes: YAML_NODES_MAX,
        max_events: 2 * YAML_NODES_MAX,
    };
    let options = serde_saphyr::options! { budget: budget, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| line_number(location.line()));
        let message = error.to_string();
        // The line is said once, before the message.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        (line, KeyFileProblem::Yaml(without_long_words(message)))
    })
}

/// A message without what may be a key: parsers quote what they did not expect, and a key that stands where its hash
/// should must not get into the log. Keys with 128 bits or more have no fewer than 22 characters.
fn without_long_words(message: &str) -> String {
    let is_separator = |character: char| character.is_whitespace() || "`'\"(){}[],;".contains(character);
    let words = message.split_inclusive(is_separator).map(|word| {
        let text = word.trim_end_matches(is_separator);
        let end = &word[text.len()..];
        if text.chars().count() > WORD_CHARACTERS_MAX { format!("…{end}") } else { word.to_owned() }
    });
    words.collect()
}

fn line<T>(spanned: &Spanned<T>) -> usize {
    line_number(spanned.referenced.line())
}

fn line_number(line: u64) -> usize {
    usize::try_from(line).unwrap_or_default()
}
