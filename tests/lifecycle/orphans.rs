//! Orphans: what is registered and should not be, found by age, and removed.

use arrowroot::server::wire::lifecycle_v1 as l1;
use tonic::Code;

use super::harness::{Running, age, all, code, living, selecting, selection, time, what};

const HOUR: i64 = 3600;

#[tokio::test]
async fn what_does_not_live_is_an_orphan_once_it_is_old_enough() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:t1", "").await;
    client.register("ana@a", "task:t2", "").await;
    client.register("eve@b", "task:t3", "").await;
    running.set_time(2 * HOUR);
    client.register("ana@a", "task:young", "").await;
    for (account, lives, expected) in [
        ("", &["t1"][..], &["task:t2 a NotLiving", "task:t3 b NotLiving"][..]),
        ("a", &["t1"], &["task:t2 a NotLiving"]),
        ("b", &["t1"], &["task:t3 b NotLiving"]),
        ("c", &["t1"], &[]),
        ("a", &["t1", "t2", "other"], &[]),
        ("a", &[], &["task:t1 a NotLiving", "task:t2 a NotLiving"]),
    ] {
        let orphans = client.orphans(selection("task", account, HOUR), Some(lives)).await.unwrap();
        assert_eq!(orphans, expected, "{account} {lives:?}");
    }
    running.set_time(4 * HOUR);
    let orphans = client.orphans(selection("task", "a", HOUR), Some(&["t1", "t2"])).await.unwrap();
    assert_eq!(orphans, ["task:young a NotLiving"]);
    // Without a list, only what needs its parent and has none.
    assert!(client.orphans(selection("task", "", 0), None).await.unwrap().is_empty());
    let parts = [selecting(selection("task", "b", 0)), living(&[])];
    let stream = client.0.list_orphans(tokio_stream::iter(parts)).await.unwrap().into_inner();
    let told = all(stream).await.unwrap();
    assert_eq!(told[0].registered_at.unwrap().seconds, time(0).seconds);
}

#[tokio::test]
async fn what_lost_its_parent_is_an_orphan_without_a_list() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    for child in ["api_key:k", "schedule:s", "task:t"] {
        client.register("ana@a", child, "agent:p").await;
    }
    client.register("ana@a", "api_key:bare", "").await;
    running.set_time(HOUR);
    let bare = ["api_key:bare a ParentGone"];
    assert_eq!(client.orphans(selection("api_key", "", 60), None).await.unwrap(), bare);
    client.deregister("ana@a", "agent:p").await;
    let keys = client.orphans(selection("api_key", "", 60), None).await.unwrap();
    assert_eq!(keys, ["api_key:bare a ParentGone", "api_key:k a ParentGone"]);
    assert_eq!(
        client.orphans(selection("schedule", "", 60), None).await.unwrap(),
        ["schedule:s a ParentGone"]
    );
    // Tasks stay open without their agent.
    assert!(client.orphans(selection("task", "", 60), None).await.unwrap().is_empty());
    // What lives and lost its parent is told for the latter.
    let keys = client.orphans(selection("api_key", "", 60), Some(&["k"])).await.unwrap();
    assert_eq!(keys, ["api_key:bare a NotLiving", "api_key:k a ParentGone"]);
}

#[tokio::test]
async fn what_is_registered_while_the_list_is_on_its_way_is_no_orphan() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:old", "").await;
    running.set_time(HOUR);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    sender.send(selecting(selection("task", "", 0))).await.unwrap();
    let mut other = client.clone();
    let parts = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let asked = tokio::spawn(async move { all(client.0.list_orphans(parts).await?.into_inner()).await });
    // The second is taken once the first one is on its way, and the third once that is.
    for part in [living(&["a"]), living(&["b"]), living(&["c"])] {
        sender.send(part).await.unwrap();
    }
    other.register("ana@a", "task:new", "").await;
    drop(sender);
    let told = asked.await.unwrap().unwrap();
    let selectors: Vec<_> = told.into_iter().map(|told| told.resource.unwrap().selector).collect();
    assert!(selectors.contains(&"old".to_owned()), "{selectors:?}");
}

#[tokio::test]
async fn a_stream_that_is_not_as_it_should_be_is_refused() {
    let (_running, mut client) = Running::start().await;
    let select = || selecting(selection("task", "", 0));
    let nothing = l1::ListOrphansRequest { request: None };
    let without_age = l1::OrphanSelection { older_than: None, ..selection("task", "", 0) };
    let negative = l1::OrphanSelection { older_than: Some(age(-1)), ..selection("task", "", 0) };
    for parts in [
        vec![],
        vec![living(&["t"])],
        vec![nothing.clone()],
        vec![select(), select()],
        vec![select(), nothing],
        vec![selecting(without_age)],
        vec![selecting(negative)],
        vec![selecting(selection("robot", "", 0))],
    ] {
        let refused = client.0.list_orphans(tokio_stream::iter(parts.clone())).await;
        assert_eq!(code(refused), Code::InvalidArgument, "{parts:?}");
    }
}

#[tokio::test]
async fn what_is_old_enough_is_reconciled_in_whatever_account() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:t1", "").await;
    client.register("eve@b", "task:t2", "").await;
    running.set_time(HOUR);
    client.register("ana@a", "task:young", "").await;
    let asked = ["task:t1", "task:young", "task:never", "task:t2"];
    assert_eq!(client.reconcile(&asked, HOUR + 1).await.unwrap(), [""; 0]);
    assert_eq!(client.reconcile(&asked, 60).await.unwrap(), ["task:t1", "task:t2"]);
    assert_eq!(client.reconcile(&asked, 60).await.unwrap(), [""; 0]);
    let expected = [
        "task:young#owner@user:ana",
        "task:young#tenant@tenant:a",
        "tombstone:task/t1#deregistered@tenant:a",
        "tombstone:task/t2#deregistered@tenant:b",
    ];
    assert_eq!(running.graph(), expected);
    assert_eq!(client.register("ana@a", "task:t1", "").await, "AlreadyExists DEREGISTERED");
}

#[tokio::test]
async fn a_reconciliation_with_a_mistake_writes_nothing() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:t1", "").await;
    running.set_time(HOUR);
    let graph = running.graph();
    for resources in [vec![what("task:t1"), what("robot:r")], vec![what("task:t1"), what("task:*")]] {
        let request = l1::ReconcileRequest { resources, older_than: Some(age(0)) };
        assert_eq!(code(client.0.reconcile(request).await), Code::InvalidArgument);
    }
    let resources = vec![what("task:t1"); 1001];
    let request = l1::ReconcileRequest { resources, older_than: Some(age(0)) };
    assert_eq!(code(client.0.reconcile(request).await), Code::InvalidArgument);
    let request = l1::ReconcileRequest { resources: vec![what("task:t1")], older_than: None };
    assert_eq!(code(client.0.reconcile(request).await), Code::InvalidArgument);
    assert_eq!(running.graph(), graph);
    let request = l1::ReconcileRequest { resources: vec![], older_than: Some(age(0)) };
    assert!(!client.0.reconcile(request).await.unwrap().into_inner().written_at.unwrap().token.is_empty());
}
