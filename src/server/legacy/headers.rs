//! Which headers of a message are passed on.

use hyper::HeaderMap;
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName};

/// What concerns one connection and not the message (RFC 9110, 7.6.1), beside what `Connection` names.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers of a request that go with it: host and length are those of the new connection.
pub(super) fn of_request(headers: &HeaderMap) -> HeaderMap {
    let mut passed_on = without_hops(headers);
    for header in [HOST, CONTENT_LENGTH, EXPECT] {
        passed_on.remove(header);
    }
    passed_on
}

/// The headers of an answer that go with it.
pub(super) fn of_answer(headers: &HeaderMap) -> HeaderMap {
    without_hops(headers)
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let named_here: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let mut passed_on = headers.clone();
    for name in HOP_BY_HOP {
        passed_on.remove(name);
    }
    for name in named_here {
        passed_on.remove(name);
    }
    passed_on
}
