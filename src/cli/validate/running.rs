//! Files checked on all cores, and told of in their order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::explanation::{Explained, trace};
use crate::cli::output::OutputError;
use crate::scenario::{PROBLEMS_MAX, Scenario, Verdict, looks_like_scenario, validate};

use super::files::Candidate;

/// Unmet expectations of one file that are kept; the others are counted.
const FAILURES_MAX: usize = 50;
/// Files that wait to be told of, at most, before checking waits.
const WAITING_MAX: usize = 64;

/// What became of one file.
pub(super) struct Checked {
    pub(super) file: PathBuf,
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// The first that are not met.
    pub(super) failures: Vec<Failed>,
    /// Why the file cannot be used: the first reasons, and how many there are.
    pub(super) problems: Vec<String>,
    pub(super) problem_count: usize,
    /// Whether there may be more reasons.
    pub(super) is_cut: bool,
    /// Everything that was expected, if it is asked for.
    pub(super) cases: Vec<Case>,
    pub(super) time: Duration,
    /// Whether it was left out, as it is no validation file.
    pub(super) is_other: bool,
}

/// An expectation that is not met.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) line: usize,
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) message: String,
    pub(super) explanation: Option<Explained>,
}

/// An expectation.
pub(super) struct Case {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// Why it is not met, with its explanation.
    pub(super) failure: Option<Failed>,
}

/// Checks files, and tells of each in their order.
pub(super) fn run(
    files: &[Candidate],
    jobs: Option<usize>,
    has_cases: bool,
    mut tell: impl FnMut(Checked) -> Result<(), OutputError>,
) -> Result<(), OutputError> {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs.unwrap_or_else(cores).clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::sync_channel(WAITING_MAX);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(candidate) = files.get(index) else { return };
                    // Nobody listens any more if the output is gone.
                    if sender.send((index, check(candidate, has_cases))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, checked) in &receiver {
            early.insert(index, checked);
            while let Some(checked) = early.remove(&due) {
                // Whoever still checks finds nobody to tell, since the receiver goes with this.
                tell(checked)?;
                due += 1;
            }
        }
        Ok(())
    })
}

fn check(candidate: &Candidate, has_cases: bool) -> Checked {
    let start = Instant::now();
    let mut checked = Checked {
        file: candidate.file.clone(),
        passed: 0,
        failed: 0,
        failures: Vec::new(),
        problems: Vec::new(),
        problem_count: 0,
        is_cut: false,
        cases: Vec::new(),
        time: Duration::ZERO,
        is_other: false,
    };
    match Scenario::read_text(&candidate.file) {
        Ok(text) if !candidate.is_named && !is_ours(&candidate.file, &text) => checked.is_other = true,
        Ok(text) => {
            let problems = validate(&candidate.file, &text, &mut |verdict| checked.take(verdict, has_cases));
            checked.problem_count = problems.count;
            checked.is_cut = problems.is_cut;
            checked.problems = problems.first.iter().take(PROBLEMS_MAX).map(ToString::to_string).collect();
        }
        Err(problem) => {
            checked.problem_count = 1;
            checked.problems.push(problem.to_string());
        }
    }
    checked.time = start.elapsed();
    checked
}

/// Whether a file of a directory is one to be checked.
fn is_ours(file: &Path, text: &str) -> bool {
    file.extension().is_some_and(|extension| extension == "zed") || looks_like_scenario(text)
}

impl Checked {
    fn take(&mut self, verdict: Verdict, has_cases: bool) {
        let Verdict { line, kind, name, unmet } = verdict;
        let failure = unmet.map(|unmet| Failed {
            line,
            kind,
            name: name.clone(),
            message: unmet.message,
            explanation: unmet.explanation.map(|explanation| trace::explained(&explanation.trace)),
        });
        match &failure {
            None => self.passed += 1,
            Some(failure) => {
                self.failed += 1;
                if self.failures.len() < FAILURES_MAX {
                    self.failures.push(failure.clone());
                }
            }
        }
        if has_cases {
            self.cases.push(Case { kind, name, failure });
        }
    }
}
