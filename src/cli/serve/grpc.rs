//! Flags: where gRPC is served, and to whom.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::cli::duration::Duration;
use crate::server::{KeyFilePaths, PresharedKey, ServerOptions};

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
    /// Keys of the same kind, one on each line of a file; read again when it changes
    #[arg(long, env = "ARROWROOT_GRPC_PRESHARED_KEY_FILE", value_name = "FILE")]
    grpc_preshared_key_file: Option<PathBuf>,
    /// Keys with a role and limits of their own, a TOML file; read again when it changes
    #[arg(long, env = "ARROWROOT_GRPC_KEYS_FILE", value_name = "FILE")]
    grpc_keys_file: Option<PathBuf>,
    /// Serve everyone, without a key; only on a loopback address, or to clients that must show a certificate
    #[arg(
        long,
        env = "ARROWROOT_GRPC_NO_AUTH",
        conflicts_with_all = ["grpc_preshared_key", "grpc_preshared_key_file", "grpc_keys_file"]
    )]
    grpc_no_auth: bool,
    /// How long running requests may take after the server was told to stop
    #[arg(long, env = "ARROWROOT_GRPC_SHUTDOWN_GRACE_PERIOD", default_value = "5s", value_name = "DURATION")]
    pub(super) grpc_shutdown_grace_period: Duration,
    /// Do not tell the server's version to clients that ask for it
    #[arg(long, env = "ARROWROOT_DISABLE_VERSION_RESPONSE")]
    disable_version_response: bool,
}

impl Grpc {
    /// Whether everyone is let in at an address only where the operator said so, and where nobody else can come in: from
    /// this machine, or with a certificate.
    pub(super) fn check_keys(&self, address: SocketAddr, verifies_clients: bool) -> Result<(), ServeError> {
        if !self.grpc_preshared_key.iter().all(PresharedKey::can_be_shown) {
            return Err(ServeError::UnusableKey);
        }
        let has_files = self.grpc_preshared_key_file.is_some() || self.grpc_keys_file.is_some();
        match (self.grpc_preshared_key.is_empty() && !has_files, self.grpc_no_auth) {
            (false, _) => Ok(()),
            (true, false) => Err(ServeError::NoKey),
            (true, true) if verifies_clients || address.ip().is_loopback() => Ok(()),
            (true, true) => Err(ServeError::OpenToAll(address)),
        }
    }

    /// Where further keys are.
    pub(super) fn key_files(&self) -> KeyFilePaths {
        let (preshared, with_roles) = (self.grpc_preshared_key_file.clone(), self.grpc_keys_file.clone());
        KeyFilePaths { preshared, with_roles }
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
