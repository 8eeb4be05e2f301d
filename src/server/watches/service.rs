//! The service's method, handed to its file.

use std::sync::Arc;

use tokio::sync::watch::Receiver;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, async_trait};

use crate::server::backend::Backend;
use crate::server::options::WatchOptions;
use crate::server::wire::v1;

use super::room::Room;
use super::watch;

/// Streams what changes.
#[derive(Debug)]
pub(in crate::server) struct Watches {
    pub(in crate::server) backend: Arc<Backend>,
    pub(in crate::server) options: WatchOptions,
    /// For messages that wait.
    pub(in crate::server) room: Room,
    /// Whether the server is going down.
    pub(in crate::server) is_stopping: Receiver<bool>,
}

#[async_trait]
impl v1::watch_service_server::WatchService for Watches {
    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<BoxStream<v1::WatchResponse>>, Status> {
        watch::watch(self, request).await
    }
}
