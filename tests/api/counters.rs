//! Counters: registered, counted, unregistered.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::experimental_count_relationships_response::CounterResult;
use arrowroot::server::wire::v1::experimental_service_client::ExperimentalServiceClient;
use tonic::Status;
use tonic::transport::Channel;

use crate::harness::{Running, told, told_of};
use crate::notation::{self, OPTIONAL_ID, OPTIONAL_RELATION, OPTIONAL_TYPE, broken};

type Counters = ExperimentalServiceClient<Channel>;

async fn register(counters: &mut Counters, name: &str, filter: &str) -> String {
    let relationship_filter = Some(notation::filter(filter));
    let name = name.to_owned();
    let request = v1::ExperimentalRegisterRelationshipCounterRequest { name, relationship_filter };
    told(counters.experimental_register_relationship_counter(request).await)
}

async fn unregister(counters: &mut Counters, name: &str) -> String {
    let request = v1::ExperimentalUnregisterRelationshipCounterRequest { name: name.to_owned() };
    told(counters.experimental_unregister_relationship_counter(request).await)
}

async fn count(counters: &mut Counters, name: &str) -> Result<v1::ReadCounterValue, Status> {
    let request = v1::ExperimentalCountRelationshipsRequest { name: name.to_owned() };
    let response = counters.experimental_count_relationships(request).await?.into_inner();
    match response.counter_result {
        Some(CounterResult::ReadCounterValue(value)) => Ok(value),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_counter_counts_from_its_registration_to_its_end() {
    let (running, mut client) = Running::holding(&["doc:1#viewer@user:a", "group:g#member@user:a"]).await;
    let mut counters = ExperimentalServiceClient::new(running.channel().await);
    assert_eq!(register(&mut counters, "docs", "type=doc").await, "OK");
    assert_eq!(register(&mut counters, "ofone", "subject=user:a").await, "OK");
    let written = client.write(notation::updates("+doc:2#viewer@user:b, +doc:2#owner@user:a")).await.unwrap();
    let counted = count(&mut counters, "docs").await.unwrap();
    assert_eq!((counted.relationship_count, counted.read_at.unwrap().token), (3, written));
    assert_eq!(count(&mut counters, "ofone").await.unwrap().relationship_count, 3);
    assert_eq!(unregister(&mut counters, "docs").await, "OK");
    let gone =
        "FailedPrecondition `counter with name `docs` not found` COUNTER_NOT_REGISTERED {counter_name: docs}";
    assert_eq!(told_of(count(&mut counters, "docs").await), gone);
    assert_eq!(unregister(&mut counters, "docs").await, gone);
    assert_eq!(register(&mut counters, "docs", "type=doc relation=owner").await, "OK");
    assert_eq!(count(&mut counters, "docs").await.unwrap().relationship_count, 1);
}

#[tokio::test]
async fn a_taken_name_is_refused_with_the_filter_that_was_not_registered() {
    let (running, _client) = Running::holding(&[]).await;
    let mut counters = ExperimentalServiceClient::new(running.channel().await);
    assert_eq!(register(&mut counters, "docs", "type=doc").await, "OK");
    let refused =
        register(&mut counters, "docs", "type=doc id=1 relation=viewer subject=group:g#member").await;
    assert_eq!(
        refused,
        "FailedPrecondition `counter with name `docs` already registered` COUNTER_ALREADY_REGISTERED \
         {counter_name: docs, new_filter_relation: viewer, new_filter_resource_id: 1, \
         new_filter_resource_id_prefix: , new_filter_resource_type: doc, new_filter_subject_id: g, \
         new_filter_subject_relation: member, new_filter_subject_type: group}"
    );
}

#[tokio::test]
async fn what_cannot_be_counted_is_refused() {
    let (running, _client) = Running::holding(&[]).await;
    let mut counters = ExperimentalServiceClient::new(running.channel().await);
    let cases = [
        ("", "type=doc", "InvalidArgument `name must be provided` UNSPECIFIED {}".to_owned()),
        ("Docs", "type=doc", broken("name", OPTIONAL_RELATION)),
        ("docs", "type=d", broken("relationship_filter.resource_type", OPTIONAL_TYPE)),
        ("docs", "type=doc id=*", broken("relationship_filter.optional_resource_id", OPTIONAL_ID)),
        (
            "docs",
            "type=nope",
            "FailedPrecondition `object definition `nope` not found` UNKNOWN_DEFINITION {definition_name: nope}"
                .to_owned(),
        ),
        (
            "docs",
            "",
            "InvalidArgument `the relationship filter provided is not valid: at least one field must be set` \
             INVALID_FILTER {filter: }"
                .to_owned(),
        ),
        (
            "docs",
            "type=doc id=1 prefix=1",
            "InvalidArgument `the relationship filter provided is not valid: resource_id and resource_id_prefix \
             cannot be set at the same time` INVALID_FILTER {filter: resource_type:\"doc\" \
             optional_resource_id:\"1\" optional_resource_id_prefix:\"1\"}"
                .to_owned(),
        ),
    ];
    for (name, filter, expected) in cases {
        assert_eq!(register(&mut counters, name, filter).await, expected, "{name} {filter}");
    }
    let none = v1::ExperimentalRegisterRelationshipCounterRequest {
        name: "docs".to_owned(),
        relationship_filter: None,
    };
    assert_eq!(
        told(counters.experimental_register_relationship_counter(none).await),
        "InvalidArgument `validation error: relationship_filter: value is required`"
    );
    let nameless = "InvalidArgument `name must be provided` UNSPECIFIED {}";
    assert_eq!(unregister(&mut counters, "").await, nameless);
    assert_eq!(told_of(count(&mut counters, "").await), nameless);
    assert_eq!(unregister(&mut counters, "Docs").await, broken("name", OPTIONAL_RELATION));
}
