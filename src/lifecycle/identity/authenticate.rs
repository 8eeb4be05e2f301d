//! From what a request shows to who sends it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::lifecycle::watched_file::{Refresh, Reloads, WatchedFile};
use crate::relationship::Timestamp;

use super::credentials::Credentials;
use super::error::{AuthenticateError, IdentityError};
use super::holder::Authenticated;
use super::key_file::KeyFile;
use super::token::{TokenHeader, TokenOptions, TokenVerifier};

/// Bytes of an API key or a token, at most.
const CREDENTIAL_BYTES_MAX: usize = 16 << 10;

/// Where those who send requests are known from.
#[derive(Debug, Clone, Default)]
pub struct IdentityOptions {
    /// The types of principal that the profile has, such as `user`. The first is that of a token that names none.
    pub identity_kinds: Vec<String>,
    /// The file of API keys.
    pub keys: Option<PathBuf>,
    /// Whose tokens are accepted.
    pub tokens: Option<TokenOptions>,
}

/// Tells who sends a request.
pub struct Identity {
    keys: Option<Arc<WatchedFile<KeyFile>>>,
    tokens: Option<TokenVerifier>,
}

impl Identity {
    /// Reads the files, and registers them as what is read again when it changes.
    pub fn open(options: IdentityOptions, reloads: &Reloads) -> Result<Self, IdentityError> {
        let IdentityOptions { identity_kinds, keys, tokens } = options;
        if identity_kinds.is_empty() && (keys.is_some() || tokens.is_some()) {
            return Err(IdentityError::NoIdentityType);
        }
        let known_types = identity_kinds.clone();
        let parse = move |path: &Path, text: &str| KeyFile::parse(path, text, &known_types);
        let keys = keys.map(|path| WatchedFile::open(path, parse)).transpose()?.map(Arc::new);
        let tokens = tokens.map(|options| TokenVerifier::open(options, identity_kinds)).transpose()?;
        if let Some(keys) = &keys {
            reloads.add(Arc::clone(keys) as Arc<dyn Refresh>);
        }
        if let Some(tokens) = &tokens {
            reloads.add(Arc::clone(tokens.keys()) as Arc<dyn Refresh>);
        }
        Ok(Self { keys, tokens })
    }

    /// Whether anybody can be known at all.
    pub fn is_configured(&self) -> bool {
        self.keys.is_some() || self.tokens.is_some()
    }

    /// Who shows these credentials at this time, and in which account they act. Of an API key and a bearer token that
    /// are shown together, both must be good, and lead to the same.
    pub fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthenticateError> {
        let selected = credentials.selected_account();
        let by_key = credentials.api_key().map(|key| self.find_key(key, selected, now));
        let by_bearer = credentials.bearer().map(|bearer| self.find_bearer(bearer, selected, now));
        match (by_key, by_bearer) {
            (None, None) => Err(AuthenticateError::NoCredentials),
            (Some(only), None) | (None, Some(only)) => only,
            (Some(by_key), Some(by_bearer)) => {
                let (by_key, by_bearer) = (by_key?, by_bearer?);
                if by_key == by_bearer { Ok(by_key) } else { Err(AuthenticateError::ConflictingCredentials) }
            }
        }
    }

    fn find_key(
        &self,
        key: &str,
        selected: Option<&str>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthenticateError> {
        check_size(key)?;
        let keys = self.keys.as_ref().ok_or(AuthenticateError::KeysNotAccepted)?.current();
        keys.find(key, now)?.acting_in(selected)
    }

    /// A bearer is a token if it looks like one, and otherwise a key.
    fn find_bearer(
        &self,
        bearer: &str,
        selected: Option<&str>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthenticateError> {
        check_size(bearer)?;
        let Some(header) = TokenHeader::of(bearer) else {
            return self.find_key(bearer, selected, now);
        };
        let tokens = self.tokens.as_ref().ok_or(AuthenticateError::TokensNotAccepted)?;
        tokens.verify(bearer, &header, now)?.acting_in(selected)
    }
}

/// Without keys, of which not even the hashes are of use to anyone.
impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("keys", &self.keys)
            .field("jwks", &self.tokens.as_ref().map(TokenVerifier::keys))
            .finish()
    }
}

fn check_size(credential: &str) -> Result<(), AuthenticateError> {
    if credential.len() > CREDENTIAL_BYTES_MAX {
        return Err(AuthenticateError::TooLarge { bytes_max: CREDENTIAL_BYTES_MAX });
    }
    Ok(())
}
