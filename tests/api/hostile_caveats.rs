//! Contexts and expressions that are too large, too deep, too slow or of no kind: errors, never an answer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use arrowroot::engine::EngineOptions;
use arrowroot::server::ServerOptions;
use prost::Message as _;
use prost_types::{Struct, Value};

use crate::conditions::{
    ask, ask_items, ask_with, caveated, context, failed, field, list, number, read, schema_of, text, update,
    value, with_caveats, write,
};
use crate::harness::{Running, told_of};
use crate::notation;

/// Far more than an evaluation needs on a busy machine, and far less than one without a bound would take.
const SOON: Duration = Duration::from_secs(20);

/// A context of so many bytes: a text of one field with a name of one letter.
fn sized(bytes: usize) -> Struct {
    let empty = field("x", text("")).encoded_len();
    let lengths = [0, 2, 3, 4, 5, 6, 7, 8];
    lengths
        .into_iter()
        .map(|of_lengths| field("x", text("y".repeat(bytes - empty - of_lengths))))
        .find(|structure| structure.encoded_len() == bytes)
        .unwrap()
}

#[tokio::test]
async fn a_request_may_give_4096_bytes_of_context() {
    let (_running, mut client) = with_caveats(&[("x string", "x != \"\"")]).await;
    let told = |bytes| {
        format!("InvalidArgument `request caveat context should have less than 4096 bytes but had {bytes}`")
    };
    let questions =
        ["doc:1 row0 user:a", "doc:1 row0 user:nobody", "doc:1 nothing user:a", "doc:1 row0 user:*"];
    for question in questions {
        let answer = ask_with(&mut client, question, Some(sized(4097))).await;
        assert_eq!(answer, told(4097), "{question}");
    }
    assert_eq!(ask_with(&mut client, questions[0], Some(sized(4096))).await, "HAS");
    assert_eq!(ask_with(&mut client, questions[1], Some(sized(4096))).await, "NO");
    assert_eq!(ask_with(&mut client, questions[0], Some(sized(1 << 20))).await, told(1 << 20));

    let item = |context| arrowroot::server::wire::v1::CheckBulkPermissionsRequestItem {
        context: Some(context),
        ..notation::item(questions[0])
    };
    assert_eq!(ask_items(&mut client, vec![item(sized(4096)), item(sized(4096))]).await, "HAS / HAS");
    assert_eq!(ask_items(&mut client, vec![item(sized(20)), item(sized(4097))]).await, told(4097));
}

#[tokio::test]
async fn a_relationship_may_store_25000_bytes_of_caveat() {
    let (_running, mut client) = with_caveats(&[("x string", "x != \"\"")]).await;
    let of = |caveat_bytes: usize| {
        let name_bytes = 2 + "cav0".len();
        // One byte of tag and three of length stand before the context.
        caveated("+doc:2#row0@user:a", "cav0", sized(caveat_bytes - name_bytes - 4))
    };
    for bytes in [25_001, 25_002, 1_000_000] {
        let update = of(bytes);
        let relationship = update.relationship.clone().unwrap();
        assert_eq!(relationship.optional_caveat.as_ref().unwrap().encoded_len(), bytes);
        let whole = relationship.encoded_len();
        assert_eq!(
            told_of(client.write(vec![update]).await),
            format!(
                "InvalidArgument `provided relationship `doc:2#row0@user:a` exceeded maximum allowed caveat size of \
                 25000` MAX_RELATIONSHIP_CONTEXT_SIZE {{context_size: {whole}, max_allowed_size: 25000, \
                 relationship: doc:2#row0@user:a}}"
            )
        );
    }
    assert_eq!(ask(&mut client, "doc:2 row0 user:a", "").await, "NO");
    assert_eq!(told_of(client.write(vec![of(25_000)]).await), "OK");
    assert_eq!(ask(&mut client, "doc:2 row0 user:a", "").await, "HAS");
    assert!(read(&mut client, "type=doc id=2").await.len() > 24_000);
}

#[tokio::test]
async fn numbers_that_are_none_are_refused_wherever_they_are() {
    let (_running, mut client) = with_caveats(&[("x any", "x == x"), ("x double", "x == x")]).await;
    let within = |path: &str| format!("InvalidArgument `validation error: {path}: numbers must be finite`");
    for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let nested = Value {
            kind: Some(prost_types::value::Kind::StructValue(field(
                "inner",
                list(vec![number(1.0), number(none)]),
            ))),
        };
        let contexts = [field("x", number(none)), field("x", nested), field("unknown", number(none))];
        for structure in contexts {
            for question in ["doc:1 row0 user:a", "doc:1 row1 user:a", "doc:1 row0 user:nobody"] {
                let told = ask_with(&mut client, question, Some(structure.clone())).await;
                assert_eq!(told, within("context"), "{question} {structure:?}");
            }
            let item = arrowroot::server::wire::v1::CheckBulkPermissionsRequestItem {
                context: Some(structure.clone()),
                ..notation::item("doc:1 row0 user:a")
            };
            assert_eq!(ask_items(&mut client, vec![item]).await, within("items[0].context"));
            let row = caveated("+doc:2#row0@user:a", "cav0", structure);
            let path = "updates[0].relationship.optional_caveat.context";
            assert_eq!(told_of(client.write(vec![row]).await), within(path));
        }
    }
    assert_eq!(read(&mut client, "type=doc id=2").await, "");
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a_value_without_a_kind_is_null() {
    let (_running, mut client) = with_caveats(&[("x any", "x == null"), ("x int", "x == 0")]).await;
    let nothing = || Some(field("x", Value { kind: None }));
    assert_eq!(ask_with(&mut client, "doc:1 row0 user:a", nothing()).await, "HAS");
    let told = ask_with(&mut client, "doc:1 row1 user:a", nothing()).await;
    let expected = "for int: a int64 value is required, but found <nil> `<nil>`";
    assert_eq!(told, crate::conditions::misfit(1, expected));
}

/// Lists within each other around a number.
fn nested(levels: usize) -> Value {
    (0..levels).fold(number(1.0), |inner, _| list(vec![inner]))
}

#[tokio::test]
async fn contexts_nest_as_deep_as_messages_may() {
    let (_running, mut client) =
        with_caveats(&[("x any", "x == x && x != null"), ("x list<int>", "size(x) > 0")]).await;
    // A list is two messages, and the wire takes a hundred of them within each other.
    for levels in [1, 20, 45] {
        let told = ask_with(&mut client, "doc:1 row0 user:a", Some(field("x", nested(levels)))).await;
        assert_eq!(told, "HAS", "{levels}");
        let row = caveated(&format!("+doc:n{levels}#row0@user:a"), "cav0", field("x", nested(levels)));
        client.write(vec![row]).await.unwrap();
        assert_eq!(ask(&mut client, &format!("doc:n{levels} row0 user:a"), "").await, "HAS", "{levels}");
        if levels > 1 {
            let told = ask_with(&mut client, "doc:1 row1 user:a", Some(field("x", nested(levels)))).await;
            assert!(
                told.contains("CAVEAT_PARAMETER_TYPE_ERROR {caveat_name: cav1, parameter_name: x}"),
                "{told}"
            );
        }
    }
    for levels in [50, 90, 1000] {
        let told = ask_with(&mut client, "doc:1 row0 user:a", Some(field("x", nested(levels)))).await;
        assert!(told.starts_with("Internal") && told.contains("recursion limit"), "{levels}: {told}");
        let row = caveated("+doc:2#row0@user:a", "cav0", field("x", nested(levels)));
        let told = told_of(client.write(vec![row]).await);
        assert!(told.starts_with("Internal") && told.contains("recursion limit"), "{levels}: {told}");
        assert!(client.is_alive().await);
    }
    assert_eq!(read(&mut client, "type=doc id=2").await, "");
}

#[tokio::test]
async fn many_fields_and_odd_names_do_no_harm() {
    let (_running, mut client) = with_caveats(&[("x int", "x == 1")]).await;
    let names = (0..500).map(|index| (format!("n{index}"), Value { kind: None }));
    let mut fields: BTreeMap<_, _> = names.collect();
    fields.insert("x".to_owned(), number(1.0));
    for name in ["", " ", "x\0", "X", "\u{202e}x", "__proto__", "`x`", "x.y"] {
        fields.insert(name.to_owned(), text("\0\u{ffff}"));
    }
    assert_eq!(ask_with(&mut client, "doc:1 row0 user:a", Some(Struct { fields })).await, "HAS");
    let told = write(&mut client, &["+doc:2#row0@user:a[cav0:{\"\":1}]"]).await;
    assert!(told.contains("unknown parameter ``"), "{told}");
    assert!(told.contains("CAVEAT_PARAMETER_TYPE_ERROR"), "{told}");
}

#[tokio::test]
async fn an_error_about_a_long_value_arrives() {
    let (_running, mut client) = with_caveats(&[("x int", "x == 1"), ("x timestamp", "x == x")]).await;
    for row in ["row0", "row1"] {
        let long = || Some(field("x", text("é".repeat(2000))));
        let told = ask_with(&mut client, &format!("doc:1 {row} user:a"), long()).await;
        assert!(told.starts_with("InvalidArgument `type error for parameters"), "{told}");
        assert!(told.contains("CAVEAT_PARAMETER_TYPE_ERROR"), "{told}");
        let row = caveated(
            &format!("+doc:2#{row}@user:a"),
            &row.replace("row", "cav"),
            field("x", text("q".repeat(20_000))),
        );
        let told = told_of(client.write(vec![row]).await);
        assert!(told.starts_with("InvalidArgument `invalid context for caveat"), "{told}");
        assert!(told.contains("CAVEAT_PARAMETER_TYPE_ERROR") && told.len() < 8000, "{told}");
    }
}

#[tokio::test]
async fn evaluations_that_go_wrong_say_how() {
    let cases = [
        ("x int", "10 / x == 1", r#"{"x": 0}"#, "division by zero"),
        ("x int", "10 % x == 1", r#"{"x": 0}"#, "modulus by zero"),
        ("x int", "x + 1 == 1", r#"{"x": "9223372036854775807"}"#, "integer overflow"),
        ("x int", "-x == 1", r#"{"x": "-9223372036854775808"}"#, "integer overflow"),
        ("x map<int>", "x.a == 1", r#"{"x": {}}"#, "no such key: a"),
        ("x any", "x + 1 == 2", r#"{"x": 1}"#, "no such overload"),
        ("x any", "x < 1", r#"{"x": "a"}"#, "no such overload"),
    ];
    let (_running, mut client) = with_caveats(&cases.map(|(of, expression, ..)| (of, expression))).await;
    for (case, (_, expression, json, problem)) in cases.into_iter().enumerate() {
        let told = ask(&mut client, &format!("doc:1 row{case} user:a"), json).await;
        assert_eq!(told, failed(case, problem), "{expression}");
    }
}

/// A text of many `a`, and a pattern for it.
fn searching(pattern: &str) -> Struct {
    Struct { fields: [("x".to_owned(), text("a".repeat(20_000))), ("y".to_owned(), text(pattern))].into() }
}

#[tokio::test]
async fn hostile_patterns_are_fast_or_refused() {
    let (_running, mut client) =
        with_caveats(&[("x string", "x.matches(\"(a*)*b\")"), ("x string, y string", "x.matches(y)")]).await;
    let started = Instant::now();
    let long = field("x", text("a".repeat(20_000)));
    client.write(vec![caveated("+doc:2#row0@user:a", "cav0", long)]).await.unwrap();
    assert_eq!(ask(&mut client, "doc:2 row0 user:a", "").await, "NO");
    for (pattern, expected) in
        [("(a*)*b", "NO"), ("^(a|aa|a?)*$", "HAS"), ("(a+a+)+c", "NO"), ("a{1,50}$", "HAS")]
    {
        client.write(vec![caveated("~doc:2#row1@user:a", "cav1", searching(pattern))]).await.unwrap();
        assert_eq!(ask(&mut client, "doc:2 row1 user:a", "").await, expected, "{pattern}");
    }
    let nested = format!("{}a{}", "(".repeat(1200), ")*".repeat(1200));
    let refused = [
        "((a{1000}){1000}){1000}",
        "(?:a{1000}){1000}b",
        "a{1001}",
        "(",
        "[",
        r"(a)\1",
        "(?=a)",
        r"\p{Nothing}",
        &nested,
    ];
    for pattern in refused {
        client.write(vec![caveated("~doc:2#row1@user:a", "cav1", searching(pattern))]).await.unwrap();
        let told = ask(&mut client, "doc:2 row1 user:a", "").await;
        let shown = &pattern[..pattern.len().min(40)];
        assert!(told.starts_with("InvalidArgument `evaluation error for caveat cav1: "), "{shown}: {told}");
        assert!(told.ends_with("CAVEAT_EVALUATION_ERROR {caveat_name: cav1}"), "{shown}: {told}");
    }
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn runaway_comprehensions_end_with_an_error() {
    let cases = [
        ("x list<int>", "x.all(a, x.all(b, x.all(c, x.all(d, a + b + c + d >= 0))))"),
        ("x list<int>", "size(x.map(a, x.map(b, x.map(c, x)))) > 0"),
    ];
    let (_running, mut client) = with_caveats(&cases).await;
    let started = Instant::now();
    let numbers = value((0..800).collect());
    for case in 0..2 {
        let row =
            caveated(&format!("+doc:2#row{case}@user:a"), &format!("cav{case}"), field("x", numbers.clone()));
        client.write(vec![row]).await.unwrap();
        let told = ask(&mut client, &format!("doc:2 row{case} user:a"), "").await;
        let start = format!(
            "InvalidArgument `evaluation error for caveat cav{case}: the expression takes more than "
        );
        assert!(told.starts_with(&start), "{told}");
        assert!(told.ends_with(&format!("CAVEAT_EVALUATION_ERROR {{caveat_name: cav{case}}}")), "{told}");
    }
    let few = r#"{"x": [1, 2]}"#;
    assert_eq!(ask(&mut client, "doc:1 row0 user:a", few).await, "HAS");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[tokio::test]
async fn many_expensive_conditions_count_together() {
    let mut options = EngineOptions::default();
    options.limits.visits_max = 300_000;
    let running = Running::with(ServerOptions::default(), options);
    let mut client = running.client().await;
    let schema = "
        definition user {}
        caveat slow(x list<int>) { x.exists(a, x.exists(b, a + b < 0)) }
        definition group {
            relation member: user with slow
        }
        definition doc {
            relation viewer: group#member
        }";
    client.write_schema(schema).await.unwrap();
    let numbers = value((0..100).collect());
    for group in 0..20 {
        let numbers = field("x", numbers.clone());
        let member = caveated(&format!("+group:g{group}#member@user:a"), "slow", numbers);
        let viewer = update(&format!("+doc:1#viewer@group:g{group}#member"));
        client.write(vec![member, viewer]).await.unwrap();
    }
    assert_eq!(ask(&mut client, "group:g1 member user:a", "").await, "NO");
    let started = Instant::now();
    let told = ask(&mut client, "doc:1 viewer user:a", "").await;
    assert!(told.starts_with("ResourceExhausted"), "{told}");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(ask(&mut client, "doc:1 viewer user:b", "").await, "NO");
}

#[tokio::test]
async fn expressions_of_the_greatest_depth_have_answers() {
    let around =
        |left: &str, middle: &str, right: &str| format!("{}{middle}{}", left.repeat(240), right.repeat(240));
    let shapes = [
        around("(", "x == 1", ")"),
        around("int(", "x", ")") + " == 1",
        around("[1].all(a, ", "x == 1", ")"),
        around("x == 1 || (", "x == 2", ")"),
        around("x == 2 ? false : ", "x == 1", ""),
        format!("x{} == 241", " + x".repeat(240)),
    ];
    let cases: Vec<_> = shapes.iter().map(|expression| ("x int", expression.as_str())).collect();
    let (_running, mut client) = with_caveats(&cases).await;
    for (case, (_, expression)) in cases.iter().enumerate() {
        let question = format!("doc:1 row{case} user:a");
        assert_eq!(ask(&mut client, &question, r#"{"x": 1}"#).await, "HAS", "{expression}");
        assert_eq!(ask(&mut client, &question, "").await, "COND {x}", "{expression}");
    }
}

/// What writing a schema with one caveat says.
async fn declared(parameters: &str, expression: &str) -> String {
    let running = Running::start();
    let mut client = running.client().await;
    let started = Instant::now();
    let told = told_of(client.write_schema(&schema_of(&[(parameters, expression)])).await);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert!(client.is_alive().await);
    told
}

#[tokio::test]
async fn expressions_are_bounded_in_depth() {
    let around = |left: &str, middle: &str, right: &str, times: usize| {
        format!("{}{middle}{}", left.repeat(times), right.repeat(times))
    };
    for (name, expression) in [
        ("parentheses", around("(", "x == 1", ")", 240)),
        ("negations", around("!", "(x == 1)", "", 5000)),
        ("alternatives", format!("x == 1{}", " || x == 2".repeat(3000))),
        ("sums", format!("x{} == 1", " + x".repeat(200))),
    ] {
        assert_eq!(declared("x int", &expression).await, "OK", "{name}");
    }
    for (name, expression) in [
        ("parentheses", around("(", "x == 1", ")", 300)),
        ("more parentheses", around("(", "x == 1", ")", 40_000)),
        ("lists", format!("{} == x", around("[", "", "]", 300))),
        ("maps", format!("{} == x", around("{'a':", "1", "}", 300))),
        ("conditions", format!("{}x == 1", "x == 1 ? true : ".repeat(300))),
        ("sums", format!("x{} == 1", " + x".repeat(20_000))),
        ("macros", around("[1].all(a, ", "x == 1", ")", 300)),
        ("calls", around("int(", "x", ")", 300) + " == 1"),
        ("open", "(".repeat(90_000)),
    ] {
        let told = declared("x int", &expression).await;
        assert!(told.starts_with("InvalidArgument `parse error in `schema`, line 2, "), "{name}: {told}");
        assert!(told.contains("invalid expression for caveat `cav0`: "), "{name}: {told}");
        assert!(told.contains("` SCHEMA_PARSE_ERROR {end_column_position: "), "{name}: {told}");
    }
}

#[tokio::test]
async fn expressions_are_bounded_in_size() {
    let of = |bytes: usize| {
        let frame = "x == \"\"".len();
        format!("x == \"{}\"", "y".repeat(bytes - frame))
    };
    assert_eq!(declared("x string", &of(99_000)).await, "OK");
    for bytes in [100_001, 1_000_000] {
        let told = declared("x string", &of(bytes)).await;
        assert!(told.starts_with("InvalidArgument `parse error in `schema`"), "{bytes}: {told}");
        assert!(told.contains("longer than 100000 bytes"), "{bytes}: {told}");
        assert!(told.contains("SCHEMA_PARSE_ERROR"), "{bytes}: {told}");
    }
    let told = declared("x string", &of(5_000_000)).await;
    assert!(told.starts_with("OutOfRange") || told.starts_with("ResourceExhausted"), "{told}");
}

#[tokio::test]
async fn context_of_no_bytes_is_no_context() {
    let (_running, mut client) = with_caveats(&[("x int", "x == 1")]).await;
    assert_eq!(ask_with(&mut client, "doc:1 row0 user:a", context("{}")).await, "COND {x}");
    assert_eq!(ask_with(&mut client, "doc:1 row0 user:a", None).await, "COND {x}");
}
