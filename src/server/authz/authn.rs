//! `authn`: who sends a request, by the headers that its receiver passes on.

use tonic::body::Body;
use tonic::codegen::http::header::AUTHORIZATION;
use tonic::codegen::http::{HeaderMap, Response, StatusCode};

use crate::lifecycle::Principal;
use crate::lifecycle::identity::{AuthenticateError, Credentials};

use super::answer::{Refusal, json_response};
use super::service::Authz;
use super::sides::{Asked, passed_on};

const API_KEY: &str = "x-api-key";
const SELECTED_ACCOUNT: &str = "x-selected-account-id";
const BEARER: &str = "bearer ";

impl Authz {
    pub(super) async fn authn(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let identity = match &self.identity {
            Some(identity) if identity.is_configured() => identity,
            // Whoever knows the principals goes on to do so.
            _ if self.sides.legacy.is_some() => return Ok(passed_on(self.sides.forward(asked).await?)),
            _ => return Err(Refusal::NoIdentity),
        };
        let headers = &asked.head.headers;
        let credentials = Credentials {
            api_key: text(headers, API_KEY)?,
            bearer: text(headers, AUTHORIZATION.as_str())?.and_then(bearer),
            selected_account: text(headers, SELECTED_ACCOUNT)?,
        };
        let now = self.lifecycle.view(None)?.now();
        let known = identity.authenticate(&credentials, now)?;
        let principal = Principal::new(self.lifecycle.profile(), &known.kind, &known.id, &known.account)?;
        let json = principal.to_json(self.lifecycle.profile());
        Ok(json_response(StatusCode::OK, json.to_string()))
    }
}

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::AccountNotAllowed => Self::Denied(error.to_string()),
            error => Self::Unknown(error.to_string()),
        }
    }
}

/// A header's text; it may be there only once, or nobody knows which of them counts.
fn text<'headers>(
    headers: &'headers HeaderMap,
    name: &'static str,
) -> Result<Option<&'headers str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(value), None) => Ok(Some(value.trim()).filter(|value| !value.is_empty())),
        (Err(_), _) => Err(Refusal::Unknown(format!("{name}: is no text"))),
        (_, Some(_)) => Err(Refusal::Unknown(format!("{name}: is there more than once"))),
    }
}

/// The token of a bearer authorization; other schemes say nothing here.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| token.trim())
}
