//! Whether a request is traced, by what its headers say.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::codegen::http::{HeaderMap, HeaderName};

/// The caller's trace, as W3C has it.
const TRACEPARENT: &str = "traceparent";

/// A request that is traced: what its span is a part of.
#[derive(Debug)]
pub(in crate::server::telemetry) struct Sampled(pub(super) Context);

/// Whether a request with these headers is traced: as its caller decided, or else in this part of all cases. What is no
/// `traceparent` is none.
pub(super) fn sample(headers: &HeaderMap, ratio: f64) -> Option<Sampled> {
    if headers.contains_key(TRACEPARENT) {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        let parent = context.span().span_context().clone();
        if parent.is_valid() {
            return parent.is_sampled().then_some(Sampled(context));
        }
    }
    (ratio > 0.0 && fastrand::f64() < ratio).then(|| Sampled(Context::new()))
}

struct Headers<'headers>(&'headers HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
