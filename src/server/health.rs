//! `grpc.health.v1.Health`: whether the server has its graph and answers, and whether it can write.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::engine::Engine;

/// What answers reads: they go on when writes fail.
const SERVICES: [&str; 3] = ["", "authzed.api.v1.PermissionsService", "authzed.api.v1.SchemaService"];
/// What follows the graph, unless the operator wants none of it.
const WATCHES: &str = "authzed.api.v1.WatchService";
/// What registers resources, where the server was given a profile.
const LIFECYCLE: &str = "arrowroot.v1.LifecycleService";
/// Whether writes can be made durable, under a name of our own.
const WRITES: &str = "arrowroot.writes";
/// How often a watcher's answer is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// What health is about, once it is there.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) engine: Arc<Engine>,
    pub(super) is_lifecycle_enabled: bool,
}

/// Looks at the engine whenever it is asked.
#[derive(Debug, Clone)]
pub(super) struct Health {
    served: watch::Receiver<Option<Served>>,
    is_watch_enabled: bool,
    /// Whether the server is going down.
    is_stopping: watch::Receiver<bool>,
}

impl Health {
    /// Health of nothing, until something is sent that is served.
    pub(super) fn new(
        is_watch_enabled: bool,
        is_stopping: watch::Receiver<bool>,
    ) -> (watch::Sender<Option<Served>>, Self) {
        let (sender, served) = watch::channel(None);
        (sender, Self { served, is_watch_enabled, is_stopping })
    }

    /// What is served, once it is.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        self.served.borrow().as_ref().map(|served| Arc::clone(&served.engine))
    }

    /// Whether the server is going down.
    pub(super) fn is_stopping(&self) -> bool {
        *self.is_stopping.borrow()
    }

    /// The status of a service; none if there is no such service.
    fn status(&self, service: &str) -> Option<ServingStatus> {
        let served = self.served.borrow();
        let is_enabled = match service {
            WRITES => served.as_ref().is_some_and(|served| served.engine.is_writable()),
            WATCHES => self.is_watch_enabled,
            LIFECYCLE => served.as_ref().is_some_and(|served| served.is_lifecycle_enabled),
            service if SERVICES.contains(&service) => true,
            _ => return None,
        };
        let is_serving = is_enabled && served.is_some() && !*self.is_stopping.borrow();
        Some(if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing })
    }
}

/// Waits until something is served that was not before.
async fn opened(served: &mut watch::Receiver<Option<Served>>) {
    if served.changed().await.is_err() {
        // Nothing else will be.
        std::future::pending::<()>().await;
    }
}

type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[async_trait]
impl health_server::Health for Health {
    type WatchStream = WatchStream;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let status =
            self.status(&request.get_ref().service).ok_or_else(|| Status::not_found("unknown service"))?;
        Ok(Response::new(HealthCheckResponse { status: status.into() }))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<WatchStream>, Status> {
        let service = request.into_inner().service;
        let mut health = self.clone();
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut told = None;
            let mut interval = tokio::time::interval(WATCH_INTERVAL);
            loop {
                let is_stopping = *health.is_stopping.borrow_and_update();
                let status = health.status(&service).unwrap_or(ServingStatus::ServiceUnknown);
                if told.replace(status) != Some(status) {
                    let response = HealthCheckResponse { status: status.into() };
                    if sender.send(Ok(response)).await.is_err() {
                        return;
                    }
                }
                if is_stopping {
                    return;
                }
                tokio::select! {
                    _ = interval.tick() => {}
                    () = opened(&mut health.served) => {}
                    changed = health.is_stopping.changed() => if changed.is_err() { return },
                    () = sender.closed() => return,
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}
