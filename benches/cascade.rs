//! Checks in process on a million relationships: direct ones, cascades of `parent_agent->read` from 1 hop to 1,000,
//! and what they take in memory.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the tables are what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[path = "support/agentex.rs"]
mod agentex;
#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/journal.rs"]
mod journal;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/table.rs"]
mod table;

use std::hint::black_box;
use std::time::Instant;

use arrowroot::engine::{CheckPermission, Consistency, Engine, Permissionship, View};
use criterion::{BatchSize, BenchmarkGroup, Criterion};

use agentex::{API_KEYS, CHAINS, RELATIONSHIPS, TASKS};
use measure::ThreadTime;
use table::Table;

const HOPS: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 1000];
/// Questions made at once, so that making them is not measured and they are still in the cache when they are asked.
const BATCH: BatchSize = BatchSize::NumIterations(64);

/// A question for each number.
type Question = fn(usize) -> CheckPermission;

/// The direct checks: name, answer, question.
const DIRECT: [(&str, bool, Question); 9] = [
    ("owner, one task", true, |_| owner_of_task(0)),
    ("owner, any task", true, owner_of_task),
    ("owner, any task, denied", false, |number| {
        agentex::ask("task", number % TASKS, "owner", agentex::colleague(number % TASKS))
    }),
    ("read, one task", true, |_| read_task(0)),
    ("read, any task", true, read_task),
    ("read, any task, denied", false, |number| {
        agentex::ask("task", number % TASKS, "read", agentex::colleague(number % TASKS))
    }),
    ("read, any API key", true, |number| {
        agentex::ask("api_key", number % API_KEYS, "read", agentex::owner(number % API_KEYS))
    }),
    ("read, any API key, denied", false, |number| {
        agentex::ask("api_key", number % API_KEYS, "read", agentex::colleague(number % API_KEYS))
    }),
    ("read, unknown task", false, |number| {
        agentex::ask("task", TASKS + number % TASKS, "read", agentex::owner(0))
    }),
];

/// The cascades: name, permission, answer, chains that are asked in turn.
const CASCADES: [(&str, &str, bool, usize); 4] = [
    ("one chain", "read", true, 1),
    ("one chain, denied", "read", false, 1),
    ("all chains", "read", true, CHAINS),
    ("roles and gate", "gated_read", true, 1),
];

fn main() {
    let mut criterion = measure::criterion();
    let engine = load();
    let view = engine.at(&Consistency::MinimizeLatency).unwrap();
    print_allocations(&view);
    measure_direct(&mut criterion, &engine, &view);
    measure_cascades(&mut criterion, &view);
    print_direct();
    print_cascades();
    criterion.final_summary();
}

/// Loads the graph, and prints what that took.
fn load() -> Engine {
    let (resident, live, start) = (memory::resident_bytes(), allocator::live_bytes(), Instant::now());
    let engine = agentex::load();
    let elapsed = start.elapsed();
    let resident = memory::resident_bytes().saturating_sub(resident);
    let live = allocator::live_bytes() - live;
    let count = RELATIONSHIPS as f64;
    let mut table = Table::new(&["memory", "bytes per relationship"]);
    table.add(&["resident".to_owned(), format!("{:.0}", resident as f64 / count)]);
    table.add(&["allocated".to_owned(), format!("{:.0}", live as f64 / count)]);
    table.print(&format!("{RELATIONSHIPS} relationships, loaded in {:.1} s", elapsed.as_secs_f64()));
    engine
}

/// Counts allocations, and fails if a hop allocates.
fn print_allocations(view: &View) {
    let questions = HOPS.map(|hops| ask_chain("read", true, 0, hops));
    for question in &questions {
        check(view, question, true);
    }
    let counts = questions.each_ref().map(|question| {
        let before = allocator::allocations();
        check(view, question, true);
        allocator::allocations() - before
    });
    let mut table = Table::new(&["hops", "allocations per check"]);
    for (hops, count) in HOPS.iter().zip(counts) {
        table.add(&[hops.to_string(), count.to_string()]);
    }
    table.print("cascade, after one check of each depth");
    assert_eq!(counts, [counts[0]; HOPS.len()], "a hop allocates");
}

fn measure_direct(criterion: &mut Criterion<ThreadTime>, engine: &Engine, view: &View) {
    let mut group = criterion.benchmark_group("direct");
    for (name, is_granted, question) in DIRECT {
        measure(&mut group, name, view, is_granted, question);
    }
    // What a request pays besides: the newest state is looked up.
    let question = owner_of_task(0);
    group.bench_function("view and owner, one task", |bencher| {
        bencher.iter(|| {
            let view = engine.at(&Consistency::MinimizeLatency).unwrap();
            check(&view, black_box(&question), true);
        });
    });
    group.finish();
}

fn measure_cascades(criterion: &mut Criterion<ThreadTime>, view: &View) {
    for (name, permission, is_granted, chains) in CASCADES {
        let mut group = criterion.benchmark_group(name);
        for hops in HOPS {
            let question = |number: usize| ask_chain(permission, is_granted, number % chains, hops);
            measure(&mut group, &hops.to_string(), view, is_granted, question);
        }
        group.finish();
    }
}

fn measure(
    group: &mut BenchmarkGroup<'_, ThreadTime>,
    name: &str,
    view: &View,
    is_granted: bool,
    question: impl Fn(usize) -> CheckPermission,
) {
    let mut number = 0;
    group.bench_function(name, |bencher| {
        let next = || {
            number += 1;
            question(agentex::mixed(number))
        };
        bencher.iter_batched_ref(next, |question| check(view, question, is_granted), BATCH);
    });
}

fn check(view: &View, question: &CheckPermission, is_granted: bool) {
    let answer = view.check_permission(question, view.limits()).unwrap();
    assert_eq!(answer == Permissionship::HasPermission, is_granted, "{question:?}");
}

fn print_direct() {
    let mut table = Table::new(&["check", "ns", "±"]);
    for name in DIRECT.iter().map(|(name, ..)| *name).chain(["view and owner, one task"]) {
        if let Some(estimate) = measure::estimate("direct", name) {
            let (median, deviation) = (estimate.median_ns, estimate.deviation_ns);
            table.add(&[name.to_owned(), format!("{median:.0}"), format!("{deviation:.0}")]);
        }
    }
    table.print(&format!("direct check, {RELATIONSHIPS} relationships"));
}

fn print_cascades() {
    for (name, permission, is_granted, chains) in CASCADES {
        let mut table = Table::new(&["hops", "ns", "±", "ns per hop"]);
        for hops in HOPS {
            if let Some(estimate) = measure::estimate(name, &hops.to_string()) {
                let (median, deviation) = (estimate.median_ns, estimate.deviation_ns);
                let per_hop = median / hops as f64;
                table.add(&[
                    hops.to_string(),
                    format!("{median:.0}"),
                    format!("{deviation:.0}"),
                    format!("{per_hop:.1}"),
                ]);
            }
        }
        let outcome = if is_granted { "granted" } else { "denied" };
        table.print(&format!("cascade of {permission}, {name} ({outcome}, {chains} chains in turn)"));
    }
}

fn owner_of_task(number: usize) -> CheckPermission {
    agentex::ask("task", number % TASKS, "owner", agentex::owner(number % TASKS))
}

fn read_task(number: usize) -> CheckPermission {
    agentex::ask("task", number % TASKS, "read", agentex::owner(number % TASKS))
}

/// For the head's owner, or for someone of the same tenant who owns no agent of the chain.
fn ask_chain(permission: &str, is_granted: bool, chain: usize, hops: usize) -> CheckPermission {
    let owner = if is_granted { chain } else { (chain + 1) % CHAINS };
    let subject = agentex::chain_owner(owner);
    agentex::ask_chain(permission, chain, hops, subject)
}
