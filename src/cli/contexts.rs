//! The configuration file: named servers with their keys and certificates, which only its owner may read.

mod error;
mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

pub(super) use error::ContextsError;
pub(super) use file::change;

/// Bytes of a context's name, at most.
const NAME_BYTES_MAX: usize = 64;

/// All contexts, and which is in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contexts {
    /// The one in use where none is named.
    #[serde(default, rename = "current", skip_serializing_if = "Option::is_none")]
    in_use: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<String, Context>,
}

/// A server: where it is, the key to its door, and whom to trust.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Context {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "secret")]
    pub(super) preshared_key: Option<Secret>,
    /// Where the key is, if it is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preshared_key_file: Option<PathBuf>,
    /// The certificates that the server's must lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ca_file: Option<PathBuf>,
    /// The certificate that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_cert: Option<PathBuf>,
    /// Its private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_key: Option<PathBuf>,
    /// The name that the server's certificate must be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server_name: Option<String>,
}

/// A text that is written to the file and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

/// Reads a secret; what stands there instead of a text is not repeated.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    match toml::Value::deserialize(deserializer) {
        Ok(toml::Value::String(text)) => Ok(Some(Secret(text))),
        _ => Err(serde::de::Error::custom("the key must be a text in quotes")),
    }
}

impl Contexts {
    /// The contexts of the configuration file; none if there is no such file.
    pub(super) fn read() -> Result<Self, ContextsError> {
        let path = file::path()?;
        Ok(file::read(&path)?.unwrap_or_default())
    }

    /// A context by its name.
    pub(super) fn find(&self, name: &str) -> Result<&Context, ContextsError> {
        self.contexts.get(name).ok_or_else(|| ContextsError::Unknown { name: name.to_owned() })
    }

    /// The context in use, if there is one.
    pub(super) fn current(&self) -> Result<Option<&Context>, ContextsError> {
        self.in_use.as_ref().map(|name| self.find(name)).transpose()
    }

    /// All by name, and whether each is the one in use.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Context, bool)> {
        self.contexts.iter().map(|(name, context)| {
            (name.as_str(), context, self.in_use.as_ref().is_some_and(|current| current == name))
        })
    }

    /// Adds a context, or replaces the one of its name if that is wanted. The first is in use from then on.
    pub(super) fn add(
        &mut self,
        name: &str,
        context: Context,
        may_replace: bool,
    ) -> Result<(), ContextsError> {
        if !is_name(name) {
            return Err(ContextsError::Name { name: name.to_owned() });
        }
        if self.contexts.contains_key(name) && !may_replace {
            return Err(ContextsError::Present { name: name.to_owned() });
        }
        if self.contexts.is_empty() {
            self.in_use = Some(name.to_owned());
        }
        self.contexts.insert(name.to_owned(), context);
        Ok(())
    }

    /// Has a context in use.
    pub(super) fn use_by_itself(&mut self, name: &str) -> Result<(), ContextsError> {
        self.find(name)?;
        self.in_use = Some(name.to_owned());
        Ok(())
    }

    /// Removes a context. If it was in use, none is.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), ContextsError> {
        self.find(name)?;
        self.contexts.remove(name);
        self.in_use.take_if(|current| current == name);
        Ok(())
    }
}

/// Letters, digits and any of `._-`, beginning with a letter or a digit.
fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(is_inner)
        && text.as_bytes()[0].is_ascii_alphanumeric()
}

/// A file as contexts remember it: the same wherever a command is run.
pub(super) fn absolute(file: &Path) -> Result<PathBuf, ContextsError> {
    let unreadable = |error| ContextsError::Unreadable { path: file.to_owned(), error };
    std::fs::metadata(file).map_err(unreadable)?;
    std::path::absolute(file).map_err(unreadable)
}
