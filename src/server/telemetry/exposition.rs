//! Metrics as text: `OpenMetrics` for whoever asks for it, the text format of Prometheus for all others.

use std::fmt::{self, Write as _};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tonic::codegen::http::HeaderMap;
use tonic::codegen::http::header::ACCEPT;

use super::monitor::Monitor;

/// What a client is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    OpenMetrics,
    Plain,
}

impl Format {
    /// What a client with these headers takes.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let mut accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
        let takes_open_metrics = accepted.any(|value| value.contains("application/openmetrics-text"));
        if takes_open_metrics { Self::OpenMetrics } else { Self::Plain }
    }

    /// Its `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// All metrics as they are now.
pub(super) fn write(registry: &Registry, format: Format) -> Result<String, fmt::Error> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    match format {
        Format::OpenMetrics => Ok(text),
        Format::Plain => to_plain(&text),
    }
}

/// A registry of what a monitor shows.
pub(super) fn registry(monitor: Monitor) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(monitor));
    registry
}

/// `OpenMetrics` names a counter without the `_total` of its samples, and has an end; the older format does neither.
fn to_plain(text: &str) -> Result<String, fmt::Error> {
    let mut plain = String::with_capacity(text.len() + 1024);
    let mut help = None;
    for line in text.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        if let Some(rest) = line.strip_prefix("# HELP ") {
            // Its name is known with the type, which comes next.
            help = rest.split_once(' ');
            continue;
        }
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let suffix = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = help.take() {
                writeln!(plain, "# HELP {name}{suffix} {help}")?;
            }
            writeln!(plain, "# TYPE {name}{suffix} {kind}")?;
            continue;
        }
        writeln!(plain, "{line}")?;
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_format_names_counters_by_their_samples() {
        let open = "# HELP a Help with words\n# TYPE a counter\na_total 1\n# HELP b B\n# TYPE b gauge\nb 2.0\n# EOF\n";
        let plain = "# HELP a_total Help with words\n# TYPE a_total counter\na_total 1\n# HELP b B\n# TYPE b gauge\nb 2.0\n";
        assert_eq!(to_plain(open).unwrap(), plain);
    }

    #[test]
    fn the_client_chooses_the_format() {
        let of = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            Format::accepted(&headers)
        };
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert_eq!(of(prometheus), Format::OpenMetrics);
        assert_eq!(of("text/plain"), Format::Plain);
        assert_eq!(Format::accepted(&HeaderMap::new()), Format::Plain);
    }
}
