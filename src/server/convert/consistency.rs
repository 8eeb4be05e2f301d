//! How fresh an answer must be.

use crate::engine::{Consistency, ZedToken};
use crate::server::error::RequestError;
use crate::server::wire::v1;
use crate::server::wire::v1::consistency::Requirement;

/// A consistency requirement; the lowest latency if there is none. A message without a requirement is a fault of the
/// client's code, and so is `false` where only `true` has a meaning.
pub(in crate::server) fn consistency(message: Option<v1::Consistency>) -> Result<Consistency, RequestError> {
    let Some(message) = message else {
        return Ok(Consistency::MinimizeLatency);
    };
    let unhandled = match message.requirement {
        Some(Requirement::MinimizeLatency(true)) => return Ok(Consistency::MinimizeLatency),
        Some(Requirement::FullyConsistent(true)) => return Ok(Consistency::FullyConsistent),
        Some(Requirement::AtLeastAsFresh(token)) => {
            return Ok(Consistency::AtLeastAsFresh(ZedToken(token.token)));
        }
        Some(Requirement::AtExactSnapshot(token)) => {
            return Ok(Consistency::AtExactSnapshot(ZedToken(token.token)));
        }
        Some(Requirement::MinimizeLatency(false)) => "minimize_latency:false",
        Some(Requirement::FullyConsistent(false)) => "fully_consistent:false",
        None => "",
    };
    Err(RequestError::UnhandledConsistency { requirement: unhandled })
}
