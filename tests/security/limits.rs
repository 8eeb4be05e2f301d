//! Bounds on messages, connections, requests at once, and requests a second.

use std::io::Read as _;
use std::time::Duration;

use arrowroot::server::wire::v1;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::certificates::write;
use crate::client::{CHECK, Caller, IMPORT, READ_SCHEMA, WATCH, plain};
use crate::plain_http;
use crate::server::{Server, path, refused};

/// The frame of HTTP/2 that asks a client to make a new connection (RFC 9113, 6.8).
const GOAWAY: u8 = 7;

/// Calls that are open, and how they are ended.
type Open = (watch::Sender<()>, JoinHandle<Result<(), Status>>);

fn open(caller: &Caller, path: &str) -> Open {
    let (end, ended) = watch::channel(());
    let (caller, path) = (caller.clone(), path.to_owned());
    let call = tokio::spawn(async move {
        loop {
            // A question that is asked just then may have taken its place.
            match caller.call_without_end(&path, ended.clone()).await.unwrap() {
                Err(status) if status.code() == Code::ResourceExhausted => {}
                result => return result,
            }
        }
    });
    (end, call)
}

/// Asks until the answer is a refusal, so that all calls before it have arrived, and gives it.
async fn refusal(caller: &Caller, path: &str) -> Status {
    loop {
        let status = caller.ask(path).await.unwrap_err();
        if status.code() == Code::ResourceExhausted {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

/// Asks until the answer is no refusal any more.
async fn until_answered(caller: &Caller, path: &str) {
    while caller.ask(path).await.unwrap_err().code() == Code::ResourceExhausted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_message_has_so_many_bytes_at_the_most() {
    let server = Server::start(&["--grpc-no-auth", "--http-enabled", "--max-message-bytes", "65536"]);
    let caller = Caller::new(plain(&server).await, None);
    let comment = |bytes: usize| format!("definition user {{}} // {}", "a".repeat(bytes));
    caller.write_schema(&comment(65_000)).await.unwrap();
    let status = caller.write_schema(&comment(66_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().starts_with("grpc: received message larger than max: "), "{status:?}");
    let ask = |bytes: usize| {
        let body = format!("{{\"schema\":\"definition user {{}}\"{}}}", " ".repeat(bytes));
        plain_http::ask(plain_http::connect(server.http()), "POST", "/v1/schema/write", "", &body).unwrap()
    };
    assert_eq!(plain_http::status(&ask(200_000)), 200);
    assert_eq!(plain_http::status(&ask(300_000)), 429);
    for bytes in ["65535", "67108865", "much"] {
        assert!(refused(&["--grpc-no-auth", "--max-message-bytes", bytes]).contains("--max-message-bytes"));
    }
    let large = Server::start(&["--grpc-no-auth", "--max-message-bytes", "67108864"]);
    let caller = Caller::new(plain(&large).await, None);
    caller.write_schema(&comment(5 << 20)).await.unwrap();
}

#[tokio::test]
async fn more_connections_than_there_may_be_are_closed_at_once() {
    let server = Server::start(&["--grpc-no-auth", "--http-enabled", "--max-connections", "2"]);
    let (first, second) = (plain(&server).await, plain(&server).await);
    for channel in [&first, &second] {
        assert_eq!(Caller::new(channel.clone(), None).code(READ_SCHEMA).await, Code::NotFound);
    }
    let mut third = plain_http::connect(server.grpc());
    assert_eq!(third.read(&mut [0; 16]).unwrap_or_default(), 0, "it is closed, and nothing said");
    server.wait_for("a connection is refused: there are as many as may be", 1);
    // Those that are open go on, and HTTP counts its own.
    assert_eq!(Caller::new(first.clone(), None).code(READ_SCHEMA).await, Code::NotFound);
    let health = || plain_http::ask(plain_http::connect(server.http()), "GET", "/healthz", "", "");
    assert_eq!(plain_http::status(&health().unwrap()), 200);
    let _held = (plain_http::connect(server.http()), plain_http::connect(server.http()));
    let is_refused = || health().map_or(true, |answer| answer.is_empty());
    while !is_refused() {}

    drop(second);
    let fourth = loop {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", server.grpc())).unwrap();
        let Ok(channel) = endpoint.connect().await else { continue };
        if Caller::new(channel.clone(), None).code(READ_SCHEMA).await == Code::NotFound {
            break channel;
        }
    };
    drop((first, fourth));
}

#[tokio::test]
async fn more_requests_at_once_than_there_may_be_are_refused() {
    let server = Server::start(&["--grpc-no-auth", "--http-enabled", "--max-concurrent-requests", "3"]);
    let caller = Caller::new(plain(&server).await, None);
    let mut calls: Vec<Open> = [CHECK, IMPORT, CHECK].map(|path| open(&caller, path)).into();
    let status = refusal(&caller, READ_SCHEMA).await;
    assert_eq!(status.message(), "3 requests are being answered, and no more at once are");
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "1001");
    let http =
        || plain_http::ask(plain_http::connect(server.http()), "POST", "/v1/schema/read", "", "{}").unwrap();
    let answer = http();
    assert!(plain_http::status(&answer) == 429 && answer.contains("retry-after: 2\r\n"), "{answer}");
    // Health and watches take no place.
    let health = plain_http::ask(plain_http::connect(server.http()), "GET", "/healthz", "", "").unwrap();
    assert_eq!(plain_http::status(&health), 200);
    let _watch = caller.call(WATCH).await.unwrap();

    let (end, call) = calls.pop().unwrap();
    end.send(()).unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::InvalidArgument);
    until_answered(&caller, READ_SCHEMA).await;
    assert_eq!(plain_http::status(&http()), 404);
    // A call that its client gives up gives its place back, too.
    let (_end, call) = calls.pop().unwrap();
    call.abort();
    let _others = [open(&caller, CHECK)];
    until_answered(&caller, READ_SCHEMA).await;
}

#[tokio::test]
async fn each_key_has_as_many_requests_at_once_as_its_file_says() {
    let directory = tempfile::tempdir().unwrap();
    let key = |name: &str, others: &str| {
        format!("[[key]]\nname = \"{name}\"\nkey = \"{name}\"\nrole = \"admin\"\n{others}\n")
    };
    let keys =
        [key("a", ""), key("b", "concurrent_requests = 2"), key("c", "concurrent_requests = 5")].concat();
    write(&directory.path().join("keys.toml"), &keys);
    let file = path(directory.path(), "keys.toml");
    let server = Server::start(&["--grpc-keys-file", &file, "--max-concurrent-requests-per-key", "1"]);
    let channel = plain(&server).await;
    for (name, count) in [("a", 1), ("b", 2), ("c", 5)] {
        let caller = Caller::new(channel.clone(), Some(name));
        let calls: Vec<Open> = (0..count).map(|_| open(&caller, CHECK)).collect();
        let status = refusal(&caller, READ_SCHEMA).await;
        let expected = format!("{count} requests of this key are being answered, and no more at once are");
        assert_eq!(status.message(), expected);
        drop(calls);
        until_answered(&caller, READ_SCHEMA).await;
    }
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_again() {
    let directory = tempfile::tempdir().unwrap();
    let keys = "[[key]]\nname = \"a\"\nkey = \"a\"\nrole = \"read\"\nrequests_per_second = 3\n\
                [[key]]\nname = \"b\"\nkey = \"b\"\nrole = \"read\"\nrequests_per_second = 1000\n";
    write(&directory.path().join("keys.toml"), keys);
    let server = Server::start(&["--grpc-keys-file", &path(directory.path(), "keys.toml"), "--http-enabled"]);
    let channel = plain(&server).await;
    let (caller, other) = (Caller::new(channel.clone(), Some("a")), Caller::new(channel, Some("b")));
    let mut codes = Vec::new();
    let status = loop {
        let status = caller.ask(READ_SCHEMA).await.unwrap_err();
        if status.code() == Code::ResourceExhausted {
            break status;
        }
        codes.push(status.code());
    };
    assert!(codes.len() >= 3 && codes.iter().all(|code| *code == Code::NotFound), "{codes:?}");
    assert!(status.message().starts_with("more than 3 requests a second: "), "{status:?}");
    let delay = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(delay <= Duration::from_millis(334), "{delay:?}");
    let pushback: u64 =
        status.metadata().get("grpc-retry-pushback-ms").unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(u128::from(pushback), delay.as_millis() + 1);
    assert_eq!(other.code(READ_SCHEMA).await, Code::NotFound);
    // Over HTTP it is the same key.
    let http = loop {
        let header = "authorization: Bearer a\r\n";
        let stream = plain_http::connect(server.http());
        let answer = plain_http::ask(stream, "POST", "/v1/schema/read", header, "{}").unwrap();
        if plain_http::status(&answer) == 429 {
            break answer;
        }
    };
    assert!(http.contains("retry-after: 1\r\n"), "{http}");
    // Who comes when told so is answered, if nobody else came in between.
    let status = loop {
        if let Some(status) =
            caller.ask(READ_SCHEMA).await.err().filter(|s| s.code() == Code::ResourceExhausted)
        {
            break status;
        }
    };
    let pushback: u64 =
        status.metadata().get("grpc-retry-pushback-ms").unwrap().to_str().unwrap().parse().unwrap();
    tokio::time::sleep(Duration::from_millis(pushback)).await;
    assert_eq!(caller.code(READ_SCHEMA).await, Code::NotFound);
}

#[tokio::test]
async fn those_without_a_key_share_one_rate() {
    let server = Server::start(&["--grpc-no-auth", "--max-requests-per-second-per-key", "2"]);
    let callers = [Caller::new(plain(&server).await, None), Caller::new(plain(&server).await, None)];
    let mut answered = 0;
    'asked: loop {
        for caller in &callers {
            if caller.code(READ_SCHEMA).await == Code::ResourceExhausted {
                break 'asked;
            }
            answered += 1;
        }
        assert!(answered < 100_000, "nobody is refused");
    }
}

#[test]
fn the_lifecycle_over_http_has_its_places_and_its_rate() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/agentex");
    let (zed, yaml) = (format!("{schema}.zed"), format!("{schema}.yaml"));
    let lifecycle = ["--datastore-bootstrap-files", &zed, "--lifecycle-profile", &yaml];
    let limits = ["--grpc-preshared-key", "ours", "--max-requests-per-second-per-key", "2"];
    let server = Server::start(&[&lifecycle[..], &limits[..]].concat());
    let check =
        || plain_http::ask(plain_http::connect(server.http()), "POST", "/v1/authz/check", "", "{}").unwrap();
    assert_eq!(plain_http::status(&check()), 422);
    let refused = loop {
        let answer = check();
        if plain_http::status(&answer) != 422 {
            break answer;
        }
    };
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("retry-after: 1\r\n"), "{refused}");
    assert!(refused.contains("{\"message\":\"more than 2 requests a second: "), "{refused}");
    // Keys have rates of their own, and health none.
    let header = "authorization: Bearer ours\r\n";
    let stream = plain_http::connect(server.http());
    let answer = plain_http::ask(stream, "POST", "/v1/schema/read", header, "{}").unwrap();
    assert_eq!(plain_http::status(&answer), 200, "{answer}");
    let health = plain_http::ask(plain_http::connect(server.http()), "GET", "/healthz", "", "").unwrap();
    assert_eq!(plain_http::status(&health), 200);
}

#[tokio::test]
async fn an_old_connection_is_exchanged_for_a_new_one() {
    let server = Server::start(&["--grpc-no-auth", "--grpc-max-conn-age", "200ms"]);
    let caller = Caller::new(plain(&server).await, None);
    caller.write_schema("definition user {}").await.unwrap();
    // The client's channel makes new connections by itself; no call fails.
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_millis(700) {
        let mut permissions = caller.permissions();
        let request = v1::CheckPermissionRequest::default();
        assert_eq!(permissions.check_permission(request).await.unwrap_err().code(), Code::InvalidArgument);
    }
    // A client that answers nothing is told to go.
    let mut stream = plain_http::connect(server.grpc());
    std::io::Write::write_all(&mut stream, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        if head[3] == GOAWAY {
            break;
        }
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length]).unwrap();
    }
}
