//! One runtime on one thread: what comes in at a socket, and at one for HTTP, until the end.

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;

use crate::engine::step_back;

use super::gateway::{self, Gateway};
use super::listener::{self, Socket};
use super::reception::Reception;
use super::router::Router;
use super::wire::v1::permissions_service_server::PermissionsService;

/// Requests that one connection may have open at once.
const STREAMS_MAX: u32 = 1024;
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Bytes that a client may send ahead of what is read: of one request, and of all of one connection.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// A silent connection is asked whether it lives this often, and closed if it does not answer in time.
const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the end waits for work in the pool that was told to stop.
const POOL_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// One of an address's sockets, and who receives what comes in there.
pub(super) struct Entry {
    pub(super) socket: Socket,
    pub(super) reception: Reception,
}

/// Answers what comes in at one socket, and at one for HTTP, on one runtime.
pub(super) fn work<P: PermissionsService>(
    grpc: Entry,
    router: Router<P>,
    http: Option<(Entry, Gateway<P>)>,
    connection_age_max: Option<Duration>,
    grace_period: Duration,
    is_stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("arrowroot-pool")
        .on_thread_start(step_back)
        .build()?;
    let result = runtime.block_on(async {
        let connections = listener::connections(grpc.socket, is_stopping.clone())?;
        let connections = grpc.reception.receive(connections).map(Ok::<_, io::Error>);
        // It stops when there are no more connections.
        let served =
            transport(connection_age_max).serve_with_incoming_shutdown(router, connections, std::future::pending());
        let http_stopping = is_stopping.clone();
        let http_served = async {
            match http {
                Some((http, gateway)) => {
                    gateway::serve(http.socket, http.reception, gateway, http_stopping).await
                }
                None => Ok(()),
            }
        };
        let grace_period_ended = async {
            stopped(is_stopping).await;
            tokio::time::sleep(grace_period).await;
        };
        tokio::select! {
            served = async { tokio::try_join!(async { served.await.map_err(io::Error::other) }, http_served) } => served.map(|_| ()),
            () = grace_period_ended => {
                tracing::warn!("the grace period is over: requests that still run are ended");
                Ok(())
            }
        }
    });
    runtime.shutdown_timeout(POOL_STOP_TIMEOUT);
    result
}

/// Waits until the server is told to stop, or is gone.
async fn stopped(mut is_stopping: watch::Receiver<bool>) {
    // An error means that nobody is left to tell.
    let _ = is_stopping.wait_for(|is_stopping| *is_stopping).await;
}

fn transport(connection_age_max: Option<Duration>) -> tonic::transport::Server {
    let transport = tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT));
    match connection_age_max {
        Some(age_max) => transport.max_connection_age(age_max),
        None => transport,
    }
}
