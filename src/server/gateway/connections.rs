//! HTTP connections of one socket.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::transport::server::Connected as _;

use crate::server::listener::{self, Socket};
use crate::server::reception::Reception;
use crate::server::wire::v1::permissions_service_server::PermissionsService;

use super::service::Gateway;

/// How long a client may take to send a request's headers, or say nothing between requests. Longer than clients keep
/// connections that they do not use (httpx: up to 30 seconds), or one would be closed just when a request comes.
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);
/// Bytes that are read ahead of what is used, which also bounds a request's headers.
const BUFFER_BYTES: usize = 64 << 10;

/// Answers what comes in at a socket, until the server stops; then waits until the last answer is given.
pub(in crate::server) async fn serve<P: PermissionsService>(
    socket: Socket,
    reception: Reception,
    gateway: Gateway<P>,
    is_stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut connections = pin!(reception.receive(listener::connections(socket, is_stopping)?));
    let shutdown = GracefulShutdown::new();
    while let Some(stream) = connections.next().await {
        let (gateway, peer) = (gateway.clone(), stream.connect_info().remote_addr());
        let service = service_fn(move |request| {
            let gateway = gateway.clone();
            async move { Ok::<_, Infallible>(gateway.serve(request, peer).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let connection = shutdown.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an HTTP connection ended");
            }
        });
    }
    shutdown.shutdown().await;
    Ok(())
}
