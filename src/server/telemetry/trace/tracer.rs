//! Where traces are begun, and the thread that sends them.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span, SpanData,
    SpanProcessor,
};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tonic::codegen::http::{HeaderMap, HeaderValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::measure::Counter;

use super::super::methods::Method;
use super::exporter::{EXPORT_TIMEOUT, Exporter};
use super::sampling::{self, Sampled};
use super::span::Trace;

/// Spans that wait to be sent, at most: about two megabytes.
const WAITING_MAX: usize = 4096;
/// Spans that are sent at once.
const BATCH_MAX: usize = 512;
/// How long spans wait for others.
const SEND_INTERVAL: Duration = Duration::from_secs(2);
/// How long the collector may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where traces are sent, and which.
#[derive(Debug, Clone)]
pub struct TraceOptions {
    /// The collector's address for OTLP over gRPC, such as `http://localhost:4317`; with `https`, its certificate must be
    /// signed by an authority that the system trusts.
    pub endpoint: String,
    /// The part of requests that are traced, from 0 to 1, where the caller has not decided that.
    pub sample_ratio: f64,
    /// What the collector calls this server.
    pub service_name: String,
}

/// Traces cannot be sent as asked.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The address is none.
    #[error("`{endpoint}` is no address of a collector: {problem}")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The part is none.
    #[error("{ratio} of all requests cannot be traced: give a number from 0 to 1")]
    Ratio {
        /// What was given.
        ratio: f64,
    },
    /// The machine gave no thread or no runtime.
    #[error("traces cannot be sent: {0}")]
    Thread(#[from] io::Error),
    /// What sends them does not start.
    #[error("traces cannot be sent: {0}")]
    Exporter(String),
}

/// What became of spans.
#[derive(Debug, Default)]
pub(in crate::server::telemetry) struct SpanCounts {
    /// That have ended.
    pub(in crate::server::telemetry) ended: Counter,
    /// That the collector has taken.
    pub(in crate::server::telemetry) exported: Counter,
    /// That could not be sent. Those that have ended and are neither wait, or found the queue full.
    pub(in crate::server::telemetry) failed: Counter,
}

/// Begins traces.
#[derive(Debug)]
pub(in crate::server::telemetry) struct Tracer {
    ratio: f64,
    sdk: SdkTracer,
    provider: SdkTracerProvider,
    counts: Arc<SpanCounts>,
    /// Ends the runtime when it is dropped.
    _stop: Mutex<oneshot::Sender<()>>,
}

impl Tracer {
    /// Starts what sends spans. The collector is connected to when there is something to send.
    pub(in crate::server::telemetry) fn start(options: TraceOptions) -> Result<Self, TraceError> {
        let TraceOptions { endpoint, sample_ratio: ratio, service_name } = options;
        if !(0.0..=1.0).contains(&ratio) {
            return Err(TraceError::Ratio { ratio });
        }
        let (runtime, stop) = start_runtime()?;
        let counts = Arc::<SpanCounts>::default();
        let channel = {
            // The channel's own task runs there.
            let _inside = runtime.enter();
            connect(&endpoint)?
        };
        let exporter =
            SpanExporter::builder().with_tonic().with_channel(channel).with_timeout(EXPORT_TIMEOUT);
        let exporter = exporter.build().map_err(|error| TraceError::Exporter(error.to_string()))?;
        let exporter = Exporter::new(exporter, runtime, Arc::clone(&counts));
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(SEND_INTERVAL)
            .build();
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let resource = Resource::builder()
            .with_service_name(service_name)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            // What is not to be traced never comes here.
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(Counting { processor: batches, counts: Arc::clone(&counts) })
            .with_resource(resource)
            .build();
        let sdk = provider.tracer("arrowroot");
        Ok(Self { ratio, sdk, provider, counts, _stop: Mutex::new(stop) })
    }

    /// Whether a request with these headers is traced.
    pub(in crate::server::telemetry) fn sample(&self, headers: &HeaderMap) -> Option<Sampled> {
        sampling::sample(headers, self.ratio)
    }

    /// An RPC begins that is traced.
    pub(in crate::server::telemetry) fn begin_rpc(
        &self,
        Sampled(parent): Sampled,
        method: &Method,
        request_id: &HeaderValue,
    ) -> Arc<Trace> {
        let attributes = vec![
            KeyValue::new("rpc.system", "grpc"),
            KeyValue::new("rpc.service", method.service),
            KeyValue::new("rpc.method", method.name),
            id_attribute(request_id),
        ];
        let name = format!("{}/{}", method.service, method.name);
        Arc::new(Trace::begin(&self.sdk, &parent, name, attributes))
    }

    /// An HTTP request begins that is traced.
    pub(in crate::server::telemetry) fn begin_http(
        &self,
        Sampled(parent): Sampled,
        method: &'static str,
        route: &'static str,
        request_id: &HeaderValue,
    ) -> Arc<Trace> {
        let attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route),
            id_attribute(request_id),
        ];
        Arc::new(Trace::begin(&self.sdk, &parent, format!("{method} {route}"), attributes))
    }

    /// What became of spans.
    pub(in crate::server::telemetry) fn counts(&self) -> &SpanCounts {
        &self.counts
    }

    /// Sends what waits, for as long as that at the most. Nothing is sent later.
    pub(in crate::server::telemetry) fn close(&self, timeout: Duration) {
        if let Err(error) = self.provider.shutdown_with_timeout(timeout) {
            tracing::debug!(%error, "the last traces were not sent");
        }
    }
}

fn id_attribute(request_id: &HeaderValue) -> KeyValue {
    let request_id = String::from_utf8_lossy(request_id.as_bytes()).into_owned();
    KeyValue::new("arrowroot.request_id", request_id)
}

fn connect(endpoint: &str) -> Result<Channel, TraceError> {
    let wrong =
        |problem: &str| TraceError::Endpoint { endpoint: endpoint.to_owned(), problem: problem.to_owned() };
    let address = Endpoint::from_shared(endpoint.to_owned()).map_err(|error| wrong(&error.to_string()))?;
    let address = match address.uri().scheme_str() {
        Some("http") => address,
        Some("https") => address
            .tls_config(ClientTlsConfig::new().with_native_roots())
            .map_err(|error| wrong(&error.to_string()))?,
        _ => return Err(wrong("it must begin with `http://` or `https://`")),
    };
    Ok(address.connect_timeout(CONNECT_TIMEOUT).timeout(EXPORT_TIMEOUT).connect_lazy())
}

/// A runtime on a thread of its own, until the other side is dropped.
fn start_runtime() -> io::Result<(Handle, oneshot::Sender<()>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let run = move || {
        // Nothing is ever sent: an error means that it is time.
        let _ = runtime.block_on(stopped);
        runtime.shutdown_background();
    };
    thread::Builder::new().name("arrowroot-traces".to_owned()).spawn(run)?;
    Ok((handle, stop))
}

/// Counts spans that have ended, before they have to find a place in the queue.
#[derive(Debug)]
struct Counting {
    processor: BatchSpanProcessor,
    counts: Arc<SpanCounts>,
}

impl SpanProcessor for Counting {
    fn on_start(&self, span: &mut Span, context: &opentelemetry::Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.counts.ended.increment();
        self.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}
