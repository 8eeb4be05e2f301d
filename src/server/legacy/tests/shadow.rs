//! Comparisons beside the answers: what they count, what they tell, and how many there may be.

use std::future::{pending, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::server::legacy::counts::ShadowCounts;
use crate::server::legacy::mismatch::MismatchKind;
use crate::server::legacy::{
    DeniedBecause, GraphFound, GraphVerdict, LegacyFound, LegacyVerdict, Shadow, ShadowQuestion,
};

fn question(selector: &str) -> ShadowQuestion {
    ShadowQuestion {
        account: "acct-a".to_owned(),
        operation: "read".to_owned(),
        resource_type: "agent".to_owned(),
        selector: Some(selector.to_owned()),
        held_bytes: 0,
    }
}

/// The counts once so many comparisons are over.
async fn counts_after(shadow: &Shadow, count: u64) -> ShadowCounts {
    loop {
        let counts = shadow.counts();
        if counts.compared + counts.graph_failed + counts.legacy_failed >= count {
            return counts;
        }
        yield_now().await;
    }
}

#[tokio::test]
async fn comparisons_are_counted_by_what_they_came_to() {
    let shadow = Shadow::new();
    let denied = GraphVerdict::Denied(DeniedBecause::Unregistered);
    for (graph, legacy) in [
        (GraphVerdict::Allowed, LegacyVerdict::Allowed),
        (denied, LegacyVerdict::Denied),
        (denied, LegacyVerdict::Allowed),
        (denied, LegacyVerdict::Allowed),
        (GraphVerdict::Denied(DeniedBecause::MissingParent), LegacyVerdict::Allowed),
        (GraphVerdict::Allowed, LegacyVerdict::Denied),
        (GraphVerdict::Allowed, LegacyVerdict::Failed),
        (GraphVerdict::Failed, LegacyVerdict::Denied),
    ] {
        shadow.clone().compare_check(question("x"), ready(graph), async move {
            yield_now().await;
            legacy
        });
    }
    let found = GraphFound::Items(vec!["a".to_owned(), "b".to_owned()]);
    let legacy = LegacyFound::Items(vec!["c".to_owned(), "d".to_owned()]);
    shadow.compare_search(question(""), ready(found), ready(legacy));
    let counts = counts_after(&shadow, 9).await;
    let expected = r#"{"compared":7,"agreed":2,"dropped":0,"graph_failed":1,"legacy_failed":1,"mismatches":{
        "unregistered":2,"missing_parent":1,"extra_legacy_grant":0,"extra_graph_grant":1,
        "search_only_legacy":1,"search_only_graph":1,"search_unscoped":0}}"#;
    assert_eq!(serde_json::to_string(&counts).unwrap(), expected.replace(['\n', ' '], ""));
    assert_eq!(counts.mismatches.of(MismatchKind::Unregistered), 2);
}

#[tokio::test(start_paused = true)]
async fn a_side_that_never_answers_has_failed() {
    let shadow = Shadow::new();
    shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), pending());
    shadow.compare_check(question("x"), pending(), ready(LegacyVerdict::Allowed));
    shadow.compare_search(question("x"), pending(), pending());
    while shadow.counts().legacy_failed + shadow.counts().graph_failed < 4 {
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    let counts = shadow.counts();
    assert_eq!((counts.graph_failed, counts.legacy_failed, counts.compared), (2, 2, 0));
}

#[tokio::test]
async fn comparisons_are_bounded_and_what_is_too_many_is_counted() {
    let (shadow, started, gate) = (Shadow::new(), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let bound = 64 + 1024;
    for _ in 0..bound + 10 {
        let (started, gate) = (Arc::clone(&started), Arc::clone(&gate));
        let legacy = async move {
            started.fetch_add(1, Ordering::SeqCst);
            drop(gate.acquire().await);
            LegacyVerdict::Allowed
        };
        shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), legacy);
    }
    assert_eq!(shadow.counts().dropped, 10);
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 64);
    gate.add_permits(1);
    let counts = counts_after(&shadow, bound).await;
    assert_eq!((counts.agreed, counts.dropped), (bound, 10));
    // There is room again.
    shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), ready(LegacyVerdict::Allowed));
    assert_eq!(counts_after(&shadow, bound + 1).await.dropped, 10);
}

#[tokio::test]
async fn what_comparisons_hold_is_bounded_in_bytes() {
    let shadow = Shadow::new();
    let compare = |held_bytes| {
        let question = ShadowQuestion { held_bytes, ..question("x") };
        shadow.compare_check(question, ready(GraphVerdict::Allowed), ready(LegacyVerdict::Allowed));
        shadow.counts().dropped
    };
    assert_eq!(compare(64 << 20), 0);
    assert_eq!(compare(1), 1);
    assert_eq!(compare(0), 1);
    assert_eq!(counts_after(&shadow, 2).await.agreed, 2);
    assert_eq!(compare((64 << 20) + 1), 2);
    assert_eq!(compare(usize::MAX), 3);
    assert_eq!(compare(32 << 20), 3);
    assert_eq!(compare(32 << 20), 3);
}

#[tokio::test]
async fn few_searches_run_at_once_and_keep_no_check_from_running() {
    let (shadow, started, gate) = (Shadow::new(), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    for _ in 0..100 {
        let (started, gate) = (Arc::clone(&started), Arc::clone(&gate));
        let legacy = async move {
            started.fetch_add(1, Ordering::SeqCst);
            drop(gate.acquire().await);
            LegacyFound::Items(Vec::new())
        };
        shadow.compare_search(question("x"), ready(GraphFound::Items(Vec::new())), legacy);
    }
    shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), ready(LegacyVerdict::Allowed));
    assert_eq!(counts_after(&shadow, 1).await.agreed, 1);
    assert_eq!(started.load(Ordering::SeqCst), 4);
    gate.add_permits(1);
    assert_eq!(counts_after(&shadow, 101).await.agreed, 101);
}

#[test]
fn outside_of_a_runtime_nothing_is_compared() {
    let shadow = Shadow::new();
    shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), ready(LegacyVerdict::Allowed));
    assert_eq!(shadow.counts().dropped, 1);
}

#[tokio::test]
async fn a_panic_frees_its_place() {
    let shadow = Shadow::new();
    for _ in 0..100 {
        let legacy = async { panic!("as the test wants it") };
        shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), legacy);
    }
    shadow.compare_check(question("x"), ready(GraphVerdict::Allowed), ready(LegacyVerdict::Allowed));
    assert_eq!(counts_after(&shadow, 1).await.agreed, 1);
}

/// What the log was told.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_mismatch_is_logged_and_a_flood_of_them_is_not() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let shadow = Shadow::new();
    let long = format!("run::1\n{}", "x".repeat(5000));
    for selector in [&*long; 500] {
        let denied = GraphVerdict::Denied(DeniedBecause::Other);
        shadow.compare_check(question(selector), ready(denied), ready(LegacyVerdict::Allowed));
    }
    counts_after(&shadow, 500).await;
    let text = String::from_utf8(lines.0.lock().clone()).unwrap();
    let first = text.lines().next().unwrap();
    for part in ["WARN", "extra_legacy_grant", "\"acct-a\"", "\"read\"", "\"agent\"", r#""run::1\nxxx"#] {
        assert!(first.contains(part), "{part} is not in {first}");
    }
    assert!(text.lines().all(|line| line.len() < 700), "names are cut");
    // Ten a second, however long the machine took.
    assert!((10..250).contains(&text.lines().count()), "{}", text.lines().count());
}
