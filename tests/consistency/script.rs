//! Small histories as text, one event a line:
//!
//! ```text
//! start 0 head 0                          a server is ready at 0, with revision 0
//! p1 1-2 write +a -b if -c => 1           process 1 asks at 1 and is answered at 2, with revision 1
//! p1 3-4 write +d => ?                    nobody knows; `refused` and `old` are other outcomes
//! p2 3-4 check a a&b|c full => 1 yes no   two questions; `latency`, `full`, `fresh:1` or `exact:1`
//! p2 5-6 read a fresh:1 => 1 a ab         all facts that begin with `a`
//! ```
//!
//! An operation is for the server that started last in the text. `window 10` sets the window.

use super::history::{Action, Consistency, Effect, History, Operation, Outcome, Question, Start};

pub(crate) fn history(script: &str) -> History {
    let mut history = History { window: u64::MAX, ..History::default() };
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["window", window] => history.window = number(window),
            ["start", at, "head", head] => {
                history.starts.push(Start { at: number(at), head: number(head) });
            }
            [process, times, rest @ ..] => {
                let (invoked, completed) = times.split_once('-').unwrap();
                let arrow = rest.iter().position(|word| *word == "=>").unwrap();
                let (asked, answered) = (&rest[..arrow], &rest[arrow + 1..]);
                let action = action(asked);
                history.operations.push(Operation {
                    process: process.strip_prefix('p').unwrap().parse().unwrap(),
                    server: history.starts.len().saturating_sub(1),
                    invoked: number(invoked),
                    completed: number(completed),
                    outcome: outcome(&action, answered),
                    action,
                });
            }
            _ => panic!("`{line}`"),
        }
    }
    history
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}`"))
}

fn action(words: &[&str]) -> Action {
    match words {
        ["write", rest @ ..] => {
            let condition = rest.iter().position(|word| *word == "if").unwrap_or(rest.len());
            let (written, required) = rest.split_at(condition);
            Action::Write { effects: effects(written), requires: effects(required.get(1..).unwrap_or(&[])) }
        }
        ["check", questions @ .., at] => Action::Check {
            at: consistency(at),
            questions: questions.iter().copied().map(question).collect(),
        },
        ["read", prefix, at] => Action::Read { at: consistency(at), prefix: (*prefix).to_owned() },
        _ => panic!("{words:?}"),
    }
}

fn effects(words: &[&str]) -> Vec<Effect> {
    let effect = |word: &&str| match word.split_at(1) {
        ("+", fact) => Effect { fact: fact.to_owned(), is_present: true },
        ("-", fact) => Effect { fact: fact.to_owned(), is_present: false },
        _ => panic!("`{word}`"),
    };
    words.iter().map(effect).collect()
}

fn question(text: &str) -> Question {
    let all_of = |text: &str| text.split('&').map(str::to_owned).collect();
    Question { text: text.to_owned(), any_of: text.split('|').map(all_of).collect() }
}

fn consistency(word: &str) -> Consistency {
    match word.split_once(':') {
        None if word == "latency" => Consistency::MinimizeLatency,
        None if word == "full" => Consistency::FullyConsistent,
        Some(("fresh", token)) => Consistency::AtLeastAsFresh(number(token)),
        Some(("exact", token)) => Consistency::AtExactSnapshot(number(token)),
        _ => panic!("`{word}`"),
    }
}

fn outcome(action: &Action, words: &[&str]) -> Outcome {
    let message = words.join(" ");
    match (words, action) {
        (["?"], _) => Outcome::Unknown { message },
        (["refused"], _) => Outcome::Refused { message },
        (["old"], _) => Outcome::OutOfRange { message },
        ([revision], Action::Write { .. }) => Outcome::Written { revision: number(revision) },
        ([revision, answers @ ..], Action::Check { .. }) => Outcome::Checked {
            revision: number(revision),
            answers: answers.iter().map(|answer| *answer == "yes").collect(),
        },
        ([revision, facts @ ..], Action::Read { .. }) => Outcome::Found {
            revision: number(revision),
            facts: facts.iter().map(|fact| (*fact).to_owned()).collect(),
        },
        _ => panic!("{words:?}"),
    }
}
