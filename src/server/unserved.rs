//! What the API has and this server does not serve.

use tokio_stream::Empty;
use tonic::Status;

/// The stream of an RPC that is not served: there is never one.
pub(super) type Unserved<T> = Empty<Result<T, Status>>;

/// The answer to an RPC or a service that is not served.
pub(super) fn unserved(name: &str) -> Status {
    Status::unimplemented(format!("{name} is not served by this version of arrowroot"))
}
