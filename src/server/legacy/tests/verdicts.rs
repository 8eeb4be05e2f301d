//! What answers say, and how they differ.

use std::time::{Duration, Instant};

use hyper::Response;
use hyper::body::Bytes;

use crate::server::legacy::log_limit::{LINES_MAX, LogLimit};
use crate::server::legacy::mismatch::MismatchKind;
use crate::server::legacy::mismatch::{Compared, Mismatch, compare_check, compare_search};
use crate::server::legacy::{DeniedBecause, GraphFound, GraphVerdict, LegacyFound, LegacyVerdict};

/// In place of a status: nothing was answered.
const NO_ANSWER: u16 = 0;

fn answer(status: u16, body: &str) -> Option<Response<Bytes>> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    (status != NO_ANSWER).then(|| Response::builder().status(status).body(body).unwrap())
}

#[test]
fn of_a_check_the_status_alone_counts() {
    for (answer, expected) in [
        (answer(200, "{\"success\":true}"), LegacyVerdict::Allowed),
        (answer(200, "{\"allowed\":false}"), LegacyVerdict::Allowed),
        (answer(200, ""), LegacyVerdict::Allowed),
        (answer(403, "{}"), LegacyVerdict::Denied),
        (answer(201, "{}"), LegacyVerdict::Failed),
        (answer(204, ""), LegacyVerdict::Failed),
        (answer(307, ""), LegacyVerdict::Failed),
        (answer(401, "{}"), LegacyVerdict::Failed),
        (answer(404, "{}"), LegacyVerdict::Failed),
        (answer(422, "{}"), LegacyVerdict::Failed),
        (answer(503, "{}"), LegacyVerdict::Failed),
        (answer(NO_ANSWER, ""), LegacyVerdict::Failed),
    ] {
        assert_eq!(LegacyVerdict::of(answer.as_ref()), expected, "{answer:?}");
    }
}

#[test]
fn a_search_is_read_as_its_clients_read_it() {
    let items = |items: &[&str]| LegacyFound::Items(items.iter().map(|item| (*item).to_owned()).collect());
    for (answer, expected) in [
        (answer(200, r#"{"items":["a","b"]}"#), items(&["a", "b"])),
        (answer(200, r#"{"items":[]}"#), items(&[])),
        (answer(200, r#"{"items":["a"],"next":null}"#), items(&["a"])),
        (answer(200, r#"{"unscoped":true}"#), LegacyFound::Unscoped),
        (answer(200, r#"{"items":["a"],"unscoped":true}"#), LegacyFound::Unscoped),
        (answer(200, r#"{"items":["a"],"unscoped":false}"#), items(&["a"])),
        (answer(200, r#"{"items":["a"],"unscoped":1}"#), items(&["a"])),
        (answer(200, r#"{"items":["a"],"unscoped":"true"}"#), items(&["a"])),
        (answer(200, r#"{"items":["a"],"unscoped":null}"#), items(&["a"])),
        (answer(200, r#"{"unscoped":1}"#), LegacyFound::Failed),
        (answer(200, r#"{"items":[1]}"#), LegacyFound::Failed),
        (answer(200, r#"{"items":null}"#), LegacyFound::Failed),
        (answer(200, r#"{"items":"a"}"#), LegacyFound::Failed),
        (answer(200, "{}"), LegacyFound::Failed),
        (answer(200, "[]"), LegacyFound::Failed),
        (answer(200, ""), LegacyFound::Failed),
        (answer(403, r#"{"items":["a"]}"#), LegacyFound::Failed),
        (answer(NO_ANSWER, ""), LegacyFound::Failed),
    ] {
        assert_eq!(LegacyFound::of(answer.as_ref()), expected, "{answer:?}");
    }
}

#[test]
fn checks_differ_in_a_kind_that_says_why() {
    use DeniedBecause::{MissingParent, Other, Unregistered};
    use GraphVerdict::{Allowed, Denied, Failed};
    let agreed = Compared::Answered(Vec::new());
    let differs = |kind| Compared::Answered(vec![Mismatch { kind, example: None, count: 1 }]);
    let failed = |is_graph_failed, is_legacy_failed| Compared::Failed { is_graph_failed, is_legacy_failed };
    for (graph, legacy, expected) in [
        (Allowed, LegacyVerdict::Allowed, agreed.clone()),
        (Denied(Unregistered), LegacyVerdict::Denied, agreed.clone()),
        (Denied(MissingParent), LegacyVerdict::Denied, agreed.clone()),
        (Denied(Other), LegacyVerdict::Denied, agreed),
        (Denied(Unregistered), LegacyVerdict::Allowed, differs(MismatchKind::Unregistered)),
        (Denied(MissingParent), LegacyVerdict::Allowed, differs(MismatchKind::MissingParent)),
        (Denied(Other), LegacyVerdict::Allowed, differs(MismatchKind::ExtraLegacyGrant)),
        (Allowed, LegacyVerdict::Denied, differs(MismatchKind::ExtraGraphGrant)),
        (Failed, LegacyVerdict::Allowed, failed(true, false)),
        (Failed, LegacyVerdict::Denied, failed(true, false)),
        (Allowed, LegacyVerdict::Failed, failed(false, true)),
        (Denied(Other), LegacyVerdict::Failed, failed(false, true)),
        (Failed, LegacyVerdict::Failed, failed(true, true)),
    ] {
        assert_eq!(compare_check(graph, legacy), expected, "{graph:?} and {legacy:?}");
    }
}

#[test]
fn searches_are_compared_as_sets() {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (graph, legacy, only_legacy, only_graph) in [
        ("", "", None, None),
        ("a b", "b a", None, None),
        ("a a b", "a b b b", None, None),
        ("a", "c b a b", Some(("b", 2)), None),
        ("run-schedule::2::x run-schedule::1::x", "", None, Some(("run-schedule::1::x", 2))),
        ("a b", "b c", Some(("c", 1)), Some(("a", 1))),
    ] {
        let compared = compare_search(&GraphFound::Items(list(graph)), &LegacyFound::Items(list(legacy)));
        let mismatch = |kind, found: Option<(&str, usize)>| {
            found.map(|(example, count)| Mismatch { kind, example: Some(example.to_owned()), count })
        };
        let expected = [
            mismatch(MismatchKind::SearchOnlyLegacy, only_legacy),
            mismatch(MismatchKind::SearchOnlyGraph, only_graph),
        ];
        assert_eq!(
            compared,
            Compared::Answered(expected.into_iter().flatten().collect()),
            "{graph}; {legacy}"
        );
    }
    let failed = |is_graph_failed, is_legacy_failed| Compared::Failed { is_graph_failed, is_legacy_failed };
    let unscoped = Mismatch { kind: MismatchKind::SearchUnscoped, example: None, count: 1 };
    let items = || GraphFound::Items(Vec::new());
    for (graph, legacy, expected) in [
        (items(), LegacyFound::Unscoped, Compared::Answered(vec![unscoped])),
        (items(), LegacyFound::Failed, failed(false, true)),
        (GraphFound::Failed, LegacyFound::Unscoped, failed(true, false)),
        (GraphFound::Failed, LegacyFound::Failed, failed(true, true)),
    ] {
        assert_eq!(compare_search(&graph, &legacy), expected, "{graph:?} and {legacy:?}");
    }
}

#[test]
fn every_kind_has_its_own_place_and_name() {
    let places: Vec<usize> = MismatchKind::ALL.iter().map(|kind| *kind as usize).collect();
    assert_eq!(places, (0..MismatchKind::ALL.len()).collect::<Vec<_>>());
    let names: std::collections::HashSet<_> = MismatchKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), MismatchKind::ALL.len());
}

#[test]
fn a_flood_of_lines_is_cut_and_counted() {
    let begin = Instant::now();
    let limit = LogLimit::new(begin);
    let at = |milliseconds| begin + Duration::from_millis(milliseconds);
    for line in 0..LINES_MAX {
        assert_eq!(limit.pass(at(u64::from(line))), Some(0));
    }
    for _ in 0..25 {
        assert_eq!(limit.pass(at(999)), None);
    }
    assert_eq!(limit.pass(at(1000)), Some(25));
    assert_eq!(limit.pass(at(1001)), Some(0));
}
