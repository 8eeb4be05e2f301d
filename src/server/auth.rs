//! Who may come in: whoever shows one of the preshared keys.

use subtle::{Choice, ConstantTimeEq as _};
use tonic::Status;
use tonic::codegen::http::HeaderMap;
use tonic::codegen::http::header::AUTHORIZATION;

use super::options::PresharedKey;

const SCHEME: &str = "bearer";

/// Compares keys in constant time.
#[derive(Debug)]
pub(super) struct Doorkeeper {
    keys: Vec<PresharedKey>,
}

impl Doorkeeper {
    /// Lets in whoever shows one of the keys; everyone if there are none.
    pub(super) fn new(keys: Vec<PresharedKey>) -> Self {
        Self { keys }
    }

    /// Whether a request with these headers may come in.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let Some(token) = bearer(headers) else {
            return Err(Status::unauthenticated(
                "missing preshared key: send one as `authorization: Bearer <key>`",
            ));
        };
        // All keys are looked at, so that the time tells nothing about which one was nearly right.
        let matches =
            self.keys.iter().fold(Choice::from(0), |matches, key| matches | key.as_bytes().ct_eq(token));
        if bool::from(matches) {
            Ok(())
        } else {
            Err(Status::permission_denied("invalid preshared key: invalid token"))
        }
    }
}

/// The token behind `Bearer`; none if there is no such header or nothing behind it.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.strip_prefix(b" ").filter(|token| !token.is_empty())?;
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then_some(token)
}

#[cfg(test)]
mod tests;
