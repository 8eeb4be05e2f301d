//! The one thread that writes to sled, and makes what it wrote durable.
//!
//! It does three things with each window: plain insertions and removals in order, `flush()`, and `sync_data` on the
//! database file, since sled's flush ends with `sync_file_range`, which neither empties the disk's cache nor writes
//! the file's metadata. A thread of its own, because sled can panic while it writes, and can even wait for ever: a
//! background write that fails in `Log::exit_reservation` sets sled's error without waking the flush that waits for
//! it. The caller waits for a bounded time instead.

use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::fault::Fault;

/// How long the disk may take for one window before it counts as gone.
const WRITE_PATIENCE: Duration = Duration::from_mins(1);
/// How long a closing writer may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);

/// A key, and the value that it has from now on, if any.
pub(super) type Change = (Vec<u8>, Option<Vec<u8>>);

/// Why a window may not be durable.
#[derive(Debug)]
pub(super) enum WriteFault {
    /// sled did not take it. What sled's memory holds now is unknown, what the disk holds is what sled will find
    /// when it is opened again.
    Store(Fault),
    /// The disk took it, but does not say that it is durable. From here on even reading it back proves nothing:
    /// after a failed sync the kernel may hold pages as clean that never reached the disk.
    Sync(Fault),
}

/// The handle of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    windows: SyncSender<Vec<Change>>,
    outcomes: Receiver<Result<Duration, WriteFault>>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(database: sled::Db, file: File) -> Result<Self, Fault> {
        let (windows, window_receiver) = sync_channel::<Vec<Change>>(1);
        let (outcome_sender, outcomes) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                for window in window_receiver {
                    if outcome_sender.send(write(&database, &file, window)).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| Fault::of_file("starting the writer's thread", &error))?;
        Ok(Self { windows, outcomes, thread })
    }

    /// Makes changes durable, together with all before. How long the disk took for that. After a fault the writer takes no
    /// more.
    pub(super) fn write(&self, window: Vec<Change>) -> Result<Duration, WriteFault> {
        let died = || WriteFault::Store(Fault::Storage("the database failed while writing".to_owned()));
        self.windows.send(window).map_err(|_| died())?;
        match self.outcomes.recv_timeout(WRITE_PATIENCE) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Disconnected) => Err(died()),
            Err(RecvTimeoutError::Timeout) => Err(WriteFault::Sync(Fault::Storage(format!(
                "the disk has not answered for {} s",
                WRITE_PATIENCE.as_secs()
            )))),
        }
    }

    /// Ends the thread, and with it its hold on the database; gives up on one that is stuck.
    pub(super) fn close(self) {
        drop(self.windows);
        drop(self.outcomes);
        let deadline = Instant::now() + CLOSE_PATIENCE;
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::park_timeout(Duration::from_micros(200));
        }
        if !self.thread.is_finished() {
            tracing::error!("the journal's writer is stuck in the storage below and is left behind");
        } else if self.thread.join().is_err() {
            tracing::error!("the journal's writer ended in a panic of the storage below");
        }
    }
}

fn write(database: &sled::Db, file: &File, window: Vec<Change>) -> Result<Duration, WriteFault> {
    let store = |error: sled::Error| WriteFault::Store(error.into());
    for (key, value) in window {
        match value {
            Some(value) => database.insert(key, value).map_err(store)?,
            None => database.remove(key).map_err(store)?,
        };
    }
    let start = Instant::now();
    database.flush().map_err(store)?;
    file.sync_data()
        .map_err(|error| WriteFault::Sync(Fault::of_file("syncing the database file", &error)))?;
    Ok(start.elapsed())
}
