//! Deregistering: nothing remains but a tombstone, and nothing comes back.

use super::harness::Running;

#[tokio::test]
async fn both_sides_go_and_a_tombstone_stays() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "task:t", "agent:p").await;
    client.grant("ana@a", "agent:p", "viewer", "ben@a").await;
    running.write_past("+agent:other#parent_agent@agent:p");
    let before = running.engine.head();
    assert_eq!(client.deregister("ben@a", "agent:p").await, "changed");
    assert_eq!(running.engine.head(), before.next());
    let expected =
        ["task:t#owner@user:ana", "task:t#tenant@tenant:a", "tombstone:agent/p#deregistered@tenant:a"];
    assert_eq!(running.graph(), expected);
    assert_eq!(client.deregister("ana@a", "agent:p").await, "unchanged");
}

#[tokio::test]
async fn what_was_deregistered_is_not_registered_again() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "api_key:k", "agent:p").await;
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "permission");
    client.deregister("ana@a", "agent:p").await;
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "no_permission");
    for (principal, expected) in
        [("ana@a", "AlreadyExists DEREGISTERED"), ("ana@b", "PermissionDenied NOT_REGISTERED")]
    {
        assert_eq!(client.register(principal, "agent:p", "").await, expected);
    }
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "no_permission");
    assert_eq!(client.check("ana@a", "read", "agent:p").await, "not_registered");
    // A key cannot be hung under it, either.
    let refused = client.register("ana@a", "api_key:k2", "agent:p").await;
    assert_eq!(refused, "PermissionDenied NOT_REGISTERED");
    assert!(!running.has("api_key:k#parent_agent@agent:p"));
}

#[tokio::test]
async fn what_was_never_registered_can_be_deregistered() {
    let (running, mut client) = Running::start().await;
    assert_eq!(client.deregister("ana@a", "task:t").await, "changed");
    assert_eq!(running.graph(), ["tombstone:task/t#unregistered@tenant:a"]);
    assert_eq!(client.deregister("ana@a", "task:t").await, "unchanged");
    // A compensation before the write itself does not forbid it.
    assert_eq!(client.register("ana@a", "task:t", "").await, "changed");
    assert_eq!(running.graph(), ["task:t#owner@user:ana", "task:t#tenant@tenant:a"]);
}

#[tokio::test]
async fn only_its_account_can_deregister_a_resource() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    let graph = running.graph();
    assert_eq!(client.deregister("ana@b", "agent:p").await, "PermissionDenied NOT_REGISTERED");
    assert_eq!(running.graph(), graph);
    assert_eq!(client.deregister("ana@a", "agent:*").await, "InvalidArgument INVALID_REQUEST");
}

#[tokio::test]
async fn what_is_written_past_the_lifecycle_afterwards_goes_as_well() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.deregister("ana@a", "agent:p").await;
    running.write_past("+agent:p#viewer@user:ben");
    assert_eq!(client.deregister("ana@a", "agent:p").await, "changed");
    assert_eq!(running.graph(), ["tombstone:agent/p#deregistered@tenant:a"]);
}
