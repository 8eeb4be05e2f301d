//! CEL: compiled, laid out and evaluated. An input is lines: the parameters, as in a schema; a stored context; a request's
//! context, both JSON; and the expression, to the end.

use std::time::{Duration, Instant};

use arrowroot::caveat::{Budget, Caveat, Context, Outline, Verdict, lay_out};
use arrowroot::schema::{CompileOptions, Schema};

use super::{Form, Target, files};

pub(super) const TARGET: Target = Target {
    name: "caveat",
    seeds,
    run,
    form: Form::Bytes,
    words: WORDS,
    memory_bytes_max: 256 << 20,
    short_runs: 6000,
};

const STEPS_MAX: u64 = 100_000;
/// What these steps may take, on a busy machine and without optimization.
const EVALUATION_TIME_MAX: Duration = Duration::from_secs(10);

const WORDS: &[&str] = &[
    "a",
    "b",
    "i",
    "s",
    "m",
    "li",
    "true",
    "false",
    "null",
    "1u",
    "1.5",
    "-9223372036854775808",
    "0x7f",
    "'x'",
    "b'\\xff'",
    "r'\\d'",
    "\"\"\"",
    "\\u00e9",
    "\\U0001F600",
    "in",
    " && ",
    " || ",
    "!",
    "==",
    "!=",
    "<=",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " ? ",
    " : ",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ".",
    ".?",
    "[?",
    "?'k': ",
    ",",
    ".size()",
    ".all(x, ",
    ".exists(x, ",
    ".exists_one(x, ",
    ".map(x, ",
    ".filter(x, ",
    "has(",
    "timestamp('2020-01-01T00:00:00Z')",
    "duration('1h')",
    "google.protobuf.Timestamp{seconds: 1}",
    "google.protobuf.Struct{}",
    "dyn(",
    "type(",
    "int(",
    "uint(",
    "double(",
    "string(",
    "bytes(",
    ".contains(",
    ".startsWith(",
    ".matches('a*')",
    ".getFullYear('Europe/Berlin')",
    "optional.of(",
    "optional.none()",
    ".orValue(",
    ".or(",
    ".hasValue()",
    "ipaddress('10.0.0.1')",
    ".in_cidr('10.0.0.0/8')",
    ".isSubtreeOf(",
    "list<int>",
    "map<any>",
    "any",
    "\"2020-01-01T00:00:00Z\"",
    "\"1h\"",
    "1e400",
    "18446744073709551616",
    "[[[[[[[[",
];

/// Contexts that fit many of the examples' parameters.
const CONTEXTS: &[&str] = &[
    "{}",
    r#"{"a": 1, "b": true, "i": 2, "s": "abc", "d": 1.5, "u": "3", "li": [1, 2], "m": {"x": 1}, "t": "2020-01-01T00:00:00Z"}"#,
    r#"{"a": {"x": [null, "1h"]}, "ip": "10.0.0.1", "by": "AAEC", "du": "1h30m", "ls": ["a"], "x": "1e3", "s": ""}"#,
];

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for text in [files("caveats/good", "cel"), files("caveats/bad", "cel")].concat() {
        for (number, case) in text.trim_end().split("\n---\n").enumerate() {
            let Some((parameters, expression)) = case.split_once('\n') else { continue };
            let [stored, request] = [number, number / 3].map(|place| CONTEXTS[place % CONTEXTS.len()]);
            seeds.push(format!("{parameters}\n{stored}\n{request}\n{expression}").into_bytes());
        }
    }
    seeds
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.splitn(4, '\n');
    let [Some(parameters), Some(stored), Some(request), Some(expression)] = [(); 4].map(|()| lines.next())
    else {
        return;
    };
    let schema = format!("caveat c{parameters} {{ {expression} }}");
    let Ok(schema) = Schema::compile(&schema, &CompileOptions::default()) else { return };
    let Some(declared) = schema.find_caveat("c") else { return };
    let caveat = &*declared.compiled;
    let _ = (Outline(caveat).to_string(), caveat.unused_parameters());
    check_layout(&declared.expression, caveat);

    let [stored, request] = [stored, request].map(|text| Context::parse(text).ok());
    let bound = |context: &Option<Context>| context.as_ref().and_then(|context| caveat.bind(context).ok());
    for context in [&stored, &request].into_iter().flatten() {
        drop(caveat.check_context(context));
    }
    let (stored, request) = (bound(&stored), bound(&request));
    let evaluate = |stored, request| {
        let mut budget = Budget::new(STEPS_MAX);
        let begin = Instant::now();
        let verdict = caveat.evaluate(stored, request, &mut budget);
        let duration = begin.elapsed();
        assert!(duration < EVALUATION_TIME_MAX, "{} steps took {duration:?}", budget.used());
        assert!(verdict.is_err() || budget.used() <= STEPS_MAX, "{} steps", budget.used());
        verdict.ok()
    };
    let nothing = evaluate(None, None);
    let first = evaluate(stored.as_ref(), None);
    assert_eq!(first, evaluate(None, stored.as_ref()), "it matters who gives a value");
    let both = evaluate(stored.as_ref(), request.as_ref());
    assert_eq!(both, evaluate(stored.as_ref(), request.as_ref()), "it says something else the second time");
    // What is decided without a value stays, whatever the value.
    for (less, more) in [(&nothing, &first), (&first, &both), (&nothing, &both)] {
        if let (Some(less @ (Verdict::True | Verdict::False)), Some(more)) = (less, more) {
            assert_eq!(less, more, "a value changed what had been decided");
        }
    }
}

/// All spellings of an expression share one layout, which compiles, too.
fn check_layout(expression: &str, caveat: &Caveat) {
    let laid_out = lay_out(expression).expect("what compiles can be laid out");
    // CEL's formatter writes some numbers so that no parser reads them.
    let has_exponent = laid_out.bytes().zip(laid_out.bytes().skip(1)).any(|pair| {
        pair.0.eq_ignore_ascii_case(&b'e') && (pair.1.is_ascii_digit() || b"+-".contains(&pair.1))
    });
    if has_exponent {
        return;
    }
    let parameters = caveat.parameters().to_vec();
    if let Err(errors) = Caveat::compile(parameters, &laid_out) {
        panic!("`{laid_out}` does not compile: {errors:?}");
    }
    assert_eq!(lay_out(&laid_out).as_deref(), Ok(&*laid_out));
}
