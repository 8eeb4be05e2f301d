//! Who is let in with which credential, and who is not.

mod jwks;
mod keys;
mod secrets;
mod signing;
mod tokens;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::lifecycle::watched_file::Reloads;
use crate::relationship::Timestamp;

use super::*;

/// The time at which everything here is asked, unless a test says otherwise: 2027-01-15T08:00:00Z.
const NOW: Timestamp = at(1_800_000_000);

const fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}

/// Files of settings in a directory that ends with the test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file in place of what was there.
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let (beside, path) = (self.path("new"), self.path(name));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, &path).unwrap();
        path
    }
}

/// The types of principal of the profile.
fn identity_types() -> Vec<String> {
    ["user", "service_account"].map(str::to_owned).to_vec()
}

/// What is read from these files, and the list by which they are read again.
fn open(keys: Option<PathBuf>, tokens: Option<TokenOptions>) -> Result<(Identity, Reloads), IdentityError> {
    let reloads = Reloads::default();
    let identity =
        Identity::open(IdentityOptions { identity_types: identity_types(), keys, tokens }, &reloads)?;
    Ok((identity, reloads))
}

fn with_key(key: &str) -> Credentials<'_> {
    Credentials { api_key: Some(key), ..Credentials::default() }
}

fn with_bearer(bearer: &str) -> Credentials<'_> {
    Credentials { bearer: Some(bearer), ..Credentials::default() }
}

fn selecting<'request>(account: &'request str, credentials: Credentials<'request>) -> Credentials<'request> {
    Credentials { selected_account: Some(account), ..credentials }
}

/// An answer in a word: `user:ana@acct-a`, or why not.
fn told(result: Result<Authenticated, AuthenticateError>) -> String {
    match result {
        Ok(Authenticated { kind, id, account }) => format!("{kind}:{id}@{account}"),
        Err(error) => error.to_string(),
    }
}
