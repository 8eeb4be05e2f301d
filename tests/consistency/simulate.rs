//! Right histories that no server was needed for: of a graph in memory, with clients whose questions overlap, and
//! deaths.

use std::collections::BTreeSet;

use super::history::{Action, Consistency, Effect, Fact, History, Operation, Outcome, Question, Start};
use super::number::Random;

const PROCESSES: usize = 6;
const BATCHES: usize = 4;
const BATCH_FACTS: usize = 3;
const SINGLES: usize = 8;

/// A simulated run.
pub(crate) struct Simulated {
    pub history: History,
    /// INVARIANT: the place is the revision.
    pub states: Vec<BTreeSet<Fact>>,
}

struct Asking {
    invoked: u64,
    action: Action,
    /// What it will be told; nothing before it has happened.
    outcome: Option<Outcome>,
}

struct Run {
    random: Random,
    time: u64,
    asking: Vec<Option<Asking>>,
    simulated: Simulated,
}

/// A run of a number of steps, in which a server dies now and then in a hundred steps.
pub(crate) fn simulate(random: Random, steps: usize, deaths_percent: usize) -> Simulated {
    let history =
        History { window: u64::MAX, starts: vec![Start { at: 0, head: 0 }], operations: Vec::new() };
    let simulated = Simulated { history, states: vec![BTreeSet::new()] };
    let asking = (0..PROCESSES).map(|_| None).collect();
    let mut run = Run { random, time: 0, asking, simulated };
    for _ in 0..steps {
        run.step();
        if run.random.below(1000) < deaths_percent {
            run.die();
        }
    }
    run.end();
    run.simulated
}

/// Whether a question is granted in a state.
pub(crate) fn is_granted(state: &BTreeSet<Fact>, question: &Question) -> bool {
    question.any_of.iter().any(|facts| facts.iter().all(|fact| state.contains(fact)))
}

impl Run {
    fn step(&mut self) {
        // Several things can happen at one time.
        self.time += self.random.next() % 3;
        let process = self.random.below(PROCESSES);
        match self.asking[process].take() {
            None => {
                let action = self.action();
                self.asking[process] = Some(Asking { invoked: self.time, action, outcome: None });
            }
            Some(Asking { invoked, action, outcome: None }) => {
                let outcome = Some(self.answer(&action));
                self.asking[process] = Some(Asking { invoked, action, outcome });
            }
            Some(Asking { invoked, action, outcome: Some(outcome) }) => {
                self.complete(process, invoked, action, outcome);
            }
        }
    }

    /// What was asked and not answered may have happened or not.
    fn die(&mut self) {
        for process in 0..PROCESSES {
            if let Some(Asking { invoked, action, .. }) = self.asking[process].take() {
                let outcome = Outcome::Unknown { message: "the server died".to_owned() };
                self.complete(process, invoked, action, outcome);
            }
        }
        self.time += 1;
        let head = self.simulated.states.len() as u64 - 1;
        self.simulated.history.starts.push(Start { at: self.time, head });
    }

    /// Answers what has happened. What has not, was never asked.
    fn end(&mut self) {
        for process in 0..PROCESSES {
            if let Some(Asking { invoked, action, outcome: Some(outcome) }) = self.asking[process].take() {
                self.complete(process, invoked, action, outcome);
            }
        }
    }

    fn complete(&mut self, process: usize, invoked: u64, action: Action, outcome: Outcome) {
        let history = &mut self.simulated.history;
        let server = history.starts.len() - 1;
        let completed = self.time;
        history.operations.push(Operation { process, server, invoked, completed, action, outcome });
    }

    fn action(&mut self) -> Action {
        let number = self.random.below(SINGLES);
        let single = format!("single:{number}");
        let batch = self.random.below(BATCHES);
        let facts = batch_facts(batch);
        let is_present = self.random.is(50);
        let effects = |facts: &[Fact]| {
            facts.iter().map(|fact| Effect { fact: fact.clone(), is_present }).collect::<Vec<_>>()
        };
        let question = |fact: &Fact| Question { text: fact.clone(), any_of: vec![vec![fact.clone()]] };
        match self.random.below(8) {
            0 => Action::Write { effects: effects(&[single]), requires: vec![] },
            1 => {
                let requires = vec![Effect { fact: single.clone(), is_present: !is_present }];
                Action::Write { effects: effects(&[single]), requires }
            }
            2 | 3 => Action::Write { effects: effects(&facts), requires: vec![] },
            4 => Action::Check { at: self.consistency(), questions: facts.iter().map(question).collect() },
            5 => Action::Read { at: self.consistency(), prefix: format!("batch:{batch}#") },
            6 => Action::Read { at: self.consistency(), prefix: String::new() },
            _ => {
                let any_of = vec![vec![single, facts[0].clone()], vec![format!("single:{}", number / 2)]];
                let text = format!("mixed {number} {batch}");
                Action::Check { at: self.consistency(), questions: vec![Question { text, any_of }] }
            }
        }
    }

    fn consistency(&mut self) -> Consistency {
        let token = self.random.below(self.simulated.states.len()) as u64;
        *self.random.pick(&[
            Consistency::MinimizeLatency,
            Consistency::FullyConsistent,
            Consistency::AtLeastAsFresh(token),
            Consistency::AtExactSnapshot(token),
        ])
    }

    fn answer(&mut self, action: &Action) -> Outcome {
        let states = &mut self.simulated.states;
        let head = states.len() - 1;
        let revision = |at: &Consistency| match at {
            Consistency::AtExactSnapshot(token) => *token,
            _ => head as u64,
        };
        match action {
            Action::Write { effects, requires } => {
                let mut state = states[head].clone();
                if requires.iter().any(|required| state.contains(&required.fact) != required.is_present) {
                    return Outcome::Refused { message: "not so".to_owned() };
                }
                for Effect { fact, is_present } in effects {
                    if *is_present {
                        state.insert(fact.clone());
                    } else {
                        state.remove(fact);
                    }
                }
                states.push(state);
                Outcome::Written { revision: head as u64 + 1 }
            }
            Action::Check { at, questions } => {
                let state = &states[usize::try_from(revision(at)).unwrap()];
                let answers = questions.iter().map(|question| is_granted(state, question)).collect();
                Outcome::Checked { revision: revision(at), answers }
            }
            Action::Read { at, prefix } => {
                let state = &states[usize::try_from(revision(at)).unwrap()];
                let facts = state.iter().filter(|fact| fact.starts_with(prefix.as_str())).cloned().collect();
                Outcome::Found { revision: revision(at), facts }
            }
        }
    }
}

fn batch_facts(batch: usize) -> Vec<Fact> {
    (0..BATCH_FACTS).map(|part| format!("batch:{batch}#{part}")).collect()
}
