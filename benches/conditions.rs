//! One evaluation of a condition whose contexts are bound, and what it allocates; binding a context, and its memory.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the tables are what a bench is for")]

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/table.rs"]
mod table;

use std::hint::black_box;

use arrowroot::caveat::{Budget, Caveat, Context, Parameter, ParameterType, Verdict};

use table::Table;

/// A parameter's name and type.
type Declaration = (&'static str, fn() -> ParameterType);

/// One condition with its context.
struct Case {
    name: &'static str,
    parameters: &'static [Declaration],
    expression: &'static str,
    context: &'static str,
    /// Whether the verdict is known.
    is_known: bool,
}

const OFFICE: &str = r#"ip.in_cidr("10.0.0.0/8") && hour >= 9 && hour < 17 && tier in ["gold", "silver"]"#;
const OFFICE_PARAMETERS: &[Declaration] = &[
    ("ip", || ParameterType::IpAddress),
    ("hour", || ParameterType::Int),
    ("tier", || ParameterType::String),
];

const CASES: [Case; 9] = [
    Case {
        name: "address, hours, tier",
        parameters: OFFICE_PARAMETERS,
        expression: OFFICE,
        context: r#"{"ip": "10.1.2.3", "hour": 12, "tier": "silver"}"#,
        is_known: true,
    },
    Case {
        name: "address, hours, tier missing",
        parameters: OFFICE_PARAMETERS,
        expression: OFFICE,
        context: r#"{"ip": "10.1.2.3", "hour": 12}"#,
        is_known: false,
    },
    Case {
        name: "one comparison",
        parameters: &[("hour", || ParameterType::Int)],
        expression: "hour >= 9",
        context: r#"{"hour": 12}"#,
        is_known: true,
    },
    Case {
        name: "one text",
        parameters: &[("tier", || ParameterType::String)],
        expression: "tier == 'gold'",
        context: r#"{"tier": "gold"}"#,
        is_known: true,
    },
    Case {
        name: "until a point in time",
        parameters: &[("now", || ParameterType::Timestamp)],
        expression: "now < timestamp('2030-01-01T00:00:00Z')",
        context: r#"{"now": "2026-01-01T00:00:00Z"}"#,
        is_known: true,
    },
    Case {
        name: "hour in a time zone",
        parameters: &[("now", || ParameterType::Timestamp)],
        expression: "now.getHours('America/New_York') < 17",
        context: r#"{"now": "2026-01-01T15:00:00Z"}"#,
        is_known: true,
    },
    Case {
        name: "field of a field",
        parameters: &[("m", || ParameterType::Map(Box::new(ParameterType::Any)))],
        expression: "m.owner.team == 'core'",
        context: r#"{"m": {"owner": {"team": "core"}}}"#,
        is_known: true,
    },
    Case {
        name: "pattern",
        parameters: &[("email", || ParameterType::String)],
        expression: "email.matches('^[a-z]+@example[.]com$')",
        context: r#"{"email": "someone@example.com"}"#,
        is_known: true,
    },
    Case {
        name: "last of ten texts",
        parameters: &[("tags", || ParameterType::List(Box::new(ParameterType::String)))],
        expression: "tags.exists(tag, tag == 'j')",
        context: r#"{"tags": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]}"#,
        is_known: true,
    },
];

fn main() {
    let mut criterion = measure::criterion();
    let mut evaluations = criterion.benchmark_group("evaluate");
    let mut memory = Vec::new();
    for case in &CASES {
        let caveat = compile(case);
        let context = Context::parse(case.context).unwrap();
        let before = allocator::live_bytes();
        let bindings = caveat.bind(&context).unwrap();
        let bytes = allocator::live_bytes() - before;
        let evaluate = || caveat.evaluate(None, Some(black_box(&bindings)), &mut Budget::default()).unwrap();
        assert_eq!(evaluate() == Verdict::True, case.is_known, "{}", case.name);
        let before = allocator::allocations();
        let verdict = evaluate();
        memory.push((allocator::allocations() - before, bytes));
        drop(verdict);
        evaluations.bench_function(case.name, |bencher| bencher.iter(evaluate));
    }
    evaluations.finish();
    let mut bindings = criterion.benchmark_group("bind");
    for case in &CASES {
        let caveat = compile(case);
        let context = Context::parse(case.context).unwrap();
        bindings.bench_function(case.name, |bencher| bencher.iter(|| caveat.bind(black_box(&context))));
    }
    bindings.finish();
    print(&memory);
    criterion.final_summary();
}

fn compile(case: &Case) -> Caveat {
    let parameter = |(name, kind): &Declaration| Parameter { name: (*name).to_owned(), kind: kind() };
    Caveat::compile(case.parameters.iter().map(parameter).collect(), case.expression).unwrap()
}

/// Takes allocations of an evaluation and bytes of a bound context.
fn print(memory: &[(u64, i64)]) {
    let mut table = Table::new(&["condition", "ns", "±", "allocations", "ns to bind", "bytes bound"]);
    for (case, (allocations, bytes)) in CASES.iter().zip(memory) {
        let (evaluate, bind) =
            (measure::estimate("evaluate", case.name), measure::estimate("bind", case.name));
        if let (Some(evaluate), Some(bind)) = (evaluate, bind) {
            table.add(&[
                case.name.to_owned(),
                format!("{:.0}", evaluate.median_ns),
                format!("{:.0}", evaluate.deviation_ns),
                allocations.to_string(),
                format!("{:.0}", bind.median_ns),
                bytes.to_string(),
            ]);
        }
    }
    table.print("one evaluation of a condition, its contexts bound");
}
