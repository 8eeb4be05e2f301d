//! Accounts: the one that was selected decides, whoever it is.

use super::harness::Running;

#[tokio::test]
async fn somebody_in_two_accounts_sees_in_each_only_what_is_its() {
    let (_running, mut client) = Running::start().await;
    client.register("ana@a", "agent:in-a", "").await;
    client.register("ana@b", "agent:in-b", "").await;
    for (account, here, there) in
        [("ana@a", "agent:in-a", "agent:in-b"), ("ana@b", "agent:in-b", "agent:in-a")]
    {
        for operation in ["read", "update", "execute", "delete"] {
            assert_eq!(client.check(account, operation, here).await, "permission");
            assert_eq!(client.check(account, operation, there).await, "not_registered");
            let found = client.search(account, operation, "agent").await.unwrap();
            assert_eq!(found, [here.trim_start_matches("agent:")]);
        }
    }
}

#[tokio::test]
async fn a_parent_of_another_account_opens_nothing() {
    let (running, mut client) = Running::start().await;
    client.register("ana@b", "agent:foreign", "").await;
    client.register("ben@a", "agent:child", "").await;
    running.write_past("+agent:child#parent_agent@agent:foreign");
    assert_eq!(client.check("ana@b", "read", "agent:child").await, "not_registered");
    assert!(client.search("ana@b", "read", "agent").await.unwrap() == ["foreign"]);
}

#[tokio::test]
async fn who_a_principal_is_comes_from_its_kind_too() {
    let (_running, mut client) = Running::start().await;
    client.register("x@a", "agent:p", "").await;
    assert_eq!(client.check("x@a", "read", "agent:p").await, "permission");
    assert_eq!(client.check("x!a", "read", "agent:p").await, "no_permission");
    assert!(client.search("x!a", "read", "agent").await.unwrap().is_empty());
}

/// A child may be registered before its parent only by a backfill. Whoever registers the parent then must not come to
/// the child by it in the child's account.
#[tokio::test]
async fn a_parent_that_another_account_registers_later_opens_no_child() {
    let (running, mut client) = Running::start().await;
    let registered = client.backfill(&[("ben@a", "agent:child", "agent:p")], false).await.unwrap();
    assert_eq!(registered, ["Registered"]);
    assert_eq!(client.register("ana@b", "agent:p", "").await, "changed");
    assert_eq!(client.check("ana@a", "read", "agent:child").await, "no_permission");
    assert!(client.search("ana@a", "read", "agent").await.unwrap().is_empty());
    assert_eq!(client.check("ben@a", "read", "agent:child").await, "permission");
    assert!(!running.has("agent:child#parent_agent@agent:p"));
    // Its own account's parent takes its children up.
    client.backfill(&[("ben@a", "agent:child2", "agent:q")], false).await.unwrap();
    assert_eq!(client.register("ana@a", "agent:q", "").await, "changed");
    assert_eq!(client.check("ana@a", "read", "agent:child2").await, "permission");
}
