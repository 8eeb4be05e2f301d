//! Reading the accounts file.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_saphyr::Spanned;

use crate::lifecycle::WatchedFile;

use super::error::{RolloutError, RolloutProblem};
use super::mode::{AccountRollout, Mode};

/// Collections inside each other, at most.
const YAML_DEPTH_MAX: usize = 8;
/// Bytes of all texts in the file; files of settings are not larger.
const YAML_TEXT_BYTES_MAX: usize = 16 << 20;
/// Values in the file: a million accounts have some four million.
const YAML_NODES_MAX: usize = 8 << 20;

/// How each account is served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rollout {
    default: AccountRollout,
    accounts: HashMap<String, AccountRollout>,
}

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    default: Option<Spanned<Entry>>,
    #[serde(default)]
    accounts: Option<HashMap<String, Spanned<Entry>>>,
}

/// `off`, or `{mode: off, shadow: true}`.
struct Entry {
    mode: Option<Mode>,
    shadow: Option<bool>,
}

impl Rollout {
    /// Reads the file, to be read again when it changes. `has_legacy` says whether a legacy backend is configured: what
    /// needs one is refused otherwise.
    pub fn open(path: impl Into<PathBuf>, has_legacy: bool) -> Result<WatchedFile<Self>, RolloutError> {
        WatchedFile::open(path, move |file, text| Self::parse(file, text, has_legacy))
    }

    /// Reads the file's text; `file` is what it is called.
    pub fn parse(file: &Path, text: &str, has_legacy: bool) -> Result<Self, RolloutError> {
        let document = parse_document(file, text)?;
        let content = |line, problem| RolloutError::Content { file: file.to_owned(), line, problem };
        let mut needing = Vec::new();
        let mut check = |account: Option<&str>, line: u64, rollout: AccountRollout| {
            if rollout.needs_legacy() && !has_legacy {
                needing.push((line, account.map(str::to_owned), rollout));
            }
        };
        let mut default = AccountRollout::default();
        if let Some(entry) = document.default {
            default = entry.value.over(default);
            check(None, entry.referenced.line(), default);
        }
        let mut accounts = HashMap::new();
        for (account, entry) in document.accounts.unwrap_or_default() {
            let line = entry.referenced.line();
            if account.is_empty() {
                return Err(content(line, RolloutProblem::NamelessAccount));
            }
            let rollout = entry.value.over(default);
            check(Some(&account), line, rollout);
            accounts.insert(account, rollout);
        }
        // The first of the file, whatever the order of the accounts in memory.
        needing.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        match needing.into_iter().next() {
            Some((line, account, rollout)) => {
                Err(content(line, RolloutProblem::NeedsLegacy { account, rollout }))
            }
            None => Ok(Self { default, accounts }),
        }
    }

    /// How an account is served.
    pub fn of(&self, account: &str) -> AccountRollout {
        self.accounts.get(account).copied().unwrap_or(self.default)
    }

    /// Whether any account needs a legacy backend.
    pub fn needs_legacy(&self) -> bool {
        self.default.needs_legacy() || self.accounts.values().any(|rollout| rollout.needs_legacy())
    }
}

impl Entry {
    /// What it does not say is as in the default.
    fn over(&self, default: AccountRollout) -> AccountRollout {
        AccountRollout {
            mode: self.mode.unwrap_or(default.mode),
            is_shadowed: self.shadow.unwrap_or(default.is_shadowed),
        }
    }
}

fn parse_document(file: &Path, text: &str) -> Result<Document, RolloutError> {
    let budget = serde_saphyr::budget! {
        max_depth: YAML_DEPTH_MAX,
        flow_nesting_limit: YAML_DEPTH_MAX,
        max_nodes: YAML_NODES_MAX,
        max_events: YAML_NODES_MAX,
        max_total_scalar_bytes: YAML_TEXT_BYTES_MAX,
    };
    // As in YAML 1.2: `off` is a text, which in YAML 1.1 would be the same as `false`.
    let options = serde_saphyr::options! { budget: budget, with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        let problem = RolloutProblem::Yaml(error.to_string());
        RolloutError::Content { file: file.to_owned(), line, problem }
    })
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mode (`off`, `dual_write` or `read`), or `mode` and `shadow`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
        let mode = Mode::deserialize(StrDeserializer::new(text))?;
        Ok(Entry { mode: Some(mode), shadow: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            mode: Option<Mode>,
            shadow: Option<bool>,
        }
        let Fields { mode, shadow } = Fields::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entry { mode, shadow })
    }
}
