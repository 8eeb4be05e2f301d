//! Roles: given by owners, within the account, and taken away.

use super::harness::Running;

#[tokio::test]
async fn an_owner_gives_roles_and_takes_them_away() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    assert_eq!(client.check("ben@a", "read", "agent:p").await, "no_permission");
    assert_eq!(client.grant("ana@a", "agent:p", "viewer", "ben@a").await, "changed");
    assert_eq!(client.grant("ana@a", "agent:p", "viewer", "ben@a").await, "unchanged");
    assert_eq!(client.check("ben@a", "read", "agent:p").await, "permission");
    assert_eq!(client.check("ben@a", "update", "agent:p").await, "no_permission");
    assert_eq!(client.revoke("ana@a", "agent:p", "viewer", "ben@a").await, "changed");
    assert_eq!(client.revoke("ana@a", "agent:p", "viewer", "ben@a").await, "unchanged");
    assert_eq!(client.check("ben@a", "read", "agent:p").await, "no_permission");
    assert_eq!(running.graph(), ["agent:p#owner@user:ana", "agent:p#tenant@tenant:a"]);
}

#[tokio::test]
async fn an_owner_who_asks_for_ownership_has_it() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    let head = running.engine.head();
    assert_eq!(client.grant("ana@a", "agent:p", "owner", "").await, "unchanged");
    assert_eq!(running.engine.head(), head);
}

#[tokio::test]
async fn nobody_else_gives_roles() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.grant("ana@a", "agent:p", "editor", "ben@a").await;
    let graph = running.graph();
    let (not_registered, not_owner) = ("PermissionDenied NOT_REGISTERED", "PermissionDenied NOT_OWNER");
    for (principal, resource, role, to, expected) in [
        ("eve@b", "agent:p", "owner", "", not_registered),
        ("ana@b", "agent:p", "owner", "", not_registered),
        ("ana@a", "agent:q", "owner", "", not_registered),
        ("ben@a", "agent:p", "viewer", "cid@a", not_owner),
        ("ben@a", "agent:p", "owner", "", not_owner),
        ("ana!a", "agent:p", "owner", "", not_owner),
        ("ana@a", "agent:p", "viewer", "eve@b", "PermissionDenied OTHER_ACCOUNT"),
        ("ana@a", "agent:p", "king", "", "InvalidArgument INVALID_REQUEST"),
        ("ana@a", "task:p", "executor", "", "InvalidArgument INVALID_REQUEST"),
        ("ana@a", "agent:*", "owner", "", "InvalidArgument INVALID_REQUEST"),
    ] {
        assert_eq!(client.grant(principal, resource, role, to).await, expected, "{principal} {role} {to}");
    }
    assert_eq!(running.graph(), graph);
}

#[tokio::test]
async fn everybody_may_give_up_their_own_and_owners_take_away_others() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.grant("ana@a", "agent:p", "viewer", "ben@a").await;
    client.grant("ana@a", "agent:p", "editor", "cid@a").await;
    assert_eq!(client.revoke("cid@a", "agent:p", "viewer", "ben@a").await, "PermissionDenied NOT_OWNER");
    assert_eq!(client.revoke("ben@b", "agent:p", "viewer", "").await, "PermissionDenied NOT_REGISTERED");
    assert!(running.has("agent:p#viewer@user:ben"));
    assert_eq!(client.revoke("ben@a", "agent:p", "viewer", "").await, "changed");
    assert!(!running.has("agent:p#viewer@user:ben"));
}

#[tokio::test]
async fn what_is_not_there_is_revoked_without_an_error() {
    let (_running, mut client) = Running::start().await;
    assert_eq!(client.revoke("ana@a", "agent:never", "owner", "").await, "unchanged");
    client.register("ana@a", "agent:p", "").await;
    client.deregister("ana@a", "agent:p").await;
    // Applications revoke after they have deregistered, and show their users what comes back.
    assert_eq!(client.revoke("ana@a", "agent:p", "owner", "").await, "unchanged");
    assert_eq!(client.revoke("ana@b", "agent:p", "owner", "").await, "unchanged");
}
