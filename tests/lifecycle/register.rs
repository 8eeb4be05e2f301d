//! Registering: all or nothing, once, under a parent that is there.

use super::harness::{Running, register_request, who};

#[tokio::test]
async fn account_owner_and_parent_are_written_at_one_revision() {
    let (running, mut client) = Running::start().await;
    assert_eq!(client.register("ana@a", "agent:p", "").await, "changed");
    let before = running.engine.head();
    assert_eq!(client.register("ana@a", "task:t", "agent:p").await, "changed");
    assert_eq!(running.engine.head(), before.next());
    let expected = [
        "agent:p#owner@user:ana",
        "agent:p#tenant@tenant:a",
        "task:t#owner@user:ana",
        "task:t#parent_agent@agent:p",
        "task:t#tenant@tenant:a",
    ];
    assert_eq!(running.graph(), expected);
}

#[tokio::test]
async fn to_register_again_changes_nothing() {
    let (running, mut client) = Running::start().await;
    assert_eq!(client.register("ci!a", "agent:p", "").await, "changed");
    assert_eq!(client.register("ci!a", "api_key:k", "agent:p").await, "changed");
    let (head, graph) = (running.engine.head(), running.graph());
    assert_eq!(client.register("ci!a", "agent:p", "").await, "unchanged");
    assert_eq!(client.register("ci!a", "api_key:k", "agent:p").await, "unchanged");
    assert_eq!((running.engine.head(), running.graph()), (head, graph));
}

#[tokio::test]
async fn what_is_registered_otherwise_is_a_conflict_and_nothing_is_written() {
    let (running, mut client) = Running::start().await;
    for agent in ["agent:p", "agent:q"] {
        client.register("ana@a", agent, "").await;
    }
    client.register("ana@a", "task:t", "agent:p").await;
    let graph = running.graph();
    let conflict = "AlreadyExists REGISTERED_OTHERWISE";
    let elsewhere = "PermissionDenied NOT_REGISTERED";
    for (principal, resource, parent, expected) in [
        ("ben@a", "agent:p", "", conflict),
        ("ana!a", "agent:p", "", conflict),
        ("ana@a", "task:t", "agent:q", conflict),
        ("ana@a", "task:t", "", conflict),
        ("ana@b", "agent:p", "", elsewhere),
        ("eve@b", "agent:p", "", elsewhere),
    ] {
        assert_eq!(client.register(principal, resource, parent).await, expected, "{principal} {resource}");
    }
    assert_eq!(running.graph(), graph);
}

#[tokio::test]
async fn a_parent_has_to_be_registered_in_the_account_and_open_to_the_principal() {
    let (running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("eve@b", "agent:foreign", "").await;
    let graph = running.graph();
    let unregistered = "PermissionDenied NOT_REGISTERED";
    for (principal, resource, parent, expected) in [
        ("ana@a", "task:t", "agent:nothing", unregistered),
        ("ana@a", "task:t", "agent:foreign", unregistered),
        ("ana@b", "task:t", "agent:p", unregistered),
        ("ben@a", "task:t", "agent:p", "PermissionDenied NO_PERMISSION_ON_PARENT"),
        ("ana@a", "agent:p2", "agent:p2", "PermissionDenied OWN_PARENT"),
        ("ana@a", "task:t", "task:u", "InvalidArgument INVALID_REQUEST"),
    ] {
        assert_eq!(client.register(principal, resource, parent).await, expected, "{resource} under {parent}");
    }
    assert_eq!(running.graph(), graph);
    // To run the agent is enough for a task, not for a key.
    assert_eq!(client.grant("ana@a", "agent:p", "executor", "ben@a").await, "changed");
    assert_eq!(client.register("ben@a", "task:t", "agent:p").await, "changed");
    let refused = client.register("ben@a", "api_key:k", "agent:p").await;
    assert_eq!(refused, "PermissionDenied NO_PERMISSION_ON_PARENT");
}

#[tokio::test]
async fn a_child_without_its_parent_is_closed_to_everybody() {
    let (running, mut client) = Running::start().await;
    assert_eq!(client.register("ana@a", "api_key:k", "").await, "changed");
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "no_permission");
    // Neither does a key that was written past the lifecycle have an account.
    running.write_past("+api_key:loose#owner@user:ana");
    assert_eq!(client.check("ana@a", "read", "api_key:loose").await, "not_registered");
    let refused = client.register("ben@a", "api_key:loose", "").await;
    assert_eq!(refused, "AlreadyExists HAS_RELATIONSHIPS");
}

#[tokio::test]
async fn selectors_come_back_byte_for_byte() {
    let (_running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    let selectors = [
        "run-schedule::agent-1::s/2",
        "agent-1/schedule-1",
        "ünïcode ✓",
        "50%",
        "%25",
        "a%20b",
        "a b",
        "\"\\\n",
    ];
    for selector in selectors {
        assert_eq!(client.register("ana@a", &format!("schedule:{selector}"), "agent:p").await, "changed");
    }
    let mut found = client.search("ana@a", "read", "schedule").await.unwrap();
    found.sort();
    let mut expected = selectors.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for selector in selectors {
        assert_eq!(client.check("ana@a", "read", &format!("schedule:{selector}")).await, "permission");
    }
}

#[tokio::test]
async fn requests_that_mean_nothing_are_refused_with_the_field() {
    let (running, mut client) = Running::start().await;
    let long = format!("agent:{}", "x".repeat(1 << 20));
    let escaped = format!("agent:{}", "ü".repeat(200));
    for (principal, resource, field) in [
        ("ana@a", "robot:p", "resource.type: there is no resource `robot`"),
        ("ana@a", "agent:*", "resource.selector: must be one resource"),
        ("ana@a", "agent:", "resource.selector: must not be empty"),
        ("ana@a", long.as_str(), "resource.selector: must not be longer than 895"),
        ("ana@a", escaped.as_str(), "resource.selector: must not be longer than 895"),
        ("ana@a", "", "resource: is required"),
        ("@a", "agent:p", "principal.user_id: must not be empty"),
        ("ana@", "agent:p", "principal.account_id: must not be empty"),
    ] {
        let refused = client.0.register(register_request(principal, resource, "")).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{field}");
        assert!(refused.message().starts_with(field), "{}", refused.message());
    }
    let mut request = register_request("ana@a", "agent:p", "");
    request.principal = None;
    let refused = client.0.register(request).await.unwrap_err();
    assert_eq!(refused.message(), "principal: is required");
    let mut request = register_request("ana@a", "agent:p", "");
    request.principal = who("ana@a").map(|who| super::harness::l1_kind(who, &"k".repeat(1 << 20)));
    let refused = client.0.register(request).await.unwrap_err();
    assert!(refused.message().starts_with("principal: there is no identity `kkk"), "{}", refused.message());
    assert!(running.graph().is_empty());
}
