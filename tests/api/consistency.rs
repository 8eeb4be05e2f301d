//! The four modes, and tokens that are not what they should be.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::consistency::Requirement;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, consistency};

fn token(text: &str) -> v1::ZedToken {
    v1::ZedToken { token: text.to_owned() }
}

/// Whether `user:a` may view `doc:1`, or what is wrong.
async fn ask(client: &mut Client, consistency: Option<v1::Consistency>) -> String {
    let request = v1::CheckPermissionRequest { consistency, ..notation::check("doc:1 view user:a") };
    match client.permissions.check_permission(request).await {
        Ok(response) => (response.into_inner().permissionship == 2).to_string(),
        Err(status) => told_of::<()>(Err(status)),
    }
}

#[tokio::test]
async fn each_mode_sees_what_it_should() {
    let (_running, mut client) = Running::holding(&[]).await;
    let before = client.write(Vec::new()).await.unwrap();
    let granted = client.write(notation::updates("+doc:1#viewer@user:a")).await.unwrap();
    let revoked = client.write(notation::updates("-doc:1#viewer@user:a")).await.unwrap();
    let cases = [
        (None, "false"),
        (consistency(Requirement::MinimizeLatency(true)), "false"),
        (consistency(Requirement::FullyConsistent(true)), "false"),
        (consistency(Requirement::AtLeastAsFresh(token(&granted))), "false"),
        (consistency(Requirement::AtExactSnapshot(token(&before))), "false"),
        (consistency(Requirement::AtExactSnapshot(token(&granted))), "true"),
        (consistency(Requirement::AtExactSnapshot(token(&revoked))), "false"),
    ];
    for (consistency, expected) in cases {
        assert_eq!(ask(&mut client, consistency.clone()).await, expected, "{consistency:?}");
    }
}

#[tokio::test]
async fn the_answers_token_is_its_revision() {
    let (_running, mut client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let asked = client.permissions.check_permission(notation::check("doc:1 view user:a")).await.unwrap();
    let checked_at = asked.into_inner().checked_at.unwrap();
    client.write(notation::updates("-doc:1#viewer@user:a")).await.unwrap();
    assert_eq!(ask(&mut client, consistency(Requirement::AtExactSnapshot(checked_at))).await, "true");
}

#[tokio::test]
async fn a_garbled_token_is_refused_before_malformed_fields() {
    let (_running, mut client) = Running::holding(&[]).await;
    for text in ["", "garbage", "YWJj", "GhUKEzE3OTUzMDU3MzczODA1NTg5OTM="] {
        for requirement in
            [Requirement::AtLeastAsFresh(token(text)), Requirement::AtExactSnapshot(token(text))]
        {
            let request = v1::CheckPermissionRequest {
                consistency: consistency(requirement),
                ..notation::check("do: vi us:")
            };
            let told = told_of(client.permissions.check_permission(request).await);
            assert_eq!(told, "InvalidArgument `invalid revision requested`");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_store_is_refused() {
    let (_running, mut client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let (_other, mut other_client) = Running::holding(&[]).await;
    let foreign = other_client.write(Vec::new()).await.unwrap();
    for requirement in
        [Requirement::AtLeastAsFresh(token(&foreign)), Requirement::AtExactSnapshot(token(&foreign))]
    {
        let told = ask(&mut client, consistency(requirement)).await;
        assert!(told.starts_with("InvalidArgument `ZedToken specified references a different"), "{told}");
    }
}

#[tokio::test]
async fn a_requirement_that_asks_for_nothing_is_refused() {
    let (_running, mut client) = Running::holding(&[]).await;
    let cases = [
        (Some(v1::Consistency::default()), ""),
        (consistency(Requirement::FullyConsistent(false)), "fully_consistent:false"),
        (consistency(Requirement::MinimizeLatency(false)), "minimize_latency:false"),
    ];
    for (consistency, requirement) in cases {
        let expected = format!("Internal `missing handling of consistency case in {requirement}`");
        assert_eq!(ask(&mut client, consistency).await, expected);
    }
}
