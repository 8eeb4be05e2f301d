//! Revisions against time: tokens that grow, no answer from the past, no start without what was told.

use std::collections::BTreeMap;

use super::super::history::{Action, Consistency, History, Operation, Outcome};
use super::violation::{Property, Violation};

/// By how much the servers' clock may differ from the history's over a window, in nanoseconds: that one is adjusted
/// while it runs.
const CLOCK_SLACK: u64 = 100_000_000;

/// The highest revision that was told before each operation began, in the order of operations.
#[derive(Debug)]
pub(crate) struct Known(Vec<Told>);

/// A revision, and the operation that told of it; none for the start of a server.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    revision: u64,
    by: Option<usize>,
}

impl Known {
    /// The highest revision that was told before an operation began.
    pub(crate) fn before(&self, operation: usize) -> u64 {
        self.0[operation].revision
    }
}

pub(super) fn check(history: &History) -> Result<Known, Violation> {
    check_form(history)?;
    // Where a restart lost revisions, later writes have them once more: the loss is what happened.
    let known = told_before(history)?;
    check_writes(history)?;
    for (number, operation) in history.operations.iter().enumerate() {
        check_against_known(number, operation, known.0[number])?;
        check_against_restart(history, number, operation)?;
        check_window(history, number, operation)?;
    }
    Ok(known)
}

fn check_form(history: &History) -> Result<(), Violation> {
    let fault = |message: &str, operations: &[usize]| {
        Err(Violation::new(Property::WellFormed, message.to_owned(), operations))
    };
    if !history.starts.is_sorted_by_key(|start| start.at) {
        return fault("servers are not in the order of their starts", &[]);
    }
    let mut by_process: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, operation) in history.operations.iter().enumerate() {
        by_process.entry(operation.process).or_default().push(number);
        let Some(start) = history.starts.get(operation.server) else {
            return fault("a server that never started was asked", &[number]);
        };
        if operation.invoked < start.at || operation.completed < operation.invoked {
            return fault(
                "an answer before its question, or a question before the server was ready",
                &[number],
            );
        }
        let is_answer = match (&operation.action, &operation.outcome) {
            (_, Outcome::Unknown { .. } | Outcome::Refused { .. })
            | (Action::Write { .. }, Outcome::Written { .. })
            | (Action::Read { .. }, Outcome::Found { .. })
            | (Action::Check { .. } | Action::Read { .. }, Outcome::OutOfRange { .. }) => true,
            (Action::Check { questions, .. }, Outcome::Checked { answers, .. }) => {
                questions.len() == answers.len()
            }
            _ => false,
        };
        if !is_answer {
            return fault("an answer to another question", &[number]);
        }
    }
    for numbers in by_process.values_mut() {
        numbers.sort_by_key(|number| history.operations[*number].invoked);
        for pair in numbers.windows(2) {
            if history.operations[pair[1]].invoked < history.operations[pair[0]].completed {
                return fault("a process asked before it had its answer", pair);
            }
        }
    }
    Ok(())
}

fn check_writes(history: &History) -> Result<(), Violation> {
    let mut by_revision = BTreeMap::new();
    for (number, operation) in history.operations.iter().enumerate() {
        if let Outcome::Written { revision } = operation.outcome
            && let Some(other) = by_revision.insert(revision, number)
        {
            let message = format!("two writes were acknowledged with revision {revision}");
            return Err(Violation::new(Property::TokensGrow, message, &[other, number]));
        }
    }
    Ok(())
}

/// Goes through all moments in order. At one time, what begins comes before what ends: it does not follow it.
fn told_before(history: &History) -> Result<Known, Violation> {
    let mut moments = Vec::new();
    for (number, operation) in history.operations.iter().enumerate() {
        moments.push((operation.invoked, Moment::Invoked(number)));
        moments.push((operation.completed, Moment::Completed(number)));
    }
    moments
        .extend(history.starts.iter().enumerate().map(|(number, start)| (start.at, Moment::Started(number))));
    moments.sort_unstable();

    let mut known = vec![Told::default(); history.operations.len()];
    let mut newest = Told::default();
    for (_, moment) in moments {
        match moment {
            Moment::Started(number) => {
                let head = history.starts[number].head;
                if head < newest.revision {
                    let message =
                        format!("server {number} starts with {head}, but {} was told", newest.revision);
                    let operations: Vec<_> = newest.by.into_iter().collect();
                    return Err(Violation::new(Property::NoLostWrite, message, &operations));
                }
                if head > newest.revision {
                    newest = Told { revision: head, by: None };
                }
            }
            Moment::Invoked(number) => known[number] = newest,
            Moment::Completed(number) => {
                if let Some(revision) = history.operations[number].revision()
                    && revision > newest.revision
                {
                    newest = Told { revision, by: Some(number) };
                }
            }
        }
    }
    Ok(Known(known))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Started(usize),
    Invoked(usize),
    Completed(usize),
}

fn check_against_known(number: usize, operation: &Operation, known: Told) -> Result<(), Violation> {
    let fault = |property, message| {
        let operations: Vec<_> = known.by.into_iter().chain([number]).collect();
        Err(Violation::new(property, message, &operations))
    };
    let Some(revision) = operation.revision() else { return Ok(()) };
    let Told { revision: told, .. } = known;
    match operation.consistency() {
        None if revision <= told => fault(
            Property::TokensGrow,
            format!("a write has revision {revision}, but {told} was told before it began"),
        ),
        Some(Consistency::AtExactSnapshot(token)) if revision != token => fault(
            Property::SnapshotsRepeat,
            format!("the state of {token} was asked for, and the answer is of {revision}"),
        ),
        Some(Consistency::AtLeastAsFresh(token)) if revision < token => fault(
            Property::NoStaleReadAtToken,
            format!("a state at least as fresh as {token} was asked for, and the answer is of {revision}"),
        ),
        Some(
            Consistency::AtLeastAsFresh(_) | Consistency::FullyConsistent | Consistency::MinimizeLatency,
        ) if revision < told => fault(
            Property::NoStaleRead,
            format!("the answer is of {revision}, but {told} was told before its question"),
        ),
        _ => Ok(()),
    }
}

/// What a server tells is there when the next one starts, also if the answer came late.
fn check_against_restart(history: &History, number: usize, operation: &Operation) -> Result<(), Violation> {
    let (Some(revision), Some(next)) = (operation.revision(), history.starts.get(operation.server + 1))
    else {
        return Ok(());
    };
    if revision <= next.head {
        return Ok(());
    }
    let message =
        format!("server {} told of {revision}, and the next one starts with {}", operation.server, next.head);
    Err(Violation::new(Property::NoLostWrite, message, &[number]))
}

/// A token's state is refused only if it is older than the window: a later write can have been made so long ago.
fn check_window(history: &History, number: usize, operation: &Operation) -> Result<(), Violation> {
    let Outcome::OutOfRange { .. } = operation.outcome else { return Ok(()) };
    let Some(Consistency::AtExactSnapshot(token)) = operation.consistency() else {
        let message = "the newest state cannot be out of range".to_owned();
        return Err(Violation::new(Property::WindowIsKept, message, &[number]));
    };
    let begin = (operation.completed + CLOCK_SLACK).saturating_sub(history.window);
    let can_replace = |write: &Operation| {
        let revision_max = match write.outcome {
            Outcome::Written { revision } => revision,
            Outcome::Unknown { .. } => {
                history.starts.get(write.server + 1).map_or(u64::MAX, |next| next.head)
            }
            _ => 0,
        };
        matches!(write.action, Action::Write { .. }) && write.invoked <= begin && revision_max > token
    };
    if history.operations.iter().any(can_replace) {
        return Ok(());
    }
    let message = format!("the state of {token} is refused, though it was the newest within the window");
    Err(Violation::new(Property::WindowIsKept, message, &[number]))
}
