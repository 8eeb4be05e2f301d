//! Where the work on schemas is done: what takes longer than about a millisecond would hold up a runtime.

use crate::server::backend::Backend;
use crate::server::error::PoolError;

/// Bytes of schema text that are worked on where the request is, at most.
const INLINE_BYTES_MAX: usize = 16 << 10;

/// Does some work on this many bytes of schema text, here or in the pool.
pub(super) async fn run<T: Send + 'static>(
    backend: &Backend,
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PoolError> {
    if bytes <= INLINE_BYTES_MAX {
        return Ok(work());
    }
    backend.pool.run(|_| work()).await
}
