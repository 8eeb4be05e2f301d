//! Why a check answers what it does: the traces of `CheckPermission` and `CheckBulkPermissions`.

use std::fmt::Write as _;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_bulk_permissions_pair::Response as Answer;
use arrowroot::server::wire::v1::check_debug_trace::Resolution;
use prost::Message as _;
use tonic::Request;
use tonic::metadata::AsciiMetadataKey;

use crate::conditions::{context, json, write};
use crate::harness::{Client, Running, told_of};
use crate::notation;

const SCHEMA: &str = "use self
use expiration
caveat ca(a bool) { a }
caveat cb(b bool) { b }
caveat ce(z int) { 1 / z > 0 }
definition user {}
definition group {
    relation member: user | group#member | user with cb
    permission everyone = member
}
definition org {
    relation admin: user
}
definition folder {
    relation parent: folder
    relation viewer: user | group#member | user with cb
    relation owner: user
    permission view = viewer + parent->view
}
definition doc {
    relation parent: folder | org
    relation fparent: folder | folder with ca
    relation viewer: user | user:* | group#member | doc | group#everyone
    relation owner: user
    relation banned: user
    relation aaa: user | user with ca | user:* with ca | group#member with ca | user with ce
    relation bbb: user | user with cb
    permission one = viewer
    permission two = one
    permission none = nil
    permission itself = self
    permission uni = viewer + owner
    permission inte = viewer & owner
    permission exc = viewer - owner
    permission arr = parent->view
    permission arrall = parent.all(view)
    permission farr = fparent->view
    permission fall = fparent.all(view)
    permission miss = parent->nothing
    permission missall = fparent.all(nothing)
    permission mix = nil + viewer
    permission mixself = self + viewer
    permission parens = (viewer + owner) & (viewer - banned)
    permission unionarr = viewer + fparent->view
    permission uniboth = one + uni
    permission cuni = aaa + bbb
    permission cint = aaa & bbb
    permission cexc = aaa - bbb
    permission wrong = owner - wrong
    permission maybe = owner + wrong
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

/// The trace as text, behind the answer, or what is wrong.
async fn trace(client: &mut Client, question: &str, json: &str) -> String {
    let request = v1::CheckPermissionRequest {
        with_tracing: true,
        context: context(json),
        ..notation::check(question)
    };
    match client.permissions.check_permission(request).await {
        Ok(response) => {
            let response = response.into_inner();
            let debug = response.debug_trace.unwrap();
            assert_eq!(debug.schema_used, SCHEMA);
            format!("{}: {}", word(response.permissionship), told(&debug.check.unwrap()))
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

fn word(permissionship: i32) -> &'static str {
    ["?", "NO", "HAS", "COND"][usize::try_from(permissionship).unwrap()]
}

/// `doc:1#uni HAS (doc:1#viewer NO, doc:1#owner HAS)`; `^` marks what is unfolded elsewhere, braces the conditions.
fn told(trace: &v1::CheckDebugTrace) -> String {
    let resource = trace.resource.as_ref().unwrap();
    let is_permission = trace.permission_type == 2;
    let sign = if is_permission { "#" } else { "/" };
    let mut text = format!(
        "{}:{}{sign}{} {}",
        resource.object_type,
        resource.object_id,
        trace.permission,
        word(trace.result)
    );
    assert!(trace.duration.is_some() && trace.source == "arrowroot" && trace.trace_operation_id.len() == 36);
    if let Some(info) = &trace.caveat_evaluation_info {
        let result = ["?", "UNEVALUATED", "FALSE", "TRUE", "MISSING"][usize::try_from(info.result).unwrap()];
        let missing = info.partial_caveat_info.as_ref().map(|info| info.missing_required_context.join(","));
        write!(
            text,
            " {{{}: {} = {result} {}{}}}",
            info.caveat_name,
            info.expression,
            json(info.context.clone().unwrap()),
            missing.map(|missing| format!(" without {missing}")).unwrap_or_default()
        )
        .unwrap();
    }
    match trace.resolution.as_ref().unwrap() {
        Resolution::WasCachedResult(true) => text.push('^'),
        Resolution::WasCachedResult(false) => {}
        Resolution::SubProblems(problems) => {
            let parts: Vec<_> = problems.traces.iter().map(told).collect();
            assert!(!parts.is_empty());
            write!(text, " ({})", parts.join(", ")).unwrap();
        }
    }
    text
}

const DATA: [&str; 17] = [
    "doc:1#viewer@user:a",
    "doc:1#owner@user:o",
    "doc:1#owner@user:a",
    "doc:w#viewer@user:*",
    "doc:1#viewer@group:g#member",
    "doc:1#viewer@group:g2#everyone",
    "doc:1#parent@folder:f",
    "doc:1#parent@org:o",
    "doc:1#fparent@folder:f",
    "folder:f#viewer@user:fv",
    "folder:f#parent@folder:root",
    "folder:root#viewer@user:rv",
    "folder:f#viewer@group:g#member",
    "group:g#member@user:gm",
    "group:g#member@group:gg#member",
    "group:gg#member@user:ggm",
    "group:g2#member@user:g2m",
];

#[tokio::test]
async fn a_trace_shows_what_decided() {
    let (_running, mut client) = holding(&DATA).await;
    let cases = [
        ("doc:1 viewer user:a", "HAS: doc:1/viewer HAS"),
        ("doc:1 uni user:a", "HAS: doc:1#uni HAS (doc:1/viewer HAS)"),
        ("doc:1 uni user:o", "HAS: doc:1#uni HAS (doc:1/owner HAS)"),
        ("doc:1 inte user:a", "HAS: doc:1#inte HAS (doc:1/viewer HAS, doc:1/owner HAS)"),
        ("doc:1 exc user:a", "NO: doc:1#exc NO (doc:1/viewer HAS, doc:1/owner HAS)"),
        (
            "doc:1 exc user:zz",
            "NO: doc:1#exc NO (doc:1/viewer NO (group:g/member NO (group:gg/member NO), group:g2/member NO))",
        ),
        ("doc:1 parens user:a", "HAS: doc:1#parens HAS (doc:1/viewer HAS, doc:1/banned NO)"),
        ("doc:1 viewer user:ggm", "HAS: doc:1/viewer HAS (group:g/member HAS (group:gg/member HAS))"),
        ("doc:1 viewer user:g2m", "HAS: doc:1/viewer HAS (group:g2/member HAS)"),
        (
            "doc:1 uni user:zz",
            "NO: doc:1#uni NO (doc:1/viewer NO (group:g/member NO (group:gg/member NO), group:g2/member NO), \
             doc:1/owner NO)",
        ),
        (
            "doc:1 uniboth user:zz",
            "NO: doc:1#uniboth NO (doc:1/viewer NO (group:g/member NO (group:gg/member NO), group:g2/member NO), \
             doc:1#uni NO (doc:1/viewer NO^, doc:1/owner NO))",
        ),
        ("doc:w uni user:x", "HAS: doc:w#uni HAS (doc:w/viewer HAS)"),
        ("doc:9 uni user:a", "NO: doc:9#uni NO (doc:9/viewer NO, doc:9/owner NO)"),
        ("doc:9 arr user:a", "NO: doc:9#arr NO"),
        ("doc:1 arr user:fv", "HAS: doc:1#arr HAS (folder:f#view HAS (folder:f/viewer HAS))"),
        (
            "doc:1 arr user:rv",
            "HAS: doc:1#arr HAS (folder:f#view HAS (folder:root#view HAS (folder:root/viewer HAS)))",
        ),
        (
            "doc:1 arr user:zz",
            "NO: doc:1#arr NO (folder:f#view NO (folder:f/viewer NO (group:g/member NO (group:gg/member NO)), \
             folder:root#view NO (folder:root/viewer NO)))",
        ),
        ("doc:1 arrall user:fv", "NO: doc:1#arrall NO (folder:f#view HAS (folder:f/viewer HAS))"),
        ("doc:1 fall user:fv", "HAS: doc:1#fall HAS (folder:f#view HAS (folder:f/viewer HAS))"),
        ("doc:1 miss user:zz", "NO: doc:1#miss NO"),
        ("doc:1 missall user:zz", "NO: doc:1#missall NO"),
        ("doc:1 none user:a", "NO: doc:1#none NO"),
        ("doc:1 itself user:a", "NO: doc:1#itself NO"),
        ("doc:1 itself doc:1", "HAS: doc:1#itself HAS"),
        ("doc:1 mixself doc:1", "HAS: doc:1#mixself HAS"),
        ("doc:1 mix user:a", "HAS: doc:1#mix HAS (doc:1/viewer HAS)"),
    ];
    for (question, expected) in cases {
        assert_eq!(trace(&mut client, question, "").await, expected, "{question}");
    }
}

#[tokio::test]
async fn another_name_is_shown_as_what_it_stands_for() {
    let (_running, mut client) = holding(&DATA).await;
    let cases = [
        ("doc:1 one user:a", "HAS: doc:1/viewer HAS"),
        ("doc:1 two user:a", "HAS: doc:1/viewer HAS"),
        // A userset of the name itself has to be met.
        ("doc:1 two doc:1#one", "HAS: doc:1#two HAS (doc:1#one HAS)"),
        ("doc:1 uni doc:1#viewer", "HAS: doc:1#uni HAS (doc:1/viewer HAS)"),
        ("doc:1 uni doc:1#uni", "HAS: doc:1#uni HAS"),
        ("group:unknown member group:unknown#member", "HAS: group:unknown/member HAS"),
        ("doc:1 viewer group:gg#member", "HAS: doc:1/viewer HAS (group:g/member HAS)"),
    ];
    for (question, expected) in cases {
        assert_eq!(trace(&mut client, question, "").await, expected, "{question}");
    }
}

#[tokio::test]
async fn an_answer_that_rests_on_conditions_shows_them_and_what_they_came_to() {
    let (_running, mut client) = holding(&[
        r#"doc:1#aaa@user:t[ca:{"a":true}]"#,
        r#"doc:1#aaa@user:f[ca:{"a":false}]"#,
        "doc:1#aaa@user:m[ca]",
        "doc:1#bbb@user:t[cb]",
        "doc:1#bbb@user:m[cb]",
        "doc:1#aaa@user:p",
        "doc:1#bbb@user:p[cb]",
        "doc:2#aaa@group:g#member[ca]",
        "group:g#member@user:gm[cb]",
        "doc:3#fparent@folder:f[ca]",
        "doc:3#fparent@folder:h",
        "folder:f#viewer@user:fv",
        "folder:h#viewer@user:fv[cb]",
        "doc:4#aaa@user:*[ca]",
        r#"doc:5#aaa@user:s[ca:{"a":true}]"#,
        r#"doc:5#aaa@user:*[ca:{"a":false}]"#,
    ])
    .await;
    let cases = [
        ("doc:1 aaa user:t", "", "HAS: doc:1/aaa COND {ca: a = TRUE {\"a\":true}}"),
        ("doc:1 aaa user:f", "", "NO: doc:1/aaa COND {ca: a = FALSE {\"a\":false}}"),
        ("doc:1 aaa user:f", r#"{"a":true}"#, "NO: doc:1/aaa COND {ca: a = FALSE {\"a\":false}}"),
        ("doc:1 aaa user:m", "", "COND: doc:1/aaa COND {ca: a = MISSING {} without a}"),
        ("doc:1 aaa user:m", r#"{"a":true,"junk":[1]}"#, "HAS: doc:1/aaa COND {ca: a = TRUE {\"a\":true}}"),
        ("doc:1 aaa user:p", "", "HAS: doc:1/aaa HAS"),
        ("doc:1 cuni user:p", "", "HAS: doc:1#cuni HAS (doc:1/aaa HAS)"),
        (
            "doc:1 cuni user:m",
            "",
            "COND: doc:1#cuni COND {: (a) || (b) = MISSING {} without a,b} (doc:1/aaa COND {ca: a = MISSING {} without \
             a}, doc:1/bbb COND {cb: b = MISSING {} without b})",
        ),
        (
            "doc:1 cint user:m",
            r#"{"a":true}"#,
            "COND: doc:1#cint COND {: (a) && (b) = MISSING {\"a\":true} without b} (doc:1/aaa COND {ca: a = TRUE \
             {\"a\":true}}, doc:1/bbb COND {cb: b = MISSING {} without b})",
        ),
        (
            "doc:1 cint user:p",
            "",
            "COND: doc:1#cint COND {cb: b = MISSING {} without b} (doc:1/aaa HAS, doc:1/bbb COND {cb: b = MISSING {} \
             without b})",
        ),
        (
            "doc:1 cexc user:m",
            r#"{"b":true}"#,
            "NO: doc:1#cexc COND {: (a) && (!(b)) = FALSE {\"b\":true}} (doc:1/aaa COND {ca: a = MISSING {} without \
             a}, doc:1/bbb COND {cb: b = TRUE {\"b\":true}})",
        ),
        (
            "doc:1 cexc user:p",
            "",
            "COND: doc:1#cexc COND {: !(b) = MISSING {} without b} (doc:1/aaa HAS, doc:1/bbb COND {cb: b = MISSING {} \
             without b})",
        ),
        (
            "doc:2 aaa user:gm",
            r#"{"a":true,"b":true}"#,
            "HAS: doc:2/aaa COND {: (a) && (b) = TRUE {\"a\":true,\"b\":true}} (group:g/member COND {cb: b = TRUE \
             {\"b\":true}})",
        ),
        (
            "doc:3 farr user:fv",
            "",
            "COND: doc:3#farr COND {: (a) || (b) = MISSING {} without a,b} (folder:f#view HAS (folder:f/viewer HAS), \
             folder:h#view COND {cb: b = MISSING {} without b} (folder:h/viewer COND {cb: b = MISSING {} without b}))",
        ),
        (
            "doc:3 fall user:fv",
            r#"{"b":false}"#,
            "NO: doc:3#fall COND {: (a) && (b) = FALSE {\"b\":false}} (folder:f#view HAS (folder:f/viewer HAS), \
             folder:h#view COND {cb: b = FALSE {\"b\":false}} (folder:h/viewer COND {cb: b = FALSE {\"b\":false}}))",
        ),
        ("doc:4 aaa user:x", r#"{"a":true}"#, "HAS: doc:4/aaa COND {ca: a = TRUE {\"a\":true}}"),
        ("doc:5 aaa user:s", "", "HAS: doc:5/aaa COND {: (a) || (a) = TRUE {\"a__0\":true,\"a__1\":false}}"),
    ];
    for (question, context, expected) in cases {
        assert_eq!(trace(&mut client, question, context).await, expected, "{question} {context}");
    }
}

#[tokio::test]
async fn what_has_no_answer_is_an_error_as_without_a_trace_and_unspecified_below_an_answer() {
    let (_running, mut client) =
        holding(&[r#"doc:1#aaa@user:a[ce:{"z":0}]"#, "doc:1#bbb@user:a", "doc:1#owner@user:o"]).await;
    let failed = "InvalidArgument `evaluation error for caveat ce: division by zero` CAVEAT_EVALUATION_ERROR \
                  {caveat_name: ce}";
    let cases = [
        ("doc:1 aaa user:a", failed),
        ("doc:1 cint user:a", failed),
        ("doc:1 cuni user:a", "HAS: doc:1#cuni HAS (doc:1/bbb HAS)"),
        (
            "doc:1 cexc user:a",
            "NO: doc:1#cexc NO (doc:1/aaa ? {ce: 1 / z > 0 = UNEVALUATED {\"z\":0.0}}, doc:1/bbb HAS)",
        ),
        (
            "doc:1 wrong user:o",
            "FailedPrecondition `permissions exclude each other in a circle: doc:1#wrong -> doc:1#wrong` \
             MAXIMUM_DEPTH_EXCEEDED {}",
        ),
        ("doc:1 maybe user:o", "HAS: doc:1#maybe HAS (doc:1/owner HAS)"),
        ("doc:1 maybe user:z", "NO: doc:1#maybe NO (doc:1/owner NO, doc:1#wrong NO (doc:1/owner NO^))"),
        (
            "doc:1 nothing user:a",
            "FailedPrecondition `relation/permission `nothing` not found under definition `doc`` \
             UNKNOWN_RELATION_OR_PERMISSION {definition_name: doc, relation_or_permission_name: nothing}",
        ),
    ];
    for (question, expected) in cases {
        assert_eq!(trace(&mut client, question, "").await, expected, "{question}");
    }
}

#[tokio::test]
async fn a_circle_of_data_ends_where_it_began() {
    let (_running, mut client) = holding(&[
        "doc:1#fparent@folder:x",
        "folder:x#parent@folder:y",
        "folder:y#parent@folder:x",
        "folder:y#viewer@user:a",
    ])
    .await;
    assert_eq!(
        trace(&mut client, "doc:1 farr user:z", "").await,
        "NO: doc:1#farr NO (folder:x#view NO (folder:x/viewer NO, folder:y#view NO (folder:y/viewer NO, folder:x#view \
         NO^)))"
    );
    assert_eq!(
        trace(&mut client, "doc:1 farr user:a", "").await,
        "HAS: doc:1#farr HAS (folder:x#view HAS (folder:y#view HAS (folder:y/viewer HAS)))"
    );
}

#[tokio::test]
async fn the_header_asks_for_a_trace_whatever_its_value_and_nothing_else_does() {
    let (_running, mut client) = holding(&DATA).await;
    let cases = [
        (None, false),
        (Some(("io.spicedb.requestdebuginfo", "1")), true),
        (Some(("io.spicedb.requestdebuginfo", "")), true),
        (Some(("io.spicedb.requestdebuginfo", "false")), true),
        (Some(("io.spicedb.requestdebug", "1")), false),
    ];
    for (header, expected) in cases {
        let mut request = Request::new(notation::check("doc:1 uni user:a"));
        if let Some((key, value)) = header {
            request.metadata_mut().insert(AsciiMetadataKey::from_static(key), value.parse().unwrap());
        }
        let response = client.permissions.check_permission(request).await.unwrap().into_inner();
        assert_eq!(response.debug_trace.is_some(), expected, "{header:?}");
    }
}

/// Asks with or without tracing.
async fn bulk(
    client: &mut Client,
    questions: &[&str],
    with_tracing: bool,
) -> v1::CheckBulkPermissionsResponse {
    let request = v1::CheckBulkPermissionsRequest {
        consistency: notation::fully_consistent(),
        items: questions.iter().map(|question| notation::item(question)).collect(),
        with_tracing,
    };
    client.permissions.check_bulk_permissions(request).await.unwrap().into_inner()
}

fn debug(pair: v1::CheckBulkPermissionsPair) -> Option<v1::DebugInformation> {
    match pair.response.unwrap() {
        Answer::Item(item) => item.debug_trace,
        Answer::Error(_) => None,
    }
}

#[tokio::test]
async fn every_answer_of_a_bulk_has_its_trace() {
    let (_running, mut client) = holding(&DATA).await;
    let questions = [
        "doc:1 uni user:a",
        "doc:1 nothing user:a",
        "doc:9 uni user:a",
        "doc:* uni user:a",
        "doc:1 uni user:a",
    ];
    let has = Some("doc:1#uni HAS (doc:1/viewer HAS)".to_owned());
    let no = Some("doc:9#uni NO (doc:9/viewer NO, doc:9/owner NO)".to_owned());
    let traces = bulk(&mut client, &questions, true).await.pairs.into_iter().map(|pair| {
        debug(pair).map(|debug| {
            assert_eq!(debug.schema_used, SCHEMA);
            told(&debug.check.unwrap())
        })
    });
    assert_eq!(traces.collect::<Vec<_>>(), [has.clone(), None, no, None, has]);
    let untraced = bulk(&mut client, &questions, false).await;
    assert!(untraced.pairs.into_iter().all(|pair| debug(pair).is_none()));
}

#[tokio::test]
async fn traces_of_a_large_bulk_end_where_the_answer_would_not_fit_into_a_message() {
    let (_running, mut client) = holding(&DATA).await;
    let response = bulk(&mut client, &vec!["doc:1 uni user:zz"; 3000], true).await;
    assert!(response.encoded_len() < 4 << 20);
    let traced = response.pairs.into_iter().map(|pair| debug(pair).is_some()).collect::<Vec<_>>();
    let count = traced.iter().filter(|is_traced| **is_traced).count();
    assert!((100..3000).contains(&count) && traced[..count].iter().all(|is_traced| *is_traced), "{count}");
}

#[tokio::test]
async fn a_trace_of_much_data_is_cut_and_fits_into_a_message() {
    let (_running, mut client) = holding(&[]).await;
    let long = "x".repeat(900);
    let groups = (0..5000).map(|group| format!("+doc:1#viewer@group:{long}{group:04}#member"));
    let chain = (0..200).map(|depth| format!("+folder:d{depth}#parent@folder:d{}", depth + 1));
    let rows: Vec<_> = groups.chain(chain).chain(["+doc:1#fparent@folder:d0".to_owned()]).collect();
    for rows in rows.chunks(1000) {
        client.write(rows.iter().map(|row| notation::update(row)).collect()).await.unwrap();
    }
    for (question, parts_min, levels) in [("doc:1 viewer user:zz", 500, 2), ("doc:1 farr user:zz", 78, 40)] {
        let request = v1::CheckPermissionRequest { with_tracing: true, ..notation::check(question) };
        let response = client.permissions.check_permission(request).await.unwrap().into_inner();
        assert!(response.encoded_len() < 4 << 20);
        let text = told(&response.debug_trace.unwrap().check.unwrap());
        assert!(text.matches(" NO").count() >= parts_min, "{text}");
        assert!(text.ends_with(&")".repeat(levels - 1)), "{text}");
    }
}

#[tokio::test]
async fn a_deeply_nested_expression_has_a_trace() {
    let running = Running::start();
    let mut client = running.client().await;
    let nested = (0..330).fold("owner".to_owned(), |inner, level| {
        if level % 2 == 0 { format!("owner & ({inner})") } else { format!("(banned + ({inner})) - banned") }
    });
    let schema = format!(
        "definition user {{}}\ncaveat ca(a bool) {{ a }}\ndefinition doc {{\n relation owner: user with ca\n relation \
         banned: user\n permission nested = {nested}\n}}"
    );
    client.write_schema(&schema).await.unwrap();
    assert_eq!(write(&mut client, &["+doc:1#owner@user:a[ca]"]).await, "OK");
    let request = v1::CheckPermissionRequest { with_tracing: true, ..notation::check("doc:1 nested user:a") };
    let response = client.permissions.check_permission(request).await.unwrap().into_inner();
    let text = told(&response.debug_trace.unwrap().check.unwrap());
    let parts = " (doc:1/banned NO, doc:1/owner COND {ca: a = MISSING {} without a})";
    assert!(text.starts_with("doc:1#nested COND {: (a) && (") && text.ends_with(parts), "{text}");
}
