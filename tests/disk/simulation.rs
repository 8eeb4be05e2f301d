//! Losses of power, simulated: a recorded run, the moments at which the power goes, and what is tried.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use arrowroot::journal::Transaction;

use super::image::Image;
use super::medium::{Before, Loss, Medium, Syncs};
use super::recording::{Event, Write, events};
use super::reports::{self, Promised, Report};
use super::trial::{self, History, scratch};
use super::workload::{self, STORE};

/// Trials at the same time.
const WORKERS: usize = 3;
/// How long one may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A run that was recorded.
pub(crate) struct Recording {
    pub(crate) root: PathBuf,
    pub(crate) before: Before,
    pub(crate) events: Vec<Event>,
    /// What was there at its end.
    pub(crate) after: Image,
    /// What was promised before it, and the transactions that were there.
    promised: Promised,
    transactions: BTreeMap<u64, Transaction>,
}

impl Recording {
    /// Of a new store.
    pub(crate) fn of_work(rounds: u64) -> Self {
        Self::of("works", &Image::default(), rounds, Promised::nothing(), BTreeMap::new())
    }

    /// Of a store after power was lost in another run.
    pub(crate) fn after(earlier: &Self, case: &Case) -> Self {
        let transactions = History::of(&earlier.reports(), &earlier.transactions);
        let mut recording = Self::of("goes_on", &case.image, 1, case.promised.clone(), transactions);
        let opened = recording.reports().into_iter().find_map(|(_, report)| match report {
            Report::Opened { head, .. } => Some(head),
            _ => None,
        });
        // What came after that was lost, and others take its place.
        let head = opened.expect("it was not opened");
        recording.transactions.retain(|revision, _| *revision <= head);
        recording.promised.ends.retain(|end| *end <= head);
        recording
    }

    fn of(
        test: &str,
        image: &Image,
        rounds: u64,
        promised: Promised,
        transactions: BTreeMap<u64, Transaction>,
    ) -> Self {
        let directory = scratch();
        let root = directory.path().canonicalize().unwrap().join("root");
        fs::create_dir(&root).unwrap();
        image.write(&root);
        let (before, log) = (Before::of(&root), directory.path().join("log"));
        workload::record(test, &root, &log, rounds);
        let (events, after) = (events(&log), Image::read(&root));
        Self { root, before, events, after, promised, transactions }
    }

    /// What was reported, and at which event.
    pub(crate) fn reports(&self) -> Vec<(usize, Report)> {
        let path = self.root.join(reports::FILE);
        let created = self.events.iter().find_map(|event| match event {
            Event::CreateFile { path: created, inode } if *created == path => Some(*inode),
            _ => None,
        });
        let reported = created.expect("nothing was reported");
        let report = |(place, event): (usize, &Event)| match event {
            Event::Write { inode, write: Write::Data { data, .. } } if *inode == reported => {
                Some((place, serde_json::from_slice(data).unwrap()))
            }
            _ => None,
        };
        self.events.iter().enumerate().filter_map(report).collect()
    }

    /// The same, but with everything acknowledged right before the sync begins that makes it durable.
    fn early_reports(&self) -> Vec<(usize, Report)> {
        let events = self.events.iter().enumerate();
        let begins = events.filter(|(_, event)| matches!(event, Event::BeginSync { .. }));
        let begins: Vec<usize> = begins.map(|(place, _)| place).collect();
        let move_early = |(place, report)| match report {
            Report::Acknowledged { .. } => {
                let begun = begins.partition_point(|begin| *begin < place);
                (begins[begun - 1] - 1, report)
            }
            _ => (place, report),
        };
        let mut moved: Vec<_> = self.reports().into_iter().map(move_early).collect();
        moved.sort_by_key(|(place, _)| *place);
        moved
    }

    /// Walks through the run and gives the directories that losses leave, each once, until nobody wants more.
    pub(crate) fn cases(&self, simulation: Simulation, wanted: &mut dyn FnMut(Case) -> bool) {
        let reports =
            if simulation.are_acknowledgements_early { self.early_reports() } else { self.reports() };
        let mut reports = reports.into_iter().peekable();
        let mut moments = moments(&self.events, simulation).into_iter().peekable();
        let mut medium = Medium::new(&self.root, &self.before, simulation.syncs);
        let mut promised = self.promised.clone();
        let mut seen = HashSet::new();
        for (place, event) in self.events.iter().enumerate() {
            while let Some((_, report)) = reports.next_if(|(at, _)| *at < place) {
                promised.add(&report);
            }
            while let Some(Moment { loss, .. }) = moments.next_if(|moment| moment.event == place) {
                let mut image = medium.after(loss);
                image.entries.retain(|path, _| path.starts_with(STORE));
                if !seen.insert((image.digest(), promised.head, promised.checkpoint)) {
                    continue;
                }
                let name = format!("{SEED}={}, before event {place}, {loss:?}", simulation.seed);
                if !wanted(Case { name, image, promised: promised.clone() }) {
                    return;
                }
            }
            medium.apply(event);
        }
    }
}

/// The variable that says which losses are tried.
pub(crate) const SEED: &str = "DISK_TEST_SEED";

/// How a recording is taken, and how much is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Simulation {
    pub(crate) seed: u64,
    /// About so many directories.
    pub(crate) images_max: u64,
    /// So many failures are enough.
    pub(crate) failures_max: usize,
    pub(crate) syncs: Syncs,
    pub(crate) are_acknowledgements_early: bool,
}

/// A moment at which the power goes.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Before this event.
    event: usize,
    loss: Loss,
}

/// A directory to try, and what it must hold.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) image: Image,
    pub(crate) promised: Promised,
}

/// What came of a simulation.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tried: u64,
    pub(crate) failures: Vec<String>,
}

/// Tries what losses of power leave of a run.
pub(crate) fn simulate(recording: &Recording, simulation: Simulation) -> Outcome {
    let transactions = History::of(&recording.reports(), &recording.transactions);
    let (case_sender, outcomes) = start_workers(&Arc::new(History::new(transactions)));
    let mut outcome = Outcome::default();
    let mut waiting = 0;
    let take = |outcome: &mut Outcome| match outcomes.recv_timeout(PATIENCE) {
        Ok(result) => {
            outcome.tried += 1;
            outcome.failures.extend(result.err());
        }
        Err(RecvTimeoutError::Timeout) => panic!("a store has not opened for {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => panic!("the trials ended"),
    };
    recording.cases(simulation, &mut |case| {
        while waiting > WORKERS {
            take(&mut outcome);
            waiting -= 1;
        }
        waiting += 1;
        case_sender.send(case).unwrap();
        outcome.failures.len() < simulation.failures_max
    });
    for _ in 0..waiting {
        take(&mut outcome);
    }
    outcome
}

type Outcomes = Receiver<Result<(), String>>;

fn start_workers(history: &Arc<History>) -> (SyncSender<Case>, Outcomes) {
    let (case_sender, cases) = sync_channel::<Case>(WORKERS);
    let cases = Arc::new(Mutex::new(cases));
    let (outcome_sender, outcomes) = channel();
    for _ in 0..WORKERS {
        let (cases, outcomes, history) = (Arc::clone(&cases), outcome_sender.clone(), Arc::clone(history));
        thread::spawn(move || {
            loop {
                let Ok(case) = cases.lock().unwrap().recv() else { return };
                let outcome = trial::run(&case.image, &case.promised, &history).map_err(|wrong| {
                    keep(&case);
                    format!("{}: {wrong}; of {}", case.name, case.image.describe())
                });
                if outcomes.send(outcome).is_err() {
                    return;
                }
            }
        });
    }
    (case_sender, outcomes)
}

/// Moments right before and right after each sync's end, and some anywhere.
fn moments(events: &[Event], simulation: Simulation) -> Vec<Moment> {
    let mut random = fastrand::Rng::with_seed(simulation.seed);
    let range = only_events().unwrap_or(0..events.len());
    let ends = events.iter().enumerate().filter(|(_, event)| matches!(event, Event::EndSync { .. }));
    let mut places: Vec<usize> = ends.flat_map(|(place, _)| [place, place + 1]).collect();
    places.retain(|place| range.contains(place));
    random.shuffle(&mut places);
    let count = usize::try_from(simulation.images_max).unwrap();
    let mut moments: Vec<_> = places
        .into_iter()
        .cycle()
        .take(count)
        .map(|place| {
            let event = if random.u8(..4) == 0 { random.usize(range.clone()) } else { place };
            let loss = match random.u8(..12) {
                0 => Loss::Everything,
                1 => Loss::Nothing,
                _ => Loss::Random(random.u64(..)),
            };
            Moment { event, loss }
        })
        .collect();
    moments.sort_by_key(|moment| moment.event);
    moments
}

/// Those that somebody wants to look at.
fn only_events() -> Option<Range<usize>> {
    let text = std::env::var("DISK_TEST_EVENTS").ok()?;
    let (from, to) = text.split_once('-')?;
    Some(from.parse().ok()?..to.parse().ok()?)
}

/// Keeps what failed, if somebody wants to look at it.
fn keep(case: &Case) {
    let Some(directory) = std::env::var_os("DISK_TEST_KEEP") else { return };
    let name = case.name.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    let directory = PathBuf::from(directory).join(name);
    fs::create_dir_all(&directory).unwrap();
    case.image.write(&directory);
}
