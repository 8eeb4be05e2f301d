//! How a server is to behave.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crate::lifecycle::identity::Identity;
use crate::lifecycle::rollout::Rollout;
use crate::lifecycle::{Lifecycle, WatchedFile};

use super::admission::AdmissionOptions;
use super::keys::KeyFiles;
use super::legacy::LegacyUpstream;
use super::telemetry::Telemetry;
use super::tls::Tls;

/// A secret that clients show as a bearer token. It is never printed.
#[derive(Clone)]
pub struct PresharedKey(String);

impl PresharedKey {
    /// Takes the secret; none if it is empty, which would be no secret.
    pub fn new(secret: impl Into<String>) -> Option<Self> {
        Some(secret.into()).filter(|secret| !secret.is_empty()).map(Self)
    }

    /// Whether a header can carry it. One with an end of line, as a file's, is shown by nobody.
    pub fn can_be_shown(&self) -> bool {
        self.0.trim_matches(' ') == self.0 && !self.0.bytes().any(|byte| byte.is_ascii_control())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for PresharedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PresharedKey(…)")
    }
}

/// What an operator may choose.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Where to listen; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Where to listen for HTTP, if at all; port 0 takes any that is free.
    pub http_address: Option<SocketAddr>,
    /// TLS for gRPC; plain text if there is none.
    pub grpc_tls: Option<Arc<Tls>>,
    /// The same for HTTP.
    pub http_tls: Option<Arc<Tls>>,
    /// Where to listen for those who ask for metrics and health, if at all; port 0 takes any that is free.
    pub metrics_address: Option<SocketAddr>,
    /// What is counted, traced and logged of requests. A server that ends closes it.
    pub telemetry: Telemetry,
    /// Each of these opens the door to everything. Without any, and without files of keys, the door is open.
    pub preshared_keys: Vec<PresharedKey>,
    /// Files of further keys.
    pub key_files: Option<Arc<KeyFiles>>,
    /// Bounds on connections and requests.
    pub admission: AdmissionOptions,
    /// Runtimes, each on a thread of its own; one a core if not given.
    pub threads: Option<NonZeroUsize>,
    /// How long running requests may take after the server was told to stop.
    pub shutdown_grace_period: Duration,
    /// Whether clients that ask for the server's version are told.
    pub reveals_version: bool,
    /// Bounds on requests.
    pub limits: RequestLimits,
    /// How watches are served.
    pub watch: WatchOptions,
    /// An application's registry of resources, if one is served.
    pub lifecycle: Option<Arc<Lifecycle>>,
    /// How that is served over HTTP.
    pub authz: AuthzOptions,
}

/// How an application's registry of resources is served over HTTP.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AuthzOptions {
    /// Who the senders of requests are; nobody is known if it is not given.
    pub identity: Option<Arc<Identity>>,
    /// Which side serves which account; the graph serves all if it is not given.
    pub accounts: Option<Arc<WatchedFile<Rollout>>>,
    /// The backend that was there before.
    pub legacy_upstream: Option<LegacyUpstream>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            http_address: None,
            grpc_tls: None,
            http_tls: None,
            metrics_address: None,
            telemetry: Telemetry::default(),
            preshared_keys: Vec::new(),
            key_files: None,
            admission: AdmissionOptions::default(),
            threads: None,
            shutdown_grace_period: Duration::from_secs(5),
            reveals_version: true,
            limits: RequestLimits::default(),
            watch: WatchOptions::default(),
            lifecycle: None,
            authz: AuthzOptions::default(),
        }
    }
}

/// How watches are served. The defaults are SpiceDB's.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct WatchOptions {
    /// Whether they are served at all.
    pub is_enabled: bool,
    /// How often a client that asks for checkpoints gets one while nothing happens.
    pub heartbeat: Duration,
    /// Messages that wait for one client, at most; they are also bounded in bytes.
    pub buffer_length_max: NonZeroUsize,
    /// How long a client may take no message while that many wait.
    pub buffer_write_timeout: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            is_enabled: true,
            heartbeat: Duration::from_secs(1),
            buffer_length_max: NonZeroUsize::MIN.saturating_add(1023),
            buffer_write_timeout: Duration::from_secs(1),
        }
    }
}

/// Bounds on requests that the server itself checks; the engine has its own. The defaults are SpiceDB's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestLimits {
    /// The limit of one read of relationships that has one.
    pub read_relationships_limit_max: u32,
    /// The limit of one lookup of resources that has one.
    pub lookup_resources_limit_max: u32,
    /// The limit of one page of an export that has one.
    pub export_limit_max: u32,
    /// Checks in one bulk.
    pub bulk_checks_max: usize,
    /// Bytes of the context that a request gives for caveats; 0 for no bound.
    pub caveat_context_bytes_max: usize,
    /// Bytes of one message from a client.
    pub message_bytes_max: usize,
    /// Bytes of memory that answers take, all together, until their clients have taken them; small ones do not count.
    pub answer_bytes_max: usize,
    /// How long a stream may keep its client waiting without a message.
    pub stream_silence_max: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            read_relationships_limit_max: 1000,
            lookup_resources_limit_max: 1000,
            export_limit_max: 10_000,
            bulk_checks_max: 10_000,
            caveat_context_bytes_max: 4096,
            message_bytes_max: 4 << 20,
            answer_bytes_max: 256 << 20,
            stream_silence_max: Duration::from_secs(30),
        }
    }
}
