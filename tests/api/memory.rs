//! A server that takes up more memory than it may.

use arrowroot::engine::EngineOptions;
use arrowroot::server::ServerOptions;
use arrowroot::server::wire::v1;

use crate::harness::{Running, SCHEMA, told};
use crate::notation;

#[tokio::test]
async fn what_adds_a_relationship_is_resource_exhausted_and_says_what_to_do() {
    let mut options = EngineOptions::default();
    options.memory_bytes_max = Some(5 << 20);
    let running = Running::with(ServerOptions::default(), options);
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    let updates = vec![notation::update("+doc:1#viewer@user:a")];
    let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
    let refused = told(client.permissions.write_relationships(request).await);
    let rest = refused.strip_prefix("ResourceExhausted `the server uses ").unwrap();
    let (mebibytes, rest) = rest.split_once(' ').unwrap();
    assert!(mebibytes.parse::<u64>().unwrap() >= 5, "{refused}");
    assert_eq!(
        rest,
        "MiB of memory, more than the 5 MiB it may: no relationship can be added until some are deleted or the limit \
         is raised`"
    );
    let mut relationships = vec![notation::update("+doc:1#viewer@user:a").relationship.unwrap()];
    relationships.push(notation::update("+doc:2#viewer@user:a").relationship.unwrap());
    let message = v1::ImportBulkRelationshipsRequest { relationships };
    let imported = client.permissions.import_bulk_relationships(tokio_stream::iter([message])).await;
    assert_eq!(imported.unwrap_err().code(), tonic::Code::ResourceExhausted);
    assert_eq!(client.write(vec![notation::update("-doc:1#viewer@user:a")]).await.map(|_| ()).unwrap(), ());
    assert!(client.is_alive().await);
}
