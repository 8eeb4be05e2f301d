//! What is too much, and what breaks off.

use arrowroot::server::wire::lifecycle_v1 as l1;
use tonic::Code;

use super::harness::{Running, all, code, living, selecting, selection, who};

#[tokio::test]
async fn a_batch_has_ten_thousand_selectors_at_the_most() {
    let (_running, mut client) = Running::start().await;
    for (count, expected) in [(10_000, Code::Ok), (10_001, Code::InvalidArgument)] {
        let request = l1::CheckBatchRequest {
            principal: who("ana@a"),
            resource_type: "task".to_owned(),
            selectors: vec!["t".to_owned(); count],
            operation: "read".to_owned(),
            ..Default::default()
        };
        assert_eq!(code(client.0.check_batch(request).await), expected);
    }
}

#[tokio::test]
async fn few_lists_of_what_lives_are_held_at_once() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:t", "").await;
    running.set_time(60);
    let mut waiting = Vec::new();
    let mut senders = Vec::new();
    for _ in 0..2 {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let parts = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let mut client = running.client().await;
        waiting
            .push(tokio::spawn(async move { all(client.0.list_orphans(parts).await?.into_inner()).await }));
        sender.send(selecting(selection("task", "", 0))).await.unwrap();
        senders.push(sender);
    }
    // More than a client may send ahead: what is sent last is sent when the first was taken.
    let long = "x".repeat(256 << 10);
    for sender in &senders {
        for _ in 0..20 {
            sender.send(living(&[long.as_str()])).await.unwrap();
        }
    }
    let parts = tokio_stream::iter([selecting(selection("task", "", 0)), living(&["x"])]);
    let refused = client.0.list_orphans(parts).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    // Whoever has no list needs no place.
    assert!(client.orphans(selection("task", "", 0), None).await.unwrap().is_empty());
    drop(senders);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
    }
    assert_eq!(client.orphans(selection("task", "", 0), Some(&["x"])).await.unwrap().len(), 1);
}

/// A client that dies while it sends what lives must not be told that all the rest does not.
#[tokio::test]
async fn a_list_that_breaks_off_is_not_at_its_end() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "task:t", "").await;
    running.set_time(60);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let parts = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut breaking = running.client().await;
    let asked = tokio::spawn(async move { breaking.0.list_orphans(parts).await.map(drop) });
    sender.send(selecting(selection("task", "", 0))).await.unwrap();
    sender.send(living(&["x"])).await.unwrap();
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    drop(sender);
    assert_eq!(client.check("ana@a", "read", "task:t").await, "permission");
}
