//! A JWKS file (RFC 7517): the public keys of those who may issue tokens.

use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{IdentityError, JwksProblem};

/// Keys for signatures, at most. A token that does not name its key is tried with every key of its algorithm, so this
/// also bounds the work for one token.
const KEYS_MAX: usize = 32;
/// Bytes of an RSA modulus. Shorter ones can be factored, and longer ones cost too much.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// Bytes of an RSA exponent, at most; it is 65537 nearly everywhere.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// What a token is signed with, as far as it is accepted. Those of the HS family are not: there, whoever can verify can
/// also sign, and a public key that is taken for a secret lets everyone in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureKind {
    Rs256,
    Es256,
    EdDsa,
}

/// The keys of a file.
pub(super) struct KeySet {
    keys: Vec<PublicKey>,
}

pub(super) struct PublicKey {
    name: Option<String>,
    kind: SignatureKind,
    key: DecodingKey,
}

/// The file's form. What it says beyond this is not looked at, as RFC 7517 asks for.
#[derive(Deserialize)]
struct Document {
    keys: Vec<KeyText>,
}

#[derive(Deserialize)]
struct KeyText {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// The private part of every kind of asymmetric key.
    d: Option<IgnoredAny>,
}

impl SignatureKind {
    /// By the name that a token's header or a key's `alg` gives it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

impl KeySet {
    /// Reads the keys with which a signature can be verified; keys for other purposes and algorithms are passed over.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, IdentityError> {
        Self::parse_keys(text).map_err(|problem| IdentityError::Jwks { path: path.to_owned(), problem })
    }

    fn parse_keys(text: &str) -> Result<Self, JwksProblem> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| JwksProblem::Json(error.to_string()))?;
        let mut keys = Vec::new();
        for (index, text) in document.keys.into_iter().enumerate() {
            let position = index + 1;
            if text.d.is_some() {
                return Err(JwksProblem::Private { position });
            }
            let Some(kind) = text.kind() else {
                continue;
            };
            let invalid = JwksProblem::Invalid { position, algorithm: kind.name() };
            let key = text.public_key(kind).ok_or(invalid)?;
            keys.push(PublicKey { name: text.kid, kind, key });
        }
        match keys.len() {
            0 => Err(JwksProblem::NoKey),
            1..=KEYS_MAX => Ok(Self { keys }),
            _ => Err(JwksProblem::TooMany { keys_max: KEYS_MAX }),
        }
    }

    /// The keys that a token may be signed with: those of its algorithm, and of its key's name if it states one.
    pub(super) fn candidates(
        &self,
        kind: SignatureKind,
        name: Option<&str>,
    ) -> impl Iterator<Item = &DecodingKey> {
        let is_named = move |key: &&PublicKey| name.is_none() || key.name.as_deref() == name;
        self.keys.iter().filter(move |key| key.kind == kind).filter(is_named).map(|key| &key.key)
    }
}

impl KeyText {
    /// What the key verifies; none if that is nothing, or nothing that is accepted.
    fn kind(&self) -> Option<SignatureKind> {
        let kind = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => SignatureKind::Rs256,
            ("EC", Some("P-256")) => SignatureKind::Es256,
            ("OKP", Some("Ed25519")) => SignatureKind::EdDsa,
            _ => return None,
        };
        let is_for_signatures = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        let verifies = |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
        let fits = self.alg.as_deref().is_none_or(|alg| SignatureKind::named(alg) == Some(kind));
        (is_for_signatures && self.key_ops.as_ref().is_none_or(verifies) && fits).then_some(kind)
    }

    fn public_key(&self, kind: SignatureKind) -> Option<DecodingKey> {
        match kind {
            SignatureKind::Rs256 => {
                let (modulus, exponent) = (decode(self.n.as_ref())?, decode(self.e.as_ref())?);
                let (modulus, exponent) = (without_zeros(&modulus), without_zeros(&exponent));
                let is_odd = exponent.last().is_some_and(|byte| byte % 2 == 1) && exponent != [1];
                let is_exponent = is_odd && exponent.len() <= RSA_EXPONENT_BYTES_MAX;
                (is_exponent && RSA_MODULUS_BYTES.contains(&modulus.len()))
                    .then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
            }
            SignatureKind::Es256 => {
                // An uncompressed point, as SEC 1 writes it.
                let point = [vec![4], decode(self.x.as_ref())?, decode(self.y.as_ref())?].concat();
                is_key(&ECDSA_P256_SHA256_FIXED, &point).then(|| DecodingKey::from_ec_der(&point))
            }
            SignatureKind::EdDsa => {
                let point = decode(self.x.as_ref())?;
                is_key(&ED25519, &point).then(|| DecodingKey::from_ed_der(&point))
            }
        }
    }
}

fn is_key(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> bool {
    ParsedPublicKey::new(algorithm, bytes).is_ok()
}

/// A number as it should be written; some issuers put a zero before it.
fn without_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}

fn decode(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}
