//! A page of metrics, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::http::{self, Answer};
use super::server::Server;

/// How long what is counted may take to become what it should be.
const PATIENCE: Duration = Duration::from_secs(30);

/// The metrics of a server at a moment.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) text: String,
    /// What was declared, and as what.
    pub(crate) kinds: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Page {
    /// Asks a server.
    pub(crate) fn of(server: &Server) -> Self {
        let answer = http::get(server.metrics(), "/metrics");
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        Self::read(answer)
    }

    /// Reads an answer; everything in it has to be well-formed.
    pub(crate) fn read(answer: Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (mut kinds, mut samples) = (BTreeMap::new(), BTreeMap::new());
        let mut helped = BTreeSet::new();
        for line in answer.body.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(helped.contains(name), "{line}");
                assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
            } else if line != "# EOF" {
                let (sample, value) = line.rsplit_once(' ').unwrap();
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
                assert!(samples.insert(sample.to_owned(), value).is_none(), "twice: {line}");
            }
        }
        Self { text: answer.body, kinds, samples }
    }

    /// A sample by its name and labels, as they stand on the page; 0 if it is not there.
    pub(crate) fn value(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or(0.0)
    }

    /// Whether there is a sample.
    pub(crate) fn has(&self, sample: &str) -> bool {
        self.samples.contains_key(sample)
    }

    /// All samples of a metric.
    pub(crate) fn all(&self, name: &str) -> Vec<(&str, f64)> {
        let of_metric = |sample: &&String| sample.split('{').next() == Some(name);
        self.samples.keys().filter(of_metric).map(|sample| (&**sample, self.samples[sample])).collect()
    }

    /// Calls of a method that ended with a code.
    pub(crate) fn handled(&self, kind: &str, service: &str, method: &str, code: &str) -> f64 {
        self.value(&format!(
            "grpc_server_handled_total{{grpc_type=\"{kind}\",grpc_service=\"{service}\",grpc_method=\"{method}\",\
             grpc_code=\"{code}\"}}"
        ))
    }
}

/// Looks at a server's metrics again and again until they are as they should be: what a client was told may be counted a
/// moment later.
pub(crate) async fn await_page(server: &Server, is_right: impl Fn(&Page) -> bool) -> Page {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let page = Page::of(server);
        if is_right(&page) {
            return page;
        }
        // Clients in this process have their say.
        tokio::task::yield_now().await;
    }
    panic!("the metrics never became what they should be:\n{}", Page::of(server).text);
}
