//! A view of the graph → a backup.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::View;

use super::error::WriteBackupError;
use super::format::{Header, Totals};
use super::writer::BackupWriter;

/// Relationships between two looks at whether it is still wanted, and two reports.
const LOOKED_EVERY: u64 = 1024;

/// The header of a view's backup.
pub fn header_of(view: &View, source: &str) -> Header {
    Header {
        created_at: jiff::Timestamp::now().to_string(),
        created_by: concat!("arrowroot ", env!("CARGO_PKG_VERSION")).to_owned(),
        source: source.to_owned(),
        token: view.token().0,
        revision: Some(view.revision().0),
        store: Some(view.store()),
        has_counters: true,
    }
}

/// Writes everything that a view has. `told` is called with the relationships written so far. Once the flag is set, it ends.
pub fn capture<W: Write>(
    view: &View,
    header: &Header,
    sink: W,
    cancelled: &AtomicBool,
    told: &mut dyn FnMut(u64),
) -> Result<(W, Totals), WriteBackupError> {
    let mut writer = BackupWriter::begin(sink, header, view.schema_text(), &view.registered_counters())?;
    let mut relationships = view.export_relationships(None, None)?;
    while let Some(relationship) = relationships.next_unless(cancelled) {
        writer.push(&relationship)?;
        if writer.count().is_multiple_of(LOOKED_EVERY) {
            if cancelled.load(Ordering::Relaxed) {
                return Err(WriteBackupError::Cancelled);
            }
            told(writer.count());
        }
    }
    if cancelled.load(Ordering::Relaxed) {
        return Err(WriteBackupError::Cancelled);
    }
    writer.finish()
}
