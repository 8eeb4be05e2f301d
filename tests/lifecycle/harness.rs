//! A server with the agent platform's schema and profile, a client, and short words for what is asked and answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arrowroot::engine::{Consistency, Engine, EngineOptions, ManualClock, WriteRelationships};
use arrowroot::lifecycle::{Lifecycle, Profile};
use arrowroot::relationship::{
    Relationship, RelationshipFilter, RelationshipUpdate, Timestamp, UpdateOperation,
};
use arrowroot::server::wire::lifecycle_v1::lifecycle_service_client::LifecycleServiceClient;
use arrowroot::server::wire::{lifecycle_v1 as l1, v1};
use arrowroot::server::{Server, ServerOptions};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

pub(crate) const SCHEMA: &str = include_str!("../../schema/agentex.zed");
pub(crate) const PROFILE: &str = include_str!("../../schema/agentex.yaml");

/// When the tests take place.
const NOW: i64 = 1_800_000_000;
const GRACE_PERIOD: Duration = Duration::from_millis(200);

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<ManualClock>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Goes when the server has stopped.
    directory: Option<TempDir>,
}

impl Running {
    /// A server over an empty store, and a client.
    pub(crate) async fn start() -> (Self, Client) {
        let directory = tempfile::tempdir().unwrap();
        let mut running = Self::at(directory.path(), ServerOptions::default());
        running.directory = Some(directory);
        let client = running.client().await;
        (running, client)
    }

    /// A server over a store that may be there already.
    pub(crate) fn at(directory: &Path, options: ServerOptions) -> Self {
        let clock = Arc::new(ManualClock::at(time(0)));
        let mut engine_options = EngineOptions::default();
        engine_options.clock = Arc::clone(&clock) as _;
        let engine = Engine::open(directory.join("graph"), engine_options).unwrap();
        let is_empty = engine.at(&Consistency::FullyConsistent).unwrap().read_schema().is_none();
        if is_empty {
            engine.write_schema(SCHEMA).unwrap();
        }
        let engine = Arc::new(engine);
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        let profile = Profile::parse("agentex.yaml", PROFILE, &view).unwrap();
        let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&engine), profile));
        Self::with(engine, clock, Some(lifecycle), options)
    }

    pub(crate) fn with(
        engine: Arc<Engine>,
        clock: Arc<ManualClock>,
        lifecycle: Option<Arc<Lifecycle>>,
        mut options: ServerOptions,
    ) -> Self {
        options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        options.threads = NonZeroUsize::new(2);
        options.shutdown_grace_period = GRACE_PERIOD;
        options.lifecycle = lifecycle;
        let server = Server::bind(options, Arc::clone(&engine)).unwrap();
        let address = server.local_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
        Self { address, engine, clock, stop: Some(stop), thread: Some(thread), directory: None }
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.endpoint()).unwrap().connect().await.unwrap()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn client(&self) -> Client {
        Client(LifecycleServiceClient::new(self.channel().await))
    }

    /// Lets so many seconds go by since the beginning.
    pub(crate) fn set_time(&self, seconds: i64) {
        self.clock.set(time(seconds));
    }

    /// Everything that is stored, as sorted text.
    pub(crate) fn graph(&self) -> Vec<String> {
        let view = self.engine.at(&Consistency::FullyConsistent).unwrap();
        let definitions = ["agent", "task", "api_key", "schedule", "tombstone", "tenant"];
        let of = |definition: &str| RelationshipFilter {
            resource_definition: Some(definition.parse().unwrap()),
            ..RelationshipFilter::default()
        };
        let all = definitions.iter().flat_map(|name| view.first_relationships(&of(name), 10_000).unwrap());
        let mut texts: Vec<_> = all.map(|relationship| relationship.to_string()).collect();
        texts.sort();
        texts
    }

    /// Whether a relationship is stored.
    pub(crate) fn has(&self, text: &str) -> bool {
        let Relationship { resource, relation, subject, .. } = text.parse().unwrap();
        self.engine
            .at(&Consistency::FullyConsistent)
            .unwrap()
            .has_relationship(&resource, &relation, &subject)
    }

    /// Writes past the lifecycle: `+agent:a#owner@user:ana`, or `-` to delete.
    pub(crate) fn write_past(&self, text: &str) {
        self.write_all_past(&[text.to_owned()]);
    }

    /// The same for up to a thousand relationships at once.
    pub(crate) fn write_all_past(&self, texts: &[String]) {
        let update = |text: &String| {
            let is_deletion = text.starts_with('-');
            let operation = if is_deletion { UpdateOperation::Delete } else { UpdateOperation::Touch };
            RelationshipUpdate { operation, relationship: text[1..].parse().unwrap() }
        };
        let updates = texts.iter().map(update).collect();
        self.engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// A time of the tests.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp { seconds: NOW + seconds, nanoseconds: 0 }
}

/// `ana@a` is a user in an account, and `ci!a` a service account. Nothing is nobody.
pub(crate) fn who(text: &str) -> Option<l1::Principal> {
    if text.is_empty() {
        return None;
    }
    let (kind, (id, account)) = match text.split_once('!') {
        Some(parts) => ("service_account", parts),
        None => ("user", text.split_once('@').unwrap()),
    };
    Some(l1::Principal { r#type: kind.to_owned(), id: id.to_owned(), account: account.to_owned() })
}

/// `agent:planner`; what follows the first colon is the selector.
pub(crate) fn what(text: &str) -> l1::Resource {
    let (kind, selector) = text.split_once(':').unwrap();
    l1::Resource { r#type: kind.to_owned(), selector: selector.to_owned() }
}

/// The same, or nothing where there is no text.
pub(crate) fn maybe(text: &str) -> Option<l1::Resource> {
    (!text.is_empty()).then(|| what(text))
}

pub(crate) fn token(text: &str) -> v1::ZedToken {
    v1::ZedToken { token: text.to_owned() }
}

/// What a refusal says: the code, and the reason if there is one, such as `PermissionDenied NOT_OWNER`.
pub(crate) fn refusal(status: &Status) -> String {
    let reason = status.get_error_details().error_info().map(|info| format!(" {}", info.reason));
    format!("{:?}{}", status.code(), reason.unwrap_or_default())
}

/// `changed`, `unchanged`, or a refusal.
pub(crate) type Said = String;

fn said(result: Result<bool, Status>) -> Said {
    match result {
        Ok(true) => "changed".to_owned(),
        Ok(false) => "unchanged".to_owned(),
        Err(status) => refusal(&status),
    }
}

#[derive(Clone)]
pub(crate) struct Client(pub(crate) LifecycleServiceClient<Channel>);

impl Client {
    pub(crate) async fn register(&mut self, principal: &str, resource: &str, parent: &str) -> Said {
        let request = register_request(principal, resource, parent);
        said(self.0.register(request).await.map(|answer| answer.into_inner().changed))
    }

    pub(crate) async fn deregister(&mut self, principal: &str, resource: &str) -> Said {
        let request = l1::DeregisterRequest { principal: who(principal), resource: maybe(resource) };
        said(self.0.deregister(request).await.map(|answer| answer.into_inner().changed))
    }

    pub(crate) async fn grant(&mut self, principal: &str, resource: &str, role: &str, to: &str) -> Said {
        let request = l1::GrantRequest {
            principal: who(principal),
            resource: maybe(resource),
            role: role.to_owned(),
            grantee: who(to),
        };
        said(self.0.grant(request).await.map(|answer| answer.into_inner().changed))
    }

    pub(crate) async fn revoke(&mut self, principal: &str, resource: &str, role: &str, of: &str) -> Said {
        let request = l1::RevokeRequest {
            principal: who(principal),
            resource: maybe(resource),
            role: role.to_owned(),
            holder: who(of),
        };
        said(self.0.revoke(request).await.map(|answer| answer.into_inner().changed))
    }

    /// The reason of a decision, or a refusal.
    pub(crate) async fn check(&mut self, principal: &str, operation: &str, resource: &str) -> String {
        match self.0.check(check_request(principal, operation, resource)).await {
            Ok(answer) => {
                let l1::CheckResponse { allowed, reason, .. } = answer.into_inner();
                assert_eq!(allowed, reason == "permission");
                reason
            }
            Err(status) => refusal(&status),
        }
    }

    /// What is found, or a refusal.
    pub(crate) async fn search(
        &mut self,
        principal: &str,
        operation: &str,
        kind: &str,
    ) -> Result<Vec<String>, String> {
        let request = search_request(principal, operation, kind);
        let found = async { all(self.0.search(request).await?.into_inner()).await };
        let found = found.await.map_err(|status: Status| refusal(&status))?;
        Ok(found.into_iter().map(|found| found.selector).collect())
    }

    /// The outcomes of a backfill, such as `Registered`, or a refusal.
    pub(crate) async fn backfill(
        &mut self,
        lines: &[(&str, &str, &str)],
        dry_run: bool,
    ) -> Result<Vec<String>, String> {
        let resources = lines.iter().map(|(owner, resource, parent)| existing(owner, resource, parent));
        let request = l1::BackfillRequest { resources: resources.collect(), dry_run };
        let answer = self.0.backfill(request).await.map_err(|status| refusal(&status))?;
        Ok(answer.into_inner().results.iter().map(|result| format!("{:?}", result.outcome())).collect())
    }

    /// Orphans as `task:t1 a NotLiving`, in order.
    pub(crate) async fn orphans(
        &mut self,
        selection: l1::OrphanSelection,
        living: Option<&[&str]>,
    ) -> Result<Vec<String>, String> {
        let orphans = async {
            let parts = orphan_requests(selection, living);
            all(self.0.list_orphans(tokio_stream::iter(parts)).await?.into_inner()).await
        };
        let orphans = orphans.await.map_err(|status: Status| refusal(&status))?;
        Ok(orphans.iter().map(orphan).collect())
    }

    /// What was deregistered, or a refusal.
    pub(crate) async fn reconcile(
        &mut self,
        resources: &[&str],
        seconds: i64,
    ) -> Result<Vec<String>, String> {
        let request = l1::ReconcileRequest {
            resources: resources.iter().map(|resource| what(resource)).collect(),
            older_than: Some(age(seconds)),
        };
        let answer = self.0.reconcile(request).await.map_err(|status| refusal(&status))?;
        let deregistered = answer.into_inner().deregistered;
        Ok(deregistered.iter().map(|resource| format!("{}:{}", resource.r#type, resource.selector)).collect())
    }
}

pub(crate) fn register_request(principal: &str, resource: &str, parent: &str) -> l1::RegisterRequest {
    l1::RegisterRequest { principal: who(principal), resource: maybe(resource), parent: maybe(parent) }
}

pub(crate) fn check_request(principal: &str, operation: &str, resource: &str) -> l1::CheckRequest {
    l1::CheckRequest {
        principal: who(principal),
        resource: maybe(resource),
        operation: operation.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn search_request(principal: &str, operation: &str, kind: &str) -> l1::SearchRequest {
    l1::SearchRequest {
        principal: who(principal),
        resource_type: kind.to_owned(),
        operation: operation.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn existing(owner: &str, resource: &str, parent: &str) -> l1::ExistingResource {
    l1::ExistingResource { owner: who(owner), resource: maybe(resource), parent: maybe(parent) }
}

pub(crate) fn age(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

pub(crate) fn selection(kind: &str, account: &str, seconds: i64) -> l1::OrphanSelection {
    let (resource_type, account) = (kind.to_owned(), account.to_owned());
    l1::OrphanSelection { resource_type, account, older_than: Some(age(seconds)) }
}

pub(crate) fn selecting(selection: l1::OrphanSelection) -> l1::ListOrphansRequest {
    l1::ListOrphansRequest { request: Some(l1::list_orphans_request::Request::Selection(selection)) }
}

pub(crate) fn living(selectors: &[&str]) -> l1::ListOrphansRequest {
    let selectors = selectors.iter().map(|text| (*text).to_owned()).collect();
    let living = l1::list_orphans_request::Request::Living(l1::LivingResources { selectors });
    l1::ListOrphansRequest { request: Some(living) }
}

fn orphan_requests(selected: l1::OrphanSelection, lives: Option<&[&str]>) -> Vec<l1::ListOrphansRequest> {
    std::iter::once(selecting(selected)).chain(lives.map(living)).collect()
}

fn orphan(orphan: &l1::ListOrphansResponse) -> String {
    let resource = orphan.resource.as_ref().unwrap();
    format!("{}:{} {} {:?}", resource.r#type, resource.selector, orphan.account, orphan.reason())
}

/// Everything that is streamed.
pub(crate) async fn all<T>(mut stream: Streaming<T>) -> Result<Vec<T>, Status> {
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

/// A call that must be refused.
pub(crate) fn code<T>(result: Result<T, Status>) -> Code {
    result.err().map_or(Code::Ok, |status| status.code())
}

/// A principal of another kind.
pub(crate) fn l1_kind(principal: l1::Principal, kind: &str) -> l1::Principal {
    l1::Principal { r#type: kind.to_owned(), ..principal }
}
