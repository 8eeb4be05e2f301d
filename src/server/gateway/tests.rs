//! The descriptors that everything here rests on.

use std::collections::BTreeSet;

use prost_reflect::{Kind, MessageDescriptor};

use super::routes::Routes;

#[test]
fn every_rpc_of_the_api_has_a_path() {
    let routes = Routes::new().unwrap();
    let found: BTreeSet<_> = routes.all().iter().map(|route| route.method.full_name().to_owned()).collect();
    let pool = routes.status.parent_pool();
    let services = pool.services().filter(|service| service.full_name().starts_with("authzed.api.v1."));
    let all: BTreeSet<_> = services
        .flat_map(|service| service.methods().map(|method| method.full_name().to_owned()).collect::<Vec<_>>())
        .collect();
    assert_eq!((found.len(), &found), (27, &all));
}

/// Everything that can be said in one direction, without the messages that have a form of their own.
fn reach(
    message: &MessageDescriptor,
    seen: &mut BTreeSet<String>,
    visit: &mut impl FnMut(&str, &Kind, bool),
) {
    if message.package_name() == "google.protobuf" || !seen.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        visit(field.full_name(), &field.kind(), field.is_map());
        if let Kind::Message(message) = field.kind() {
            reach(&message, seen, visit);
        }
    }
}

#[test]
fn no_field_is_of_a_kind_that_is_not_translated() {
    let routes = Routes::new().unwrap();
    let mut seen = BTreeSet::new();
    let mut check = |name: &str, kind: &Kind, _: bool| {
        let is_translated = matches!(
            kind,
            Kind::Message(_)
                | Kind::Enum(_)
                | Kind::Bool
                | Kind::String
                | Kind::Uint32
                | Kind::Int32
                | Kind::Uint64
                | Kind::Bytes
        );
        assert!(is_translated, "{name}: {kind:?}");
    };
    for route in routes.all() {
        reach(&route.request, &mut seen, &mut check);
        reach(&route.response, &mut seen, &mut check);
    }
    assert!(seen.len() > 60, "{}", seen.len());
    let mut read = BTreeSet::new();
    for route in routes.all() {
        reach(&route.request, &mut read, &mut |name, kind, is_map| {
            assert!(!is_map && *kind != Kind::Bytes, "{name} is not read");
        });
    }
}

#[test]
fn what_an_error_may_hold_is_known() {
    let routes = Routes::new().unwrap();
    let pool = routes.status.parent_pool();
    assert!(pool.get_message_by_name("google.rpc.ErrorInfo").is_some());
}
