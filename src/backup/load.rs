//! A backup → an engine whose store is empty.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::{Engine, RegisterCounter};
use crate::relationship::Revision;

use super::error::{LoadError, ReadBackupError};
use super::format::Summary;
use super::reader::{BackupReader, Part};

/// Loads a backup: the schema, all relationships in one transaction once the whole backup was seen to be right, and then
/// the counters. `told` is called with the relationships taken up so far. Once the flag is set, it ends.
///
/// After an error the store may have a part of it: give it up.
pub fn load<R: Read>(
    mut reader: BackupReader<R>,
    engine: &Engine,
    cancelled: &AtomicBool,
    told: &mut dyn FnMut(u64),
) -> Result<Summary, LoadError> {
    if engine.head() != Revision::ZERO {
        return Err(LoadError::NotEmpty);
    }
    let mut import = engine.import_relationships()?;
    let mut counters = Vec::new();
    while let Some(part) = reader.next_part()? {
        match part {
            Part::Schema(text) if text.is_empty() => {}
            Part::Schema(text) => drop(engine.write_schema(&text)?),
            Part::Counters(some) => counters = some,
            Part::Relationships(some) => {
                for relationship in &some {
                    import.add(relationship).map_err(|error| LoadError::Relationship {
                        relationship: Box::new(relationship.clone()),
                        error: Box::new(error),
                    })?;
                }
                told(import.count());
                if cancelled.load(Ordering::Relaxed) {
                    return Err(LoadError::Cancelled);
                }
            }
        }
    }
    engine.commit_import(import)?;
    for (name, filter) in counters {
        engine.restore_counter(RegisterCounter { name, filter })?;
    }
    let offset = reader.offset();
    let summary = reader.summary();
    Ok(summary.ok_or(ReadBackupError::Damaged { offset, defect: "it has no end" })?)
}
