//! Headers and what the doorkeeper makes of them; the table of RPCs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use prost::Message as _;
use tonic::Code;
use tonic::codegen::http::{HeaderMap, HeaderValue};

use super::rpcs::{RPCS, Span};
use super::{AdmissionOptions, Doorkeeper, Refused};
use crate::server::PresharedKey;
use crate::server::front::Front;
use crate::server::refusals::RefusalReason;
use crate::server::wire::FILE_DESCRIPTOR_SET;

const CHECK: &str = "/authzed.api.v1.PermissionsService/CheckPermission";
const WATCH: &str = "/authzed.api.v1.WatchService/Watch";

fn doorkeeper(keys: &[&str], options: AdmissionOptions) -> (Doorkeeper, Arc<Front>) {
    let keys: Vec<_> = keys.iter().filter_map(|key| PresharedKey::new(*key)).collect();
    let front = Arc::new(Front::default());
    (Doorkeeper::new(&keys, None, options, Arc::clone(&front)), front)
}

fn headers(header: Option<&[u8]>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        headers.insert("authorization", HeaderValue::from_bytes(header).unwrap());
    }
    headers
}

/// The code of the refusal, or OK.
fn admit(keys: &[&str], header: Option<&[u8]>) -> Code {
    let (doorkeeper, _) = doorkeeper(keys, AdmissionOptions::default());
    let entered = doorkeeper.enter(&headers(header), CHECK);
    entered.map_or_else(|refused| tonic::Status::from(refused).code(), |_| Code::Ok)
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
    let (doorkeeper, _) = doorkeeper(&["secret"], AdmissionOptions::default());
    assert!(!format!("{doorkeeper:?}").contains("secret"));
}

#[test]
fn a_place_is_free_again_when_its_request_has_ended() {
    let options = AdmissionOptions { requests_max: NonZeroUsize::new(2), ..AdmissionOptions::default() };
    let (doorkeeper, front) = doorkeeper(&[], options);
    let enter = |path| doorkeeper.enter(&HeaderMap::new(), path);
    let (first, _second) = (enter(CHECK).unwrap(), enter(CHECK).unwrap());
    assert_eq!(enter(CHECK).unwrap_err(), Refused::Concurrency { requests_max: 2 });
    let _watch = enter(WATCH).unwrap();
    drop(first);
    let _third = enter(CHECK).unwrap();
    enter(CHECK).unwrap_err();
    assert_eq!(front.refusals.of(RefusalReason::Concurrency), 2);
}

#[test]
fn each_key_has_its_own_bounds() {
    let mut options = AdmissionOptions::default();
    options.key_limits.concurrent_requests = NonZeroUsize::new(1);
    options.key_limits.requests_per_second = NonZeroU32::new(1000);
    let (doorkeeper, _) = doorkeeper(&["a", "b"], options);
    let enter = |header| doorkeeper.enter(&headers(Some(header)), CHECK);
    let first = enter(b"Bearer a").unwrap();
    assert_eq!(enter(b"Bearer a").unwrap_err(), Refused::KeyConcurrency { requests_max: 1 });
    let _other = enter(b"Bearer b").unwrap();
    drop(first);
    enter(b"Bearer a").unwrap();
}

#[test]
fn a_refused_rate_says_when_to_come_again() {
    let mut options = AdmissionOptions::default();
    options.key_limits.requests_per_second = NonZeroU32::new(2);
    let (doorkeeper, front) = doorkeeper(&[], options);
    let refused = (0..3).map(|_| doorkeeper.enter(&HeaderMap::new(), CHECK)).filter_map(Result::err);
    let refused: Vec<_> = refused.collect();
    let [Refused::Rate { requests_per_second: 2, retry_after }] = refused[..] else { panic!("{refused:?}") };
    assert!((1..=500).contains(&retry_after.as_millis()), "{retry_after:?}");
    assert_eq!(front.refusals.of(RefusalReason::Rate), 1);
}

/// Path → whether it streams, of every RPC that is described and needs a key.
fn described() -> BTreeMap<String, bool> {
    let files = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    let services = files.iter().flat_map(|file| file.service.iter().map(|service| (file.package(), service)));
    let methods = services.flat_map(|(package, service)| {
        service.method.iter().map(move |method| {
            let path = format!("/{package}.{}/{}", service.name(), method.name());
            (path, method.client_streaming() || method.server_streaming())
        })
    });
    methods.collect()
}

#[test]
fn the_table_has_every_rpc_once_and_no_other() {
    let described = described();
    let listed: BTreeSet<_> = RPCS.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(listed.len(), RPCS.len());
    assert_eq!(listed, described.keys().cloned().collect());
    for (path, _, span) in RPCS {
        let is_stream = described[*path];
        assert_eq!(*span != Span::Unary, is_stream, "{path}");
        assert_eq!(*span == Span::Open, *path == WATCH, "{path}");
    }
}

#[test]
fn what_is_not_in_the_table_is_not_served_to_anyone() {
    let (doorkeeper, _) = doorkeeper(&["k"], AdmissionOptions::default());
    let path = "/authzed.api.v1.PermissionsService/Nothing";
    let refused = doorkeeper.enter(&headers(Some(b"Bearer k")), path).unwrap_err();
    assert_eq!(tonic::Status::from(refused).code(), Code::Unimplemented);
    assert_eq!(doorkeeper.enter(&HeaderMap::new(), path).unwrap_err(), Refused::NoKey);
}
