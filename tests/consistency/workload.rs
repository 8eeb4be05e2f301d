//! What clients ask: writes of batches, grants and revocations, and questions with the tokens of others.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::client::{Means, revision};
use super::history::{Action, Consistency, Effect, Fact, Question};
use super::number::Random;

pub(crate) const SCHEMA: &str = "
definition user {}
definition write {}
definition process {
    relation did: write
}
definition batch {
    relation anchor: user
    relation part: user
}
definition group {
    relation member: user
}
definition doc {
    relation viewer: user | group#member
    permission view = viewer
}";

const BATCHES: usize = 6;
const PARTS: usize = 4;
const DOCS: usize = 3;
const GROUPS: usize = 2;
const USERS: usize = 3;
/// Tokens that can be asked with: of the last answers, and some of older ones.
const RECENT_MAX: usize = 64;
const OLD_MAX: usize = 256;

/// An action, and how to do it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub action: Action,
    pub means: Means,
    /// The text of its consistency's token.
    pub token: String,
}

/// What all clients have been told, and what they have asked of exact states.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    recent: VecDeque<String>,
    old: Vec<String>,
    exact: Vec<Request>,
}

impl Shared {
    /// Remembers an answer's token, and what was asked if it can be asked again.
    pub(crate) fn tell(&self, request: &Request, token: &str, random: &mut Random) {
        let mut told = self.0.lock().unwrap();
        told.recent.push_back(token.to_owned());
        if told.recent.len() > RECENT_MAX {
            let old = told.recent.pop_front().unwrap();
            replace_one(&mut told.old, old, random);
        }
        if matches!(request.action, Action::Write { .. }) {
            return;
        }
        let mut again = request.clone();
        let at = Consistency::AtExactSnapshot(revision(token));
        match &mut again.action {
            Action::Check { at: asked, .. } | Action::Read { at: asked, .. } => *asked = at,
            Action::Write { .. } => {}
        }
        again.token = token.to_owned();
        replace_one(&mut told.exact, again, random);
    }

    fn token(&self, random: &mut Random) -> Option<String> {
        let told = self.0.lock().unwrap();
        let is_old = !told.old.is_empty() && random.is(20);
        match told.recent.len() {
            0 => None,
            _ if is_old => Some(random.pick(&told.old).clone()),
            count => told.recent.get(random.below(count)).cloned(),
        }
    }

    fn exact(&self, random: &mut Random) -> Option<Request> {
        let told = self.0.lock().unwrap();
        (!told.exact.is_empty()).then(|| random.pick(&told.exact).clone())
    }
}

/// Keeps so many at the most, of any age.
fn replace_one<T>(kept: &mut Vec<T>, new: T, random: &mut Random) {
    if kept.len() < OLD_MAX {
        kept.push(new);
    } else {
        kept[random.below(OLD_MAX)] = new;
    }
}

/// One client's part.
#[derive(Debug)]
pub(crate) struct Workload {
    process: usize,
    random: Random,
    writes: usize,
    /// Its last writes that may be there.
    did: Vec<Fact>,
}

impl Workload {
    pub(crate) fn new(process: usize, random: Random) -> Self {
        Self { process, random, writes: 0, did: Vec::new() }
    }

    pub(crate) fn process(&self) -> usize {
        self.process
    }

    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    pub(crate) fn next(&mut self, shared: &Shared) -> Request {
        match self.random.below(20) {
            0 => self.delete_batch(),
            1..=3 => self.write_batches(),
            4..=6 => self.write_grant(),
            7 => self.write_under_condition(),
            8..=10 => shared.exact(&mut self.random).unwrap_or_else(|| self.write_grant()),
            11 => self.look_up(shared),
            12..=14 => self.read(shared),
            15 | 16 => self.check_batch(shared),
            _ => self.check_view(shared),
        }
    }

    /// Every process marks what it has written last, in the same transaction: so an unknown write can be told from
    /// others.
    pub(crate) fn is_done(&mut self, request: &Request, happened: Option<bool>) {
        let Action::Write { effects, .. } = &request.action else { return };
        let Some(Effect { fact, .. }) = effects.iter().find(|effect| effect.fact.starts_with("process:"))
        else {
            return;
        };
        match happened {
            Some(true) => self.did = vec![fact.clone()],
            Some(false) => {}
            None => self.did.push(fact.clone()),
        }
    }

    fn write(&mut self, mut effects: Vec<Effect>, requires: Vec<Effect>) -> Request {
        let mark = format!("process:{}#did@write:{}-{}", self.process, self.process, self.writes);
        self.writes += 1;
        effects.insert(0, Effect { fact: mark, is_present: true });
        effects.extend(self.did.iter().map(|fact| Effect { fact: fact.clone(), is_present: false }));
        Request { action: Action::Write { effects, requires }, means: Means::Plain, token: String::new() }
    }

    /// All parts of one batch, or all of two in opposite directions.
    fn write_batches(&mut self) -> Request {
        let (batch, is_present) = (self.random.below(BATCHES), self.random.is(50));
        let mut effects = batch_effects(batch, is_present);
        if self.random.is(40) {
            effects.extend(batch_effects((batch + 1) % BATCHES, !is_present));
        }
        self.write(effects, vec![])
    }

    /// By a filter, without a mark.
    fn delete_batch(&mut self) -> Request {
        let effects = batch_effects(self.random.below(BATCHES), false);
        Request {
            action: Action::Write { effects, requires: vec![] },
            means: Means::Other,
            token: String::new(),
        }
    }

    /// Grants or revokes, of a user or of a group.
    fn write_grant(&mut self) -> Request {
        let (fact, is_present) = (self.grant(), self.random.is(50));
        self.write(vec![Effect { fact, is_present }], vec![])
    }

    /// Only one can be the first, and only the first time.
    fn write_under_condition(&mut self) -> Request {
        let fact = self.grant();
        let is_present = self.random.is(50);
        let required = if self.random.is(50) {
            Effect { fact: fact.clone(), is_present: !is_present }
        } else {
            Effect { fact: self.grant(), is_present: self.random.is(50) }
        };
        self.write(vec![Effect { fact, is_present }], vec![required])
    }

    fn grant(&mut self) -> Fact {
        let (doc, group, user) =
            (self.random.below(DOCS), self.random.below(GROUPS), self.random.below(USERS));
        match self.random.below(3) {
            0 => format!("doc:{doc}#viewer@user:{user}"),
            1 => format!("doc:{doc}#viewer@group:{group}#member"),
            _ => format!("group:{group}#member@user:{user}"),
        }
    }

    fn check_view(&mut self, shared: &Shared) -> Request {
        let question = view(self.random.below(DOCS), self.random.below(USERS));
        self.ask(shared, |at| Action::Check { at, questions: vec![question] })
    }

    fn check_batch(&mut self, shared: &Shared) -> Request {
        let batch = self.random.below(BATCHES);
        let question = |number| {
            let text = part(batch, number);
            Question { any_of: vec![vec![text.clone()]], text }
        };
        self.ask(shared, |at| Action::Check { at, questions: (0..PARTS).map(question).collect() })
    }

    fn read(&mut self, shared: &Shared) -> Request {
        let prefix = if self.random.is(80) {
            format!("batch:{}#", self.random.below(BATCHES))
        } else {
            "batch:".to_owned()
        };
        self.ask(shared, |at| Action::Read { at, prefix })
    }

    /// The subjects of a batch, or everything, at an exact state.
    fn look_up(&mut self, shared: &Shared) -> Request {
        let Some(token) = shared.token(&mut self.random) else { return self.write_grant() };
        let prefix = if self.random.is(90) {
            format!("batch:{}#part@user:", self.random.below(BATCHES))
        } else {
            String::new()
        };
        everything_at(token, prefix)
    }

    fn ask(&mut self, shared: &Shared, action: impl FnOnce(Consistency) -> Action) -> Request {
        let token = shared.token(&mut self.random);
        let (at, token) = match (self.random.below(4), token) {
            (0, Some(token)) => (Consistency::AtExactSnapshot(revision(&token)), token),
            (1, Some(token)) => (Consistency::AtLeastAsFresh(revision(&token)), token),
            (2, _) => (Consistency::FullyConsistent, String::new()),
            _ => (Consistency::MinimizeLatency, String::new()),
        };
        Request { action: action(at), means: Means::Plain, token }
    }
}

/// What is there before clients begin: a row in each batch that is never deleted, so that every read has a row, and
/// with it a revision.
pub(crate) fn anchors() -> Request {
    let anchor = |batch| Effect { fact: format!("batch:{batch}#anchor@user:anchor"), is_present: true };
    let effects = (0..BATCHES).map(anchor).collect();
    Request { action: Action::Write { effects, requires: vec![] }, means: Means::Plain, token: String::new() }
}

/// A question to learn the newest token by.
pub(crate) fn newest() -> Request {
    let action = Action::Check { at: Consistency::FullyConsistent, questions: vec![view(0, 0)] };
    Request { action, means: Means::Plain, token: String::new() }
}

/// Everything that begins with a prefix, or everything, at a token.
pub(crate) fn everything_at(token: String, prefix: String) -> Request {
    let at = Consistency::AtExactSnapshot(revision(&token));
    Request { action: Action::Read { at, prefix }, means: Means::Other, token }
}

fn batch_effects(batch: usize, is_present: bool) -> Vec<Effect> {
    (0..PARTS).map(|number| Effect { fact: part(batch, number), is_present }).collect()
}

fn part(batch: usize, number: usize) -> Fact {
    format!("batch:{batch}#part@user:{number}")
}

fn view(doc: usize, user: usize) -> Question {
    let by_group = |group| {
        vec![format!("doc:{doc}#viewer@group:{group}#member"), format!("group:{group}#member@user:{user}")]
    };
    let mut any_of = vec![vec![format!("doc:{doc}#viewer@user:{user}")]];
    any_of.extend((0..GROUPS).map(by_group));
    Question { text: format!("doc:{doc}#view@user:{user}"), any_of }
}
