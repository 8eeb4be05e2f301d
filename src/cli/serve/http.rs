//! Flags: whether and where the API is served over HTTP, too.

use std::net::SocketAddr;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Http {
    /// Serve the API over HTTP with JSON, too, to whoever may use it over gRPC
    #[arg(long, env = "ARROWROOT_HTTP_ENABLED")]
    http_enabled: bool,
    /// Where to listen for HTTP; port 0 takes any that is free
    #[arg(long, env = "ARROWROOT_HTTP_ADDR", default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
    http_addr: SocketAddr,
}

impl Http {
    /// Where HTTP is served; none if it is not. What is served over HTTP only turns it on.
    pub(super) fn address(&self, is_needed: bool) -> Option<SocketAddr> {
        (self.http_enabled || is_needed).then_some(self.http_addr)
    }
}
