//! Checks, one and many, and how fresh they are.

use arrowroot::server::wire::lifecycle_v1 as l1;
use tonic::Code;

use super::harness::{Client, Running, check_request, code, refusal, register_request, token, who};

#[tokio::test]
async fn operations_follow_roles() {
    let (_running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "task:t", "agent:p").await;
    for (role, holder) in [("viewer", "vic@a"), ("executor", "exe@a"), ("editor", "edi@a")] {
        client.grant("ana@a", "agent:p", role, holder).await;
    }
    client.grant("ana@a", "task:t", "editor", "edi@a").await;
    for (who, resource, allowed) in [
        ("ana@a", "agent:p", "read update execute delete"),
        ("edi@a", "agent:p", "read update execute"),
        ("exe@a", "agent:p", "read execute"),
        ("vic@a", "agent:p", "read"),
        ("eve@a", "agent:p", ""),
        ("ana@a", "task:t", "read update execute delete cancel"),
        ("edi@a", "task:t", "read update"),
    ] {
        for operation in ["read", "update", "execute", "delete", "cancel"] {
            let expected = match operation {
                _ if allowed.split(' ').any(|word| word == operation) => "permission",
                "cancel" if resource.starts_with("agent") => "no_operation",
                _ => "no_permission",
            };
            let reason = client.check(who, operation, resource).await;
            assert_eq!(reason, expected, "{who} {operation} {resource}");
        }
    }
}

#[tokio::test]
async fn permissions_cascade_from_the_parent() {
    let (_running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.grant("ana@a", "agent:p", "editor", "ben@a").await;
    client.register("ben@a", "api_key:k", "agent:p").await;
    assert_eq!(client.check("ben@a", "delete", "api_key:k").await, "permission");
    client.revoke("ana@a", "agent:p", "editor", "ben@a").await;
    assert_eq!(client.check("ben@a", "delete", "api_key:k").await, "no_permission");
}

#[tokio::test]
async fn whoever_acts_in_an_account_may_create_there() {
    let (_running, mut client) = Running::start().await;
    for (operation, resource, expected) in [
        ("create", "agent:*", "permission"),
        ("create", "task:*", "permission"),
        ("create", "api_key:*", "no_operation"),
        ("read", "agent:*", "no_operation"),
        ("create", "agent:new", "no_operation"),
        ("fly", "agent:*", "InvalidArgument INVALID_REQUEST"),
        ("create", "robot:*", "InvalidArgument INVALID_REQUEST"),
    ] {
        assert_eq!(client.check("nobody@a", operation, resource).await, expected, "{operation} {resource}");
    }
}

#[tokio::test]
async fn what_is_not_registered_is_denied_and_no_error() {
    let (running, mut client) = Running::start().await;
    assert_eq!(client.check("ana@a", "read", "agent:nothing").await, "not_registered");
    running.write_past("+agent:half#owner@user:ana");
    assert_eq!(client.check("ana@a", "read", "agent:half").await, "not_registered");
}

async fn batch(client: &mut Client, operation: &str, selectors: &[&str]) -> Result<Vec<String>, String> {
    let request = l1::CheckBatchRequest {
        principal: who("ana@a"),
        resource_type: "agent".to_owned(),
        selectors: selectors.iter().map(|selector| (*selector).to_owned()).collect(),
        operation: operation.to_owned(),
        ..Default::default()
    };
    let answer = client.0.check_batch(request).await.map_err(|status| refusal(&status))?.into_inner();
    assert!(!answer.checked_at.unwrap().token.is_empty());
    Ok(answer.authorized_selectors)
}

#[tokio::test]
async fn a_batch_is_answered_as_its_checks_are() {
    let (_running, mut client) = Running::start().await;
    for (owner, agent) in
        [("ana@a", "agent:p"), ("ana@a", "agent:r s"), ("ben@a", "agent:q"), ("ana@b", "agent:z")]
    {
        client.register(owner, agent, "").await;
    }
    let asked = ["z", "r s", "nothing", "q", "p", "p"];
    assert_eq!(batch(&mut client, "read", &asked).await.unwrap(), ["r s", "p", "p"]);
    assert!(batch(&mut client, "cancel", &asked).await.unwrap().is_empty());
    assert!(batch(&mut client, "read", &[]).await.unwrap().is_empty());
    let refused = Err("InvalidArgument INVALID_REQUEST".to_owned());
    assert_eq!(batch(&mut client, "fly", &[]).await, refused);
    assert_eq!(batch(&mut client, "create", &["p", "*"]).await, refused, "any resource is none of many");
    assert_eq!(batch(&mut client, "read", &["p", ""]).await, refused);
}

#[tokio::test]
async fn every_write_gives_a_token_and_every_read_takes_one() {
    let (running, mut client) = Running::start().await;
    let registered = client.0.register(register_request("ana@a", "agent:p", "")).await.unwrap().into_inner();
    let written_at = registered.written_at.unwrap().token;
    let mut request = check_request("ana@a", "read", "agent:p");
    request.at_least_as_fresh = Some(token(&written_at));
    let answer = client.0.check(request.clone()).await.unwrap().into_inner();
    assert!(answer.allowed);
    assert_eq!(answer.checked_at.unwrap().token, written_at);
    // To register again tells where that held.
    let again = client.0.register(register_request("ana@a", "agent:p", "")).await.unwrap().into_inner();
    assert_eq!(again.written_at.unwrap().token, written_at);
    let deregister =
        l1::DeregisterRequest { principal: who("ana@a"), resource: super::harness::maybe("agent:p") };
    let later = client.0.deregister(deregister).await.unwrap().into_inner().written_at.unwrap().token;
    assert_ne!(later, written_at);
    // A token is a lower bound: an older one does not bring back what was.
    assert!(!client.0.check(request.clone()).await.unwrap().into_inner().allowed);

    request.at_least_as_fresh = Some(token("garbled"));
    assert_eq!(code(client.0.check(request.clone()).await), Code::InvalidArgument);
    let (other, mut other_client) = Running::start().await;
    let foreign = other_client.0.register(register_request("ana@a", "agent:p", "")).await.unwrap();
    request.at_least_as_fresh = foreign.into_inner().written_at;
    assert_eq!(code(client.0.check(request).await), Code::InvalidArgument);
    drop((running, other));
}
