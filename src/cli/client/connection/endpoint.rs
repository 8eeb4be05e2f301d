//! Addresses of servers.

use crate::cli::client::error::CallError;

/// The URL of a server, from a URL of scheme, host and port, or from host and port alone, which mean http.
pub(in crate::cli) fn parse(text: &str) -> Result<String, CallError> {
    let invalid = || CallError::Endpoint { endpoint: text.to_owned() };
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let uri: tonic::codegen::http::Uri = url.parse().map_err(|_| invalid())?;
    let is_bare = !text.contains("://");
    let has_place = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && (uri.port_u16().is_some() || !is_bare && uri.port().is_none());
    // A path or a user's name would be left out without a word.
    let is_more = uri.path_and_query().is_some_and(|rest| !matches!(rest.as_str(), "" | "/"))
        || uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if has_place && !is_more { Ok(url.trim_end_matches('/').to_owned()) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_address_is_a_url_or_a_host_with_its_port() {
        for (text, expected) in [
            ("127.0.0.1:50051", "http://127.0.0.1:50051"),
            ("localhost:1", "http://localhost:1"),
            ("[::1]:50051", "http://[::1]:50051"),
            ("http://127.0.0.1:50051/", "http://127.0.0.1:50051"),
            ("https://graph.example.com", "https://graph.example.com"),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "localhost",
            "localhost:",
            ":50051",
            "localhost:99999",
            "ftp://localhost:1",
            "unix:///run/graph",
            "http://",
            "http://localhost:1/path",
            "http://localhost:1?query",
            "http://key@localhost:1",
            "key@localhost:1",
            "local host:1",
        ] {
            parse(text).unwrap_err();
        }
    }
}
