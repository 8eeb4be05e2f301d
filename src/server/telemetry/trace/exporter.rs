//! Sends spans to the collector, on a runtime of their own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::tracer::SpanCounts;

/// How long the collector may take for one batch.
pub(super) const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// A collector that takes nothing is told of in the log this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_mins(1);

/// An exporter that counts what becomes of spans, and whose work is done on a runtime: the thread that calls it has none.
#[derive(Debug)]
pub(super) struct Exporter {
    otlp: Arc<OtlpExporter>,
    runtime: Handle,
    counts: Arc<SpanCounts>,
    complained_at: Mutex<Option<Instant>>,
}

impl Exporter {
    pub(super) fn new(otlp: OtlpExporter, runtime: Handle, counts: Arc<SpanCounts>) -> Self {
        Self { otlp: Arc::new(otlp), runtime, counts, complained_at: Mutex::default() }
    }

    fn complain(&self, error: &str) {
        let mut complained_at = self.complained_at.lock();
        if complained_at.is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL) {
            *complained_at = Some(Instant::now());
            tracing::warn!(error, "traces cannot be sent to the collector");
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let otlp = Arc::clone(&self.otlp);
        let sent =
            self.runtime.spawn(async move { tokio::time::timeout(EXPORT_TIMEOUT, otlp.export(batch)).await });
        let result = match sent.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(OTelSdkError::Timeout(EXPORT_TIMEOUT)),
            Err(error) => Err(OTelSdkError::InternalFailure(error.to_string())),
        };
        match &result {
            Ok(()) => self.counts.exported.add(count),
            Err(error) => {
                self.counts.failed.add(count);
                self.complain(&error.to_string());
            }
        }
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Nothing has been sent yet, so that nobody else has it.
        if let Some(otlp) = Arc::get_mut(&mut self.otlp) {
            otlp.set_resource(resource);
        }
    }
}
