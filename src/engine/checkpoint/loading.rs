//! Starting from a checkpoint, on all cores.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use parking_lot::Mutex;

use crate::engine::counters::Counters;
use crate::engine::error::OpenError;
use crate::engine::options::EngineOptions;
use crate::engine::state::Schemas;
use crate::engine::window::Window;
use crate::index::{Index, Unloadable};
use crate::journal::{Checkpoint, JournalError};
use crate::relationship::Revision;

use super::saved::{Saved, malformed};

/// The state at a checkpoint's revision, but for the graph.
#[derive(Debug)]
pub(in crate::engine) struct Loaded {
    pub(in crate::engine) revision: Revision,
    pub(in crate::engine) schemas: Schemas,
    pub(in crate::engine) counters: Counters,
    pub(in crate::engine) window: Window,
}

/// Loads a checkpoint into an index, which is empty.
pub(in crate::engine) fn load(
    checkpoint: &dyn Checkpoint,
    index: &Index,
    options: &EngineOptions,
) -> Result<Loaded, OpenError> {
    let revision = checkpoint.revision();
    let problem = |problem: Problem| match problem {
        Problem::Read(error) => OpenError::Read(error),
        Problem::Segment(error) => malformed(revision, &error),
    };
    let Some(last) = checkpoint.segment_count().checked_sub(1) else {
        return Err(malformed(revision, &"it is empty"));
    };
    let saved = Saved::decode(&checkpoint.segment(last)?, revision)?;
    let Saved { oldest, schemas, counters, window, contents } = saved;
    if contents.segment_count() != last {
        return Err(malformed(revision, &"segments are missing"));
    }
    if let Some(opening) = &options.opening {
        opening.expect(contents.relationships());
    }
    let postings = contents.posting_segments();
    let loading = index.load(contents.clone(), revision).map_err(|error| malformed(revision, &error))?;
    let objects =
        in_parallel(contents.object_segments(), |number| Ok(loading.load(&checkpoint.segment(number)?)?));
    let loading = loading.finish(objects.map_err(problem)?).map_err(|error| malformed(revision, &error))?;
    let loaded = in_parallel(postings, |number| {
        let entries = loading.load(number, &checkpoint.segment(number)?)?;
        if let Some(opening) = &options.opening
            && contents.is_by_resource(number)
        {
            opening.add(entries);
        }
        Ok(())
    });
    loaded.map_err(problem)?;
    loading.finish().map_err(|error| malformed(revision, &error))?;
    let add = |all: Schemas, (from, text): (Revision, String)| all.with(from, Arc::from(text), None);
    Ok(Loaded {
        revision,
        schemas: schemas.into_iter().fold(Schemas::default(), add),
        counters: Counters::from_iter(counters),
        window: Window::restored(options.retention, window, oldest, options.clock.now()),
    })
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Read(#[from] JournalError),
    #[error(transparent)]
    Segment(#[from] Unloadable),
}

/// Does work for each number, on as many threads as there are cores; what comes of it, in order, or the first problem.
fn in_parallel<T: Send>(
    numbers: Range<u32>,
    work: impl Fn(u32) -> Result<T, Problem> + Sync,
) -> Result<Vec<T>, Problem> {
    let next = AtomicU32::new(numbers.start);
    let done = Mutex::new(Ok(Vec::new()));
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if !numbers.contains(&number) {
                return;
            }
            let result = work(number);
            let mut done = done.lock();
            match (&mut *done, result) {
                (Ok(all), Ok(one)) => all.push((number, one)),
                (Ok(_), Err(problem)) => *done = Err(problem),
                (Err(_), _) => return,
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(numbers.len());
    thread::scope(|scope| {
        // This thread is one of them; where no others are to be had, it does all.
        for _ in 1..threads {
            if thread::Builder::new().name("arrowroot-load".to_owned()).spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    let mut done = done.into_inner()?;
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, one)| one).collect())
}
