//! The certificate that a server shows, and whose certificates it takes, as its files say now.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::ServerConfig;

use crate::lifecycle::{Refresh, Refreshed};
use crate::server::keys::warn_if_open_to_all;

use super::error::TlsError;
use super::files::{Loaded, TlsPaths, days_until};

/// So many days before it expires, a certificate is warned about, once a day.
const WARNING_DAYS: u64 = 14;

/// What is spoken under TLS, as ALPN names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProtocol {
    /// gRPC's.
    Http2,
    /// That of JSON over HTTP.
    Http1,
}

impl TlsProtocol {
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Http2 => b"h2",
            Self::Http1 => b"http/1.1",
        }
    }
}

/// Certificates and keys, as they were when they were last read and found good.
///
/// Files are read at each look: they are small, and neither a swapped link nor a coarse clock hides a change. What is
/// half-written, or does not fit together, is told to the log and never in force.
pub struct Tls {
    paths: TlsPaths,
    protocol: TlsProtocol,
    current: ArcSwap<Loaded>,
    hasher: RandomState,
    seen: Mutex<Seen>,
}

/// What is known from the last look.
struct Seen {
    /// Of the texts that are in force.
    in_force: u64,
    /// Of those that are not, and why.
    refused: Option<(u64, String)>,
    /// What the log was told of the expiry.
    expiry_told: Option<Expiry>,
}

/// How near the end of a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    NotYetValid,
    DaysLeft(u64),
    Expired { days: u64 },
}

impl Tls {
    /// Reads the files for the first time; an error is the caller's.
    pub fn open(paths: TlsPaths, protocol: TlsProtocol) -> Result<Self, TlsError> {
        let texts = paths.read()?;
        let loaded = paths.load(&texts, protocol)?;
        let hasher = RandomState::new();
        let seen = Seen { in_force: hasher.hash_one(&texts), refused: None, expiry_told: None };
        let tls =
            Self { paths, protocol, current: ArcSwap::from_pointee(loaded), hasher, seen: Mutex::new(seen) };
        tls.tell_in_force("TLS is served");
        tls.tell_expiry(&mut tls.seen.lock(), SystemTime::now());
        Ok(tls)
    }

    /// When the first of the certificates that it shows expires.
    pub fn expires_at(&self) -> SystemTime {
        self.current.load().validity.expires_at
    }

    /// Whether clients must show a certificate.
    pub fn verifies_clients(&self) -> bool {
        self.paths.client_authorities.is_some()
    }

    /// What the next handshake is made with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().config)
    }

    fn look(&self, is_forced: bool) -> Refreshed {
        let mut seen = self.seen.lock();
        let refreshed = match self.read_and_load(&mut seen, is_forced) {
            Ok(refreshed) => refreshed,
            Err((fingerprint, problem)) => {
                let is_known = seen.refused.as_ref().is_some_and(|(_, known)| *known == problem);
                if is_forced || !is_known {
                    let path = self.paths.certificate.display();
                    tracing::error!(%path, problem, "the TLS files cannot be used: what they held before stays in force");
                }
                seen.refused = Some((fingerprint, problem));
                Refreshed::Refused
            }
        };
        self.tell_expiry(&mut seen, SystemTime::now());
        refreshed
    }

    fn read_and_load(&self, seen: &mut Seen, is_forced: bool) -> Result<Refreshed, (u64, String)> {
        let mut texts = self.paths.read().map_err(|error| (0, error.to_string()))?;
        let mut fingerprint = self.hasher.hash_one(&texts);
        if fingerprint == seen.in_force {
            if seen.refused.take().is_some() {
                tracing::info!(path = %self.paths.certificate.display(), "the TLS files hold again what is in force");
            }
            return Ok(Refreshed::Unchanged);
        }
        if !is_forced && seen.refused.as_ref().is_some_and(|(refused, _)| *refused == fingerprint) {
            return Ok(Refreshed::Refused);
        }
        let mut loaded = self.paths.load(&texts, self.protocol);
        if loaded.is_err() {
            // All of them may just have been swapped, after one of them was read.
            texts = self.paths.read().map_err(|error| (0, error.to_string()))?;
            fingerprint = self.hasher.hash_one(&texts);
            loaded = self.paths.load(&texts, self.protocol);
        }
        let loaded = loaded.map_err(|error| (fingerprint, error.to_string()))?;
        self.current.store(Arc::new(loaded));
        (seen.in_force, seen.refused, seen.expiry_told) = (fingerprint, None, None);
        self.tell_in_force("the TLS files have changed and are in force");
        Ok(Refreshed::Taken)
    }

    fn tell_in_force(&self, message: &'static str) {
        let days_left = days_until(self.expires_at(), SystemTime::now()).unwrap_or_default();
        let verifies_clients = self.verifies_clients();
        tracing::info!(path = %self.paths.certificate.display(), days_left, verifies_clients, "{message}");
        warn_if_open_to_all(&self.paths.key, "a private key");
    }

    /// Warns of a certificate that nobody will take soon, or takes any more.
    fn tell_expiry(&self, seen: &mut Seen, now: SystemTime) {
        let expiry = self.expiry(now);
        if expiry == seen.expiry_told {
            return;
        }
        seen.expiry_told = expiry;
        let path = self.paths.certificate.display();
        match expiry {
            None => {}
            Some(Expiry::NotYetValid) => tracing::warn!(%path, "the certificate is not valid yet"),
            Some(Expiry::DaysLeft(days_left)) => {
                tracing::warn!(%path, days_left, "the certificate expires soon");
            }
            Some(Expiry::Expired { days }) => {
                tracing::error!(%path, days, "the certificate has expired: clients refuse it");
            }
        }
    }

    fn expiry(&self, now: SystemTime) -> Option<Expiry> {
        let validity = self.current.load().validity;
        match days_until(validity.expires_at, now) {
            None => Some(Expiry::Expired { days: days_until(now, validity.expires_at).unwrap_or_default() }),
            Some(_) if now < validity.begins_at => Some(Expiry::NotYetValid),
            Some(days) => (days < WARNING_DAYS).then_some(Expiry::DaysLeft(days)),
        }
    }
}

impl Refresh for Tls {
    fn refresh(&self) -> Refreshed {
        self.look(false)
    }

    fn reload(&self) -> Refreshed {
        self.look(true)
    }
}

/// Without what the files hold, which is secret.
impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("paths", &self.paths).finish_non_exhaustive()
    }
}
