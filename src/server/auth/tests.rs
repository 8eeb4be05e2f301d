//! Headers and what the doorkeeper makes of them.

use tonic::Code;
use tonic::codegen::http::{HeaderMap, HeaderValue};

use super::Doorkeeper;
use crate::server::PresharedKey;

/// The code of the refusal, or OK.
fn admit(keys: &[&str], header: Option<&[u8]>) -> Code {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        headers.insert("authorization", HeaderValue::from_bytes(header).unwrap());
    }
    let keys = keys.iter().filter_map(|key| PresharedKey::new(*key)).collect();
    Doorkeeper::new(keys).admit(&headers).map_or_else(|status| status.code(), |()| Code::Ok)
}

#[test]
fn each_of_several_keys_opens() {
    assert_eq!(admit(&["old", "new"], Some(b"Bearer old")), Code::Ok);
    assert_eq!(admit(&["old", "new"], Some(b"bearer new")), Code::Ok);
}

#[test]
fn a_wrong_key_is_denied() {
    for header in [&b"Bearer ol"[..], b"Bearer older", b"Bearer OLD", b"Bearer  old", b"Bearer \xff\xfe"] {
        assert_eq!(admit(&["old", "new"], Some(header)), Code::PermissionDenied, "{header:?}");
    }
}

#[test]
fn no_key_is_unauthenticated() {
    let headers = [None, Some(&b""[..]), Some(b"old"), Some(b"Basic old"), Some(b"Bearer"), Some(b"Bearer ")];
    for header in headers {
        assert_eq!(admit(&["old"], header), Code::Unauthenticated, "{header:?}");
    }
}

#[test]
fn without_keys_everyone_may_come_in() {
    assert_eq!(admit(&[], None), Code::Ok);
    assert_eq!(admit(&[], Some(b"Bearer any")), Code::Ok);
}

#[test]
fn an_empty_key_is_none_and_a_key_is_never_printed() {
    assert!(PresharedKey::new("").is_none());
    assert_eq!(format!("{:?}", PresharedKey::new("secret")), "Some(PresharedKey(…))");
}
