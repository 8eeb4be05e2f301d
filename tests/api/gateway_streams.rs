//! Streams over HTTP: as lines, no faster than they are read, and ended when nobody reads them any more.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_server::PermissionsService;
use http_body_util::BodyExt as _;
use hyper::Method;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::http::{Http, running_with};

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Answers by the name of the permission or the number of the limit that it is asked for.
struct Odd {
    /// Relationships that were taken from the endless stream.
    read: Arc<AtomicUsize>,
    /// Told what is asked and what is dropped.
    told: mpsc::UnboundedSender<&'static str>,
}

/// Tells of its end.
struct Dropped(mpsc::UnboundedSender<&'static str>, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        // Nobody listens once a test has ended.
        let _ = self.0.send(self.1);
    }
}

fn subject(id: &str) -> v1::LookupSubjectsResponse {
    let subject = v1::ResolvedSubject { subject_object_id: id.to_owned(), ..Default::default() };
    v1::LookupSubjectsResponse { subject: Some(subject), ..Default::default() }
}

/// Bytes of one message of the endless stream.
const LARGE: usize = 64 << 10;

#[async_trait]
impl PermissionsService for Odd {
    async fn check_permission(
        &self,
        _request: Request<v1::CheckPermissionRequest>,
    ) -> Result<Response<v1::CheckPermissionResponse>, Status> {
        let _dropped = Dropped(self.told.clone(), "dropped check");
        // Somebody listens as long as a test asks.
        let _ = self.told.send("check");
        std::future::pending().await
    }

    async fn lookup_subjects(
        &self,
        request: Request<v1::LookupSubjectsRequest>,
    ) -> Result<Response<Messages<v1::LookupSubjectsResponse>>, Status> {
        let say = |said: Vec<Result<_, _>>| Box::pin(tokio_stream::iter(said));
        let answers: Messages<_> = match request.into_inner().permission.as_str() {
            "none" => say(Vec::new()),
            "two" => say(vec![Ok(subject("a")), Ok(subject("b"))]),
            "failing" => say(vec![Ok(subject("a")), Err(Status::resource_exhausted("no more"))]),
            "failed" => say(vec![Err(Status::unavailable("not now"))]),
            "waiting" => Box::pin(say(vec![Ok(subject("a"))]).chain(tokio_stream::pending())),
            _ => return Err(Status::internal("broken")),
        };
        let dropped = Dropped(self.told.clone(), "dropped subjects");
        Ok(Response::new(Box::pin(answers.map(move |answer| {
            let _dropped = &dropped;
            answer
        }))))
    }

    async fn lookup_resources(
        &self,
        _request: Request<v1::LookupResourcesRequest>,
    ) -> Result<Response<Messages<v1::LookupResourcesResponse>>, Status> {
        let read = Arc::clone(&self.read);
        let endless = std::iter::repeat_with(move || {
            read.fetch_add(1, Ordering::Relaxed);
            let resource_object_id = "x".repeat(LARGE);
            Ok(v1::LookupResourcesResponse { resource_object_id, ..Default::default() })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(endless))))
    }

    async fn import_bulk_relationships(
        &self,
        request: Request<Streaming<v1::ImportBulkRelationshipsRequest>>,
    ) -> Result<Response<v1::ImportBulkRelationshipsResponse>, Status> {
        let mut messages = request.into_inner();
        let mut num_loaded = 0;
        while let Some(message) = messages.message().await? {
            num_loaded += message.relationships.len() as u64;
        }
        Ok(Response::new(v1::ImportBulkRelationshipsResponse { num_loaded }))
    }
}

struct Started {
    running: super::harness::Running,
    http: Http,
    read: Arc<AtomicUsize>,
    told: mpsc::UnboundedReceiver<&'static str>,
}

async fn start() -> Started {
    let (sender, told) = mpsc::unbounded_channel();
    let read = Arc::new(AtomicUsize::new(0));
    let running = running_with(Odd { read: Arc::clone(&read), told: sender });
    let http = Http::connect(&running).await;
    Started { running, http, read, told }
}

const SUBJECTS: &str = "/v1/permissions/subjects";

fn lookup(permission: &str) -> String {
    json!({"permission": permission}).to_string()
}

#[tokio::test]
async fn a_stream_is_a_line_a_message() {
    let Started { running: _running, mut http, .. } = start().await;
    let none = http.post(SUBJECTS, &lookup("none")).await;
    assert_eq!((none.status, none.text.as_str()), (200, ""));
    let two = http.post(SUBJECTS, &lookup("two")).await;
    let ids: Vec<_> =
        two.lines().iter().map(|line| line["result"]["subject"]["subjectObjectId"].clone()).collect();
    assert_eq!((two.status, ids), (200, vec!["a".into(), "b".into()]));
}

#[tokio::test]
async fn an_error_before_the_first_message_is_the_status_and_a_later_one_the_last_line() {
    let Started { running: _running, mut http, .. } = start().await;
    for (permission, status, code) in [("failed", 503, 14), ("nothing", 500, 13)] {
        let failed = http.post(SUBJECTS, &lookup(permission)).await;
        assert_eq!((failed.status, failed.lines().len()), (status, 1), "{permission}");
        assert_eq!(failed.lines()[0]["error"]["code"], code);
    }
    let failing = http.post(SUBJECTS, &lookup("failing")).await;
    let lines = failing.lines();
    assert_eq!((failing.status, lines.len()), (200, 2));
    assert!(lines[0].get("result").is_some());
    assert_eq!(lines[1], json!({"error": {"code": 8, "message": "no more", "details": []}}));
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_told_so() {
    let Started { running: _running, mut http, mut told, .. } = start().await;
    let headers = [("grpc-timeout", "20m")];
    let late = http.ask(Method::POST, "/v1/permissions/check", &headers, "{}").await;
    assert_eq!(late.error(), (504, 4, "context deadline exceeded".to_owned()));
    assert_eq!(told.recv().await, Some("check"));
    assert_eq!(told.recv().await, Some("dropped check"));
    let late = http.ask(Method::POST, SUBJECTS, &headers, lookup("waiting")).await;
    let lines = late.lines();
    assert_eq!((late.status, lines.len()), (200, 2));
    assert_eq!(lines[1]["error"]["code"], 4);
    assert_eq!(told.recv().await, Some("dropped subjects"));
}

#[tokio::test]
async fn a_client_that_is_gone_ends_its_call() {
    let Started { running, mut http, mut told, .. } = start().await;
    let response = http.send(Method::POST, SUBJECTS, &[], lookup("waiting")).await;
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop((body, http));
    assert_eq!(told.recv().await, Some("dropped subjects"));
    let mut http = Http::connect(&running).await;
    let call = http.send(Method::POST, "/v1/permissions/check", &[], "{}");
    tokio::select! {
        _ = call => panic!("a pending check was answered"),
        said = told.recv() => assert_eq!(said, Some("check")),
    }
    drop(http);
    assert_eq!(told.recv().await, Some("dropped check"));
}

#[tokio::test]
async fn a_stream_is_made_no_faster_than_it_is_read() {
    let Started { running, mut http, read, .. } = start().await;
    let response = http.send(Method::POST, "/v1/permissions/resources", &[], "{}").await;
    assert_eq!(response.status(), 200);
    // While others are answered, an unbounded stream would run away.
    let mut other = Http::connect(&running).await;
    for _ in 0..200 {
        assert_eq!(other.get("/healthz").await.status, 200);
    }
    let bytes = read.load(Ordering::Relaxed) * LARGE;
    assert!(bytes < 64 << 20, "{bytes} bytes were made for nobody");
    drop(response);
}

#[tokio::test]
async fn messages_of_a_client_are_objects_one_after_another() {
    let Started { running: _running, mut http, .. } = start().await;
    let path = "/v1/relationships/importbulk";
    let batch = |count: usize| json!({"relationships": vec![json!({"relation": "}{"}); count]}).to_string();
    let body = format!("{}\n{} {}", batch(2), batch(0), batch(1000));
    assert_eq!(http.post(path, &body).await.json(), json!({"numLoaded": "1002"}));
    assert_eq!(http.post(path, "").await.json(), json!({"numLoaded": "0"}));
    let broken = http.post(path, &format!("{}{{\"relationships\":3}}", batch(1))).await;
    let (status, code, message) = broken.error();
    assert!((status, code) == (400, 3) && message.contains("expected an array"), "{message}");
}
