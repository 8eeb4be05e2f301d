//! Loading scenarios into an engine.

use crate::engine::{Engine, EngineOptions, WriteRelationships, WriteRelationshipsError, WriteSchemaError};
use crate::relationship::{Relationship, RelationshipUpdate, Revision, UpdateOperation};

use super::error::{Problem, Problems, ScenarioError};
use super::file::Scenario;

/// What became of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bootstrapped {
    /// The store was empty and holds the scenarios now.
    Loaded {
        /// Relationships that were written.
        relationships: usize,
    },
    /// Something had been written before; nothing was changed.
    Skipped,
}

/// Loads scenarios into an engine whose store is empty. They are tried in memory first, so that a mistake in a file
/// leaves the store empty, too.
///
/// One transaction writes the schema, and each further one as many relationships as `options` allow.
pub fn bootstrap(
    engine: &Engine,
    options: &EngineOptions,
    scenarios: &[Scenario],
) -> Result<Bootstrapped, ScenarioError> {
    let Some(first) = scenarios.first() else { return Ok(Bootstrapped::Skipped) };
    if engine.head() != Revision::ZERO {
        return Ok(Bootstrapped::Skipped);
    }
    let trial =
        Engine::in_memory(options.clone()).map_err(|error| ScenarioError::new(&first.file, 0, error))?;
    load(&trial, options, scenarios)?;
    let relationships = load(engine, options, scenarios)?;
    Ok(Bootstrapped::Loaded { relationships })
}

/// Writes the schemas of all scenarios as one, then their relationships. How many there were.
pub fn load(
    engine: &Engine,
    options: &EngineOptions,
    scenarios: &[Scenario],
) -> Result<usize, ScenarioError> {
    write_schema(engine, scenarios)?;
    let all: Vec<_> = scenarios
        .iter()
        .flat_map(|scenario| {
            scenario.relationships.iter().map(move |(line, written)| (scenario, *line, written))
        })
        .collect();
    for batch in all.chunks(options.limits.updates_max.max(1)) {
        write_batch(engine, batch)?;
    }
    Ok(all.len())
}

pub(super) fn write_schema(engine: &Engine, scenarios: &[Scenario]) -> Result<(), ScenarioError> {
    let texts: Vec<&str> = scenarios.iter().map(|scenario| scenario.schema.as_str()).collect();
    let Err(error) = engine.write_schema(&texts.join("\n")) else { return Ok(()) };
    let line = match &error {
        WriteSchemaError::Invalid(error) => error.first().start().line,
        WriteSchemaError::InUse { .. }
        | WriteSchemaError::CaveatChanged(_)
        | WriteSchemaError::Unwritable(_) => 0,
    };
    let (scenario, line) = line_of(scenarios, line);
    let (file, line) = scenario.map_or_else(Default::default, |scenario| {
        (scenario.schema_file.clone(), scenario.schema_line + line)
    });
    Err(ScenarioError::new(file, line, error))
}

/// Whose schema a line of the joined text belongs to, and which line of it that is, from 0.
fn line_of(scenarios: &[Scenario], mut line: usize) -> (Option<&Scenario>, usize) {
    for scenario in scenarios {
        let count = scenario.schema.matches('\n').count() + 1;
        if line < count {
            return (Some(scenario), line);
        }
        line -= count;
    }
    (scenarios.last(), 0)
}

/// Writes the relationships of a scenario whose schema is written, but for those that are refused, which are problems.
pub(super) fn load_each(
    engine: &Engine,
    options: &EngineOptions,
    scenario: &Scenario,
    problems: &mut Problems,
) {
    let all: Vec<_> =
        scenario.relationships.iter().map(|(line, relationship)| (scenario, *line, relationship)).collect();
    for batch in all.chunks(options.limits.updates_max.max(1)) {
        if write(engine, batch).is_ok() {
            continue;
        }
        for placed in batch {
            if let Err(error) = write_batch(engine, std::slice::from_ref(placed)) {
                problems.push(error);
            }
        }
    }
}

type Placed<'scenario> = (&'scenario Scenario, usize, &'scenario Relationship);

/// Writes a batch; if it is refused, one after another, to find out which one of them is meant.
fn write_batch(engine: &Engine, batch: &[Placed<'_>]) -> Result<(), ScenarioError> {
    let Err(error) = write(engine, batch) else { return Ok(()) };
    for placed in batch {
        let (scenario, line, relationship) = placed;
        if let Err(error) = write(engine, std::slice::from_ref(placed)) {
            let error = Box::new(error);
            let problem = Problem::Write { relationship: relationship.to_string(), error };
            return Err(ScenarioError::new(&scenario.file, *line, problem));
        }
    }
    let file = batch.first().map_or_else(Default::default, |(scenario, ..)| scenario.file.clone());
    Err(ScenarioError::new(file, 0, Problem::Store(Box::new(error))))
}

fn write(engine: &Engine, batch: &[Placed<'_>]) -> Result<(), WriteRelationshipsError> {
    let updates = batch
        .iter()
        .map(|(_, _, relationship)| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: (*relationship).clone(),
        })
        .collect();
    engine.write_relationships(WriteRelationships { updates, ..WriteRelationships::default() }).map(drop)
}
