//! What is said with some parameters missing agrees with what is said with all of them, whatever they are.

use proptest::prelude::*;

use super::{caveat, outcome};

const PARAMETERS: &str = "p bool, q bool, i int, j int, l list<int>, m map<any>";

/// The values that a parameter is completed with.
fn values(name: &str) -> &'static [&'static str] {
    match name {
        "p" | "q" => &["true", "false"],
        "i" | "j" => &["0", "1", "2"],
        "l" => &["[]", "[0]", "[1, 2]"],
        _ => &["{}", r#"{"k": 1}"#, r#"{"k": true, "o": {"k": 2}}"#],
    }
}

const NAMES: [&str; 6] = ["p", "q", "i", "j", "l", "m"];

/// Whole numbers, some of which fail.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0_u8..3).prop_map(|number| number.to_string()),
        Just("i".to_owned()),
        Just("j".to_owned()),
        Just("l[j]".to_owned()),
        Just("size(l)".to_owned()),
        Just("int(m.k)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), prop_oneof![Just("+"), Just("/"), Just("%"), Just("*")], inner)
            .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"))
    })
}

/// Conditions with every construct that may be decided early.
fn condition() -> impl Strategy<Value = String> {
    let comparison = (number(), prop_oneof![Just("=="), Just("<"), Just(">=")], number())
        .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"));
    let leaf = prop_oneof![
        2 => Just("p".to_owned()),
        2 => Just("q".to_owned()),
        4 => comparison,
        1 => Just("has(m.k)".to_owned()),
        1 => Just("has(m.o.k)".to_owned()),
        1 => Just("m.k == 1".to_owned()),
        1 => Just("(m.k && true)".to_owned()),
        1 => Just("i in l".to_owned()),
        1 => Just("l == [1, j]".to_owned()),
        1 => Just("(1 / i == 1)".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let range = prop_oneof![Just("l"), Just("[0, 1, 2]"), Just("[i, 1]"), Just("[]")];
        let name = prop_oneof![Just("all"), Just("exists"), Just("exists_one")];
        let predicate = prop_oneof![
            inner.clone(),
            inner.clone().prop_map(|inner| format!("x > 1 || {inner}")),
            inner.clone().prop_map(|inner| format!("x > i && {inner}")),
            inner.clone().prop_map(|inner| format!("(x == 0 ? {inner} : 1 / x == j)")),
        ];
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(condition, then, otherwise)| format!("({condition} ? {then} : {otherwise})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("(({left}) == ({right}))")),
            (range.clone(), name, predicate.clone())
                .prop_map(|(range, name, predicate)| format!("{range}.{name}(x, {predicate})")),
            (range.clone(), predicate.clone())
                .prop_map(|(range, predicate)| format!("(size({range}.filter(x, {predicate})) == 1)")),
            (range, predicate)
                .prop_map(|(range, predicate)| format!("({range}.map(x, {predicate}, x + j) == [1])")),
        ]
    })
}

/// Contexts that give some parameters, with a value for each.
fn context() -> impl Strategy<Value = [Option<&'static str>; 6]> {
    NAMES.map(|name| prop_oneof![Just(None), proptest::sample::select(values(name)).prop_map(Some)])
}

fn json(context: &[Option<&str>; 6]) -> String {
    let given =
        NAMES.iter().zip(context).filter_map(|(name, value)| Some(format!("\"{name}\": {}", (*value)?)));
    format!("{{{}}}", given.collect::<Vec<_>>().join(", "))
}

/// All contexts that give the missing parameters as well.
fn completions(context: [Option<&'static str>; 6]) -> Vec<[Option<&'static str>; 6]> {
    let mut contexts = vec![context];
    for (place, name) in NAMES.iter().enumerate() {
        if context[place].is_none() {
            let with = |context: [_; 6], value: &'static str| {
                let mut context = context;
                context[place] = Some(value);
                context
            };
            contexts = contexts
                .into_iter()
                .flat_map(|context| values(name).iter().map(move |value| with(context, value)))
                .collect();
        }
    }
    contexts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_verdict_holds_for_every_completion(expression in condition(), context in context()) {
        let caveat = caveat(PARAMETERS, &expression);
        let partial = outcome(&caveat, "", &json(&context));
        if let Some(missing) = partial.strip_prefix("unknown: ") {
            for name in missing.split(", ") {
                let place = NAMES.iter().position(|known| *known == name).unwrap();
                prop_assert!(context[place].is_none(), "`{name}` is given");
            }
            return Ok(());
        }
        for completion in completions(context) {
            let whole = outcome(&caveat, "", &json(&completion));
            prop_assert!(!whole.starts_with("unknown"), "with all parameters: {whole}");
            let agree = partial == whole || (partial.starts_with("error") && whole.starts_with("error"));
            prop_assert!(agree, "{} → {partial}, but {} → {whole}", json(&context), json(&completion));
        }
    }
}
