//! An engine, and what was written to it: random transactions, with time passing between them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrowroot::engine::{
    ConditionError, Consistency, Engine, EngineOptions, ManualClock, View, WriteRelationships,
    WriteRelationshipsError, ZedToken,
};
use arrowroot::relationship::{
    Precondition, PreconditionOperation, Relationship, RelationshipFilter, RelationshipUpdate, Revision,
    SubjectFilter, SubjectIdFilter, SubjectRelationFilter, Timestamp, UpdateOperation,
};

use crate::naive::{Model, Row, Rows, Terms};
use crate::random::{self, Random};
use crate::watching;

/// The time at which every history begins.
const BEGINNING: i64 = 1_000_000;

pub(crate) struct History {
    seed: u64,
    pub(crate) model: Model,
    engine: Option<Engine>,
    clock: Arc<ManualClock>,
    /// The latest time that the clock has shown.
    pub(crate) now: i64,
    /// After the schema, and after each transaction.
    pub(crate) states: Vec<State>,
    directory: Option<tempfile::TempDir>,
}

/// The graph after a transaction, what has expired included.
#[derive(Debug, Clone)]
pub(crate) struct State {
    token: ZedToken,
    pub(crate) rows: Rows,
}

impl History {
    pub(crate) fn random(random: &mut Random, transactions: usize, is_durable: bool) -> Self {
        let seed = random.0;
        let model = random::model(random);
        Self::of(seed, model, random, transactions, is_durable)
    }

    /// The same over a schema.
    pub(crate) fn of(
        seed: u64,
        model: Model,
        random: &mut Random,
        transactions: usize,
        is_durable: bool,
    ) -> Self {
        let mut history = Self {
            seed,
            model,
            engine: None,
            clock: Arc::new(ManualClock::at(time(BEGINNING))),
            now: BEGINNING,
            states: Vec::new(),
            directory: is_durable.then(|| tempfile::tempdir().unwrap()),
        };
        history.restart();
        let text = random::text(&history.model);
        let written = history.engine().write_schema(&text);
        let written = written.unwrap_or_else(|error| panic!("{error}\n{history}"));
        history.states.push(State { token: written.written_at, rows: Rows::new() });
        for _ in 0..transactions {
            history.pass_time(random);
            history.refuse(random);
            history.write(random);
            if random.is(5) {
                // Nothing may come of it: the engine has seen a later time.
                history.clock.set(time(BEGINNING));
            }
        }
        history
    }

    /// Opens the engine, or opens it again.
    pub(crate) fn restart(&mut self) {
        self.engine = None;
        let mut options = EngineOptions::default();
        options.clock = Arc::clone(&self.clock) as _;
        let engine = match &self.directory {
            Some(directory) => Engine::open(directory.path().join("graph"), options),
            None => Engine::in_memory(options),
        };
        self.engine = Some(engine.unwrap());
    }

    /// Another engine with the same schema and clock, and nothing in it.
    pub(crate) fn beside(&self, directory: Option<&Path>) -> Engine {
        let mut options = EngineOptions::default();
        options.clock = Arc::clone(&self.clock) as _;
        let engine = match directory {
            Some(directory) => Engine::open(directory, options),
            None => Engine::in_memory(options),
        };
        let engine = engine.unwrap();
        if engine.head() == Revision::ZERO {
            engine.write_schema(&random::text(&self.model)).unwrap();
        }
        engine
    }

    /// Some time passes: none, a little, or so much that what has expired leaves the index.
    pub(crate) fn pass_time(&mut self, random: &mut Random) {
        self.now += *random.pick(&[0, 0, 0, 1, 5, 20, 100, 400]);
        self.clock.set(time(self.now));
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.directory.is_some()
    }

    pub(crate) fn view(&self, state: &State) -> View {
        self.engine().at(&Consistency::AtExactSnapshot(state.token.clone())).unwrap()
    }

    /// The relationships that a read of a state finds now.
    pub(crate) fn expected_rows(&self, state: &State) -> BTreeSet<String> {
        let held = state.rows.iter().filter(|(_, terms)| terms.hold_at(self.now));
        held.map(|(row, terms)| random::relationship(row, terms).to_string()).collect()
    }

    /// What holds now, by what a watch from a state on tells.
    pub(crate) fn replayed_from(&self, state: &State) -> BTreeSet<String> {
        let rows = state.rows.iter().map(|(row, terms)| random::relationship(row, terms));
        let mut graph = watching::graph(rows);
        watching::replay(self.engine(), &state.token, &mut graph);
        watching::rows_at(&graph, self.now)
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    fn rows(&self) -> Rows {
        self.states.last().unwrap().rows.clone()
    }

    /// Attempts that the engine must refuse without a trace.
    fn refuse(&mut self, random: &mut Random) {
        let rows = self.rows();
        let Some((row, terms)) = any(random, &rows) else { return };
        let is_there = terms.hold_at(self.now);
        let preconditions = vec![precondition(&row, !is_there)];
        let refused = self.try_write(Vec::new(), preconditions);
        let is_unmet = matches!(
            refused,
            Err(WriteRelationshipsError::Condition(ConditionError::PreconditionFailed { .. }))
        );
        assert!(is_unmet, "{refused:?} {row:?}\n{self}");
        if is_there {
            let relationship =
                random::relationship(&row, &random::terms(random, &self.model, &row, self.now));
            let create = RelationshipUpdate { operation: UpdateOperation::Create, relationship };
            let refused = self.try_write(vec![create], Vec::new());
            let is_conflict = matches!(refused, Err(WriteRelationshipsError::AlreadyExists { .. }));
            assert!(is_conflict, "{refused:?} {row:?}\n{self}");
        }
    }

    /// One random transaction.
    pub(crate) fn write(&mut self, random: &mut Random) {
        let mut rows = self.rows();
        let met = any(random, &rows).map(|(row, terms)| precondition(&row, terms.hold_at(self.now)));
        let updates = self.updates(random, &mut rows);
        let written = self.try_write(updates, met.into_iter().collect());
        let written = written.unwrap_or_else(|error| panic!("{error}\n{self}"));
        self.states.push(State { token: written, rows });
    }

    fn try_write(
        &self,
        updates: Vec<RelationshipUpdate>,
        preconditions: Vec<Precondition>,
    ) -> Result<ZedToken, WriteRelationshipsError> {
        let request = WriteRelationships { updates, preconditions, metadata_json: None };
        self.engine().write_relationships(request).map(|written| written.written_at)
    }

    fn updates(&self, random: &mut Random, rows: &mut Rows) -> Vec<RelationshipUpdate> {
        let mut touched = BTreeSet::new();
        let mut updates = Vec::new();
        for _ in 0..8 {
            let known = any(random, rows).filter(|_| random.is(35));
            let (row, terms) = match known {
                Some((row, terms)) if random.is(20) => (row, terms),
                Some((row, _)) => {
                    let terms = random::terms(random, &self.model, &row, self.now);
                    (row, terms)
                }
                None => random::row(random, &self.model, self.now),
            };
            if !touched.insert(row.clone()) {
                continue;
            }
            let is_there = rows.get(&row).is_some_and(|terms| terms.hold_at(self.now));
            let (operation, terms) = match (is_there, random.is(50)) {
                (true, true) if random.is(60) => (UpdateOperation::Delete, Terms::default()),
                (false, true) => (UpdateOperation::Create, terms),
                _ => (UpdateOperation::Touch, terms),
            };
            updates.push(RelationshipUpdate { operation, relationship: random::relationship(&row, &terms) });
            if operation == UpdateOperation::Delete {
                rows.remove(&row);
            } else {
                rows.insert(row, terms);
            }
        }
        updates
    }
}

/// What repeats the case.
impl fmt::Display for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, model, now, .. } = self;
        write!(formatter, "ARROWROOT_TEST_SEED={seed}, at {now}\n{}", random::text(model))
    }
}

/// Every relationship of a view as text.
pub(crate) fn read(view: &View, model: &Model) -> BTreeSet<String> {
    let read = |definition: &str| {
        let resource_definition = Some(definition.parse().unwrap());
        let filter = RelationshipFilter { resource_definition, ..Default::default() };
        let relationships: Vec<Relationship> = view.read_relationships(&filter, None).unwrap().collect();
        relationships
    };
    let read = model.definitions.iter().flat_map(|definition| read(&definition.name));
    read.map(|relationship| relationship.to_string()).collect()
}

fn any(random: &mut Random, rows: &Rows) -> Option<(Row, Terms)> {
    let place = random.below(rows.len().max(1));
    rows.iter().nth(place).map(|(row, terms)| (row.clone(), terms.clone()))
}

/// That a relationship is there, or is not.
fn precondition(row: &Row, is_there: bool) -> Precondition {
    let subject = &row.subject;
    let id = match subject.id.as_str() {
        "*" => SubjectIdFilter::Wildcard,
        id => SubjectIdFilter::Object(id.parse().unwrap()),
    };
    let relation = match subject.relation.as_str() {
        "" => SubjectRelationFilter::Ellipsis,
        relation => SubjectRelationFilter::Named(relation.parse().unwrap()),
    };
    let filter = RelationshipFilter {
        resource_definition: Some(row.definition.parse().unwrap()),
        resource_id: Some(row.id.parse().unwrap()),
        resource_id_prefix: None,
        relation: Some(row.relation.parse().unwrap()),
        subject: Some(SubjectFilter {
            definition: subject.definition.parse().unwrap(),
            id: Some(id),
            relation,
        }),
    };
    let operation =
        if is_there { PreconditionOperation::MustMatch } else { PreconditionOperation::MustNotMatch };
    Precondition { operation, filter }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}
