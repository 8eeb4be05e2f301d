//! Races: exactly one wins, and what is between two calls is never seen.

use super::harness::{Client, Running};

const ROUNDS: usize = 200;

#[tokio::test]
async fn of_two_accounts_that_register_one_id_exactly_one_wins() {
    let (running, client) = Running::start().await;
    let clients = [client, running.client().await];
    for round in 0..ROUNDS {
        let name = format!("agent:p{round}");
        let register = |client: &Client, who: &'static str| {
            let (mut client, name) = (client.clone(), name.clone());
            tokio::spawn(async move { client.register(who, &name, "").await })
        };
        let (a, b) = (register(&clients[0], "ana@a"), register(&clients[1], "eve@b"));
        let said = [a.await.unwrap(), b.await.unwrap()];
        let winner = said.iter().position(|said| said == "changed").unwrap();
        assert_eq!(said[1 - winner], "PermissionDenied NOT_REGISTERED");
        let (account, other) = [("a", "b"), ("b", "a")][winner];
        assert!(running.has(&format!("{name}#tenant@tenant:{account}")));
        assert!(!running.has(&format!("{name}#tenant@tenant:{other}")));
    }
    assert_eq!(running.graph().len(), ROUNDS * 2);
}

#[tokio::test]
async fn a_child_and_the_end_of_its_parent_never_leave_a_child_of_nothing() {
    let (running, mut client) = Running::start().await;
    let other = running.client().await;
    for round in 0..ROUNDS {
        let (parent, child) = (format!("agent:p{round}"), format!("api_key:k{round}"));
        client.register("ana@a", &parent, "").await;
        let mut registering = client.clone();
        let mut deregistering = other.clone();
        let (child_name, parent_name) = (child.clone(), parent.clone());
        let registered =
            tokio::spawn(async move { registering.register("ana@a", &child_name, &parent_name).await });
        let parent_name = parent.clone();
        let deregistered = tokio::spawn(async move { deregistering.deregister("ana@a", &parent_name).await });
        assert_eq!(deregistered.await.unwrap(), "changed");
        let registered = registered.await.unwrap();
        let is_there = running.has(&format!("{child}#tenant@tenant:a"));
        assert_eq!(is_there, registered == "changed");
        assert!(is_there || registered == "PermissionDenied NOT_REGISTERED", "{registered}");
        assert!(!running.has(&format!("{child}#parent_agent@{parent}")));
    }
}

#[tokio::test]
async fn one_registration_made_many_times_at_once_is_made_once() {
    let (running, client) = Running::start().await;
    for round in 0..20 {
        let name = format!("agent:p{round}");
        let before = running.engine.head();
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let (mut client, name) = (client.clone(), name.clone());
                tokio::spawn(async move { client.register("ana@a", &name, "").await })
            })
            .collect();
        let mut changed = 0;
        for call in calls {
            match call.await.unwrap().as_str() {
                "changed" => changed += 1,
                said => assert_eq!(said, "unchanged"),
            }
        }
        assert_eq!((changed, running.engine.head()), (1, before.next()));
    }
}

#[tokio::test]
async fn a_foreign_parent_and_a_late_child_at_once_open_nothing() {
    let (running, client) = Running::start().await;
    let other = running.client().await;
    for round in 0..ROUNDS {
        let (parent, child, own) =
            (format!("agent:p{round}"), format!("agent:c{round}"), format!("agent:d{round}"));
        let (mut filling, mut registering) = (client.clone(), other.clone());
        let (parent_name, child_name, own_name) = (parent.clone(), child.clone(), own.clone());
        let filled = tokio::spawn(async move {
            let lines =
                [("ben@a", child_name.as_str(), parent_name.as_str()), ("ana@b", &own_name, &parent_name)];
            filling.backfill(&lines, false).await.unwrap()
        });
        let parent_name = parent.clone();
        let registered = tokio::spawn(async move { registering.register("ana@b", &parent_name, "").await });
        assert_eq!(registered.await.unwrap(), "changed");
        filled.await.unwrap();
        assert!(!running.has(&format!("{child}#parent_agent@{parent}")), "round {round}");
        assert!(running.has(&format!("{own}#parent_agent@{parent}")), "round {round}");
    }
}
