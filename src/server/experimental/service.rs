//! The service's methods, each handed to its file. Those that are not here answer UNIMPLEMENTED.

use std::sync::Arc;

use tonic::async_trait;

use crate::server::backend::Backend;
use crate::server::wire::v1;

/// Calls that may change, and those that older clients still make.
#[derive(Debug)]
pub(in crate::server) struct Experimental {
    #[expect(dead_code, reason = "no method needs it yet")]
    pub(in crate::server) backend: Arc<Backend>,
}

#[async_trait]
impl v1::experimental_service_server::ExperimentalService for Experimental {}
