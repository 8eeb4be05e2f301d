//! Which requests are traced.

use opentelemetry::trace::TraceContextExt as _;
use tonic::codegen::http::{HeaderMap, HeaderValue};

use super::sampling::sample;
use super::*;

fn headers(traceparent: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static(traceparent));
    headers.insert("tracestate", HeaderValue::from_static("vendor=value"));
    headers
}

const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[test]
fn the_caller_decides_whatever_the_ratio() {
    for ratio in [0.0, 1.0] {
        let sampled = sample(&headers(SAMPLED), ratio).unwrap();
        let parent = sampled.0.span().span_context().clone();
        assert_eq!(parent.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.trace_state().get("vendor"), Some("value"));
        assert!(sample(&headers(NOT_SAMPLED), ratio).is_none());
    }
}

#[test]
fn without_a_callers_trace_the_ratio_decides() {
    let nonsense = [
        "",
        "00",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01-extra-of-a-version-that-has-none",
    ];
    for headers in nonsense.into_iter().map(headers).chain([HeaderMap::new()]) {
        assert!(sample(&headers, 0.0).is_none(), "{headers:?}");
        let sampled = sample(&headers, 1.0).unwrap();
        assert!(!sampled.0.span().span_context().is_valid(), "{headers:?}");
    }
    let count = (0..10_000).filter(|_| sample(&HeaderMap::new(), 0.25).is_some()).count();
    assert!((1_500..3_500).contains(&count), "{count}");
}

#[test]
fn what_is_no_collector_is_refused() {
    let start = |endpoint: &str, sample_ratio| {
        let options =
            TraceOptions { endpoint: endpoint.to_owned(), sample_ratio, service_name: "a".to_owned() };
        Tracer::start(options).map(drop)
    };
    for endpoint in ["", "localhost:4317", "ftp://localhost", "http://", "nonsense here"] {
        let error = start(endpoint, 0.5).unwrap_err();
        assert!(matches!(error, TraceError::Endpoint { .. }), "{endpoint}: {error}");
    }
    for ratio in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(start("http://localhost:4317", ratio), Err(TraceError::Ratio { .. })));
    }
    assert!(start("http://localhost:4317", 0.5).is_ok());
    assert!(start("https://localhost:4317", 1.0).is_ok());
}
