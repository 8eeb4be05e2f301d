//! Searches: complete, in order, page by page.

use arrowroot::server::wire::lifecycle_v1 as l1;
use tonic::Code;

use super::harness::{Client, Running, all, code, search_request, who};

/// An account with agents `a000` to `a299` of ana's, and others between.
async fn filled() -> (Running, Client) {
    let (running, mut client) = Running::start().await;
    for (owner, prefix) in [("ana@a", 'a'), ("ben@a", 'b'), ("ana@b", 'c')] {
        let names: Vec<_> = (0..300).map(|number| format!("agent:{prefix}{number:03}")).collect();
        let lines: Vec<_> = names.iter().map(|name| (owner, name.as_str(), "")).collect();
        let outcomes = client.backfill(&lines, false).await.unwrap();
        assert!(outcomes.iter().all(|outcome| outcome == "Registered"));
    }
    (running, client)
}

#[tokio::test]
async fn a_search_is_complete_and_in_order() {
    let (running, mut client) = filled().await;
    let expected: Vec<_> = (0..300).map(|number| format!("a{number:03}")).collect();
    assert_eq!(client.search("ana@a", "update", "agent").await.unwrap(), expected);
    assert!(client.search("ana@a", "read", "task").await.unwrap().is_empty());
    assert!(client.search("ana@a", "cancel", "agent").await.unwrap().is_empty());
    // What was just registered is found, and what was deregistered is not.
    client.register("ana@a", "agent:a0005", "").await;
    client.deregister("ana@a", "agent:a001").await;
    let found = client.search("ana@a", "read", "agent").await.unwrap();
    assert_eq!(found[..3], ["a000", "a0005", "a002"]);
    // Nobody gets what is not registered, even an owner.
    running.write_past("+agent:a9#owner@user:ana");
    assert!(!client.search("ana@a", "read", "agent").await.unwrap().contains(&"a9".to_owned()));
    for (operation, kind) in [("fly", "agent"), ("read", "robot")] {
        let refused = client.search("ana@a", operation, kind).await.unwrap_err();
        assert_eq!(refused, "InvalidArgument INVALID_REQUEST");
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_miss_anything_whatever_is_written_meanwhile() {
    let (_running, mut client) = filled().await;
    let mut request = l1::SearchRequest { limit: 70, ..search_request("ana@a", "read", "agent") };
    let mut found = Vec::new();
    loop {
        let page = all(client.0.search(request.clone()).await.unwrap().into_inner()).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 70);
        request.cursor.clone_from(&last.cursor);
        found.extend(page.into_iter().map(|found| found.selector));
        client.deregister("ana@a", "agent:a299").await;
        client.register("ana@a", &format!("agent:a150-{}", found.len()), "").await;
    }
    let expected: Vec<_> = (0..300).map(|number| format!("a{number:03}")).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn any_answers_cursor_goes_on_behind_it() {
    let (_running, mut client) = filled().await;
    let request = search_request("ana@a", "read", "agent");
    let whole = all(client.0.search(request.clone()).await.unwrap().into_inner()).await.unwrap();
    let first = whole[0].searched_at.clone().unwrap().token;
    for place in [0, 127, 128, 298, 299] {
        let cursor = whole[place].cursor.clone();
        let request = l1::SearchRequest { cursor, ..request.clone() };
        let rest = all(client.0.search(request).await.unwrap().into_inner()).await.unwrap();
        let selectors = |found: &[l1::SearchResponse]| -> Vec<_> {
            found.iter().map(|found| found.selector.clone()).collect()
        };
        assert_eq!(selectors(&rest), selectors(&whole[place + 1..]));
        assert!(rest.iter().all(|found| found.searched_at.clone().unwrap().token == first));
    }
    let cursor = whole[0].cursor.clone();
    for other in [
        search_request("ben@a", "read", "agent"),
        search_request("ana@b", "read", "agent"),
        search_request("ana@a", "update", "agent"),
    ] {
        let request = l1::SearchRequest { cursor: cursor.clone(), ..other };
        assert_eq!(code(client.0.search(request).await), Code::InvalidArgument);
    }
    let request = l1::SearchRequest { cursor: "garbled".to_owned(), ..request };
    assert_eq!(code(client.0.search(request).await), Code::InvalidArgument);
}

#[tokio::test]
async fn what_somebody_owns_is_looked_up_whatever_they_may_do() {
    let (_running, mut client) = Running::start().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "api_key:k", "agent:p").await;
    client.register("ana@a", "api_key:l", "").await;
    client.grant("ana@a", "agent:p", "editor", "ben@a").await;
    for (principal, kind, expected) in [
        // Without a parent the key is closed, and still owned.
        ("ana@a", "api_key", vec!["k", "l"]),
        ("ana@a", "agent", vec!["p"]),
        ("ana@b", "agent", vec![]),
        ("ben@a", "agent", vec![]),
    ] {
        let request = l1::LookupOwnedRequest {
            principal: who(principal),
            resource_type: kind.to_owned(),
            ..Default::default()
        };
        let owned = all(client.0.lookup_owned(request.clone()).await.unwrap().into_inner()).await.unwrap();
        let selectors: Vec<_> = owned.iter().map(|owned| owned.selector.as_str()).collect();
        assert_eq!(selectors, expected);
        let Some(first) = owned.first() else { continue };
        let request = l1::LookupOwnedRequest { cursor: first.cursor.clone(), ..request };
        let rest = all(client.0.lookup_owned(request).await.unwrap().into_inner()).await.unwrap();
        assert_eq!(rest.len(), owned.len() - 1);
    }
}

#[tokio::test]
async fn an_id_that_was_not_written_here_is_nobody_elses_selector() {
    let (running, mut client) = Running::start().await;
    client.register("ben@a", "agent:aA", "").await;
    for past in ["+agent:a%41#owner@user:ana", "+agent:a%41#tenant@tenant:a"] {
        running.write_past(past);
    }
    assert_eq!(client.check("ana@a", "read", "agent:aA").await, "no_permission");
    assert!(client.search("ana@a", "read", "agent").await.unwrap().is_empty());
}
