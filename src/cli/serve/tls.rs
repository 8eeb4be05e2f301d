//! Flags: certificates, for gRPC and for HTTP. All files are read again when they change.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::lifecycle::{Refresh, Reloads};
use crate::server::{ServerOptions, Tls, TlsError, TlsPaths, TlsProtocol};

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct TlsFlags {
    /// Serve gRPC under TLS only, with this certificate and those that lead from it to an authority (PEM); read again when
    /// it changes
    #[arg(long, env = "ARROWROOT_GRPC_TLS_CERT_PATH", value_name = "FILE", requires = "grpc_tls_key_path")]
    grpc_tls_cert_path: Option<PathBuf>,
    /// The certificate's private key (PEM); read again when it changes
    #[arg(long, env = "ARROWROOT_GRPC_TLS_KEY_PATH", value_name = "FILE", requires = "grpc_tls_cert_path")]
    grpc_tls_key_path: Option<PathBuf>,
    /// Take gRPC clients only that show a certificate signed by one of these (PEM); read again when it changes
    #[arg(
        long,
        env = "ARROWROOT_GRPC_TLS_CLIENT_CA_PATH",
        value_name = "FILE",
        requires = "grpc_tls_cert_path"
    )]
    grpc_tls_client_ca_path: Option<PathBuf>,
    /// Serve HTTP under TLS only, with this certificate; read again when it changes
    #[arg(long, env = "ARROWROOT_HTTP_TLS_CERT_PATH", value_name = "FILE", requires = "http_tls_key_path")]
    http_tls_cert_path: Option<PathBuf>,
    /// That certificate's private key; read again when it changes
    #[arg(long, env = "ARROWROOT_HTTP_TLS_KEY_PATH", value_name = "FILE", requires = "http_tls_cert_path")]
    http_tls_key_path: Option<PathBuf>,
    /// Take HTTP clients only that show a certificate signed by one of these; read again when it changes
    #[arg(
        long,
        env = "ARROWROOT_HTTP_TLS_CLIENT_CA_PATH",
        value_name = "FILE",
        requires = "http_tls_cert_path"
    )]
    http_tls_client_ca_path: Option<PathBuf>,
}

impl TlsFlags {
    /// Reads the certificates, and registers them as what is read again.
    pub(super) fn open(&self, options: &mut ServerOptions, reloads: &Reloads) -> Result<(), TlsError> {
        let open = |paths: Option<TlsPaths>, protocol| {
            let tls = paths.map(|paths| Tls::open(paths, protocol)).transpose()?.map(Arc::new);
            if let Some(tls) = &tls {
                reloads.add(Arc::clone(tls) as Arc<dyn Refresh>);
            }
            Ok::<_, TlsError>(tls)
        };
        options.grpc_tls = open(self.grpc(), TlsProtocol::Http2)?;
        if options.http_address.is_some() {
            options.http_tls = open(self.http(), TlsProtocol::Http1)?;
        }
        Ok(())
    }

    /// Whether gRPC clients must show a certificate.
    pub(super) fn verifies_grpc_clients(&self) -> bool {
        self.grpc_tls_client_ca_path.is_some()
    }

    /// Whether HTTP clients must.
    pub(super) fn verifies_http_clients(&self) -> bool {
        self.http_tls_client_ca_path.is_some()
    }

    /// Which addresses are under TLS, as the line says that tells of a ready server.
    pub(super) fn describe(&self, is_http_served: bool) -> Option<&'static str> {
        let is_http = is_http_served && self.http_tls_cert_path.is_some();
        match (self.grpc_tls_cert_path.is_some(), is_http) {
            (true, true) => Some("grpc,http"),
            (true, false) => Some("grpc"),
            (false, true) => Some("http"),
            (false, false) => None,
        }
    }

    fn grpc(&self) -> Option<TlsPaths> {
        Some(TlsPaths {
            certificate: self.grpc_tls_cert_path.clone()?,
            key: self.grpc_tls_key_path.clone()?,
            client_authorities: self.grpc_tls_client_ca_path.clone(),
        })
    }

    fn http(&self) -> Option<TlsPaths> {
        Some(TlsPaths {
            certificate: self.http_tls_cert_path.clone()?,
            key: self.http_tls_key_path.clone()?,
            client_authorities: self.http_tls_client_ca_path.clone(),
        })
    }
}
