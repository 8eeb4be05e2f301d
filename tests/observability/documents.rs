//! Documentation, dashboard and alarms against what a server really shows: each metric is in all of them as it is, and
//! nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::page::Page;
use super::server::Server;

const DOCUMENT: &str = "docs/observability.md";
/// What to do when an alarm comes.
const OPERATING: &str = "docs/operating.md";
const DASHBOARD: &str = "deploy/grafana/arrowroot.json";
const RULES: &str = "deploy/prometheus/arrowroot.rules.yaml";

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// A server that has everything which has metrics.
fn page_of_everything() -> Page {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let root = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string();
    let server = Server::start_with(&[
        "--datastore-path",
        &path("data"),
        "--datastore-bootstrap-files",
        &root("schema/agentex.zed"),
        "--lifecycle-profile",
        &root("schema/agentex.yaml"),
        "--http-addr=127.0.0.1:0",
        "--audit-log",
        &path("audit.log"),
        "--otel-endpoint=http://127.0.0.1:1",
        "--backup-dir",
        &path("backups"),
    ]);
    let page = Page::of(&server);
    server.stop();
    page
}

/// Names in a text that look like metrics.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let is_metric = |word: &&str| {
        ["arrowroot_", "grpc_server_", "process_"].iter().any(|prefix| word.starts_with(prefix))
    };
    words.filter(is_metric).map(ToOwned::to_owned).collect()
}

/// The metric that a sample is of.
fn metric_of(sample: &str, kinds: &BTreeMap<String, String>) -> String {
    let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.strip_suffix(suffix));
    let base = base.filter(|base| kinds.get(*base).is_some_and(|kind| kind == "histogram"));
    base.unwrap_or(sample).to_owned()
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    let kinds = page_of_everything().kinds;
    let text = read(DOCUMENT);
    // | `name` | kind | labels | meaning |
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: BTreeMap<String, String> = rows
        .filter(|(name, _)| names(name).contains(*name))
        .map(|(name, rest)| (name.to_owned(), rest.split(' ').next().unwrap().to_owned()))
        .collect();
    assert_eq!(documented, kinds, "in {DOCUMENT} and of a server");
    for name in names(&text) {
        assert!(
            kinds.contains_key(&metric_of(&name, &kinds)),
            "{DOCUMENT} speaks of {name}, which is not there"
        );
    }
}

#[test]
fn dashboard_and_alarms_name_metrics_that_are_there() {
    let kinds = page_of_everything().kinds;
    for file in [DASHBOARD, RULES] {
        let names = names(&read(file));
        assert!(names.len() > 10, "{file} has only {names:?}");
        for name in names {
            assert!(kinds.contains_key(&metric_of(&name, &kinds)), "{file} names {name}, which is not there");
        }
    }
}

#[test]
fn the_dashboard_can_be_imported() {
    let dashboard: serde_json::Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    assert!(dashboard["uid"].is_string() && dashboard["title"].is_string());
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|variable| variable["type"] == "datasource"));
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{panel}");
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(targets.iter().all(|target| !target["expr"].as_str().unwrap().is_empty()), "{panel}");
    }
    assert!(panels.iter().filter(|panel| panel["type"] == "row").count() >= 6);
}

#[test]
fn every_alarm_says_what_it_means_and_is_documented() {
    let rules: serde_json::Value = serde_saphyr::from_str(&read(RULES)).unwrap();
    let mut alarms = BTreeSet::new();
    for rule in
        rules["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap())
    {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{rule}")).to_owned();
        assert!(!text(&rule["expr"]).is_empty() && !text(&rule["for"]).is_empty());
        assert!(["page", "ticket"].contains(&&*text(&rule["labels"]["severity"])), "{rule}");
        assert!(!text(&rule["annotations"]["summary"]).is_empty());
        assert!(!text(&rule["annotations"]["description"]).is_empty());
        assert!(alarms.insert(text(&rule["alert"])), "twice: {rule}");
    }
    let text = read(OPERATING);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `Arrowroot")?.split_once('`'));
    let documented: BTreeSet<_> = rows.map(|(name, _)| format!("Arrowroot{name}")).collect();
    assert_eq!(alarms, documented);
}
