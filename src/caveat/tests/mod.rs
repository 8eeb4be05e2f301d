//! Facts about caveats: tables of expressions, contexts and what they come to, as SpiceDB 1.54 answers them where
//! nothing else is said.

mod budget;
mod collections;
mod completions;
mod condition;
mod context_collections;
mod context_numbers;
mod context_texts;
mod context_times;
mod conversions;
mod depth;
mod dynamic;
mod functions;
mod logic;
mod macros;
mod message_errors;
mod messages;
mod operators;
mod optionals;
mod patterns;
mod stored;
mod times;
mod unknowns;
mod value;

use super::{Bindings, Budget, Caveat, Context, Given, Parameter, ParameterType, Verdict};

/// Parameters of every type.
const PARAMETERS: &str = "i int, u uint, d double, s string, by bytes, b bool, t timestamp, du duration, \
    ip ipaddress, a any, la list<any>, li list<int>, ls list<string>, lli list<list<int>>, m map<int>, \
    ma map<any>, mm map<map<int>>, ms map<string>";

/// Values for all of them.
const KNOWN: &str = r#"{"i": 5, "u": 7, "d": 2.5, "s": "héllo", "by": "AQL/", "b": true,
    "t": "2020-02-29T13:14:15.123456789Z", "du": "90m", "ip": "10.1.2.3", "a": 1,
    "la": [1, "x", true, null, [1], {"k": 1}], "li": [1, 2, 3], "ls": ["a", "b"], "lli": [[1], [2, 3]],
    "m": {"x": 1, "y": 2}, "ma": {"x": 1, "o": {"p": "q"}, "l": [1, 2], "n": null}, "mm": {"a": {"b": 1}},
    "ms": {"k": "v"}}"#;

/// The type of a name such as `list<int>`.
fn kind(name: &str) -> ParameterType {
    let inner = |prefix| name.strip_prefix(prefix)?.strip_suffix('>').map(kind).map(Box::new);
    if let Some(element) = inner("list<") {
        return ParameterType::List(element);
    }
    if let Some(value) = inner("map<") {
        return ParameterType::Map(value);
    }
    match name {
        "any" => ParameterType::Any,
        "bool" => ParameterType::Bool,
        "string" => ParameterType::String,
        "int" => ParameterType::Int,
        "uint" => ParameterType::Uint,
        "double" => ParameterType::Double,
        "bytes" => ParameterType::Bytes,
        "duration" => ParameterType::Duration,
        "timestamp" => ParameterType::Timestamp,
        "ipaddress" => ParameterType::IpAddress,
        _ => panic!("no type `{name}`"),
    }
}

/// A caveat of parameters such as `i int, s string`.
fn caveat(parameters: &str, expression: &str) -> Caveat {
    let parameter = |text: &str| {
        let (name, kind_name) = text.trim().split_once(' ').unwrap();
        Parameter { name: name.to_owned(), kind: kind(kind_name) }
    };
    Caveat::compile(parameters.split(',').map(parameter).collect(), expression)
        .unwrap_or_else(|errors| panic!("`{expression}`: {errors:?}"))
}

/// `true`, `false`, `unknown: x, y`, `refused: …` or `error: …`.
fn outcome(caveat: &Caveat, stored: &str, request: &str) -> String {
    let stored = match caveat.bind(&Context::parse(stored).unwrap()) {
        Ok(stored) => stored,
        Err(error) => return format!("refused: for {}: {}", error.expected, error.problem),
    };
    let request = Context::parse(request).unwrap();
    let request =
        Bindings::of_request(caveat.parameters().iter().map(|parameter| Given::new(parameter, &request)));
    if let Some(error) = request.refused(Some(&stored)) {
        return format!("refused: for {}: {}", error.expected, error.problem);
    }
    match caveat.evaluate(Some(&stored), Some(&request), &mut Budget::default()) {
        Ok(Verdict::True) => "true".to_owned(),
        Ok(Verdict::False) => "false".to_owned(),
        Ok(Verdict::Unknown(missing)) => {
            assert!(missing.is_sorted_by(|left, right| left < right), "{missing:?}");
            let names = missing.iter().map(|place| caveat.parameters()[usize::from(*place)].name.as_str());
            format!("unknown: {}", names.collect::<Vec<_>>().join(", "))
        }
        Err(error) => format!("error: {error}"),
    }
}

/// Compares what expressions come to, and shows all that differ.
fn assert_all<'r>(rows: impl Iterator<Item = (String, &'r str, String)>) {
    let differ = rows.filter(|(_, expected, found)| expected != found);
    let shown: Vec<_> = differ
        .map(|(row, expected, found)| format!("{row}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Expressions on parameters that are all known, and what they come to.
fn assert_known(rows: &[(&str, &str)]) {
    assert_all(rows.iter().map(|(expression, expected)| {
        let caveat = caveat(PARAMETERS, expression);
        let found = outcome(&caveat, "", KNOWN);
        assert_each_needed(&caveat, expression, &found);
        ((*expression).to_owned(), *expected, found)
    }));
}

/// What is decided without some parameter is decided the same with it.
fn assert_each_needed(caveat: &Caveat, expression: &str, with_all: &str) {
    let Ok(serde_json::Value::Object(all)) = serde_json::from_str(KNOWN) else { panic!("no object") };
    for name in all.keys() {
        let mut some = all.clone();
        some.remove(name);
        let without = outcome(caveat, "", &serde_json::Value::Object(some).to_string());
        assert!(
            without == with_all || without == format!("unknown: {name}"),
            "`{expression}` without {name}: {without}, with it: {with_all}"
        );
    }
}

/// Declared types, values, expressions on the value `x`, and what they come to, from a request as from a relationship.
fn assert_converted(rows: &[(&str, &str, &str, &str)]) {
    assert_all(rows.iter().map(|(kind, value, expression, expected)| {
        let caveat = caveat(&format!("x {kind}"), expression);
        let context = format!("{{\"x\": {value}}}");
        let found = outcome(&caveat, "", &context);
        assert_eq!(outcome(&caveat, &context, ""), found, "{kind} {value}: stored and requested");
        (format!("{kind} {value}: {expression}"), *expected, found)
    }));
}
