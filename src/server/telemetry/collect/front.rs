//! Who came to the door: connections, handshakes, certificates, and what was refused.

use std::fmt;
use std::time::UNIX_EPOCH;

use super::super::monitor::Monitor;
use super::super::page::{Page, number};
use crate::server::refusals::RefusalReason;

pub(super) fn write(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let front = &*monitor.front;
    let refusals = RefusalReason::ALL.map(|reason| ([("reason", reason.name())], front.refusals.of(reason)));
    page.counters(
        "arrowroot_refusals",
        "Requests and connections that were refused at the door, and requests that took too long",
        refusals.iter().map(|(labels, count)| (&labels[..], *count)),
    )?;
    let addresses = [([("address", "grpc")], &front.grpc), ([("address", "http")], &front.http)];
    page.gauges(
        "arrowroot_connections",
        "Connections that are open",
        addresses.iter().map(|(labels, listening)| (&labels[..], number(listening.connections_open()))),
    )?;
    page.counters(
        "arrowroot_tls_handshake_failures",
        "TLS handshakes that failed or took too long",
        addresses.iter().map(|(labels, listening)| (&labels[..], listening.handshakes_failed())),
    )?;
    let expiries = addresses.iter().filter_map(|(labels, listening)| {
        let since = listening.certificate_expires_at()?.duration_since(UNIX_EPOCH).ok()?;
        Some((&labels[..], since.as_secs_f64()))
    });
    page.gauges(
        "arrowroot_tls_certificate_expiry_timestamp_seconds",
        "When the certificate that is in force expires, in seconds since 1970",
        expiries,
    )
}
