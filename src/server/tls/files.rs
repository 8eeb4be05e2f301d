//! PEM files → what a handshake needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{Error as PemError, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::lifecycle::read_settings;

use super::error::{TlsError, TlsProblem};
use super::identity::TlsProtocol;
use super::validity::Validity;

/// Where certificates are.
#[derive(Debug, Clone)]
pub struct TlsPaths {
    /// The server's certificate, and behind it those that lead to an authority that clients know.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs the certificates that clients must show; they need none if it is not given.
    pub client_authorities: Option<PathBuf>,
}

/// The files as they were read.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Texts {
    certificate: String,
    key: String,
    client_authorities: Option<String>,
}

/// What they come to.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    pub(super) validity: Validity,
}

impl TlsPaths {
    pub(super) fn read(&self) -> Result<Texts, TlsError> {
        Ok(Texts {
            certificate: read_settings(&self.certificate)?,
            key: read_settings(&self.key)?,
            client_authorities: self.client_authorities.as_deref().map(read_settings).transpose()?,
        })
    }

    /// Makes a configuration of them, if they fit together.
    pub(super) fn load(&self, texts: &Texts, protocol: TlsProtocol) -> Result<Loaded, TlsError> {
        let wrong = |path: &Path, problem| TlsError::Wrong { path: path.to_owned(), problem };
        let chain = certificates(&texts.certificate).map_err(|problem| wrong(&self.certificate, problem))?;
        let validity =
            Validity::of_chain(&chain).ok_or_else(|| wrong(&self.certificate, TlsProblem::Certificate))?;
        let key = PrivateKeyDer::from_pem_slice(texts.key.as_bytes())
            .map_err(|error| wrong(&self.key, pem_problem(&error, TlsProblem::NoKey)))?;
        let provider = Arc::new(default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&self.certificate, TlsProblem::Protocol(error.to_string())))?;
        let config = match self.client_authorities.as_deref().zip(texts.client_authorities.as_deref()) {
            Some((path, text)) => {
                let unusable = |error: String| wrong(path, TlsProblem::ClientAuthorities(error));
                let mut roots = RootCertStore::empty();
                for certificate in certificates(text).map_err(|problem| wrong(path, problem))? {
                    roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.map_err(|error| unusable(error.to_string()))?)
            }
            None => config.with_no_client_auth(),
        };
        let mut config = config
            .with_single_cert(chain, key)
            .map_err(|error| wrong(&self.key, TlsProblem::Mismatch(error.to_string())))?;
        if self.client_authorities.is_some() {
            // Who goes on with a session is not asked for a certificate, which may have expired since.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.alpn_protocols = vec![protocol.name().to_vec()];
        Ok(Loaded { config: Arc::new(config), validity })
    }
}

fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let certificates = certificates.map_err(|error| pem_problem(&error, TlsProblem::NoCertificate))?;
    if certificates.is_empty() { Err(TlsProblem::NoCertificate) } else { Ok(certificates) }
}

/// What is wrong with a PEM file, in words that quote nothing of it.
fn pem_problem(error: &PemError, if_empty: TlsProblem) -> TlsProblem {
    match error {
        PemError::NoItemsFound => if_empty,
        PemError::MissingSectionEnd { .. } => TlsProblem::NotPem("a section has no end".to_owned()),
        PemError::IllegalSectionStart { .. } => {
            TlsProblem::NotPem("a section's first line is malformed".to_owned())
        }
        PemError::Base64Decode(_) => TlsProblem::NotPem("a section is not base64".to_owned()),
        _ => TlsProblem::NotPem("it cannot be read".to_owned()),
    }
}

/// When a certificate stops to be good, counted from now; in days, rounded down.
pub(super) fn days_until(time: SystemTime, now: SystemTime) -> Option<u64> {
    const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
    time.duration_since(now).ok().map(|left| left.as_secs() / SECONDS_PER_DAY)
}
