//! Where the legacy backend is.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};

/// The base URL of the legacy backend, such as `http://auth.internal:8000` or `https://example.com/auth`: the paths of
/// requests are appended to its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyUpstream {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or with a `/` at its begin and none at its end.
    base_path: String,
}

/// A text that is no base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegacyUpstreamError {
    /// It is not written like a URL.
    #[error("is not a URL such as http://auth.internal:8000")]
    NotUrl,
    /// It is of another scheme.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// It has a user or a password in it, which would be shown where flags and logs are.
    #[error("must not have a user or a password in it")]
    UserInfo,
    /// Something follows the path.
    #[error("must not have a query or a fragment")]
    AfterPath,
}

impl LegacyUpstream {
    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The address of a path there. None if it is no path.
    pub(super) fn join(&self, path: &str) -> Option<Uri> {
        if !path.starts_with('/') {
            return None;
        }
        let path: PathAndQuery = format!("{}{path}", self.base_path).parse().ok()?;
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query(path).build().ok()
    }
}

impl FromStr for LegacyUpstream {
    type Err = LegacyUpstreamError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The parser drops a fragment without a word.
        if text.contains('#') {
            return Err(LegacyUpstreamError::AfterPath);
        }
        let uri: Uri = text.parse().map_err(|_| LegacyUpstreamError::NotUrl)?;
        let parts = uri.into_parts();
        let scheme = match parts.scheme {
            Some(scheme) if scheme == Scheme::HTTP || scheme == Scheme::HTTPS => scheme,
            Some(_) => return Err(LegacyUpstreamError::Scheme),
            None => return Err(LegacyUpstreamError::NotUrl),
        };
        let authority = parts.authority.ok_or(LegacyUpstreamError::NotUrl)?;
        if authority.as_str().contains('@') {
            return Err(LegacyUpstreamError::UserInfo);
        }
        // The parser takes any digits for a port, or none.
        let has_bad_port = authority.port_u16().is_none() && authority.as_str() != authority.host();
        if authority.host().is_empty() || has_bad_port {
            return Err(LegacyUpstreamError::NotUrl);
        }
        let path = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if path.query().is_some() {
            return Err(LegacyUpstreamError::AfterPath);
        }
        let base_path = path.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme, authority, base_path })
    }
}

impl fmt::Display for LegacyUpstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme, self.authority, self.base_path)
    }
}
