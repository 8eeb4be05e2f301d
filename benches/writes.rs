//! Durable writes of one relationship each, from 1, 16 and 64 threads: how many a second, how long each takes, and how
//! many share a group. On sled with a real disk, and on the memory journal, which shows what the rest costs.
//!
//! A loop of its own instead of criterion, which times one thread.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[path = "support/table.rs"]
mod table;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::journal::{
    AppendError, Journal, JournalError, JournalIdentity, MemoryJournal, SledJournal, Transaction,
};
use arrowroot::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use table::Table;

const THREADS: [usize; 3] = [1, 16, 64];
/// What each number of threads is measured for, after a part that does not count.
const MEASURED: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_secs(1);

const SCHEMA: &str = "definition user {}\ndefinition task { relation owner: user; }";

fn main() {
    let mut table =
        Table::new(&["journal", "threads", "writes/s", "p50 µs", "p99 µs", "most µs", "writes a group"]);
    // On the disk that the target directory is on, since temporary directories are often in memory.
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    for threads in THREADS {
        let journal = SledJournal::open(directory.path().join(threads.to_string())).unwrap();
        run("sled", Arc::new(journal), threads, &mut table);
    }
    for threads in THREADS {
        run("memory", Arc::new(MemoryJournal::new()), threads, &mut table);
    }
    table.print("writes of one relationship");
}

fn run(name: &str, journal: Arc<dyn Journal>, threads: usize, table: &mut Table) {
    let counting = Arc::new(CountingJournal { journal, groups: AtomicU64::new(0) });
    let engine =
        Engine::with_journal(Arc::clone(&counting) as Arc<dyn Journal>, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let measured_from = Instant::now() + WARM_UP;
    let until = measured_from + MEASURED;
    let mut latencies: Vec<u64> = thread::scope(|scope| {
        let writers = (0..threads).map(|thread| {
            let engine = &engine;
            scope.spawn(move || write(engine, thread, measured_from, until))
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let writes = engine.head().0;
    let groups = counting.groups.load(Ordering::Relaxed);
    latencies.sort_unstable();
    let quantile = |part: f64| {
        let last = latencies.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a place in the list"
        )]
        let place = (last as f64 * part) as usize;
        latencies.get(place).map_or(0.0, |nanoseconds| *nanoseconds as f64 / 1000.0)
    };
    table.add(&[
        name.to_owned(),
        threads.to_string(),
        format!("{:.0}", latencies.len() as f64 / MEASURED.as_secs_f64()),
        format!("{:.0}", quantile(0.5)),
        format!("{:.0}", quantile(0.99)),
        format!("{:.0}", quantile(1.0)),
        format!("{:.1}", writes as f64 / groups as f64),
    ]);
}

/// Writes until the end; how long each write took that was begun while it counts, in nanoseconds.
fn write(engine: &Engine, thread: usize, measured_from: Instant, until: Instant) -> Vec<u64> {
    let mut latencies = Vec::new();
    for number in 0_u64.. {
        let relationship = format!("task:{thread}-{number}#owner@user:{}", number % 1000).parse().unwrap();
        let updates = vec![RelationshipUpdate { operation: UpdateOperation::Create, relationship }];
        let request = WriteRelationships { updates, ..Default::default() };
        let start = Instant::now();
        if start >= until {
            break;
        }
        engine.write_relationships(request).unwrap();
        if start >= measured_from {
            latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        }
    }
    latencies
}

/// Counts the groups that a journal is given.
#[derive(Debug)]
struct CountingJournal {
    journal: Arc<dyn Journal>,
    groups: AtomicU64,
}

impl Journal for CountingJournal {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read(after, visit)
    }
}
