//! The nine shapes of graph that `SpiceDB` is measured with (`pkg/benchmarks`, 1.54), each with its check.
//!
//! The shapes that are there for lookups are asked the same question as a check: `lookup_…` here says which data, not
//! which call.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]

#[path = "graphs.rs"]
mod graphs;
#[path = "../support/measure.rs"]
mod measure;
#[path = "../support/table.rs"]
mod table;

use std::hint::black_box;

use arrowroot::engine::{
    CheckPermission, Consistency, Engine, EngineOptions, Permissionship, WriteRelationships,
};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use criterion::Criterion;

use graphs::{SHAPES, Shape};
use measure::ThreadTime;
use table::Table;

fn main() {
    let mut criterion = measure::criterion();
    let mut table = Table::new(&["shape", "relationships", "check ns", "±", "denied ns", "±"]);
    for shape in &SHAPES {
        let relationships = (shape.relationships)();
        measure(&mut criterion, shape, &relationships);
        let estimates = ["check", "denied"].map(|function| measure::estimate(shape.name, function));
        let cells = estimates.iter().flatten().flat_map(|estimate| {
            [format!("{:.0}", estimate.median_ns), format!("{:.0}", estimate.deviation_ns)]
        });
        let row = [shape.name.to_owned(), relationships.len().to_string()].into_iter().chain(cells);
        table.add(&row.collect::<Vec<_>>());
    }
    table.print("shapes");
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion<ThreadTime>, shape: &Shape, relationships: &[String]) {
    let engine = load(shape, relationships);
    let view = engine.at(&Consistency::MinimizeLatency).unwrap();
    let [resource, permission, subject] = shape.question;
    let mut group = criterion.benchmark_group(shape.name);
    for (name, subject, expected) in [
        ("check", subject, Permissionship::HasPermission),
        ("denied", shape.denied, Permissionship::NoPermission),
    ] {
        let question = CheckPermission::new(resource.parse().unwrap(), permission, subject.parse().unwrap());
        let check = || view.check_permission(black_box(&question), view.limits()).unwrap();
        assert_eq!(check(), expected, "{}: {question:?}", shape.name);
        group.bench_function(name, |bencher| bencher.iter(check));
    }
    group.finish();
}

fn load(shape: &Shape, relationships: &[String]) -> Engine {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(shape.schema).unwrap();
    let updates = relationships.iter().map(|text| RelationshipUpdate {
        operation: UpdateOperation::Touch,
        relationship: text.parse().unwrap(),
    });
    let updates: Vec<_> = updates.collect();
    for updates in updates.chunks(1000) {
        let updates = updates.to_vec();
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    }
    engine
}
