//! What values of contexts become, by the declared type of their parameter: in a request and stored alike.

use crate::conditions::{ask, misfit, stored_misfit, update, with_caveats, write};
use crate::harness::{Client, Running, told_of};

/// Type, expression, JSON value, answer.
type Case<'t> = (&'t str, &'t str, &'t str, &'t str);

async fn serving(cases: &[Case<'_>]) -> (Running, Client) {
    let parameters: Vec<_> = cases.iter().map(|(kind, ..)| format!("x {kind}")).collect();
    let caveats: Vec<_> =
        cases.iter().zip(&parameters).map(|((_, expression, ..), of)| (of.as_str(), *expression)).collect();
    with_caveats(&caveats).await
}

/// Gives each value once in the request and once stored.
async fn assert_answers(cases: &[Case<'_>]) {
    let (_running, mut client) = serving(cases).await;
    for (case, (kind, expression, json, expected)) in cases.iter().enumerate() {
        let shown = format!("{kind}: {expression} with {json}");
        let context = format!("{{\"x\": {json}}}");
        let told = ask(&mut client, &format!("doc:1 row{case} user:a"), &context).await;
        assert_eq!(told, *expected, "{shown}");
        let row = update(&format!("+doc:2#row{case}@user:a[cav{case}:{context}]"));
        client.write(vec![row]).await.unwrap();
        assert_eq!(ask(&mut client, &format!("doc:2 row{case} user:a"), "").await, *expected, "{shown}");
    }
}

/// The same for values that do not fit: type, JSON value, what is wrong.
async fn assert_misfits(cases: &[(&str, &str, &str)]) {
    let with_expressions: Vec<Case<'_>> =
        cases.iter().map(|(kind, json, problem)| (*kind, "x == x", *json, *problem)).collect();
    let (_running, mut client) = serving(&with_expressions).await;
    for (case, (kind, json, problem)) in cases.iter().enumerate() {
        let problem = format!("for {kind}: {problem}");
        let context = format!("{{\"x\": {json}}}");
        let told = ask(&mut client, &format!("doc:1 row{case} user:a"), &context).await;
        assert_eq!(told, misfit(case, &problem), "{json}");
        let row = format!("+doc:2#row{case}@user:a[cav{case}:{context}]");
        assert_eq!(write(&mut client, &[&row]).await, stored_misfit(case, &problem), "{json}");
        assert_eq!(ask(&mut client, &format!("doc:2 row{case} user:a"), "").await, "NO");
    }
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn whole_numbers_are_numbers_or_decimal_text() {
    assert_answers(&[
        ("int", "x == 1", "1", "HAS"),
        ("int", "x == 1", "1.0", "HAS"),
        ("int", "x == -1", "\"-1\"", "HAS"),
        ("int", "x == 1", "\"+01.0\"", "HAS"),
        ("int", "x == 1000", "\"1e3\"", "HAS"),
        ("int", "x == 9007199254740993", "\"9007199254740993\"", "HAS"),
        ("int", "x == 9007199254740993", "9007199254740993", "NO"),
        ("int", "x == 9007199254740992", "9007199254740993", "HAS"),
        ("int", "x == 9223372036854775807", "\"9223372036854775807\"", "HAS"),
        ("int", "x == -9223372036854775808", "\"-9223372036854775808\"", "HAS"),
        ("int", "x == -9223372036854775808", "-9223372036854775808", "HAS"),
        ("uint", "x == 1", "1", "HAS"),
        ("uint", "x > 9223372036854775806", "\"9223372036854775807\"", "HAS"),
        ("double", "x == 1.5", "1.5", "HAS"),
        ("double", "x == 1.0", "1", "HAS"),
        ("double", "x == 0.1", "\"0.1\"", "HAS"),
        ("double", "x == 9007199254740992.0", "\"9007199254740993\"", "HAS"),
    ])
    .await;
}

#[tokio::test]
async fn whole_numbers_beyond_64_bits_are_the_last_ones() {
    assert_answers(&[
        ("int", "x == 9223372036854775807", "\"9223372036854775808\"", "HAS"),
        ("int", "x == 9223372036854775807", "\"1e400\"", "HAS"),
        ("int", "x == 9223372036854775807", "1e300", "HAS"),
        ("int", "x == -9223372036854775808", "\"-9223372036854775809\"", "HAS"),
        ("uint", "x > 9223372036854775806", "\"18446744073709551616\"", "HAS"),
        ("double", "x > 1.7e308", "\"1e400\"", "HAS"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_no_whole_number_is_refused() {
    assert_misfits(&[
        ("int", "1.5", "a int value is required, but found numeric value `1.5`"),
        ("int", "\"1.5\"", "a int value is required, but found numeric value `1.5`"),
        ("int", "true", "a int64 value is required, but found bool `true`"),
        ("int", "null", "a int64 value is required, but found <nil> `<nil>`"),
        ("int", "[1]", "a int64 value is required, but found []interface {} `[1]`"),
        ("int", "{\"a\": 1}", "a int64 value is required, but found map[string]interface {} `map[a:1]`"),
        ("int", "\"\"", "a int64 value is required, but found invalid string value ``"),
        ("int", "\" 1\"", "a int64 value is required, but found invalid string value ` 1`"),
        ("int", "\"0x10\"", "a int64 value is required, but found invalid string value `0x10`"),
        ("int", "\"1_000\"", "a int64 value is required, but found invalid string value `1_000`"),
        ("int", "\"NaN\"", "a int64 value is required, but found invalid string value `NaN`"),
        ("int", "\"inf\"", "a int value is required, but found numeric value `+Inf`"),
        ("uint", "-1", "a uint value is required, but found int64 value `-1`"),
        ("uint", "\"-1\"", "a uint value is required, but found int64 value `-1`"),
        ("uint", "0.5", "a uint value is required, but found numeric value `0.5`"),
        ("uint", "\"abc\"", "a uint64 value is required, but found invalid string value `abc`"),
        ("double", "\"NaN\"", "a float64 value is required, but found invalid string value `NaN`"),
        ("double", "\"1,5\"", "a float64 value is required, but found invalid string value `1,5`"),
        ("double", "false", "a float64 value is required, but found bool `false`"),
    ])
    .await;
}

#[tokio::test]
async fn text_truth_and_bytes_are_only_themselves() {
    assert_answers(&[
        ("string", "x == \"é\" && size(x) == 1", "\"é\"", "HAS"),
        ("string", "x == \"\"", "\"\"", "HAS"),
        ("bool", "x", "true", "HAS"),
        ("bool", "x", "false", "NO"),
        ("bytes", "x == b\"a\"", "\"YQ==\"", "HAS"),
        ("bytes", "x == b\"\"", "\"\"", "HAS"),
        ("bytes", "size(x) == 2", "\"/+8=\"", "HAS"),
        ("bytes", "x == b\"a\"", "\"YQ==\\n\"", "HAS"),
    ])
    .await;
    assert_misfits(&[
        ("string", "1", "a string value is required, but found float64 `1`"),
        ("string", "null", "a string value is required, but found <nil> `<nil>`"),
        ("bool", "1", "a bool value is required, but found float64 `1`"),
        ("bool", "\"true\"", "a bool value is required, but found string `true`"),
        ("bytes", "1", "bytes requires a base64 unicode string, found: float64 `1`"),
        ("bytes", "\"YQ\"", "bytes requires a base64 encoded string: illegal base64 data at input byte 0"),
        ("bytes", "\"_-8=\"", "bytes requires a base64 encoded string: illegal base64 data at input byte 0"),
        ("bytes", "\"Y Q==\"", "bytes requires a base64 encoded string: illegal base64 data at input byte 1"),
        ("bytes", "\"YQ=\"", "bytes requires a base64 encoded string: illegal base64 data at input byte 3"),
    ])
    .await;
}

#[tokio::test]
async fn durations_are_written_as_in_go() {
    assert_answers(&[
        ("duration", "x == duration(\"90m\")", "\"1h30m\"", "HAS"),
        ("duration", "x == duration(\"90m\")", "\"1.5h\"", "HAS"),
        ("duration", "x < duration(\"0s\")", "\"-5m\"", "HAS"),
        ("duration", "x.getMilliseconds() == 0 && x > duration(\"0s\")", "\"1us\"", "HAS"),
        ("duration", "x > duration(\"2562047h\")", "\"2562047h47m16.854775807s\"", "HAS"),
    ])
    .await;
    assert_misfits(&[
        ("duration", "90", "durations requires a duration string, found: float64"),
        ("duration", "\"\"", "could not parse duration string ``: time: invalid duration \"\""),
        (
            "duration",
            "\"1d\"",
            "could not parse duration string `1d`: time: unknown unit \"d\" in duration \"1d\"",
        ),
        ("duration", "\"1\"", "could not parse duration string `1`: time: missing unit in duration \"1\""),
        ("duration", "\"PT1H\"", "could not parse duration string `PT1H`: time: invalid duration \"PT1H\""),
        (
            "duration",
            "\"100000000h\"",
            "could not parse duration string `100000000h`: time: invalid duration \"100000000h\"",
        ),
    ])
    .await;
}

#[tokio::test]
async fn timestamps_are_written_as_in_rfc_3339() {
    assert_answers(&[
        ("timestamp", "x == timestamp(\"2020-01-01T00:00:00Z\")", "\"2020-01-01T02:00:00+02:00\"", "HAS"),
        ("timestamp", "x.getHours() == 22", "\"2020-01-01T00:00:00+02:00\"", "HAS"),
        ("timestamp", "x == timestamp(\"2020-01-01T00:00:00.5Z\")", "\"2020-01-01T00:00:00.500Z\"", "HAS"),
        ("timestamp", "x > timestamp(\"2020-01-01T00:00:00Z\")", "\"2020-01-01T00:00:00.000000001Z\"", "HAS"),
        ("timestamp", "x < timestamp(\"2020-01-01T00:00:00Z\")", "\"0001-01-01T00:00:00Z\"", "HAS"),
        ("timestamp", "x.getDayOfMonth() == 28", "\"2020-02-29T00:00:00Z\"", "HAS"),
        ("timestamp", "x > timestamp(\"2020-01-01T00:00:00Z\")", "\"9999-12-31T23:59:59Z\"", "HAS"),
    ])
    .await;
    let unread = |text: &str, part: &str, wanted: &str| {
        format!(
            "could not parse RFC 3339 formatted timestamp string `{text}`: parsing time \"{text}\" as \
             \"2006-01-02T15:04:05Z07:00\": cannot parse \"{part}\" as \"{wanted}\""
        )
    };
    let outside = |text: &str, part: &str| {
        format!(
            "could not parse RFC 3339 formatted timestamp string `{text}`: parsing time \"{text}\": {part} out of range"
        )
    };
    let cases = [
        ("x", unread("x", "x", "2006")),
        ("2020-01-01", unread("2020-01-01", "", "T")),
        ("2020-01-01 00:00:00Z", unread("2020-01-01 00:00:00Z", " 00:00:00Z", "T")),
        ("2021-02-29T00:00:00Z", outside("2021-02-29T00:00:00Z", "day")),
        ("2016-12-31T23:59:60Z", outside("2016-12-31T23:59:60Z", "second")),
        ("2020-13-01T00:00:00Z", outside("2020-13-01T00:00:00Z", "month")),
    ];
    let cases = cases.map(|(text, problem)| (format!("\"{text}\""), problem));
    let mut misfits: Vec<_> =
        cases.iter().map(|(json, problem)| ("timestamp", json.as_str(), problem.as_str())).collect();
    let no_text = "timestamps requires a RFC 3339 formatted timestamp string, found: float64 `0`";
    misfits.push(("timestamp", "0", no_text));
    assert_misfits(&misfits).await;
}

#[tokio::test]
async fn addresses_are_of_both_families() {
    assert_answers(&[
        ("ipaddress", "x.in_cidr(\"10.0.0.0/8\")", "\"10.1.2.3\"", "HAS"),
        ("ipaddress", "x.in_cidr(\"10.0.0.0/8\")", "\"11.1.2.3\"", "NO"),
        ("ipaddress", "x.in_cidr(\"2001:db8::/32\")", "\"2001:DB8::1\"", "HAS"),
        ("ipaddress", "x.in_cidr(\"1.2.3.4/32\")", "\"::ffff:1.2.3.4\"", "NO"),
        ("ipaddress", "x.in_cidr(\"::ffff:0:0/96\")", "\"::ffff:1.2.3.4\"", "HAS"),
        ("ipaddress", "x.in_cidr(\"fe80::/10\")", "\"fe80::1%eth0\"", "NO"),
    ])
    .await;
    let cases =
        ["", "1.2.3", "1.2.3.256", "001.2.3.4", "localhost", "16909060", " 1.2.3.4", "1.2.3.4/32", "[::1]"]
            .map(|text| {
                let problem = format!(
                    "could not parse ip address string `{text}`: ParseAddr(\"{text}\"): unable to parse IP"
                );
                (format!("\"{text}\""), problem)
            });
    let mut misfits: Vec<_> =
        cases.iter().map(|(json, problem)| ("ipaddress", json.as_str(), problem.as_str())).collect();
    misfits.push(("ipaddress", "1", "ipaddress requires an ipaddress string, found: float64 `1`"));
    assert_misfits(&misfits).await;
}

#[tokio::test]
async fn lists_and_maps_hold_values_of_their_types() {
    assert_answers(&[
        ("list<int>", "x == [1, 2]", "[1, \"2\"]", "HAS"),
        ("list<int>", "size(x) == 0", "[]", "HAS"),
        ("list<list<int>>", "x[1][0] == 2", "[[1], [2]]", "HAS"),
        ("list<ipaddress>", "x.all(y, y.in_cidr(\"1.2.3.0/24\"))", "[\"1.2.3.4\"]", "HAS"),
        (
            "list<timestamp>",
            "x[0] == timestamp(\"2020-01-01T00:00:00Z\")",
            "[\"2020-01-01T00:00:00Z\"]",
            "HAS",
        ),
        ("list<bytes>", "x[0] == b\"a\"", "[\"YQ==\"]", "HAS"),
        ("map<int>", "x.a == 1 && !has(x.b)", "{\"a\": \"1\"}", "HAS"),
        ("map<list<int>>", "x.a[0] == 1", "{\"a\": [1]}", "HAS"),
        ("map<duration>", "x.a == duration(\"1h\")", "{\"a\": \"60m\"}", "HAS"),
        ("map<any>", "x.a.b == 1 && x.n == null", "{\"a\": {\"b\": 1}, \"n\": null}", "HAS"),
        ("list<any>", "x == [1, \"a\", null, {}, []]", "[1, \"a\", null, {}, []]", "HAS"),
        ("any", "x.a[0].b == 1", "{\"a\": [{\"b\": 1}]}", "HAS"),
        ("any", "x == null", "null", "HAS"),
        ("any", "type(x) == double", "1", "HAS"),
        ("any", "x == timestamp(\"2020-01-01T00:00:00Z\")", "\"2020-01-01T00:00:00Z\"", "NO"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_within_lists_and_maps_is_named_with_its_place() {
    let not_int = "for int: a int64 value is required, but found invalid string value `q`";
    let element = format!("found an invalid value for item at index 1: {not_int}");
    let inner = format!("found an invalid value for item at index 1: for list<int>: {element}");
    let entry = format!("found an invalid value for key `a`: {not_int}");
    assert_misfits(&[
        ("list<int>", "\"a\"", "list requires a list, found: string"),
        ("list<int>", "{\"0\": 1}", "list requires a list, found: map[string]interface {}"),
        ("list<int>", "[1, \"q\"]", &element),
        ("list<list<int>>", "[[1], [2, \"q\"]]", &inner),
        ("map<int>", "[1]", "map requires a map, found: []interface {}"),
        ("map<int>", "{\"a\": \"q\"}", &entry),
        (
            "map<map<any>>",
            "{\"a\": 1}",
            "found an invalid value for key `a`: for map<any>: map requires a map, found: float64",
        ),
        ("map<any>", "null", "map requires a map, found: <nil>"),
    ])
    .await;
}

#[tokio::test]
async fn a_stored_context_names_only_parameters() {
    let (_running, mut client) = with_caveats(&[("x int", "x == 1")]).await;
    assert_eq!(
        write(&mut client, &[r#"+doc:2#row0@user:a[cav0:{"x":1,"y":1}]"#]).await,
        "InvalidArgument `invalid context for caveat `cav0`: unknown parameter `y`` CAVEAT_PARAMETER_TYPE_ERROR \
         {caveat_name: cav0, parameter_name: y}"
    );
    // A delete need not name the caveat; if it does, all must be right.
    let delete = told_of(client.write(vec![update(r#"-doc:1#row0@user:a[cav0:{"y":1}]"#)]).await);
    assert!(delete.contains("CAVEAT_PARAMETER_TYPE_ERROR"), "{delete}");
    assert_eq!(told_of(client.write(vec![update("-doc:1#row0@user:a")]).await), "OK");
}
