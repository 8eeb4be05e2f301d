//! Backfills: what was there before is registered, in whatever order, and nothing newer is touched.

use arrowroot::server::wire::lifecycle_v1 as l1;
use tonic::Code;

use super::harness::{Running, code, existing};

#[tokio::test]
async fn children_and_parents_come_in_any_order() {
    let (running, mut client) = Running::start().await;
    let lines = [
        ("ana@a", "api_key:k", "agent:child"),
        ("ana@a", "agent:child", "agent:p"),
        ("ben@a", "task:t", "agent:p"),
        ("ana@a", "agent:p", ""),
        ("ci!a", "schedule:s", "agent:child"),
    ];
    let registered = vec!["Registered"; 5];
    assert_eq!(client.backfill(&lines, true).await.unwrap(), registered);
    assert!(running.graph().is_empty(), "a dry run writes nothing");
    assert_eq!(client.backfill(&lines, false).await.unwrap(), registered);
    let (head, graph) = (running.engine.head(), running.graph());
    assert_eq!(graph.len(), 3 + 3 + 3 + 2 + 3);
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "permission");
    // Again, and in another order: nothing changes.
    let mut turned = lines;
    turned.reverse();
    assert_eq!(client.backfill(&turned, false).await.unwrap(), vec!["Unchanged"; 5]);
    assert_eq!(client.backfill(&turned, true).await.unwrap(), vec!["Unchanged"; 5]);
    assert_eq!((running.engine.head(), running.graph()), (head, graph));
}

#[tokio::test]
async fn nothing_newer_is_overwritten_or_revived() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "agent:gone", "").await;
    client.deregister("ana@a", "agent:gone").await;
    client.deregister("ana@a", "task:never").await;
    client.register("eve@b", "agent:foreign", "").await;
    let graph = running.graph();
    let lines = [
        ("ben@a", "agent:p", ""),
        ("ana@a", "agent:p", "agent:gone"),
        ("ana@a", "agent:gone", ""),
        ("ana@a", "task:never", ""),
        ("ana@a", "agent:foreign", ""),
        ("ana@a", "task:t", "agent:foreign"),
        ("ana@a", "task:t", "agent:gone"),
        ("ana@a", "agent:own", "agent:own"),
    ];
    let expected =
        ["Kept", "Kept", "Deregistered", "Deregistered", "Refused", "Refused", "Refused", "Refused"];
    assert_eq!(client.backfill(&lines, true).await.unwrap(), expected);
    assert_eq!(client.backfill(&lines, false).await.unwrap(), expected);
    assert_eq!(running.graph(), graph);
}

#[tokio::test]
async fn what_means_nothing_spoils_nothing_else() {
    let (running, mut client) = Running::start().await;
    let long = format!("task:{}", "x".repeat(100_000));
    let lines = [
        ("ana@a", "robot:r", ""),
        ("ana@a", "task:*", ""),
        ("ana@a", long.as_str(), ""),
        ("ana@a", "", ""),
        ("ana@", "task:t", ""),
        ("ana@a", "task:t", "task:u"),
        ("ana@a", "task:good", ""),
    ];
    let mut expected = vec!["Invalid"; 6];
    expected.push("Registered");
    assert_eq!(client.backfill(&lines, false).await.unwrap(), expected);
    assert_eq!(running.graph(), ["task:good#owner@user:ana", "task:good#tenant@tenant:a"]);
    let resources = vec![
        l1::ExistingResource { owner: None, ..existing("ana@a", "task:t", "") },
        existing("ana@a", "robot:r", ""),
    ];
    let answer = client.0.backfill(l1::BackfillRequest { resources, dry_run: false }).await.unwrap();
    let messages: Vec<_> = answer.into_inner().results.into_iter().map(|result| result.message).collect();
    assert_eq!(messages[0], "principal: is required");
    assert!(messages[1].starts_with("resource.type: there is no resource `robot`"), "{messages:?}");
}

#[tokio::test]
async fn one_resource_twice_in_a_request_is_registered_once() {
    let (running, mut client) = Running::start().await;
    let lines: Vec<_> = ["ana@a", "ben@a", "ana@a"].map(|owner| (owner, "task:t", "")).to_vec();
    let outcomes = client.backfill(&lines, false).await.unwrap();
    assert_eq!(outcomes, ["Registered", "Kept", "Unchanged"]);
    assert_eq!(running.graph(), ["task:t#owner@user:ana", "task:t#tenant@tenant:a"]);
}

#[tokio::test]
async fn a_request_has_a_thousand_resources_at_the_most() {
    let (running, mut client) = Running::start().await;
    let names: Vec<_> = (0..=1000).map(|number| format!("task:{number}")).collect();
    let lines: Vec<_> = names.iter().map(|name| ("ana@a", name.as_str(), "")).collect();
    let request = l1::BackfillRequest {
        resources: lines.iter().map(|(owner, name, parent)| existing(owner, name, parent)).collect(),
        dry_run: false,
    };
    assert_eq!(code(client.0.backfill(request).await), Code::InvalidArgument);
    assert!(running.graph().is_empty());
    assert_eq!(client.backfill(&lines[..1000], false).await.unwrap(), vec!["Registered"; 1000]);
}
