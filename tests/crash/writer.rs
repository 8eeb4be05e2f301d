//! A client that writes one batch after the other, and remembers what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use super::client::Client;

/// Relationships in a batch.
pub(crate) const PARTS: usize = 5;

/// The relationships that are there, by batch.
pub(crate) type Batches = BTreeMap<String, BTreeSet<String>>;

pub(crate) struct Writer {
    name: String,
    client: Client,
}

/// What one writer did: its acknowledged writes, each with its token. One more may have been on its way.
pub(crate) struct Acknowledged {
    name: String,
    pub(crate) acknowledged: Vec<String>,
}

impl Writer {
    pub(crate) fn new(name: String, client: Client) -> Self {
        Self { name, client }
    }

    /// Write n touches batch n; every other write deletes the batch before it as well, in the same transaction.
    pub(crate) fn write_until_error(mut self, progress: &Sender<()>, is_killed: &AtomicBool) -> Acknowledged {
        let mut history = Acknowledged { name: self.name, acknowledged: Vec::new() };
        loop {
            let number = history.acknowledged.len();
            let deleted = is_deleted_by(number).map(|deleted| history.batch(deleted));
            match self.client.write_batch(&history.batch(number), deleted.as_deref()) {
                Ok(token) => history.acknowledged.push(token),
                Err(status) => {
                    assert!(is_killed.load(Ordering::SeqCst), "a write failed before the kill: {status}");
                    return history;
                }
            }
            // Nobody listens any more once the server is killed.
            let _ = progress.send(());
        }
    }
}

impl Acknowledged {
    /// The id of the batch that a write touches.
    pub(crate) fn batch(&self, number: usize) -> String {
        format!("{}-{number}", self.name)
    }

    /// This writer's batches after a restart: those of its acknowledged writes, or those with the write that was on
    /// its way as well. Anything else is a failure.
    pub(crate) fn resolve(&self, found: &Batches) -> Batches {
        let prefix = format!("{}-", self.name);
        let own: Batches = found
            .iter()
            .filter(|(id, _)| id.starts_with(&prefix))
            .map(|(id, parts)| (id.clone(), parts.clone()))
            .collect();
        let ids: BTreeSet<String> = own.keys().cloned().collect();
        let count = self.acknowledged.len();
        let allowed = [self.ids_after(count), self.ids_after(count + 1)];
        assert!(
            allowed.contains(&ids),
            "{}: after {count} acknowledged writes there are {ids:?}, not {:?}, with or without the next",
            self.name,
            allowed[0],
        );
        own
    }

    /// The batches that are there after a number of writes.
    fn ids_after(&self, count: usize) -> BTreeSet<String> {
        let deleted: BTreeSet<usize> = (0..count).filter_map(is_deleted_by).collect();
        (0..count).filter(|number| !deleted.contains(number)).map(|number| self.batch(number)).collect()
    }
}

/// The batch that a write deletes.
fn is_deleted_by(number: usize) -> Option<usize> {
    (number % 2 == 1).then(|| number - 1)
}
