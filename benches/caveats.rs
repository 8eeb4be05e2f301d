//! Checks in process that meet caveats: none, one, ten, decided or not.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the tables are what a bench is for")]

#[path = "support/allocator.rs"]
#[expect(dead_code, reason = "the server's allocator is what matters here, not its counters")]
mod allocator;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/table.rs"]
mod table;

use std::fmt::Write as _;

use arrowroot::engine::{
    CaveatContext, CheckPermission, Consistency, Engine, EngineOptions, Permissionship, View,
    WriteRelationships,
};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use criterion::{BatchSize, Criterion};

use measure::ThreadTime;
use table::Table;

/// Documents, each with one relationship of every kind that is asked for.
const DOCUMENTS: usize = 50_000;
/// Caveats that one check meets, at the most.
const CAVEATS: usize = 10;
/// Questions made at once, so that making them is not measured and they are still in the cache when they are asked.
const BATCH: BatchSize = BatchSize::NumIterations(64);

/// What an operator would write: an allow-list, office hours and a tier. The document stores networks and tiers, the
/// request says who asks and when.
const EXPRESSION: &str = "networks.exists(network, address.in_cidr(network)) \
     && at.getHours() >= 8 && at.getHours() < 18 && tier in tiers";
const STORED: &str = r#"{"networks":["10.1.0.0/16","10.2.0.0/16"],"tiers":["gold","silver"]}"#;
const GIVEN: &str = r#"{"address":"10.2.3.4","at":"2026-03-02T09:30:00Z","tier":"silver"}"#;

/// Name, permission, request context, answer, and how many documents are asked in turn.
const QUESTIONS: [(&str, &str, &str, Answer, usize); 12] = [
    ("no caveat, one document", "plain", GIVEN, Answer::Yes, 1),
    ("one caveat, one document", "one", GIVEN, Answer::Yes, 1),
    ("ten caveats, one document", "all", GIVEN, Answer::Yes, 1),
    ("no caveat", "plain", "{}", Answer::Yes, DOCUMENTS),
    ("no caveat, with context", "plain", GIVEN, Answer::Yes, DOCUMENTS),
    ("one caveat, a comparison", "simple", r#"{"day":3}"#, Answer::Yes, DOCUMENTS),
    ("one caveat", "one", GIVEN, Answer::Yes, DOCUMENTS),
    ("one caveat, false", "one", r#"{"address":"10.9.0.1"}"#, Answer::No, DOCUMENTS),
    ("one caveat, undecided", "one", r#"{"address":"10.2.3.4"}"#, Answer::Undecided, DOCUMENTS),
    ("ten caveats, all needed", "all", GIVEN, Answer::Yes, DOCUMENTS),
    ("ten caveats, one after another along a chain", "chain", GIVEN, Answer::Yes, DOCUMENTS),
    ("ten caveats, all undecided", "all", r#"{"address":"10.2.3.4"}"#, Answer::Undecided, DOCUMENTS),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Undecided,
}

fn main() {
    let engine = load();
    let view = engine.at(&Consistency::MinimizeLatency).unwrap();
    let mut criterion = measure::criterion();
    measure_all(&mut criterion, &view);
    let mut table = Table::new(&["check", "ns", "±"]);
    for (name, ..) in QUESTIONS {
        if let Some(estimate) = measure::estimate("caveats", name) {
            let (median, deviation) = (estimate.median_ns, estimate.deviation_ns);
            table.add(&[name.to_owned(), format!("{median:.0}"), format!("{deviation:.0}")]);
        }
    }
    table.print(&format!("checks of any of {DOCUMENTS} documents"));
    criterion.final_summary();
}

fn measure_all(criterion: &mut Criterion<ThreadTime>, view: &View) {
    let mut group = criterion.benchmark_group("caveats");
    for (name, permission, context, expected, documents) in QUESTIONS {
        let context = CaveatContext::parse(context).unwrap();
        // What is stored is converted when it is first used, and that once.
        for number in 0..documents {
            check(view, &ask(number, permission, &context), expected);
        }
        let mut number = 0;
        group.bench_function(name, |bencher| {
            let next = || {
                number += 1;
                ask(number * 7919 % documents, permission, &context)
            };
            bencher.iter_batched_ref(next, |question| check(view, question, expected), BATCH);
        });
    }
    group.finish();
}

fn ask(document: usize, permission: &str, context: &CaveatContext) -> CheckPermission {
    let resource = format!("document:{document}").parse().unwrap();
    let mut question = CheckPermission::new(resource, permission, "user:ana".parse().unwrap());
    question.context = context.clone();
    question
}

fn check(view: &View, question: &CheckPermission, expected: Answer) {
    let answer = match view.check_permission(question, view.limits()).unwrap() {
        Permissionship::HasPermission => Answer::Yes,
        Permissionship::NoPermission => Answer::No,
        Permissionship::ConditionalPermission { .. } => Answer::Undecided,
    };
    assert_eq!(answer, expected, "{question:?}");
}

/// Caveats of different names, so that each is evaluated on its own.
fn schema() -> String {
    let mut schema = String::from("caveat weekday(day int) { day < 6 }\n");
    for number in 0..CAVEATS {
        writeln!(
            schema,
            "caveat c{number}(networks list<string>, tiers list<string>, address ipaddress, at timestamp, \
             tier string) {{ {EXPRESSION} }}"
        )
        .unwrap();
    }
    schema.push_str("definition user {}\n");
    let reader = |number: usize| format!("r{number}");
    schema.push_str("definition folder {\nrelation parent: folder with c0");
    for number in 1..CAVEATS {
        write!(schema, " | folder with c{number}").unwrap();
    }
    schema.push_str("\nrelation owner: user\npermission read = owner + parent->read\n}\n");
    schema.push_str("definition document {\nrelation plain: user\nrelation simple: user with weekday\n");
    for number in 0..CAVEATS {
        writeln!(schema, "relation {}x: user with c{number}", reader(number)).unwrap();
    }
    schema.push_str("relation folder: folder\npermission one = r0x\npermission chain = folder->read\n");
    let all: Vec<_> = (0..CAVEATS).map(|number| format!("{}x", reader(number))).collect();
    writeln!(schema, "permission all = {}\n}}", all.join(" & ")).unwrap();
    schema
}

fn load() -> Engine {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(&schema()).unwrap();
    let mut relationships = vec![format!("folder:top{CAVEATS}#owner@user:ana")];
    for number in 0..CAVEATS {
        let next = number + 1;
        relationships.push(format!("folder:top{number}#parent@folder:top{next}[c{number}:{STORED}]"));
    }
    for document in 0..DOCUMENTS {
        let document = format!("document:{document}");
        relationships.push(format!("{document}#plain@user:ana"));
        relationships.push(format!("{document}#simple@user:ana[weekday]"));
        relationships.push(format!("{document}#folder@folder:top0"));
        for number in 0..CAVEATS {
            relationships.push(format!("{document}#r{number}x@user:ana[c{number}:{STORED}]"));
        }
    }
    for chunk in relationships.chunks(1000) {
        let updates = chunk.iter().map(|text| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: text.parse().unwrap(),
        });
        let request = WriteRelationships { updates: updates.collect(), ..Default::default() };
        engine.write_relationships(request).unwrap();
    }
    engine
}
