//! The table of methods against the descriptors, and what is counted where.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request};
use tonic::{Code, Status};

use super::call::CODES;
use super::methods::{METHODS, find};
use super::*;
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
