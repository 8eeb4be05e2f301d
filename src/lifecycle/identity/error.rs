//! Why a request's sender is not known, and why a file of keys cannot be used. Nothing here holds a credential.

use std::path::PathBuf;

use crate::lifecycle::watched_file::ReadFileError;

/// A request does not show who sends it, or not in which account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// Neither an API key nor a bearer token was shown.
    #[error("no API key and no bearer token was shown")]
    NoCredentials,
    /// An API key and a bearer token were shown that lead to different principals or accounts.
    #[error("the API key and the bearer token belong to different principals")]
    ConflictingCredentials,
    /// A credential is larger than any may be.
    #[error("a credential has more than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// No such key is listed.
    #[error("the API key is unknown")]
    UnknownKey,
    /// The key will be good later.
    #[error("API key `{name}` is not valid yet")]
    KeyNotYetValid {
        /// What the key file calls it.
        name: String,
    },
    /// The key was good earlier.
    #[error("API key `{name}` has expired")]
    KeyExpired {
        /// What the key file calls it.
        name: String,
    },
    /// An API key was shown, and there is no file of keys.
    #[error("API keys are not accepted here")]
    KeysNotAccepted,
    /// A JSON Web Token was shown, and nothing says who may issue them.
    #[error("JSON Web Tokens are not accepted here")]
    TokensNotAccepted,
    /// The token is not good.
    #[error("the token is refused: {0}")]
    BadToken(TokenProblem),
    /// The credential is good for several accounts, or for none, and the request selects none.
    #[error("an account must be selected: the credential is not for exactly one")]
    AccountNotSelected,
    /// The selected account is not one of the credential's.
    #[error("the selected account is not one of the credential's")]
    AccountNotAllowed,
}

/// What is wrong with a JSON Web Token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// It cannot be read.
    #[error("it is malformed")]
    Malformed,
    /// It is signed in a way that is not accepted, or not with the algorithm of the key that it names.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// It asks for extensions to be understood.
    #[error("it has critical extensions")]
    CriticalExtension,
    /// No key in the JWKS file has the name and the algorithm that its header states.
    #[error("its key is unknown")]
    UnknownKey,
    /// Nobody whose key is listed has signed it.
    #[error("its signature is wrong")]
    Signature,
    /// Somebody else issued it.
    #[error("its issuer is not accepted")]
    Issuer,
    /// It was issued for somebody else.
    #[error("its audience is not accepted")]
    Audience,
    /// It was good earlier.
    #[error("it has expired")]
    Expired,
    /// It will be good later.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Something that it must say is absent.
    #[error("claim `{claim}` is missing")]
    MissingClaim {
        /// The claim.
        claim: String,
    },
    /// Something that it says has not the form that it must have.
    #[error("claim `{claim}` is malformed")]
    MalformedClaim {
        /// The claim.
        claim: String,
    },
    /// It is for a type of principal that the profile does not have.
    #[error("its type of principal is unknown")]
    UnknownPrincipalType,
}

impl From<TokenProblem> for AuthenticateError {
    fn from(problem: TokenProblem) -> Self {
        Self::BadToken(problem)
    }
}

/// A file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] ReadFileError),
    /// A file of API keys is wrong.
    #[error("{}{}: {problem}", .path.display(), line_suffix(*.line))]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 if the whole file is meant.
        line: usize,
        /// What is wrong there.
        problem: KeyFileProblem,
    },
    /// A JWKS file is wrong.
    #[error("{}: {problem}", .path.display())]
    Jwks {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        problem: JwksProblem,
    },
    /// The profile has no type of principal that a credential could be for.
    #[error("the profile has no identity type, so nobody can be authenticated")]
    NoIdentityType,
}

/// What is wrong in a file of API keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileProblem {
    /// It is no YAML, or not of this form.
    #[error("{0}")]
    Yaml(String),
    /// A hash is none.
    #[error("`sha256` must be the 64 hexadecimal digits that `arrowroot lifecycle hash-key` prints")]
    Hash,
    /// A key is listed twice.
    #[error("the same `sha256` is also on line {line_before}")]
    RepeatedHash {
        /// Where it was first.
        line_before: usize,
    },
    /// Two keys have one name.
    #[error("the id `{id}` is also on line {line_before}")]
    RepeatedId {
        /// The name.
        id: String,
        /// Where it was first.
        line_before: usize,
    },
    /// A principal is of a type that the profile does not have.
    #[error("`{found}` is no identity type of the profile, which has {}", quoted(.known))]
    UnknownPrincipalType {
        /// The type.
        found: String,
        /// The types that there are.
        known: Vec<String>,
    },
    /// Something has no text, or too much.
    #[error("`{field}` must have 1 to {bytes_max} bytes")]
    Length {
        /// Which field.
        field: &'static str,
        /// The bound.
        bytes_max: usize,
    },
    /// A key is good for no account.
    #[error("a key needs at least one account")]
    NoAccount,
    /// An account is listed twice for one key.
    #[error("the account `{0}` is listed twice")]
    RepeatedAccount(String),
    /// A time is none.
    #[error("`{field}` must be a time such as 2026-01-31T12:00:00Z")]
    Time {
        /// Which field.
        field: &'static str,
    },
    /// A key ends before it begins.
    #[error("`expires_at` must be later than `not_before`")]
    NeverValid,
}

/// What is wrong in a JWKS file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksProblem {
    /// It is no JSON, or not of this form.
    #[error("{0}")]
    Json(String),
    /// It has more keys than such a file may have.
    #[error("has more than {keys_max} keys for signatures")]
    TooMany {
        /// The bound.
        keys_max: usize,
    },
    /// Nothing could be verified with it.
    #[error("has no key for RS256, ES256 or EdDSA")]
    NoKey,
    /// A key holds what only its owner may know.
    #[error("key {position} holds its private part: make the keys anew, and list their public parts only")]
    Private {
        /// Which one, from 1.
        position: usize,
    },
    /// A key is not what it says.
    #[error("key {position} is no valid {algorithm} key")]
    Invalid {
        /// Which one, from 1.
        position: usize,
        /// What it would be for.
        algorithm: &'static str,
    },
}

fn line_suffix(line: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
