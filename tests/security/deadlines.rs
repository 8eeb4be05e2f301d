//! How long a call may take whose client gives no deadline.

use std::time::Duration;

use arrowroot::server::wire::v1;
use tokio::sync::watch;
use tonic::Code;

use crate::client::{CHECK, Caller, IMPORT, READ_SCHEMA, WATCH, plain};
use crate::plain_http;
use crate::server::Server;

const FLAGS: [&str; 6] =
    ["--grpc-no-auth", "--http-enabled", "--default-deadline", "300ms", "--default-stream-deadline", "600ms"];

#[tokio::test]
async fn a_call_ends_when_its_time_is_over() {
    let server = Server::start(&FLAGS);
    let caller = Caller::new(plain(&server).await, None);
    caller.write_schema("definition user {}\ndefinition doc {\n relation viewer: user\n}").await.unwrap();
    let mut watch = caller.call(WATCH).await.unwrap().into_inner();
    for (path, time) in [(CHECK, "300ms"), (IMPORT, "600ms")] {
        let (_end, ended) = watch::channel(());
        let status = caller.call_without_end(path, ended).await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{path}: {status:?}");
        let expected = format!(
            "the call took longer than {time}, which is what it may take where the client gives no deadline"
        );
        assert_eq!(status.message(), expected);
    }
    // A watch has no end, and what is quick is not touched.
    assert_eq!(caller.code(READ_SCHEMA).await, Code::Ok);
    let open = tokio::time::timeout(Duration::from_millis(1), watch.message()).await;
    assert!(open.is_err(), "the watch has ended: {open:?}");
}

#[tokio::test]
async fn a_client_that_gives_a_deadline_has_that_one() {
    let server = Server::start(&["--grpc-no-auth", "--default-deadline", "50ms"]);
    let caller = Caller::new(plain(&server).await, None);
    let path = CHECK.parse().unwrap();
    let mut grpc = tonic::client::Grpc::new(caller.channel.clone());
    grpc.ready().await.unwrap();
    let (end, mut ended) = watch::channel(());
    let mut request =
        tonic::Request::new(futures_util::stream::once(async move { drop(ended.changed().await) }));
    request.set_timeout(Duration::from_secs(30));
    let call = tokio::spawn(async move {
        grpc.streaming(request, path, tonic_prost::ProstCodec::<(), ()>::default()).await.map(|_| ())
    });
    // By then, one without a deadline has come to its end.
    let (_end, without) = watch::channel(());
    let status = caller.call_without_end(CHECK, without).await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    end.send(()).unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn without_a_bound_a_call_may_take_its_time() {
    let server =
        Server::start(&["--grpc-no-auth", "--default-deadline", "0s", "--default-stream-deadline", "100ms"]);
    let caller = Caller::new(plain(&server).await, None);
    let (end, ended) = watch::channel(());
    let call = caller.call_without_end(CHECK, ended);
    let (_end, stream_ended) = watch::channel(());
    let status = caller.call_without_end(IMPORT, stream_ended).await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    end.send(()).unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn over_http_a_stream_without_an_end_is_ended() {
    use std::io::{Read as _, Write as _};
    let server = Server::start(&FLAGS);
    let mut stream = plain_http::connect(server.http());
    stream
        .write_all(
            b"POST /v1/relationships/importbulk HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .unwrap();
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert_eq!(plain_http::status(&answer), 504, "{answer}");
}

#[tokio::test]
async fn over_http_a_body_that_does_not_come_takes_no_longer_than_its_call_may() {
    use std::io::{Read as _, Write as _};
    let server = Server::start(&FLAGS);
    // With the server's bound, and with a shorter one of its client.
    for (header, said) in [("", "took longer than 300ms"), ("grpc-timeout: 100m\r\n", "")] {
        let mut stream = plain_http::connect(server.http());
        let head = format!("POST /v1/schema/read HTTP/1.1\r\nhost: a\r\n{header}content-length: 2\r\n\r\n{{");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert_eq!(plain_http::status(&answer), 504, "{answer}");
        assert!(answer.contains(said), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_has_no_more_time_than_others() {
    let server = Server::start(&FLAGS);
    let caller = Caller::new(plain(&server).await, None);
    caller.write_schema("definition user {}\ndefinition doc {\n relation viewer: user\n}").await.unwrap();
    let object = |object_type: &str, object_id: String| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id })
    };
    let relationship = |number: u32| v1::Relationship {
        resource: object("doc", format!("{number:0>200}")),
        relation: "viewer".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", "ana".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    // Much more than what is sent ahead.
    let import = |part: u32| v1::ImportBulkRelationshipsRequest {
        relationships: (part * 10_000..(part + 1) * 10_000).map(relationship).collect(),
    };
    let imports = tokio_stream::iter((0..4).map(import).collect::<Vec<_>>());
    let mut imports = tonic::Request::new(imports);
    imports.set_timeout(Duration::from_mins(1));
    caller.permissions().import_bulk_relationships(imports).await.unwrap();
    let export = v1::ExportBulkRelationshipsRequest { optional_limit: 50, ..Default::default() };
    let mut messages = caller.permissions().export_bulk_relationships(export).await.unwrap().into_inner();
    let status = loop {
        match messages.message().await {
            // The slow client.
            Ok(Some(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(None) => panic!("it has read to the end"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}
