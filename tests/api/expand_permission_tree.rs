//! `ExpandPermissionTree`. The trees are SpiceDB's for the same schema and data.

use std::sync::Arc;
use std::time::Duration;

use arrowroot::engine::{EngineOptions, ManualClock};
use arrowroot::relationship::Timestamp;
use arrowroot::server::ServerOptions;
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::permission_relationship_tree::TreeType;
use tonic::{Code, Request, Status};

use crate::conditions::write;
use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, OPTIONAL_RELATION, TYPE, broken, consistency, fully_consistent};

const SCHEMA: &str = "use expiration
use self
caveat cav(aa bool) { aa }
definition user {}
definition group {
    relation member: user | group#member | user with cav
    permission everyone = member
}
definition org {
    relation admin: user
}
definition folder {
    relation parent: folder
    relation viewer: user | group#member
    relation owner: user
    permission view = viewer + parent->view
    permission only = viewer
}
definition doc {
    relation parent: folder | org
    relation fparent: folder
    relation gparent: group#member | folder
    relation viewer: user | user:* | group#member | user with cav | user with expiration | doc
    relation owner: user
    permission one = viewer
    permission none = nil
    permission itself = self
    permission uni = viewer + owner
    permission uni3 = viewer + owner + one
    permission inte = viewer & owner
    permission exc = viewer - owner
    permission arr = parent->view
    permission arrany = parent.any(view)
    permission arrall = parent.all(view)
    permission arrown = parent->owner
    permission miss = parent->nothing
    permission fmiss = fparent->nothing
    permission missall = fparent.all(nothing)
    permission garr = gparent->view
    permission mix = nil + owner
    permission mixself = self + owner
    permission two = one
    permission deep = fparent->only
    permission parens = (viewer + owner) & (owner - viewer)
    permission unionarr = owner + fparent->view
    permission excnil = nil - owner
    permission around = owner + back
    permission back = owner & around
}";

/// 2100-01-01T00:00:00Z.
const NOW: i64 = 4_102_444_800;

const DATA: [&str; 20] = [
    "+doc:1#viewer@user:a",
    "+doc:1#viewer@user:*",
    "+doc:1#viewer@group:g#member",
    r#"+doc:1#viewer@user:c[cav:{"aa":false}]"#,
    "+doc:1#viewer@user:e[expiration:2100-01-01T00:00:10Z]",
    "+doc:1#viewer@user:f[expiration:2100-01-01T00:00:00Z]",
    "+doc:1#viewer@doc:7",
    "+doc:1#owner@user:o",
    "+doc:1#parent@folder:f",
    "+doc:1#parent@org:o",
    "+doc:1#parent@folder:h",
    "+doc:1#fparent@folder:f",
    "+doc:1#gparent@group:g#member",
    "+doc:1#gparent@folder:h",
    "+folder:f#viewer@user:fv",
    "+folder:f#parent@folder:root",
    "+folder:root#viewer@user:rv",
    "+folder:h#viewer@group:g#member",
    "+folder:h#owner@user:ho",
    "+group:g#member@user:gm",
];

async fn serving() -> (Running, Client) {
    let clock = Arc::new(ManualClock::at(Timestamp { seconds: NOW - 1, nanoseconds: 0 }));
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(&clock) as _;
    let running = Running::with(ServerOptions::default(), options);
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    assert_eq!(write(&mut client, &DATA).await, "OK");
    clock.set(Timestamp { seconds: NOW, nanoseconds: 0 });
    (running, client)
}

fn request(question: &str) -> v1::ExpandPermissionTreeRequest {
    let (resource, permission) = question.split_once(' ').unwrap();
    v1::ExpandPermissionTreeRequest {
        consistency: fully_consistent(),
        resource: Some(notation::object(resource)),
        permission: permission.to_owned(),
    }
}

/// The tree as text, or what is wrong. `doc:1 viewer` asks.
async fn expand(client: &mut Client, question: &str) -> String {
    match client.permissions.expand_permission_tree(request(question)).await {
        Ok(response) => {
            let response = response.into_inner();
            assert!(!response.expanded_at.unwrap().token.is_empty());
            shown(&response.tree_root.unwrap())
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

/// `doc:1#viewer[user:a, user:b]`, and `doc:1#view+(…; …)` for a union, with `&` for an intersection and `-` for an
/// exclusion.
fn shown(tree: &v1::PermissionRelationshipTree) -> String {
    let object = tree.expanded_object.as_ref().unwrap();
    let name = format!("{}:{}#{}", object.object_type, object.object_id, tree.expanded_relation);
    match tree.tree_type.as_ref().unwrap() {
        TreeType::Leaf(leaf) => {
            let mut subjects: Vec<_> = leaf.subjects.iter().map(subject).collect();
            subjects.sort();
            format!("{name}[{}]", subjects.join(", "))
        }
        TreeType::Intermediate(set) => {
            let operation = ["?", "+", "&", "-"][usize::try_from(set.operation).unwrap()];
            let children: Vec<_> = set.children.iter().map(shown).collect();
            format!("{name}{operation}({})", children.join("; "))
        }
    }
}

fn subject(subject: &v1::SubjectReference) -> String {
    let object = subject.object.as_ref().unwrap();
    let text = format!("{}:{}", object.object_type, object.object_id);
    match subject.optional_relation.as_str() {
        "" => text,
        relation => format!("{text}#{relation}"),
    }
}

const VIEWERS: &str = "doc:1#viewer[doc:7, group:g#member, user:*, user:a, user:c, user:e]";
const F_VIEW: &str = "folder:f#view+(folder:f#viewer[user:fv]; folder:f#view+(folder:root#view+(\
                      folder:root#viewer[user:rv]; folder:root#view+())))";
const H_VIEW: &str = "folder:h#view+(folder:h#viewer[group:g#member]; folder:h#view+())";

#[tokio::test]
async fn a_tree_is_the_schemas_expression_over_stored_subjects() {
    let (_running, mut client) = serving().await;
    let cases = [
        ("viewer", VIEWERS.to_owned()),
        ("parent", "doc:1#parent[folder:f, folder:h, org:o]".to_owned()),
        ("one", format!("doc:1#one+({VIEWERS})")),
        ("two", format!("doc:1#two+(doc:1#one+({VIEWERS}))")),
        ("none", "doc:1#none+(doc:1#none[])".to_owned()),
        ("itself", "doc:1#itself+(doc:1#itself[doc:1])".to_owned()),
        ("uni", format!("doc:1#uni+({VIEWERS}; doc:1#owner[user:o])")),
        ("uni3", format!("doc:1#uni3+({VIEWERS}; doc:1#owner[user:o]; doc:1#one+({VIEWERS}))")),
        ("inte", format!("doc:1#inte&({VIEWERS}; doc:1#owner[user:o])")),
        ("exc", format!("doc:1#exc-({VIEWERS}; doc:1#owner[user:o])")),
        ("excnil", "doc:1#excnil-(doc:1#excnil[]; doc:1#owner[user:o])".to_owned()),
        ("mix", "doc:1#mix+(doc:1#mix[]; doc:1#owner[user:o])".to_owned()),
        ("mixself", "doc:1#mixself+(doc:1#mixself[doc:1]; doc:1#owner[user:o])".to_owned()),
        (
            "parens",
            format!(
                "doc:1#parens&(doc:1#parens+({VIEWERS}; doc:1#owner[user:o]); doc:1#parens-(doc:1#owner[user:o]; \
                 {VIEWERS}))"
            ),
        ),
        ("arr", format!("doc:1#arr+(doc:1#arr+({F_VIEW}; {H_VIEW}; doc:1#arr[]))")),
        ("arrany", format!("doc:1#arrany+(doc:1#arrany+({F_VIEW}; {H_VIEW}; doc:1#arrany[]))")),
        ("arrall", format!("doc:1#arrall+(doc:1#arrall&({F_VIEW}; {H_VIEW}; doc:1#arrall[]))")),
        (
            "arrown",
            "doc:1#arrown+(doc:1#arrown+(folder:f#owner[]; folder:h#owner[user:ho]; doc:1#arrown[]))"
                .to_owned(),
        ),
        ("miss", "doc:1#miss+(doc:1#miss+(doc:1#miss[]; doc:1#miss[]; doc:1#miss[]))".to_owned()),
        ("fmiss", "doc:1#fmiss+(doc:1#fmiss+(doc:1#fmiss[]))".to_owned()),
        ("missall", "doc:1#missall+(doc:1#missall&(doc:1#missall[]))".to_owned()),
        ("garr", format!("doc:1#garr+(doc:1#garr+({H_VIEW}; doc:1#garr[]))")),
        ("deep", "doc:1#deep+(doc:1#deep+(folder:f#only+(folder:f#viewer[user:fv])))".to_owned()),
        ("unionarr", format!("doc:1#unionarr+(doc:1#owner[user:o]; doc:1#unionarr+({F_VIEW}))")),
    ];
    for (permission, expected) in cases {
        let mut actual = expand(&mut client, &format!("doc:1 {permission}")).await;
        if permission == "garr" {
            // Which of the two subjects comes first says nothing.
            actual = actual.replace(&format!("doc:1#garr[]; {H_VIEW}"), &format!("{H_VIEW}; doc:1#garr[]"));
        }
        assert_eq!(actual, expected, "{permission}");
    }
}

#[tokio::test]
async fn an_object_without_relationships_has_an_empty_tree() {
    let (_running, mut client) = serving().await;
    for (question, expected) in [
        ("doc:9 viewer", "doc:9#viewer[]"),
        ("doc:9 uni", "doc:9#uni+(doc:9#viewer[]; doc:9#owner[])"),
        ("doc:9 arr", "doc:9#arr+(doc:9#arr+())"),
        ("doc:9 arrall", "doc:9#arrall+(doc:9#arrall&())"),
        ("doc:9 itself", "doc:9#itself+(doc:9#itself[doc:9])"),
    ] {
        assert_eq!(expand(&mut client, question).await, expected, "{question}");
    }
}

#[tokio::test]
async fn a_permission_that_contains_itself_has_no_tree() {
    let (_running, mut client) = serving().await;
    let circle = ["+folder:x#parent@folder:y", "+folder:y#parent@folder:x", "+doc:2#fparent@folder:y"];
    assert_eq!(write(&mut client, &circle).await, "OK");
    let refused = |circle: &str| {
        format!(
            "FailedPrecondition `max depth exceeded: permissions contain each other in a circle: {circle}` \
             MAXIMUM_DEPTH_EXCEEDED {{}}"
        )
    };
    for (question, circle) in [
        ("folder:x view", "folder:x#view -> folder:y#view -> folder:x#view"),
        ("doc:2 unionarr", "folder:y#view -> folder:x#view -> folder:y#view"),
        ("doc:9 around", "doc:9#around -> doc:9#back -> doc:9#around"),
    ] {
        assert_eq!(expand(&mut client, question).await, refused(circle), "{question}");
    }
    assert_eq!(expand(&mut client, "folder:x parent").await, "folder:x#parent[folder:y]");
}

#[tokio::test]
async fn fields_come_before_names() {
    let (_running, mut client) = serving().await;
    let relation = |relation: &str| {
        format!(
            "FailedPrecondition `relation/permission `{relation}` not found under definition `doc`` \
             UNKNOWN_RELATION_OR_PERMISSION {{definition_name: doc, relation_or_permission_name: {relation}}}"
        )
    };
    let cases = [
        (
            "doc:* viewer",
            "InvalidArgument `invalid ObjectReference.ObjectId: alphanumeric value is required`".to_owned(),
        ),
        ("doc:1 nothing", relation("nothing")),
        ("doc:1 ", relation("")),
        (
            "nothing:1 view",
            "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: nothing}"
                .to_owned(),
        ),
        ("doc:1 ...", broken("permission", OPTIONAL_RELATION)),
        ("doc:1 vi", broken("permission", OPTIONAL_RELATION)),
        ("doc: viewer", broken("resource.object_id", ID)),
        ("do:1 viewer", broken("resource.object_type", TYPE)),
    ];
    for (question, expected) in cases {
        assert_eq!(expand(&mut client, question).await, expected, "{question}");
    }
    let nothing = client.permissions.expand_permission_tree(v1::ExpandPermissionTreeRequest::default()).await;
    assert_eq!(told_of(nothing.map(drop)), "InvalidArgument `validation error: resource: value is required`");
}

#[tokio::test]
async fn every_consistency_is_a_checks() {
    let (_running, mut client) = serving().await;
    let before = client.write(notation::updates("-doc:1#owner@user:o")).await.unwrap();
    let after = client.write(notation::updates("+doc:1#owner@user:p")).await.unwrap();
    let token = |token: &str| v1::ZedToken { token: token.to_owned() };
    let cases = [
        (None, "doc:1#owner[user:p]"),
        (Some(Requirement::FullyConsistent(true)), "doc:1#owner[user:p]"),
        (Some(Requirement::MinimizeLatency(true)), "doc:1#owner[user:p]"),
        (Some(Requirement::AtLeastAsFresh(token(&before))), "doc:1#owner[user:p]"),
        (Some(Requirement::AtExactSnapshot(token(&after))), "doc:1#owner[user:p]"),
        (Some(Requirement::AtExactSnapshot(token(&before))), "doc:1#owner[]"),
        (Some(Requirement::AtExactSnapshot(token("?"))), "InvalidArgument `invalid revision requested`"),
    ];
    for (requirement, expected) in cases {
        let consistency = requirement.and_then(consistency);
        let request = v1::ExpandPermissionTreeRequest { consistency, ..request("doc:1 owner") };
        let answer = client.permissions.expand_permission_tree(request).await;
        let actual = match answer {
            Ok(response) => shown(&response.into_inner().tree_root.unwrap()),
            Err(status) => told_of::<()>(Err(status)),
        };
        assert_eq!(actual, expected);
    }
}

/// Writes many relationships.
async fn write_all(client: &mut Client, rows: impl Iterator<Item = String>) {
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(1000) {
        client.write(rows.iter().map(|row| notation::update(row)).collect()).await.unwrap();
    }
}

#[tokio::test]
async fn a_large_tree_is_whole_and_a_larger_one_an_error() {
    let (_running, mut client) = serving().await;
    write_all(&mut client, (0..20_000).map(|user| format!("+doc:3#owner@user:u{user:05}"))).await;
    let tree = expand(&mut client, "doc:3 owner").await;
    assert_eq!(tree.matches("user:u").count(), 20_000);
    // Each level doubles the tree.
    let level = |level| [0, 1].map(|side| format!("+folder:l{level}#parent@folder:l{}x{side}", level + 1));
    let back = |level| [0, 1].map(|side| format!("+folder:l{level}x{side}#parent@folder:l{level}"));
    write_all(&mut client, (0..25).flat_map(level).chain((1..26).flat_map(back))).await;
    let refused = expand(&mut client, "folder:l0 view").await;
    assert_eq!(refused, "ResourceExhausted `the tree has more than 8388608 bytes`");
    let mut hurried = Request::new(request("folder:l0 view"));
    hurried.set_timeout(Duration::from_nanos(1));
    let late: Status = client.permissions.expand_permission_tree(hurried).await.unwrap_err();
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&late.code()), "{late:?}");
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a_deep_tree_is_whole_and_a_deeper_one_an_error() {
    let (_running, mut client) = serving().await;
    write_all(&mut client, (1..100).map(|depth| format!("+folder:d{depth}#parent@folder:d{}", depth - 1)))
        .await;
    // A folder makes two levels, and a level two messages; this client decodes a hundred within each other.
    let tree = expand(&mut client, "folder:d22 view").await;
    assert_eq!(tree.matches("#viewer[]").count(), 23);
    let undecodable = expand(&mut client, "folder:d79 view").await;
    assert!(undecodable.contains("recursion limit reached"), "{undecodable}");
    assert_eq!(
        expand(&mut client, "folder:d80 view").await,
        "FailedPrecondition `max depth exceeded: the tree has more than 160 levels` MAXIMUM_DEPTH_EXCEEDED {}"
    );
}
