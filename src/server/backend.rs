//! What every RPC works with.

use std::sync::Arc;

use crate::engine::Engine;

use super::options::RequestLimits;
use super::pool::Pool;

/// The engine, threads for heavy work, and the bounds on requests.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) engine: Arc<Engine>,
    pub(super) pool: Pool,
    pub(super) limits: RequestLimits,
}
