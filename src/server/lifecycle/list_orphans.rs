//! `ListOrphans`: takes what lives, and streams what is registered and does not.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use prost_types::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::lifecycle::{Living, Orphan, OrphanReader, OrphanReason, Selection};
use crate::server::pool::Pool;
use crate::server::streaming::{self, Batches};
use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::list_orphans_request::Request as Part;
use crate::server::wire::lifecycle_v1::list_orphans_response::Reason;

use super::convert;
use super::error::LifecycleRequestError;
use super::service::Lifecycles;

/// Living resources of one request, each some twenty bytes.
const LIVING_MAX: usize = 20_000_000;
/// Lists of living resources that are held at once.
pub(super) const LIVING_LISTS_MAX: usize = 2;
/// How long a client may take from one message to the next: a list takes one of few places.
const MESSAGE_PATIENCE: Duration = Duration::from_mins(MESSAGE_PATIENCE_MINUTES);
const MESSAGE_PATIENCE_MINUTES: u64 = 10;

/// The state is that of the first request, and ages are as they are then: what is registered while the list is on its
/// way, and is not on it for that, is no orphan.
pub(super) async fn list_orphans(
    service: &Lifecycles,
    request: Request<Streaming<v1::ListOrphansRequest>>,
) -> Result<Response<BoxStream<v1::ListOrphansResponse>>, Status> {
    let mut messages = request.into_inner();
    let Some(Part::Selection(selection)) = next(&mut messages).await? else {
        return Err(LifecycleRequestError::Order.into());
    };
    let view = service.lifecycle.view(None)?;
    let selection = Selection {
        kind: &selection.resource_type,
        account: Some(selection.account.as_str()).filter(|account| !account.is_empty()),
        age_seconds_min: convert::age_seconds(selection.older_than.as_ref())?,
    };
    let reader = service.lifecycle.orphans(&view, selection)?;
    let living = Collecting { pool: &service.backend.pool, service }.living(&mut messages).await?;
    streaming::respond(&service.backend.pool, move || Ok(Pages { reader, living })).await
}

/// The next part of a request; none at its end.
async fn next(messages: &mut Streaming<v1::ListOrphansRequest>) -> Result<Option<Part>, Status> {
    let message = tokio::time::timeout(MESSAGE_PATIENCE, messages.message()).await;
    let too_slow = |_| LifecycleRequestError::TooSlow { minutes: MESSAGE_PATIENCE_MINUTES };
    match message.map_err(too_slow)?? {
        Some(v1::ListOrphansRequest { request: Some(part) }) => Ok(Some(part)),
        Some(v1::ListOrphansRequest { request: None }) => Err(LifecycleRequestError::Order.into()),
        None => Ok(None),
    }
}

/// What lives, and its place among the lists that are held.
struct Held {
    living: Living,
    _place: OwnedSemaphorePermit,
}

/// Takes up a list.
struct Collecting<'service> {
    pool: &'service Pool,
    service: &'service Lifecycles,
}

impl Collecting<'_> {
    /// What lives; nothing if nothing was said about it.
    async fn living(&self, messages: &mut Streaming<v1::ListOrphansRequest>) -> Result<Option<Held>, Status> {
        let mut held = None;
        while let Some(part) = next(messages).await? {
            let Part::Living(part) = part else { return Err(LifecycleRequestError::Order.into()) };
            let current = match held.take() {
                Some(held) => held,
                None => self.place()?,
            };
            held = Some(self.pool.run(move |_| add(current, &part.selectors)).await??);
        }
        Ok(held)
    }

    fn place(&self) -> Result<Held, LifecycleRequestError> {
        let place = Arc::clone(&self.service.living_lists).try_acquire_owned();
        let too_many = |_| LifecycleRequestError::TooManyLists { count_max: LIVING_LISTS_MAX };
        Ok(Held { living: Living::default(), _place: place.map_err(too_many)? })
    }
}

fn add(mut held: Held, selectors: &[String]) -> Result<Held, LifecycleRequestError> {
    for selector in selectors {
        if held.living.len() >= LIVING_MAX {
            return Err(LifecycleRequestError::TooMuchLives { count_max: LIVING_MAX });
        }
        held.living.insert(selector);
    }
    Ok(held)
}

/// The orphans that are still to be told.
struct Pages {
    reader: OrphanReader,
    living: Option<Held>,
}

impl Batches for Pages {
    type Element = v1::ListOrphansResponse;

    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status> {
        let living = self.living.as_ref().map(|held| &held.living);
        let mut batch = Vec::new();
        while batch.len() < count_max {
            let Some(orphan) = self.reader.next(living, cancelled)? else { return Ok((batch, false)) };
            batch.push(response(orphan));
        }
        Ok((batch, true))
    }

    /// A list of what lives is one of few, and bounded by itself.
    fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }
}

fn response(orphan: Orphan) -> v1::ListOrphansResponse {
    let Orphan { kind, selector, account, registered_at, reason } = orphan;
    let reason = match reason {
        OrphanReason::NotLiving => Reason::NotLiving,
        OrphanReason::ParentGone => Reason::ParentGone,
    };
    let nanos = i32::try_from(registered_at.nanoseconds).unwrap_or_default();
    v1::ListOrphansResponse {
        resource: Some(v1::Resource { r#type: kind, selector }),
        account,
        registered_at: Some(Timestamp { seconds: registered_at.seconds, nanos }),
        reason: reason.into(),
    }
}
