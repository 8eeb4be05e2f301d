//! Forwarding a request to the legacy backend, and its answer back, byte for byte.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::time::timeout;

use super::error::{LegacyError, LegacyTrustError};
use super::headers;
use super::upstream::LegacyUpstream;

/// Connections that are kept open while nothing is asked.
const IDLE_CONNECTIONS_MAX: usize = 64;
/// How long such a connection is kept. Less than the five seconds after which common application servers close theirs:
/// what is sent on a connection that is being closed is lost, and would be answered with an error.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a request may take there, and how large an answer may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct LegacyOptions {
    /// How long a connection may take to be there.
    pub(in crate::server) connect_timeout: Duration,
    /// How long the whole may take, from the connection to the last byte of the answer.
    pub(in crate::server) timeout: Duration,
    /// Bytes of an answer, at most.
    pub(in crate::server) answer_bytes_max: usize,
}

impl Default for LegacyOptions {
    /// Less than the 30 seconds that clients wait for an answer, so that they get one.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(25),
            answer_bytes_max: 64 << 20,
        }
    }
}

/// The legacy backend. A clone is a pointer to the same connections.
///
/// Redirects are not followed, no proxy of the environment is used, nothing is unpacked, and no header is added but the
/// host and the length. A connection that is kept is used again; a request is sent once.
#[derive(Debug, Clone)]
pub(in crate::server) struct LegacyBackend(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    upstream: LegacyUpstream,
    options: LegacyOptions,
}

impl LegacyBackend {
    /// A backend that is connected to when it is first asked. Over TLS it must show a certificate that the machine trusts.
    pub(in crate::server) fn new(
        upstream: LegacyUpstream,
        options: LegacyOptions,
    ) -> Result<Self, LegacyTrustError> {
        let builder = tls_config()?;
        // Without TLS nobody has to be trusted, and a machine may have no certificates at all.
        let config = if upstream.is_https() {
            builder.with_native_roots()?.with_no_client_auth()
        } else {
            builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        };
        Ok(Self::with_config(upstream, options, config))
    }

    /// The same for a backend whose certificate rests on these.
    #[cfg(test)]
    pub(super) fn trusting(
        roots: RootCertStore,
        upstream: LegacyUpstream,
        options: LegacyOptions,
    ) -> Result<Self, LegacyTrustError> {
        let config = tls_config()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self::with_config(upstream, options, config))
    }

    fn with_config(upstream: LegacyUpstream, options: LegacyOptions, config: ClientConfig) -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(options.connect_timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Self(Arc::new(Inner { client, upstream, options }))
    }

    /// Sends a POST with this body and these headers to a path there (`/v1/authz/check`, below the path of the base
    /// URL), and gives back what is answered, whatever its status.
    pub(in crate::server) async fn forward(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, LegacyError> {
        let uri = self.0.upstream.join(path).ok_or_else(|| LegacyError::Path { path: path.to_owned() })?;
        let length = HeaderValue::from(body.len());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers::of_request(headers);
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let time = self.0.options.timeout;
        timeout(time, self.exchange(request)).await.map_err(|_| LegacyError::TimedOut { timeout: time })?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, LegacyError> {
        let answer = self.0.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                LegacyError::Unreachable(error)
            } else {
                LegacyError::Broken(error.into())
            }
        })?;
        let (parts, body) = answer.into_parts();
        if parts.status.is_informational() {
            return Err(LegacyError::NotFinal { status: parts.status.as_u16() });
        }
        let mut answer = Response::new(self.read(body).await?);
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = headers::of_answer(&parts.headers);
        if let Some(reason) = parts.extensions.get::<ReasonPhrase>() {
            answer.extensions_mut().insert(reason.clone());
        }
        Ok(answer)
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, LegacyError> {
        let bytes_max = self.0.options.answer_bytes_max;
        let is_known_too_large =
            usize::try_from(body.size_hint().lower()).map_or(true, |bytes| bytes > bytes_max);
        if is_known_too_large {
            return Err(LegacyError::TooLarge { bytes_max });
        }
        match Limited::new(body, bytes_max).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(LegacyError::TooLarge { bytes_max }),
            Err(error) => Err(LegacyError::Broken(error)),
        }
    }
}

/// TLS by the one cryptography that is compiled in, whatever a process may have set as its default.
fn tls_config() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, LegacyTrustError> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(std::io::Error::other)?)
}
