//! JSON Web Tokens (RFC 7519): verified against the keys of a JWKS file, and read.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::lifecycle::watched_file::WatchedFile;
use crate::relationship::Timestamp;

use super::error::{AuthenticateError, IdentityError, TokenProblem};
use super::holder::Holder;
use super::jwks::{KeySet, SignatureKind};

/// How far the issuer's clock may be off, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// The claim that says which type of principal the subject is.
const TYPE_CLAIM: &str = "principal_type";

/// Whose tokens are accepted.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must be, or have among others.
    pub audience: String,
    /// The JWKS file with the issuer's public keys.
    pub jwks: PathBuf,
    /// The claim that lists the accounts in which the subject may act.
    pub accounts_claim: String,
}

/// Verifies tokens of one issuer.
pub(super) struct TokenVerifier {
    options: TokenOptions,
    identity_kinds: Vec<String>,
    keys: Arc<WatchedFile<KeySet>>,
}

/// What is read of a token's header.
pub(super) struct TokenHeader(Map<String, Value>);

type Claims = Map<String, Value>;

impl TokenHeader {
    /// The header of what looks like a token: three parts in base64url, the first of which is a JSON object. None of
    /// anything else, such as an API key.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !claims.bytes().chain(signature.bytes()).all(is_base64) {
            return None;
        }
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        serde_json::from_slice(&header).ok().map(Self)
    }

    fn kind(&self) -> Result<SignatureKind, TokenProblem> {
        let name = self.0.get("alg").and_then(Value::as_str).ok_or(TokenProblem::Malformed)?;
        SignatureKind::named(name).ok_or(TokenProblem::Algorithm)
    }

    fn key_name(&self) -> Result<Option<&str>, TokenProblem> {
        match self.0.get("kid") {
            None => Ok(None),
            Some(Value::String(name)) => Ok(Some(name)),
            Some(_) => Err(TokenProblem::Malformed),
        }
    }

    /// RFC 7515 §4.1.11: what is critical must be understood, and nothing of that kind is.
    fn check_extensions(&self) -> Result<(), TokenProblem> {
        if self.0.contains_key("crit") { Err(TokenProblem::CriticalExtension) } else { Ok(()) }
    }
}

impl TokenVerifier {
    /// Reads the keys; principals must be of one of these types, and are of the first where a token does not say.
    pub(super) fn open(options: TokenOptions, identity_kinds: Vec<String>) -> Result<Self, IdentityError> {
        let keys = Arc::new(WatchedFile::open(&options.jwks, KeySet::parse)?);
        Ok(Self { options, identity_kinds, keys })
    }

    /// The file that must be read again when it changes.
    pub(super) fn keys(&self) -> &Arc<WatchedFile<KeySet>> {
        &self.keys
    }

    /// Whom a token belongs to that is good now.
    pub(super) fn verify(
        &self,
        token: &str,
        header: &TokenHeader,
        now: Timestamp,
    ) -> Result<Holder, AuthenticateError> {
        let claims = self.verify_signature(token, header)?;
        self.check_origin(&claims)?;
        check_time(&claims, now)?;
        Ok(self.read_holder(&claims)?)
    }

    fn verify_signature(&self, token: &str, header: &TokenHeader) -> Result<Claims, TokenProblem> {
        header.check_extensions()?;
        let (kind, name) = (header.kind()?, header.key_name()?);
        let keys = self.keys.current();
        let mut problem = TokenProblem::UnknownKey;
        for key in keys.candidates(kind, name) {
            match decode(token, key, kind) {
                // Another key may have signed it.
                Err(TokenProblem::Signature) => problem = TokenProblem::Signature,
                decided => return decided,
            }
        }
        Err(problem)
    }

    fn check_origin(&self, claims: &Claims) -> Result<(), TokenProblem> {
        if string(claims, "iss")?.ok_or_else(|| missing("iss"))? != self.options.issuer {
            return Err(TokenProblem::Issuer);
        }
        let audiences = strings(claims, "aud")?.ok_or_else(|| missing("aud"))?;
        if audiences.contains(&self.options.audience.as_str()) { Ok(()) } else { Err(TokenProblem::Audience) }
    }

    fn read_holder(&self, claims: &Claims) -> Result<Holder, TokenProblem> {
        let id = string(claims, "sub")?.ok_or_else(|| missing("sub"))?;
        if id.is_empty() {
            return Err(malformed("sub"));
        }
        let kind = match string(claims, TYPE_CLAIM)? {
            Some(kind) => self.identity_kinds.iter().find(|known| *known == kind),
            None => self.identity_kinds.first(),
        };
        let kind = kind.ok_or(TokenProblem::UnknownPrincipalType)?.clone();
        let claim = self.options.accounts_claim.as_str();
        let mut accounts: Vec<String> = Vec::new();
        for account in strings(claims, claim)?.ok_or_else(|| missing(claim))? {
            if account.is_empty() {
                return Err(malformed(claim));
            }
            if !accounts.iter().any(|known| known == account) {
                accounts.push(account.to_owned());
            }
        }
        Ok(Holder { kind, id: id.to_owned(), accounts })
    }
}

/// Verifies the signature and takes the claims out. What they say is checked here and not by the crate, which asks the
/// machine's clock for the time, and takes lists of issuers.
fn decode(token: &str, key: &DecodingKey, kind: SignatureKind) -> Result<Claims, TokenProblem> {
    let mut validation = Validation::new(kind.algorithm());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<Claims>(token, key, &validation) {
        Ok(decoded) => Ok(decoded.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature => TokenProblem::Signature,
            ErrorKind::InvalidAlgorithm => TokenProblem::Algorithm,
            _ => TokenProblem::Malformed,
        }),
    }
}

fn check_time(claims: &Claims, now: Timestamp) -> Result<(), TokenProblem> {
    let expires_at = seconds(claims, "exp")?.ok_or_else(|| missing("exp"))?;
    if now.seconds >= expires_at.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenProblem::Expired);
    }
    let not_before = seconds(claims, "nbf")?;
    if not_before.is_some_and(|not_before| now.seconds < not_before.saturating_sub(LEEWAY_SECONDS)) {
        return Err(TokenProblem::NotYetValid);
    }
    Ok(())
}

/// A time in seconds since 1970; a part of a second does not count.
fn seconds(claims: &Claims, claim: &str) -> Result<Option<i64>, TokenProblem> {
    let Some(value) = claims.get(claim) else {
        return Ok(None);
    };
    let number = value.as_number().ok_or_else(|| malformed(claim))?;
    let whole = number.as_i64().or_else(|| number.as_u64().map(|_| i64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "it saturates, and what is so far away is far away")]
    let part = number.as_f64().map(|seconds| seconds.floor() as i64);
    Ok(whole.or(part))
}

fn string<'claims>(claims: &'claims Claims, claim: &str) -> Result<Option<&'claims str>, TokenProblem> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| malformed(claim)),
    }
}

/// A list of strings, or a single one in its place.
fn strings<'claims>(claims: &'claims Claims, claim: &str) -> Result<Option<Vec<&'claims str>>, TokenProblem> {
    let strings = match claims.get(claim) {
        None => return Ok(None),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(value) => value.as_str().map(|text| vec![text]),
    };
    strings.map(Some).ok_or_else(|| malformed(claim))
}

fn missing(claim: &str) -> TokenProblem {
    TokenProblem::MissingClaim { claim: claim.to_owned() }
}

fn malformed(claim: &str) -> TokenProblem {
    TokenProblem::MalformedClaim { claim: claim.to_owned() }
}
