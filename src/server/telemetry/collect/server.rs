//! The server itself: whether it serves, and what its answers, its threads and its watches take.

use std::fmt;

use super::super::extra::Read;
use super::super::monitor::Monitor;
use super::super::page::{Page, flag, number};
use super::super::readiness::State;

pub(super) fn write(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let state = monitor.readiness().state();
    page.gauges(
        "arrowroot_build_info",
        "Always 1; the version is its label",
        [(&[("version", env!("CARGO_PKG_VERSION"))][..], 1.0)],
    )?;
    page.gauge(
        "arrowroot_ready",
        "1 if requests should come, as /readyz says it",
        flag(state == State::Ready),
    )?;
    let opening = monitor.opening.progress();
    page.gauge(
        "arrowroot_opening_relationships",
        "Relationships that were read when the store was opened",
        number(opening.relationships),
    )?;
    page.optional_gauge(
        "arrowroot_opening_relationships_expected",
        "How many there are to read at the least, if that is known",
        opening.of.map(number),
    )?;
    write_queues(page, monitor)?;
    write_watches(page, monitor)?;
    write_traces(page, monitor)?;
    write_extras(page, monitor)
}

fn write_queues(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let (pool, outbox) = (&monitor.pool, &monitor.outbox);
    page.gauge("arrowroot_pool_running", "Pieces of heavy work that are being done", number(pool.running()))?;
    page.gauge(
        "arrowroot_pool_waiting",
        "Pieces of heavy work that wait for a place",
        number(pool.waiting()),
    )?;
    page.gauge(
        "arrowroot_pool_places",
        "Pieces of heavy work that may be done at once",
        number(pool.places()),
    )?;
    page.gauge(
        "arrowroot_outbox_bytes",
        "Memory of answers that their clients have not taken yet",
        number(outbox.bytes()),
    )?;
    page.gauge("arrowroot_outbox_limit_bytes", "How much that may be", number(outbox.bytes_max()))
}

fn write_watches(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let room = &monitor.room;
    page.gauge("arrowroot_watch_clients", "Clients that watch", number(room.watches()))?;
    page.gauge(
        "arrowroot_watch_buffered_bytes",
        "Memory of messages that wait for clients that watch",
        number(room.bytes()),
    )?;
    page.gauge("arrowroot_watch_buffer_limit_bytes", "How much that may be", number(room.bytes_max()))?;
    page.counter(
        "arrowroot_watch_fell_behind",
        "Watches that were ended because their client took nothing for too long",
        room.fell_behind(),
    )
}

fn write_traces(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let counts = monitor.telemetry.0.tracer.as_ref().map(|tracer| {
        let counts = tracer.counts();
        [("ended", &counts.ended), ("exported", &counts.exported), ("failed", &counts.failed)]
            .map(|(state, counter)| ([("state", state)], counter.get()))
    });
    page.counters(
        "arrowroot_trace_spans",
        "Spans that have ended, that the collector has taken, and that could not be sent",
        counts.iter().flatten().map(|(labels, count)| (&labels[..], *count)),
    )
}

fn write_extras(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let extras = monitor.telemetry.0.extras.read().clone();
    extras.iter().try_for_each(|extra| match &extra.read {
        Read::Counter(read) => page.counter(extra.name, extra.help, read()),
        Read::Gauge(read) => page.optional_gauge(extra.name, extra.help, read()),
    })
}
