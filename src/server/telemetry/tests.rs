//! The table of methods against the descriptors, and what is counted where.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;

use parking_lot::Mutex;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request};
use tonic::{Code, Status};

use super::call::CODES;
use super::methods::{METHODS, find};
use super::*;
use crate::server::outbox::Outbox;
use crate::server::pool::Pool;
use crate::server::status;
use crate::server::wire::FILE_DESCRIPTOR_SET;

fn described() -> BTreeMap<String, &'static str> {
    let sets = [FILE_DESCRIPTOR_SET, tonic_health::pb::FILE_DESCRIPTOR_SET];
    let mut described = BTreeMap::new();
    for set in sets {
        for file in FileDescriptorSet::decode(set).unwrap().file {
            for service in &file.service {
                for method in &service.method {
                    let kind = match (method.client_streaming(), method.server_streaming()) {
                        (false, false) => "unary",
                        (true, false) => "client_stream",
                        (false, true) => "server_stream",
                        (true, true) => "bidi_stream",
                    };
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    described.insert(path, kind);
                }
            }
        }
    }
    described
}

#[test]
fn every_method_that_is_served_has_its_row() {
    let is_described = |path: &str| !path.is_empty() && !path.starts_with("/grpc.reflection.");
    let table: BTreeMap<_, _> = METHODS
        .iter()
        .filter(|method| is_described(method.path))
        .map(|method| (method.path.to_owned(), method.kind.name()))
        .collect();
    assert_eq!(table, described());
    for (row, method) in METHODS.iter().enumerate() {
        assert_eq!(find(method.path), row);
    }
}

#[test]
fn what_is_unknown_is_one_row() {
    let last = METHODS.len() - 1;
    for path in ["/", "/a/b", "/authzed.api.v1.PermissionsService/Nothing", "CheckPermission"] {
        assert_eq!(find(path), last, "{path}");
    }
}

#[test]
fn every_code_has_the_name_at_its_number() {
    for (number, name) in CODES.iter().enumerate() {
        let code = Code::from(i32::try_from(number).unwrap());
        let of_code = if code == Code::Ok { "OK".to_owned() } else { format!("{code:?}") };
        assert!(of_code == *name || (code == Code::Cancelled && *name == "Canceled"), "{number}");
    }
}

fn request(path: &str) -> Request<()> {
    Request::builder().uri(path).body(()).unwrap()
}

#[test]
fn a_call_ends_once_and_is_cancelled_if_it_is_dropped() {
    let telemetry = Telemetry::default();
    let id = HeaderValue::from_static("id");
    let row = find("/authzed.api.v1.PermissionsService/CheckPermission");
    let begin = || telemetry.begin(&request("/authzed.api.v1.PermissionsService/CheckPermission"), &id).0;
    let mut trailers = HeaderMap::new();
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("5"));
    let mut call = begin();
    call.end_with(&trailers);
    call.end_with(&HeaderMap::new());
    drop(call);
    drop(begin());
    let calls = &telemetry.0.calls;
    let count = |code: Code| calls.ended(row, code as usize).map(|times| times.count());
    assert_eq!(calls.started(row), 2);
    assert_eq!((count(Code::NotFound), count(Code::Cancelled), count(Code::Ok)), (Some(1), Some(1), None));
}

#[test]
fn a_line_about_a_fault_has_its_requests_id() {
    let log = Arc::<Mutex<Vec<u8>>>::default();
    let shared = Arc::clone(&log);
    let subscriber =
        tracing_subscriber::fmt().json().with_writer(move || Shared(Arc::clone(&shared))).finish();
    let mut current = Some(Current { request_id: HeaderValue::from_static("mine"), trace: None });
    tracing::subscriber::with_default(subscriber, || {
        run(&mut current, || status::internal(&"a fault"));
        status::internal(&"of nobody");
    });
    let text = String::from_utf8(log.lock().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = |line: &serde_json::Value| {
        (line["fields"]["fault"].clone(), line["fields"].get("request_id").cloned())
    };
    assert_eq!(fields(&lines[0]), ("a fault".into(), Some("mine".into())));
    assert_eq!(fields(&lines[1]), ("of nobody".into(), None));
}

/// A log that several may write to.
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn work_elsewhere_is_still_a_requests() {
    let pool = Pool::new(NonZeroUsize::MIN, Outbox::new(1 << 20));
    let current = || Some(Current { request_id: HeaderValue::from_static("mine"), trace: None });
    let in_pool = carry_for(current(), Box::pin(pool.run(|_| request_id())));
    assert_eq!(in_pool.await.unwrap().as_deref(), Some("mine"));
    let task =
        carry_for(current(), Box::pin(async { tokio::spawn(carry(Box::pin(async { request_id() }))).await }));
    assert_eq!(task.await.unwrap().as_deref(), Some("mine"));
    assert_eq!(pool.run(|_| request_id()).await.unwrap(), None);
    assert_eq!((pool.running(), pool.waiting(), pool.places()), (0, 0, 1));
}

#[test]
fn the_current_request_is_told_only_while_its_work_is_done() {
    let mut outer = Some(Current { request_id: HeaderValue::from_static("outer"), trace: None });
    let mut inner = Some(Current { request_id: HeaderValue::from_static("inner"), trace: None });
    assert_eq!(request_id(), None);
    run(&mut outer, || {
        assert_eq!(request_id().as_deref(), Some("outer"));
        run(&mut inner, || assert_eq!(request_id().as_deref(), Some("inner")));
        assert_eq!(request_id().as_deref(), Some("outer"));
        assert!(part("nothing is traced").is_none());
    });
    assert_eq!(request_id(), None);
    assert!(outer.is_some() && inner.is_some());
}
