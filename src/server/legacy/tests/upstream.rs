//! Base URLs.

use crate::server::legacy::{LegacyUpstream, LegacyUpstreamError};

#[test]
fn paths_are_appended_to_the_base() {
    for (text, shown, joined) in [
        ("http://legacy", "http://legacy", "http://legacy/v1/authz/check"),
        ("http://legacy:8000/", "http://legacy:8000", "http://legacy:8000/v1/authz/check"),
        ("https://example.com/auth", "https://example.com/auth", "https://example.com/auth/v1/authz/check"),
        ("https://example.com/a/b//", "https://example.com/a/b", "https://example.com/a/b/v1/authz/check"),
        ("HTTP://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1/v1/authz/check"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x", "http://[::1]:8000/x/v1/authz/check"),
    ] {
        let upstream: LegacyUpstream = text.parse().unwrap();
        assert_eq!(upstream.to_string(), shown);
        assert_eq!(upstream.join("/v1/authz/check").unwrap().to_string(), joined);
        assert_eq!(upstream.is_https(), shown.starts_with("https"));
    }
}

#[test]
fn what_is_no_base_url_is_refused() {
    for (text, expected) in [
        ("", LegacyUpstreamError::NotUrl),
        ("legacy", LegacyUpstreamError::NotUrl),
        ("legacy:8000", LegacyUpstreamError::NotUrl),
        ("/v1", LegacyUpstreamError::NotUrl),
        ("http://", LegacyUpstreamError::NotUrl),
        ("http://:8000", LegacyUpstreamError::NotUrl),
        ("http://legacy:", LegacyUpstreamError::NotUrl),
        ("http://legacy:99999", LegacyUpstreamError::NotUrl),
        ("http://a b", LegacyUpstreamError::NotUrl),
        ("ftp://legacy", LegacyUpstreamError::Scheme),
        ("http://user:secret@legacy", LegacyUpstreamError::UserInfo),
        ("http://legacy?a=b", LegacyUpstreamError::AfterPath),
        ("http://legacy/x?", LegacyUpstreamError::AfterPath),
        ("http://legacy/#top", LegacyUpstreamError::AfterPath),
    ] {
        let error = text.parse::<LegacyUpstream>().unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.to_string().contains("secret"));
    }
}
