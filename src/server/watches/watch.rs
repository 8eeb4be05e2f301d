//! `Watch`: every change after a state, until the client ends it.

use std::sync::Arc;

use tokio::sync::watch::Receiver;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::server::convert;
use crate::server::telemetry;
use crate::server::wire::v1;

use super::buffer::{self, Ending};
use super::refusal::WatchRefusal;
use super::service::Watches;
use super::teller::{Kinds, Teller};

pub(super) async fn watch(
    service: &Watches,
    request: Request<v1::WatchRequest>,
) -> Result<Response<BoxStream<v1::WatchResponse>>, Status> {
    let Watches { backend, options, room, is_stopping } = service;
    let message = request.into_inner();
    let kinds = Kinds::of(&message.optional_update_kinds);
    let watch = convert::watch(message)?;
    if kinds.are_relationships_asked_for && !watch.definitions.is_empty() && !watch.filters.is_empty() {
        return Err(WatchRefusal::BothSelections.into());
    }
    if !options.is_enabled {
        return Err(WatchRefusal::Disabled.into());
    }
    let seat = room.seat()?;
    // The schema where the watch begins may have to be compiled.
    let engine = Arc::clone(&backend.engine);
    let watcher = backend.pool.run(move |_| engine.watch(watch)).await??;
    let teller = Teller { watcher, pool: backend.pool.clone(), kinds, heartbeat: options.heartbeat };
    let (sender, messages) =
        buffer::new(options.buffer_length_max, options.buffer_write_timeout, room.clone(), seat);
    let is_stopping = is_stopping.clone();
    tokio::spawn(telemetry::carry(Box::pin(async move {
        tokio::select! {
            biased;
            () = sender.abandoned() => {}
            () = stopped(is_stopping) => sender.end(WatchRefusal::Stopping.into(), Ending::AfterMessages),
            ended = teller.tell(&sender) => match ended {
                Err(ended) => sender.end(ended.status, ended.ending),
                Ok(never) => match never {},
            }
        }
    })));
    Ok(Response::new(Box::pin(messages)))
}

/// Waits until the server is told to stop, or is gone.
async fn stopped(mut is_stopping: Receiver<bool>) {
    // An error means that nobody is left to tell.
    let _ = is_stopping.wait_for(|is_stopping| *is_stopping).await;
}
