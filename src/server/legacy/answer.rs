//! What an answer of the legacy backend says.

use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// What the legacy backend said to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum LegacyVerdict {
    /// Status 200, whatever the body: so its clients read it.
    Allowed,
    /// Status 403.
    Denied,
    /// Anything else, and no answer.
    Failed,
}

/// What the legacy backend said to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum LegacyFound {
    /// These selectors.
    Items(Vec<String>),
    /// Everything there is.
    Unscoped,
    /// No answer that a client could use.
    Failed,
}

impl LegacyVerdict {
    /// Reads the answer to a check, if there is one.
    pub(in crate::server) fn of(answer: Option<&Response<Bytes>>) -> Self {
        match answer.map(Response::status) {
            Some(StatusCode::OK) => Self::Allowed,
            Some(StatusCode::FORBIDDEN) => Self::Denied,
            Some(_) | None => Self::Failed,
        }
    }
}

impl LegacyFound {
    /// Reads the answer to a search, if there is one.
    pub(in crate::server) fn of(answer: Option<&Response<Bytes>>) -> Self {
        match answer {
            Some(answer) if answer.status() == StatusCode::OK => Self::parse(answer.body()),
            Some(_) | None => Self::Failed,
        }
    }

    /// As clients read it: `unscoped` counts only if it is `true` itself, and goes before `items`.
    fn parse(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            unscoped: Value,
            #[serde(default)]
            items: Value,
        }
        let Ok(body) = serde_json::from_slice::<Body>(body) else { return Self::Failed };
        if body.unscoped == Value::Bool(true) {
            return Self::Unscoped;
        }
        serde_json::from_value(body.items).map_or(Self::Failed, Self::Items)
    }
}
