//! What names mean, and which parameters are used.

use super::*;

#[test]
fn names_become_numbers() {
    for (expression, expected) in [
        ("i == 1 && s == 'a' && b", "(All (Equal i 1) (Equal s \"a\") b)"),
        ("li.all(x, lli.exists(y, y[0] == x))", "(all %0 li (exists %1 lli (Equal (Index %1 0) %0)))"),
        ("li.map(x, x).all(y, y == 1)", "(all %0 (map %0 li %0) (Equal %0 1))"),
        ("li.all(i, i == 1) && i == 1", "(All (all %0 li (Equal %0 1)) (Equal i 1))"),
        ("lli.all(x, x.all(x, x == 1))", "(all %0 lli (all %1 %0 (Equal %1 1)))"),
        ("li.all(x, .x == .i)", "(all %0 li (Equal %0 i))"),
        ("li.all(size, size > 1) && size(li) > 1", "(All (all %0 li (Greater %0 1)) (Greater (Size li) 1))"),
        (
            "[type(1)].all(int, int == dyn)".replace("dyn", "uint").as_str(),
            "(all %0 (List <int>) (Equal %0 <uint>))",
        ),
        ("ma.x.y == has(ma.z)", "(Equal (Select .y (Select .x ma)) (Has .z ma))"),
        ("s.matches('^a+$')", "(Matches /^a+$/ s)"),
        ("s.matches(s)", "(Matches s s)"),
        ("matches(s, '(')", "(Matches s \"(\")"),
        ("-i < !!u", "(Less (Negate i) u)"),
    ] {
        assert_eq!(outline(expression), expected, "{expression}");
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    for (expression, expected) in [
        ("foo", "undeclared reference to `foo`"),
        ("foo.bar", "undeclared reference to `foo`"),
        ("lis == []", "undeclared reference to `lis`, did you mean `li`?"),
        ("li.all(word, wrod == 1)", "undeclared reference to `wrod`, did you mean `word`?"),
        ("s.startWith('a')", "undeclared reference to `startWith`, did you mean `startsWith`?"),
        ("s.lowerAscii()", "undeclared reference to `lowerAscii`"),
        ("now()", "undeclared reference to `now`"),
        ("b && li.map(x, x) == x", "undeclared reference to `x`"),
        ("google.protobuf.NullValue == type(a)", "undeclared reference to `google`"),
        (
            "google.protobuf.FieldMask{} == a",
            "undeclared reference to `google.protobuf.FieldMask`; a map is written `{\"key\": value}`",
        ),
        ("optional.some(1) == a", "undeclared reference to `optional`"),
    ] {
        assert_eq!(type_of(expression), expected, "{expression}");
    }
}

#[test]
fn parameters_cannot_have_the_names_of_types() {
    for name in ["int", "string", "list", "map", "type", "null_type"] {
        let parameter = Parameter { name: name.to_owned(), kind: ParameterType::Bool };
        let errors = Caveat::compile(vec![parameter], "true").err().unwrap();
        assert_eq!(errors[0].message, format!("the parameter `{name}` has the name of a type"));
    }
    for name in ["dyn", "size", "timestamp", "has", "google"] {
        let parameter = Parameter { name: name.to_owned(), kind: ParameterType::Bool };
        assert!(Caveat::compile(vec![parameter], name).is_ok(), "{name}");
    }
}

#[test]
fn unused_parameters_are_those_that_are_not_named() {
    let all = "i u d s by b t du ip a li ls la lli m ma mm";
    for (expression, used) in [
        ("true", ""),
        ("i == u", "i u"),
        ("has(ma.x) && li.all(x, x in lli[0])", "li lli ma"),
        ("{s: [d]} == {} ? by == b'' : !b", "d by b"),
        ("{s: 1, ?ls[i]: m.?x, 'a': {t: u}}.size() == 1", "m u"),
        ("{'a': 1}[s] == 1 && {s: 1}.size() == 1", "s"),
        ("[1].filter(i, true) == [1]", "i"),
        ("optional.of(1).optMap(i, 2).hasValue()", "i"),
        ("google.protobuf.Int64Value{value: i} == 1", "i"),
        ("[1].all(i, i == 1)", "i"),
        ("[1].all(i, true)", ""),
        ("ma.s == ma['a'] && size(ls) == 1", "ls ma"),
    ] {
        let caveat = Caveat::compile(parameters(), expression).unwrap();
        let unused: Vec<&str> =
            all.split(' ').filter(|name| !used.split(' ').any(|used| used == *name)).collect();
        assert_eq!(caveat.unused_parameters(), unused, "{expression}");
    }
}

#[test]
fn errors_come_in_order_of_their_places_with_them() {
    let text = "foo && i + 'a' == 2 && size(bar) && li.all(x, x) && t.x == 1 && s.contains(1)";
    let errors = Caveat::compile(parameters(), text).err().unwrap();
    let places: Vec<&str> = errors.iter().map(|error| &text[error.span.clone()]).collect();
    assert_eq!(places, ["foo", "+", "size(bar)", "bar", "x", "x", "contains"]);
}
