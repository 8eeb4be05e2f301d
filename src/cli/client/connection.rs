//! Flags: which server, and the key to its door.

use clap::Args;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::error::CallError;

/// Which server a command talks to.
#[derive(Clone, Args)]
pub(in crate::cli) struct Connection {
    /// The server
    #[arg(long, env = "ARROWROOT_ENDPOINT", default_value = "http://127.0.0.1:50051", value_name = "URL")]
    pub(in crate::cli) endpoint: String,
    /// The key that is shown to it
    #[arg(long, env = "ARROWROOT_PRESHARED_KEY", hide_env_values = true, value_name = "KEY")]
    preshared_key: Option<String>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A way to a server, on which each call shows the key.
pub(super) type AuthorizedChannel = InterceptedService<Channel, Authorization>;

/// Shows the key, if there is one.
#[derive(Clone)]
pub(super) struct Authorization(Option<MetadataValue<Ascii>>);

impl Interceptor for Authorization {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

impl Connection {
    /// A way to the server: it connects when it is first used, and again when it was lost. It is made within a runtime.
    pub(super) fn open(&self) -> Result<AuthorizedChannel, CallError> {
        Ok(InterceptedService::new(self.channel()?, Authorization(self.authorization()?)))
    }

    /// A channel that connects when it is first used, and again when it was lost.
    fn channel(&self) -> Result<Channel, CallError> {
        let endpoint = Endpoint::from_shared(self.endpoint.clone()).ok();
        let endpoint = endpoint.filter(|endpoint| endpoint.uri().scheme_str() == Some("http"));
        let invalid = || CallError::Endpoint { endpoint: self.endpoint.clone() };
        Ok(endpoint.ok_or_else(invalid)?.connect_lazy())
    }

    /// The header that shows the key, if there is one.
    fn authorization(&self) -> Result<Option<MetadataValue<Ascii>>, CallError> {
        let header = self.preshared_key.as_ref().map(|key| format!("Bearer {key}").parse());
        let mut header: Option<MetadataValue<Ascii>> = header.transpose().map_err(|_| CallError::Key)?;
        if let Some(header) = &mut header {
            header.set_sensitive(true);
        }
        Ok(header)
    }
}
