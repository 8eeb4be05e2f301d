//! Looks at every request before anything else does.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tonic::codegen::http::header::AUTHORIZATION;
use tonic::codegen::http::{HeaderMap, HeaderValue};

use crate::lifecycle::identity::ApiKeyHash;
use crate::server::deadline;
use crate::server::front::Front;
use crate::server::keys::{Key, KeyFiles, Keys, Meter, Role};
use crate::server::options::PresharedKey;

use super::options::AdmissionOptions;
use super::pass::{FileKey, Hall, Pass};
use super::refused::Refused;
use super::rpcs::{self, Span};

const SCHEME: &str = "bearer";
/// Characters of a path that are shown of one that is not served.
const PATH_CHARACTERS_MAX: usize = 200;
/// Streams of reflection at once, at most: they need no key, and so must take no place of those that do.
const REFLECTIONS_MAX: usize = 256;
/// How long the client waits.
const TIMEOUT: &str = "grpc-timeout";

/// Where a key may be taken away: the files that have it, and its hash.
type Origin = Option<(Arc<KeyFiles>, ApiKeyHash)>;

/// Lets in whoever shows a key, to do what the key is for; everyone, to do everything, if there are no keys.
#[derive(Debug)]
pub(in crate::server) struct Doorkeeper {
    keys: Keys,
    key_files: Option<Arc<KeyFiles>>,
    /// Of those that need no key.
    keyless: Arc<Meter>,
    hall: Arc<Hall>,
    /// Those who ask for reflection, and how often: anyone may, and takes nothing from others by it.
    porch: Arc<Hall>,
    strangers: Arc<Meter>,
    deadline: Option<Duration>,
    stream_deadline: Option<Duration>,
}

impl Doorkeeper {
    /// A doorkeeper for these keys, all of which may do everything, and for those of the files.
    pub(in crate::server) fn new(
        preshared: &[PresharedKey],
        key_files: Option<Arc<KeyFiles>>,
        options: AdmissionOptions,
        front: Arc<Front>,
    ) -> Self {
        let mut keys = Keys::default();
        for key in preshared {
            let meter = Arc::new(Meter::new(options.key_limits));
            keys.add(ApiKeyHash::of_bytes(key.as_bytes()), Key { role: Role::Admin, meter });
        }
        let AdmissionOptions { requests_max, key_limits, deadline, stream_deadline, .. } = options;
        let hall_for =
            |requests_max, front| Arc::new(Hall { requests_max, running: AtomicUsize::new(0), front });
        let porch_max = requests_max.map_or(REFLECTIONS_MAX, |most| most.get().min(REFLECTIONS_MAX));
        let porch = hall_for(NonZeroUsize::new(porch_max), Arc::clone(&front));
        let hall = hall_for(requests_max, front);
        let [keyless, strangers] = [(); 2].map(|()| Arc::new(Meter::new(key_limits)));
        Self { keys, key_files, keyless, hall, porch, strangers, deadline, stream_deadline }
    }

    /// Whether a call with these headers may come in.
    pub(in crate::server) fn enter(&self, headers: &HeaderMap, path: &str) -> Result<Pass, Refused> {
        self.counted(self.try_enter(headers, path))
    }

    /// The same for what needs no key, but takes a place.
    pub(in crate::server) fn enter_without_key(&self) -> Result<Pass, Refused> {
        self.counted(Pass::take(&self.hall, &self.keyless, true, self.time_max(Span::Unary)))
    }

    /// The same for reflection, which has places of its own, and no more time than a call with one answer.
    pub(in crate::server) fn enter_for_reflection(&self) -> Result<Pass, Refused> {
        self.counted(Pass::take(&self.porch, &self.strangers, true, self.time_max(Span::Unary)))
    }

    /// For what is let in whatever happens.
    pub(in crate::server) fn enter_freely(&self) -> Pass {
        Pass::free(&self.hall)
    }

    fn counted(&self, entered: Result<Pass, Refused>) -> Result<Pass, Refused> {
        entered.inspect_err(|refused| {
            if let Some(reason) = refused.reason() {
                self.hall.front.refusals.count(reason);
            }
        })
    }

    fn try_enter(&self, headers: &HeaderMap, path: &str) -> Result<Pass, Refused> {
        let shown = self.key(headers)?;
        let key = shown.as_ref().map(|(key, _)| key);
        let rpc = rpcs::find(path).ok_or_else(|| not_served(path))?;
        if let Some(key) = key
            && !key.role.includes(rpc.role)
        {
            let method = path.rsplit_once('/').map_or(path, |(_, method)| method).to_owned();
            return Err(Refused::Role { has: key.role, needed: rpc.role, method });
        }
        let meter = key.map_or(&self.keyless, |key| &key.meter);
        let time_max = self.time_max(rpc.span).filter(|_| !has_deadline(headers));
        let pass = Pass::take(&self.hall, meter, rpc.span != Span::Open, time_max)?;
        let of_file = |(files, hash)| FileKey { files, hash, needed: rpc.role };
        Ok(pass.of_key(shown.and_then(|(_, origin)| origin).map(of_file)))
    }

    /// The key that is shown, and the files that have it, if they do; none if none is needed.
    fn key(&self, headers: &HeaderMap) -> Result<Option<(Arc<Key>, Origin)>, Refused> {
        if self.keys.is_empty() && self.key_files.is_none() {
            return Ok(None);
        }
        // Keys are compared by their hashes only, so that the time tells nothing about which one was nearly right.
        let hash = ApiKeyHash::of_bytes(bearer(headers).ok_or(Refused::NoKey)?);
        if let Some(key) = self.keys.find(&hash) {
            return Ok(Some((key, None)));
        }
        let files = self.key_files.as_ref().ok_or(Refused::UnknownKey)?;
        let key = files.find(&hash).ok_or(Refused::UnknownKey)?;
        Ok(Some((key, Some((Arc::clone(files), hash)))))
    }

    fn time_max(&self, span: Span) -> Option<Duration> {
        match span {
            Span::Unary => self.deadline,
            Span::Stream => self.stream_deadline,
            Span::Open => None,
        }
    }
}

/// Of a path, its beginning: clients make them as long as they like.
fn not_served(path: &str) -> Refused {
    Refused::NotServed { path: path.chars().take(PATH_CHARACTERS_MAX).collect() }
}

/// The token behind `Bearer`; none if there is no such header or nothing behind it.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.strip_prefix(b" ").filter(|token| !token.is_empty())?;
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then_some(token)
}

/// Whether the client says how long it waits.
fn has_deadline(headers: &HeaderMap) -> bool {
    let timeout = |value: &HeaderValue| deadline::timeout(value.to_str().ok()?);
    headers.get(TIMEOUT).and_then(timeout).is_some()
}
