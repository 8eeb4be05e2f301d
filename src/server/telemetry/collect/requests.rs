//! How many requests there were, how they ended, and how long they took.

use std::fmt;

use super::super::call::CODES;
use super::super::calls::Calls;
use super::super::http::{ROUTES_COUNT, STATUSES, routes};
use super::super::methods::{METHODS, Method};
use super::super::monitor::Monitor;
use super::super::page::{NANOSECONDS, Page, number};
use crate::measure::Distribution;

pub(super) fn write(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let inner = &*monitor.telemetry.0;
    write_rpcs(page, &inner.calls)?;
    write_http(page, &inner.http_calls)
}

fn write_rpcs(page: &mut Page<'_>, calls: &Calls) -> fmt::Result {
    let labels = |method: &Method| {
        [("grpc_type", method.kind.name()), ("grpc_service", method.service), ("grpc_method", method.name)]
    };
    let started: Vec<_> =
        METHODS.iter().enumerate().map(|(row, method)| (labels(method), calls.started(row))).collect();
    page.counters(
        "grpc_server_started",
        "Calls that have begun",
        started.iter().map(|(labels, count)| (&labels[..], *count)),
    )?;
    let mut ended = Vec::new();
    for (row, method) in METHODS.iter().enumerate() {
        for (place, code) in CODES.iter().enumerate() {
            if let Some(times) = calls.ended(row, place) {
                let [kind, service, name] = labels(method);
                ended.push(([kind, service, name, ("grpc_code", *code)], times));
            }
        }
    }
    page.counters(
        "grpc_server_handled",
        "Calls that have ended, by their code",
        ended.iter().map(|(labels, times)| (&labels[..], times.count())),
    )?;
    page.histograms(
        "grpc_server_handling_seconds",
        "How long calls took, to their last message and their code",
        NANOSECONDS,
        ended.iter().map(|(labels, times)| (&labels[..], times.clone())),
    )?;
    let open = |started: u64, ended: u64| started.saturating_sub(ended);
    let ended_count = ended.iter().map(|(_, times)| times.count()).sum();
    let started_count = started.iter().map(|(_, count)| count).sum();
    page.gauge(
        "arrowroot_grpc_calls_in_flight",
        "Calls that have begun and not ended, watches included",
        number(open(started_count, ended_count)),
    )
}

fn write_http(page: &mut Page<'_>, calls: &Calls) -> fmt::Result {
    let mut ended: Vec<([(&'static str, &'static str); 2], Distribution)> = Vec::new();
    for (row, route) in routes().enumerate() {
        for (place, status) in STATUSES.iter().enumerate() {
            if let Some(times) = calls.ended(row, place) {
                ended.push(([("route", route), ("status", *status)], times));
            }
        }
    }
    page.histograms(
        "arrowroot_http_request_seconds",
        "How long requests over HTTP took, to the end of the answer, by route and status",
        NANOSECONDS,
        ended.iter().map(|(labels, times)| (&labels[..], times.clone())),
    )?;
    let ended: u64 = ended.iter().map(|(_, times)| times.count()).sum();
    let started: u64 = (0..ROUTES_COUNT).map(|row| calls.started(row)).sum();
    page.gauge(
        "arrowroot_http_requests_in_flight",
        "Requests over HTTP that have begun and not ended",
        number(started.saturating_sub(ended)),
    )
}
