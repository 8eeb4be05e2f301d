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
fn identity_kinds() -> Vec<String> {
    ["user", "service_account"].map(str::to_owned).to_vec()
}

/// What is read from these files, and the list by which they are read again.
fn open(keys: Option<PathBuf>, tokens: Option<TokenOptions>) -> Result<(Identity, Reloads), IdentityError> {
    let reloads = Reloads::default();
    let identity =
        Identity::open(IdentityOptions { identity_kinds: identity_kinds(), keys, tokens }, &reloads)?;
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

/// The page of the documentation about all this.
const PAGE: &str = include_str!("../../../../docs/identity.md");

/// The text of one of its blocks, by its language and its place among those.
fn documented(language: &str, place: usize) -> &'static str {
    let opening = format!("```{language}\n");
    let block = PAGE.split(&opening).nth(place + 1).unwrap();
    block.split("```").next().unwrap()
}

#[test]
fn what_the_documentation_shows_is_accepted() {
    let files = Files::new();
    let keys = files.put("keys.yaml", documented("yaml", 0));
    let tokens = tokens::options(files.put("jwks.json", documented("json", 1)));
    let (identity, _) = open(Some(keys), Some(tokens)).unwrap();
    let key = PAGE.lines().find_map(|line| line.strip_prefix("key: ")).unwrap();
    assert_eq!(told(identity.authenticate(&selecting("acct-b", with_key(key)), NOW)), "user:ana@acct-b");

    let tokens =
        tokens::options(files.put("jwks.json", &tokens::jwks(&[signing::ED.jwk(serde_json::json!({}))])));
    let (identity, _) = open(None, Some(tokens)).unwrap();
    let claims = serde_json::from_str(documented("json", 0)).unwrap();
    let token = signing::ED.token(&serde_json::json!({"alg": "EdDSA"}), &claims);
    assert_eq!(
        told(identity.authenticate(&selecting("acct-b", with_bearer(&token)), NOW)),
        "user:ana@acct-b"
    );
}
