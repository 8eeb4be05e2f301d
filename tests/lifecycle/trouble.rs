//! Trouble of the engine is no denial.

use super::harness::{Running, SCHEMA, selection};

#[tokio::test]
async fn a_schema_that_the_profile_no_longer_fits_is_no_answer() {
    let (running, mut client) = Running::start().await;
    let renamed = SCHEMA.replace("read_in_account", "see_in_account");
    assert_ne!(renamed, SCHEMA);
    client.register("ana@a", "agent:p", "").await;
    running.engine.write_schema(&renamed).unwrap();
    let trouble = "Unavailable PROFILE_DOES_NOT_FIT";
    assert_eq!(client.check("ana@a", "read", "agent:p").await, trouble);
    assert_eq!(client.search("ana@a", "read", "agent").await.unwrap_err(), trouble);
    assert_eq!(client.check("ana@a", "update", "agent:p").await, "permission");
}

#[tokio::test]
async fn without_what_writes_need_nothing_is_written() {
    let (running, mut client) = Running::start().await;
    let without = SCHEMA.replace("tombstone", "gravestone");
    running.engine.write_schema(&without).unwrap();
    let trouble = "Unavailable PROFILE_DOES_NOT_FIT";
    assert_eq!(client.register("ana@a", "agent:p", "").await, trouble);
    assert_eq!(client.deregister("ana@a", "agent:p").await, trouble);
    assert_eq!(client.backfill(&[("ana@a", "agent:p", "")], false).await.unwrap_err(), trouble);
    running.engine.write_schema("definition user {}").unwrap();
    let orphans = client.orphans(selection("agent", "", 0), None).await;
    assert_eq!(orphans.unwrap_err(), trouble);
    assert_eq!(client.check("ana@a", "read", "agent:p").await, trouble);
    assert_eq!(client.grant("ana@a", "agent:p", "owner", "").await, trouble);
    assert_eq!(client.revoke("ana@a", "agent:p", "owner", "").await, trouble);
    assert_eq!(client.reconcile(&["agent:p"], 0).await.unwrap_err(), trouble);
}

#[tokio::test]
async fn what_cannot_be_written_is_no_answer() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    running.engine.close();
    assert_eq!(client.register("ana@a", "agent:q", "").await, "Unavailable");
    assert_eq!(client.deregister("ana@a", "agent:p").await, "Unavailable");
    assert_eq!(client.check("ana@a", "read", "agent:p").await, "permission");
}

/// A chain of agents that is deeper than a check may go.
#[tokio::test]
async fn what_is_too_deep_is_no_denial() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:0", "").await;
    client.register("ben@a", "agent:deep", "").await;
    let chain: Vec<_> =
        (1..=10_050).map(|depth| format!("+agent:{depth}#parent_agent@agent:{}", depth - 1)).collect();
    chain.chunks(1000).for_each(|links| running.write_all_past(links));
    running.write_past("+agent:deep#parent_agent@agent:10050");
    let refused = client.check("ana@a", "read", "agent:deep").await;
    assert_eq!(refused, "FailedPrecondition ERROR_REASON_MAXIMUM_DEPTH_EXCEEDED");
}
