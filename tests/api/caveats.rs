//! Relationships under conditions: answers with three values, and what is read of them.

use prost_types::Struct;

use crate::conditions::{ask, ask_all, caveated, failed, misfit, read, stored_misfit, with_caveats, write};
use crate::harness::{Client, Running, told_of};
use crate::notation;

const SCHEMA: &str = "
definition user {}
caveat ca(a bool) { a }
caveat cb(b bool) { b }
caveat both(m int, n int) { m == 1 && n == 1 }
caveat ce(z int) { 1 / z > 0 }
definition group {
    relation member: user | user with cb
}
definition folder {
    relation viewer: user | user with cb
}
definition doc {
    relation par: folder | folder with ca
    relation aaa: user | user with ca | user with both | user with ce | user:* with ca | group#member with ca
    relation bbb: user | user with cb | group#member with cb
    permission uni = aaa + bbb
    permission int = aaa & bbb
    permission exc = aaa - bbb
    permission arr = par->viewer
    permission allp = par.all(viewer)
}";

async fn holding(relationships: &[&str]) -> (Running, Client) {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    let updates: Vec<_> = relationships.iter().map(|text| format!("+{text}")).collect();
    let updates: Vec<_> = updates.iter().map(String::as_str).collect();
    assert_eq!(write(&mut client, &updates).await, "OK");
    (running, client)
}

#[tokio::test]
async fn an_answer_is_yes_no_or_names_what_it_depends_on() {
    let (_running, mut client) = holding(&[
        "doc:1#aaa@user:a[ca]",
        r#"doc:1#bbb@user:a[cb:{"b":true}]"#,
        "doc:2#aaa@user:a[both]",
        r#"doc:3#aaa@user:a[both:{"m":1}]"#,
        r#"doc:4#aaa@user:a[both:{"m":2}]"#,
        "doc:5#aaa@user:a",
    ])
    .await;
    let cases = [
        ("doc:1 aaa user:a", "", "COND {a}"),
        ("doc:1 aaa user:a", "{}", "COND {a}"),
        ("doc:1 aaa user:a", r#"{"a": true}"#, "HAS"),
        ("doc:1 aaa user:a", r#"{"a": false}"#, "NO"),
        ("doc:1 aaa user:a", r#"{"unknown": [1], "ca": null}"#, "COND {a}"),
        ("doc:1 bbb user:a", "", "HAS"),
        ("doc:1 uni user:a", "", "HAS"),
        ("doc:1 int user:a", "", "COND {a}"),
        ("doc:1 int user:a", r#"{"a": true}"#, "HAS"),
        ("doc:1 exc user:a", r#"{"a": true}"#, "NO"),
        ("doc:1 aaa user:other", "", "NO"),
        ("doc:2 aaa user:a", "", "COND {m, n}"),
        ("doc:2 aaa user:a", r#"{"n": 1}"#, "COND {m}"),
        ("doc:2 aaa user:a", r#"{"n": 2}"#, "NO"),
        ("doc:3 aaa user:a", "", "COND {n}"),
        ("doc:3 aaa user:a", r#"{"n": 1}"#, "HAS"),
        ("doc:4 aaa user:a", "", "NO"),
        ("doc:5 aaa user:a", "", "HAS"),
        ("doc:5 aaa user:a", r#"{"a": 17}"#, "HAS"),
    ];
    for (question, context, expected) in cases {
        assert_eq!(ask(&mut client, question, context).await, expected, "{question} {context}");
    }
}

#[tokio::test]
async fn conditions_join_along_operators_usersets_and_arrows() {
    let (_running, mut client) = holding(&[
        "doc:1#aaa@user:a[ca]",
        "doc:1#bbb@user:a[cb]",
        "doc:2#aaa@group:g#member[ca]",
        "group:g#member@user:a[cb]",
        "doc:3#par@folder:f[ca]",
        "folder:f#viewer@user:a[cb]",
        "doc:3#par@folder:g",
        "folder:g#viewer@user:b",
        "doc:4#aaa@user:*[ca]",
    ])
    .await;
    let (a, b) = (r#"{"a": true}"#, r#"{"b": true}"#);
    let both = r#"{"a": true, "b": true}"#;
    let (not_a, not_b) = (r#"{"a": false}"#, r#"{"b": false}"#);
    let cases = [
        ("doc:1 uni user:a", ["COND {a, b}", "HAS", "HAS", "HAS", "COND {b}", "COND {a}"]),
        ("doc:1 int user:a", ["COND {a, b}", "COND {b}", "COND {a}", "HAS", "NO", "NO"]),
        ("doc:1 exc user:a", ["COND {a, b}", "COND {b}", "NO", "NO", "NO", "COND {a}"]),
        ("doc:2 aaa user:a", ["COND {a, b}", "COND {b}", "COND {a}", "HAS", "NO", "NO"]),
        ("doc:2 aaa group:g#member", ["COND {a}", "HAS", "COND {a}", "HAS", "NO", "COND {a}"]),
        ("doc:3 arr user:a", ["COND {a, b}", "COND {b}", "COND {a}", "HAS", "NO", "NO"]),
        ("doc:3 arr user:b", ["HAS"; 6]),
        ("doc:3 allp user:a", ["NO"; 6]),
        ("doc:4 aaa user:whoever", ["COND {a}", "HAS", "COND {a}", "HAS", "NO", "COND {a}"]),
    ];
    for (question, expected) in cases {
        for (context, expected) in ["{}", a, b, both, not_a, not_b].into_iter().zip(expected) {
            assert_eq!(ask(&mut client, question, context).await, expected, "{question} {context}");
        }
    }
}

#[tokio::test]
async fn a_stored_value_hides_that_of_the_request_whole() {
    let cases = [
        (r#"{"x": 1}"#, r#"{"x": 2}"#, "HAS"),
        (r#"{"x": 2}"#, r#"{"x": 1}"#, "NO"),
        (r#"{"x": 1}"#, r#"{"x": "bad"}"#, "HAS"),
        (r#"{"x": 1}"#, r#"{"x": null}"#, "HAS"),
        ("{}", r#"{"x": 1}"#, "HAS"),
    ];
    let (_running, mut client) = with_caveats(&[("x int", "x == 1"), ("x map<int>", "x.a == 1")]).await;
    for (at, (stored, request, expected)) in cases.into_iter().enumerate() {
        let row = format!("+doc:s{at}#row0@user:a[cav0:{stored}]");
        assert_eq!(write(&mut client, &[&row]).await, "OK");
        let told = ask(&mut client, &format!("doc:s{at} row0 user:a"), request).await;
        assert_eq!(told, expected, "{stored} {request}");
    }
    // Maps are not merged.
    assert_eq!(write(&mut client, &[r#"+doc:m#row1@user:a[cav1:{"x":{"b":2}}]"#]).await, "OK");
    let told = ask(&mut client, "doc:m row1 user:a", r#"{"x": {"a": 1}}"#).await;
    assert_eq!(told, failed(1, "no such key: a"));
}

#[tokio::test]
async fn each_item_of_a_bulk_has_its_own_context_and_its_own_error() {
    let (_running, mut client) =
        holding(&["doc:1#aaa@user:a[ca]", "doc:2#aaa@user:a[ce]", "doc:3#aaa@user:a"]).await;
    let division = "InvalidArgument `evaluation error for caveat ce: division by zero` CAVEAT_EVALUATION_ERROR {caveat_name: ce}";
    let text = "InvalidArgument `type error for parameters for caveat `ce`: could not convert context parameter `z`: \
                for int: a int64 value is required, but found invalid string value `x`` CAVEAT_PARAMETER_TYPE_ERROR \
                {caveat_name: ce, parameter_name: z}";
    let unknown = "FailedPrecondition `relation/permission `nothing` not found under definition `doc`` \
                   UNKNOWN_RELATION_OR_PERMISSION {definition_name: doc, relation_or_permission_name: nothing}";
    let items = [
        (("doc:1 aaa user:a", ""), "COND {a}"),
        (("doc:1 aaa user:a", r#"{"a": true}"#), "HAS"),
        (("doc:1 aaa user:a", r#"{"a": false}"#), "NO"),
        (("doc:2 aaa user:a", ""), "COND {z}"),
        (("doc:2 aaa user:a", r#"{"z": 0}"#), division),
        (("doc:3 aaa user:a", r#"{"z": 0}"#), "HAS"),
        (("doc:2 aaa user:a", r#"{"z": "x"}"#), text),
        (("doc:3 aaa user:a", r#"{"z": "x"}"#), "HAS"),
        (("doc:1 nothing user:a", r#"{"z": "x"}"#), unknown),
        (("doc:2 aaa user:a", r#"{"z": 1}"#), "HAS"),
    ];
    let told = ask_all(&mut client, &items.map(|(question, _)| question)).await;
    assert_eq!(told.split(" / ").filter(|part| !part.starts_with("permission `")).collect::<Vec<_>>(), {
        items.map(|(_, expected)| expected)
    });
    for ((question, context), expected) in items {
        assert_eq!(ask(&mut client, question, context).await, expected, "{question} {context}");
    }
}

#[tokio::test]
async fn a_condition_that_fails_yields_to_another_path_that_decides() {
    let rows = ["doc:1#aaa@user:a[ce:{\"z\":0}]", "doc:1#bbb@user:a[cb]"];
    let (_running, mut client) = holding(&rows).await;
    let error = "InvalidArgument `evaluation error for caveat ce: division by zero` CAVEAT_EVALUATION_ERROR {caveat_name: ce}";
    let cases = [
        ("doc:1 aaa user:a", "", error),
        ("doc:1 uni user:a", r#"{"b": true}"#, "HAS"),
        ("doc:1 uni user:a", r#"{"b": false}"#, error),
        ("doc:1 int user:a", r#"{"b": false}"#, "NO"),
        ("doc:1 int user:a", r#"{"b": true}"#, error),
        ("doc:1 exc user:a", r#"{"b": true}"#, "NO"),
        ("doc:1 exc user:a", r#"{"b": false}"#, error),
    ];
    for (question, context, expected) in cases {
        assert_eq!(ask(&mut client, question, context).await, expected, "{question} {context}");
    }
}

#[tokio::test]
async fn unknown_and_error_meet_within_an_expression() {
    let parameters = "m bool, n bool, z int";
    let cases = [
        ("m || n || z == 0", "HAS"),
        ("1 / z > 0 || z == 0", "HAS"),
        ("1 / z > 0 && z == 1", "NO"),
        ("m && 1 / z > 0", "COND {m}"),
        ("1 / z > 0 && m", "COND {m}"),
        ("m || n", "COND {m, n}"),
        ("m ? n : z == 0", "COND {m}"),
        ("z == 0 ? n : m", "COND {n}"),
        ("[1, 2].all(x, x > z || m)", "HAS"),
        ("[1, 2].exists(x, x == 2 && n)", "COND {n}"),
    ];
    let declared: Vec<_> =
        cases.iter().map(|(expression, _)| format!("({expression}) || (m && n && z == 99)")).collect();
    let caveats: Vec<_> = declared.iter().map(|expression| (parameters, expression.as_str())).collect();
    let (_running, mut client) = with_caveats(&caveats).await;
    for (case, (expression, expected)) in cases.into_iter().enumerate() {
        let told = ask(&mut client, &format!("doc:1 row{case} user:a"), r#"{"z": 0}"#).await;
        assert_eq!(told, expected, "{expression}");
    }
}

#[tokio::test]
async fn all_given_values_must_fit_even_where_they_do_not_matter() {
    let (_running, mut client) = with_caveats(&[("t bool, x int", "t || x == 1")]).await;
    let problem = "for int: a int64 value is required, but found invalid string value `q`";
    let told = ask(&mut client, "doc:1 row0 user:a", r#"{"t": true, "x": "q"}"#).await;
    assert_eq!(told, misfit(0, problem));
    let row = r#"+doc:2#row0@user:a[cav0:{"t":true,"x":"q"}]"#;
    assert_eq!(write(&mut client, &[row]).await, stored_misfit(0, problem));
    assert_eq!(read(&mut client, "type=doc id=2").await, "");
}

#[tokio::test]
async fn reads_give_caveats_and_contexts_back() {
    let rows = [
        "doc:1#aaa@user:*[ca]",
        "doc:1#aaa@user:a[both:{\"m\":1.0,\"n\":\"2\"}]",
        "doc:1#aaa@user:b[ca:{\"a\":false}]",
        "doc:1#aaa@user:c",
        "doc:1#bbb@user:a[cb:{\"b\":true}]",
    ];
    let (_running, mut client) = holding(&rows).await;
    assert_eq!(read(&mut client, "type=doc id=1").await, rows.join(" "));
    assert_eq!(write(&mut client, &["~doc:1#aaa@user:b[ca]", "~doc:1#aaa@user:c[ca]"]).await, "OK");
    assert_eq!(write(&mut client, &["-doc:1#aaa@user:a", "-doc:1#aaa@user:*"]).await, "OK");
    let left = "doc:1#aaa@user:b[ca] doc:1#aaa@user:c[ca]";
    assert_eq!(read(&mut client, "type=doc relation=aaa").await, left);
}

#[tokio::test]
async fn what_a_relation_takes_includes_the_caveat() {
    let (_running, mut client) = holding(&["doc:1#aaa@user:a[ca]"]).await;
    let of_bbb = |kind: &str, advice: &str, allowed: &str| {
        format!(
            "InvalidArgument `subjects of type `{kind}` are not allowed on relation `doc#bbb`{advice}` \
             INVALID_SUBJECT_TYPE {{{allowed}definition_name: doc, relation_name: bbb, subject_type: {kind}}}"
        )
    };
    let cases = [
        ("+doc:2#bbb@user:a[ca]", of_bbb("user with ca", "", "")),
        ("-doc:2#bbb@user:a[ca]", of_bbb("user with ca", "", "")),
        ("+doc:2#bbb@user:a[nothing]", of_bbb("user with nothing", "", "")),
        ("+doc:2#bbb@user:*[cb]", of_bbb("user:* with cb", "", "")),
        (
            "+doc:2#bbb@group:g#member",
            of_bbb("group#member", " without one of the following caveats: cb", "allowed_caveats: cb, "),
        ),
    ];
    for (row, expected) in cases {
        assert_eq!(write(&mut client, &[row]).await, expected, "{row}");
    }
}

#[tokio::test]
async fn one_relationship_has_one_caveat() {
    let (_running, mut client) = holding(&["doc:1#aaa@user:a[ca]"]).await;
    for row in ["+doc:1#aaa@user:a", "+doc:1#aaa@user:a[ca]", "+doc:1#aaa@user:a[both]"] {
        let told = write(&mut client, &[row]).await;
        let expected =
            "AlreadyExists `could not CREATE relationship `doc:1#aaa@user:a`, as it already existed.";
        assert!(told.starts_with(expected) && told.contains("ATTEMPT_TO_RECREATE_RELATIONSHIP"), "{told}");
    }
    let twice = write(&mut client, &["~doc:1#aaa@user:a", "~doc:1#aaa@user:a[both]"]).await;
    let expected = "InvalidArgument `found more than one update with relationship `doc:1#aaa@user:a`";
    assert!(twice.starts_with(expected) && twice.contains("UPDATES_ON_SAME_RELATIONSHIP"), "{twice}");
    assert_eq!(write(&mut client, &["~doc:1#aaa@user:a[both]"]).await, "OK");
    assert_eq!(read(&mut client, "type=doc").await, "doc:1#aaa@user:a[both]");
    assert_eq!(write(&mut client, &["~doc:1#aaa@user:a"]).await, "OK");
    assert_eq!(read(&mut client, "type=doc").await, "doc:1#aaa@user:a");
}

#[tokio::test]
async fn a_caveat_has_a_name() {
    let (_running, mut client) = holding(&[]).await;
    for name in ["", "a b", "-ca"] {
        let update = caveated("+doc:1#aaa@user:a", name, Struct::default());
        let told = told_of(client.write(vec![update]).await);
        let path = "updates[0].relationship.optional_caveat.caveat_name";
        let pattern = notation::broken(path, "^([a-zA-Z0-9_][a-zA-Z0-9/_|-]{0,127})$");
        assert_eq!(told, pattern, "{name}");
    }
}
