//! Flags: where gRPC is served, and to whom.

use std::net::SocketAddr;

use clap::Args;

use crate::cli::duration::Duration;
use crate::server::{PresharedKey, ServerOptions};

use super::error::ServeError;

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct Grpc {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, env = "ARROWROOT_GRPC_ADDR", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    pub(super) grpc_addr: SocketAddr,
    /// A key that clients show as bearer token; give several, repeated or with commas, to change keys without a gap
    #[arg(
        long,
        env = "ARROWROOT_GRPC_PRESHARED_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY",
        value_parser = parse_key
    )]
    pub(super) grpc_preshared_key: Vec<PresharedKey>,
    /// Serve everyone, without a key; only on a loopback address
    #[arg(long, env = "ARROWROOT_GRPC_NO_AUTH", conflicts_with = "grpc_preshared_key")]
    grpc_no_auth: bool,
    /// How long running requests may take after the server was told to stop
    #[arg(long, env = "ARROWROOT_GRPC_SHUTDOWN_GRACE_PERIOD", default_value = "5s", value_name = "DURATION")]
    pub(super) grpc_shutdown_grace_period: Duration,
    /// Do not tell the server's version to clients that ask for it
    #[arg(long, env = "ARROWROOT_DISABLE_VERSION_RESPONSE")]
    disable_version_response: bool,
}

impl Grpc {
    /// Whether everyone is let in at an address only where the operator said so, and where nobody else can come in.
    pub(super) fn check_keys(&self, address: SocketAddr) -> Result<(), ServeError> {
        match (self.grpc_preshared_key.is_empty(), self.grpc_no_auth) {
            (false, _) => Ok(()),
            (true, false) => Err(ServeError::NoKey),
            (true, true) if address.ip().is_loopback() => Ok(()),
            (true, true) => Err(ServeError::OpenToAll(address)),
        }
    }

    pub(super) fn apply(&self, options: &mut ServerOptions) {
        options.address = self.grpc_addr;
        options.preshared_keys.clone_from(&self.grpc_preshared_key);
        options.reveals_version = !self.disable_version_response;
        options.shutdown_grace_period = self.grpc_shutdown_grace_period.0;
    }
}

fn parse_key(text: &str) -> Result<PresharedKey, &'static str> {
    PresharedKey::new(text).ok_or("a preshared key cannot be empty")
}
