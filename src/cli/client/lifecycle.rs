//! Calls to `arrowroot.v1.LifecycleService`.

use std::time::{Duration, Instant};

use tokio_stream::Stream;
use tonic::Streaming;

use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::lifecycle_service_client::LifecycleServiceClient;

use super::connection::{AuthorizedChannel, Connection};
use super::error::CallError;

/// How long is waited before the second attempt; twice as long before each further one, up to the bound.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A client of the service. A clone shares its connection.
#[derive(Clone)]
pub(in crate::cli) struct LifecycleCalls {
    client: LifecycleServiceClient<AuthorizedChannel>,
    patience: Duration,
}

/// A length of time on the wire.
pub(in crate::cli) type WireDuration = prost_types::Duration;

/// A length of time as it goes over the wire.
pub(in crate::cli) fn wire_duration(duration: Duration) -> WireDuration {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    WireDuration { seconds, nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default() }
}

/// Orphans as they come in.
pub(in crate::cli) struct Orphans(Streaming<v1::ListOrphansResponse>);

impl LifecycleCalls {
    /// A client that asks again for so long where a call that can be repeated has no answer. It is made within a runtime.
    pub(in crate::cli) fn new(connection: &Connection, patience: Duration) -> Result<Self, CallError> {
        Ok(Self { client: LifecycleServiceClient::new(connection.open()?), patience })
    }

    /// Backfills, once or more often, which comes to the same.
    pub(in crate::cli) async fn backfill(
        &self,
        request: v1::BackfillRequest,
    ) -> Result<v1::BackfillResponse, CallError> {
        let ask = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { Ok(client.backfill(request).await?.into_inner()) }
        };
        self.insist(ask).await
    }

    /// Reconciles; what an attempt without an answer has deregistered is not told.
    pub(in crate::cli) async fn reconcile(
        &self,
        request: v1::ReconcileRequest,
    ) -> Result<v1::ReconcileResponse, CallError> {
        let ask = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { Ok(client.reconcile(request).await?.into_inner()) }
        };
        self.insist(ask).await
    }

    /// Lists orphans; asked once.
    pub(in crate::cli) async fn list_orphans(
        &self,
        parts: impl Stream<Item = v1::ListOrphansRequest> + Send + 'static,
    ) -> Result<Orphans, CallError> {
        Ok(Orphans(self.client.clone().list_orphans(parts).await?.into_inner()))
    }

    /// Asks until there is an answer, or patience ends.
    async fn insist<T, A: Future<Output = Result<T, CallError>>>(
        &self,
        ask: impl Fn() -> A,
    ) -> Result<T, CallError> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match ask().await {
                Err(error) if error.is_temporary() && begin.elapsed() + pause < self.patience => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                answer => return answer,
            }
        }
    }
}

impl Orphans {
    /// The next one; none at the end.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<v1::ListOrphansResponse>, CallError> {
        Ok(self.0.message().await?)
    }
}
