//! The graph, its memory, its journal and its checkpoints, once there is a graph.

use std::fmt;

use super::super::monitor::Monitor;
use super::super::page::{NANOSECONDS, ONES, Page, flag, number};
use crate::engine::{Engine, Vitals};

pub(super) fn write(page: &mut Page<'_>, monitor: &Monitor) -> fmt::Result {
    let Some(engine) = monitor.engine() else { return Ok(()) };
    let vitals = engine.vitals();
    write_graph(page, &vitals)?;
    write_memory(page, monitor, &vitals)?;
    write_commits(page, &engine, &vitals)?;
    write_checkpoints(page, &engine, &vitals)?;
    page.gauge(
        "arrowroot_watch_lag_revisions",
        "Revisions that the watch which is furthest behind has yet to tell of",
        number(vitals.watch_lag),
    )
}

fn write_graph(page: &mut Page<'_>, vitals: &Vitals) -> fmt::Result {
    page.gauge("arrowroot_head_revision", "The newest durable revision", number(vitals.head.0))?;
    page.gauge(
        "arrowroot_oldest_revision",
        "The oldest revision that can be asked for and watched from",
        number(vitals.oldest.0),
    )?;
    page.gauge(
        "arrowroot_relationships",
        "Relationships, those included that have expired and are still in memory",
        number(vitals.relationships),
    )?;
    page.gauge("arrowroot_objects", "Objects that relationships have", number(vitals.objects))?;
    page.gauge("arrowroot_expiring_relationships", "Relationships that expire", number(vitals.expiring))?;
    page.gauge(
        "arrowroot_ended_relationships",
        "Relationships that were deleted or replaced and are in memory for older revisions",
        number(vitals.ended),
    )?;
    let schema = vitals.schema;
    let parts = [
        ([("kind", "definition")], schema.definitions),
        ([("kind", "relation")], schema.relations),
        ([("kind", "permission")], schema.permissions),
        ([("kind", "caveat")], schema.caveats),
    ];
    page.gauges(
        "arrowroot_schema_declarations",
        "What the schema declares",
        parts.iter().map(|(labels, count)| (&labels[..], number(*count))),
    )?;
    page.gauge("arrowroot_relationship_counters", "Counters that are registered", number(vitals.counters))
}

fn write_memory(page: &mut Page<'_>, monitor: &Monitor, vitals: &Vitals) -> fmt::Result {
    let memory = vitals.memory;
    let parts = [
        ([("part", "objects")], memory.objects),
        ([("part", "names")], memory.names),
        ([("part", "postings")], memory.postings),
        ([("part", "history")], memory.history),
        ([("part", "expirations")], memory.expirations),
        ([("part", "outbox")], monitor.outbox.bytes()),
        ([("part", "watch_buffers")], monitor.room.bytes()),
        ([("part", "watch_recent")], vitals.watch_recent_bytes),
    ];
    page.gauges(
        "arrowroot_memory_bytes",
        "About what parts of the process take: those of the index are estimated from counts",
        parts.iter().map(|(labels, bytes)| (&labels[..], number(*bytes))),
    )?;
    page.optional_gauge(
        "arrowroot_memory_limit_bytes",
        "Resident memory beyond which no relationship is added",
        vitals.memory_bytes_max.map(number),
    )
}

fn write_commits(page: &mut Page<'_>, engine: &Engine, vitals: &Vitals) -> fmt::Result {
    let measures = engine.measures();
    page.gauge(
        "arrowroot_writable",
        "1 unless the last write could not be made durable",
        flag(vitals.is_writable),
    )?;
    page.histogram(
        "arrowroot_commit_seconds",
        "From when a write was queued until its writer was told",
        NANOSECONDS,
        &measures.commits.read(),
    )?;
    page.histogram(
        "arrowroot_commit_group_writes",
        "Writes that became durable together",
        ONES,
        &measures.group_writes.read(),
    )?;
    page.histogram(
        "arrowroot_commit_group_changes",
        "Changes of relationships that became durable together",
        ONES,
        &measures.group_changes.read(),
    )?;
    page.counter(
        "arrowroot_commit_group_failures",
        "Groups of writes that could not be made durable",
        measures.failed_groups.get(),
    )?;
    page.gauge(
        "arrowroot_commit_queue_length",
        "Writes that wait for their turn",
        number(vitals.queued_writes),
    )?;
    page.gauge("arrowroot_commit_queue_limit", "How many may wait", number(vitals.queued_writes_max))?;
    page.gauge("arrowroot_imports_in_progress", "Imports that are on their way", number(vitals.imports))?;
    page.histogram(
        "arrowroot_journal_append_seconds",
        "How long the journal took to append a group of writes",
        NANOSECONDS,
        &measures.appends.read(),
    )?;
    if let Some(syncs) = engine.journal_syncs() {
        page.histogram(
            "arrowroot_journal_sync_seconds",
            "How long the disk took to make what was appended durable",
            NANOSECONDS,
            &syncs.read(),
        )?;
    }
    let journal = vitals.journal;
    let parts = [
        ([("part", "checkpoint")], journal.checkpoint_bytes),
        ([("part", "before_checkpoint")], journal.bytes_before),
        ([("part", "after_checkpoint")], journal.bytes_after),
    ];
    page.gauges(
        "arrowroot_journal_bytes",
        "What the journal holds, without the store's own overhead",
        parts.iter().map(|(labels, bytes)| (&labels[..], number(*bytes))),
    )
}

fn write_checkpoints(page: &mut Page<'_>, engine: &Engine, vitals: &Vitals) -> fmt::Result {
    let measures = engine.measures();
    page.optional_gauge(
        "arrowroot_checkpoint_revision",
        "The revision of the last checkpoint",
        vitals.journal.checkpoint.map(|revision| number(revision.0)),
    )?;
    page.optional_gauge(
        "arrowroot_checkpoint_age_seconds",
        "How long ago the last checkpoint was written; since a restart, how old its state is",
        vitals.checkpoint_age.map(|age| age.as_secs_f64()),
    )?;
    page.gauge(
        "arrowroot_checkpoint_due_bytes",
        "Bytes in the journal after the checkpoint that make another one due",
        number(vitals.checkpoint_due_bytes),
    )?;
    page.histogram(
        "arrowroot_checkpoint_seconds",
        "How long checkpoints took",
        NANOSECONDS,
        &measures.checkpoints.read(),
    )?;
    page.counter(
        "arrowroot_checkpoint_failures",
        "Checkpoints that could not be written",
        measures.failed_checkpoints.get(),
    )
}
