//! What clients asked of a server and what they were told, as data, and as lines of JSON in a file.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Everything that happened to one store, as its clients saw it.
///
/// Times are nanoseconds by one clock that never goes back. Servers are numbered in the order of their starts, from 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct History {
    /// How long a state can be asked for after it was the newest, in nanoseconds.
    pub window: u64,
    /// INVARIANT: the place is the server's number.
    pub starts: Vec<Start>,
    /// In no order.
    pub operations: Vec<Operation>,
}

/// A server became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    pub at: u64,
    /// The newest revision that it found.
    pub head: u64,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// Who asked. Asks one thing after the other.
    pub process: usize,
    /// Which server was asked.
    pub server: usize,
    pub invoked: u64,
    pub completed: u64,
    pub action: Action,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// One transaction.
    Write {
        effects: Vec<Effect>,
        /// What must hold before it, or else it is refused.
        requires: Vec<Effect>,
    },
    /// Permissions, all in one state.
    Check { at: Consistency, questions: Vec<Question> },
    /// All facts that begin with a prefix.
    Read { at: Consistency, prefix: String },
}

/// A relationship's text, such as `batch:1#part@user:2`.
pub(crate) type Fact = String;

/// Whether a fact holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Effect {
    pub fact: Fact,
    pub is_present: bool,
}

/// A permission, by what grants it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Question {
    /// For people.
    pub text: String,
    /// Granted where all facts of any of these hold.
    pub any_of: Vec<Vec<Fact>>,
}

/// Which state is asked for. Tokens are told by their revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consistency {
    MinimizeLatency,
    FullyConsistent,
    AtLeastAsFresh(u64),
    AtExactSnapshot(u64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// An acknowledged write, with the revision of its token.
    Written { revision: u64 },
    /// Answers to a check's questions, in their order, with the revision of the state that they are of.
    Checked { revision: u64, answers: Vec<bool> },
    /// What a read found.
    Found { revision: u64, facts: Vec<Fact> },
    /// A read's state is said to be too old, or not to be there yet.
    OutOfRange { message: String },
    /// It was refused, and surely changed nothing.
    Refused { message: String },
    /// Nobody knows whether it happened.
    Unknown { message: String },
}

impl Operation {
    /// The revision that the answer tells.
    pub(crate) fn revision(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Written { revision }
            | Outcome::Checked { revision, .. }
            | Outcome::Found { revision, .. } => Some(revision),
            Outcome::OutOfRange { .. } | Outcome::Refused { .. } | Outcome::Unknown { .. } => None,
        }
    }

    /// What a write does, if it happens.
    pub(crate) fn effects(&self) -> &[Effect] {
        match &self.action {
            Action::Write { effects, .. } => effects,
            Action::Check { .. } | Action::Read { .. } => &[],
        }
    }

    /// What a write needs to happen.
    pub(crate) fn requires(&self) -> &[Effect] {
        match &self.action {
            Action::Write { requires, .. } => requires,
            Action::Check { .. } | Action::Read { .. } => &[],
        }
    }

    /// Which state a check or a read asks for.
    pub(crate) fn consistency(&self) -> Option<Consistency> {
        match self.action {
            Action::Check { at, .. } | Action::Read { at, .. } => Some(at),
            Action::Write { .. } => None,
        }
    }

    /// Whether it is a write that may have happened or not.
    pub(crate) fn is_unknown_write(&self) -> bool {
        matches!((&self.action, &self.outcome), (Action::Write { .. }, Outcome::Unknown { .. }))
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

/// A line of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Window(u64),
    Start(Start),
    Operation(Operation),
}

impl History {
    /// Writes one line of JSON for each start and operation.
    pub(crate) fn write(&self, path: &Path) {
        let mut file = BufWriter::new(fs::File::create(path).unwrap());
        let starts = self.starts.iter().copied().map(Line::Start);
        let operations = self.operations.iter().cloned().map(Line::Operation);
        for line in [Line::Window(self.window)].into_iter().chain(starts).chain(operations) {
            writeln!(file, "{}", serde_json::to_string(&line).unwrap()).unwrap();
        }
        file.flush().unwrap();
    }

    /// Reads what [`Self::write`] wrote.
    pub(crate) fn read(path: &Path) -> Self {
        let mut history = Self::default();
        for line in BufReader::new(fs::File::open(path).unwrap()).lines() {
            match serde_json::from_str(&line.unwrap()).unwrap() {
                Line::Window(window) => history.window = window,
                Line::Start(start) => history.starts.push(start),
                Line::Operation(operation) => history.operations.push(operation),
            }
        }
        history
    }
}
