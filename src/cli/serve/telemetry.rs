//! Flags: what operators see of the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;

use crate::backup::{BackupStatus, LastBackup};
use crate::lifecycle::audit::AuditLog;
use crate::server::{Extra, Telemetry, TelemetryOptions, TraceError, TraceOptions};

#[derive(Debug, Args)]
pub(super) struct TelemetryFlags {
    /// Serve metrics for Prometheus at /metrics, and health at /healthz and /readyz, over HTTP and without a key; port 0
    /// takes any that is free
    #[arg(long, env = "ARROWROOT_METRICS_ADDR", value_name = "ADDRESS")]
    pub(super) metrics_addr: Option<SocketAddr>,
    /// Send traces to a collector by OTLP over gRPC, such as `http://localhost:4317`
    #[arg(long, env = "ARROWROOT_OTEL_ENDPOINT", hide_env_values = true, value_name = "URL")]
    otel_endpoint: Option<String>,
    /// The part of requests that are traced, from 0 to 1, where the caller has not decided that
    #[arg(long, env = "ARROWROOT_OTEL_SAMPLE_RATIO", default_value_t = 0.01, value_name = "RATIO", value_parser = ratio)]
    otel_sample_ratio: f64,
    /// What traces call this server
    #[arg(long, env = "ARROWROOT_OTEL_SERVICE_NAME", default_value = "arrowroot", value_name = "NAME")]
    otel_service_name: String,
    /// Log every request, with its method, code, duration, sender and id
    #[arg(long, env = "ARROWROOT_GRPC_LOG_REQUESTS_ENABLED")]
    grpc_log_requests_enabled: bool,
}

impl TelemetryFlags {
    /// Starts what sends traces, if they are to be sent.
    pub(super) fn start(&self) -> Result<Telemetry, TraceError> {
        let traces = self.otel_endpoint.as_ref().map(|endpoint| TraceOptions {
            endpoint: endpoint.clone(),
            sample_ratio: self.otel_sample_ratio,
            service_name: self.otel_service_name.clone(),
        });
        Telemetry::start(TelemetryOptions { logs_requests: self.grpc_log_requests_enabled, traces })
    }
}

/// Shows what becomes of the audit log's entries.
pub(super) fn show_audit(audit: &AuditLog, telemetry: &Telemetry) {
    let metric = |name, help, read: fn(&AuditLog) -> u64| {
        let audit = audit.clone();
        telemetry.add(Extra::counter(name, help, move || read(&audit)));
    };
    metric("arrowroot_audit_written", "Entries of the audit log that are in a file", |audit| {
        audit.counts().written
    });
    metric("arrowroot_audit_dropped", "Entries of the audit log that are in none", |audit| {
        audit.counts().dropped
    });
    metric(
        "arrowroot_audit_disk_errors",
        "Times that the disk refused something of the audit log",
        |audit| audit.counts().disk_errors,
    );
}

/// Shows what becomes of scheduled backups, of which one is made after each interval.
pub(super) fn show_backups(status: &Arc<BackupStatus>, interval: Duration, telemetry: &Telemetry) {
    let counter = |name, help, read: fn(&BackupStatus) -> u64| {
        let status = Arc::clone(status);
        telemetry.add(Extra::counter(name, help, move || read(&status)));
    };
    counter("arrowroot_backups", "Scheduled backups that were completed", BackupStatus::completed_count);
    counter("arrowroot_backup_failures", "Scheduled backups that failed", BackupStatus::failed_count);
    let of_last = |name, help, read: fn(LastBackup) -> Option<f64>| {
        let status = Arc::clone(status);
        telemetry.add(Extra::gauge(name, help, move || status.last().and_then(read)));
    };
    of_last(
        "arrowroot_backup_last_success_timestamp_seconds",
        "When the last backup was complete, in seconds since 1970",
        |last| Some(last.completed_at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64()),
    );
    of_last("arrowroot_backup_last_seconds", "How long the last backup of this process took", |last| {
        Some(last.took.as_secs_f64()).filter(|seconds| *seconds > 0.0)
    });
    of_last("arrowroot_backup_last_bytes", "The size of its file", |last| Some(number(last.bytes)));
    of_last("arrowroot_backup_last_revision", "The revision that it has", |last| Some(number(last.revision)));
    let interval = interval.as_secs_f64();
    let help = "How long after one backup the next is made, if anything has changed";
    telemetry.add(Extra::gauge("arrowroot_backup_interval_seconds", help, move || Some(interval)));
}

#[expect(clippy::cast_precision_loss, reason = "what is shown need not be exact beyond sixteen digits")]
fn number(value: u64) -> f64 {
    value as f64
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.0..=1.0).contains(&ratio) { Ok(ratio) } else { Err(format!("`{text}` is not from 0 to 1")) }
}
