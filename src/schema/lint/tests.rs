//! What lints find, and what they leave alone.

use crate::schema::{CompileOptions, Outline, Schema};

use super::{LintCode, applied, lint};

/// The codes that are found in a schema with `user` and `robot`, in order, each with its place.
fn found(members: &str) -> Vec<String> {
    found_in(&format!("definition user {{}}\ndefinition robot {{}}\n{members}"))
}

fn found_in(text: &str) -> Vec<String> {
    let lints = lint(text).unwrap_or_else(|error| panic!("{error}"));
    let place = |finding: &super::Finding| {
        format!("{} {}", finding.code, crate::relationship::shortened(finding.span.of(text)))
    };
    lints.findings.iter().map(place).collect()
}

/// A definition of documents with these members.
fn document(members: &str) -> Vec<String> {
    found(&format!("definition document {{\n{members}\n}}"))
}

const ROLES: &str = "relation viewer: user\nrelation reader: user\nrelation machine: robot\npermission all = viewer + reader + machine\n";

#[test]
fn operators_that_meet_without_parentheses_are_found_once_a_permission() {
    for (expression, expected) in [
        ("viewer + reader", &[][..]),
        ("viewer - reader - machine", &[]),
        ("(viewer + reader) - machine", &[]),
        ("viewer - (reader & viewer)", &[]),
        ("viewer + reader - machine", &["mixed-operators viewer + reader - machine"]),
        ("viewer & reader + viewer", &["mixed-operators viewer & reader + viewer"]),
        ("machine + (viewer & reader + viewer)", &["mixed-operators machine + (viewer & reader + viewer)"]),
    ] {
        assert_eq!(document(&format!("{ROLES}permission view = {expression}")), expected, "{expression}");
    }
}

#[test]
fn parentheses_keep_the_meaning_and_leave_nothing_to_find() {
    let operators = ["+", "&", "-"];
    for (one, two, three) in operators
        .iter()
        .flat_map(|one| operators.iter().flat_map(move |two| operators.map(|three| (one, two, three))))
    {
        let text = format!(
            "definition user {{}}\ndefinition document {{\n\trelation a_a: user\n\tpermission view = a_a {one} // why\n\t\t(a_a->b {two} a_a) {three} a_a.all(b) {two} a_a\n}}"
        );
        let text = text.replace("->b", "").replace(".all(b)", "");
        let lints = lint(&text).unwrap();
        let fixed = applied(&text, &lints.findings);
        let outline =
            |text: &str| Outline(&Schema::compile(text, &CompileOptions::default()).unwrap()).to_string();
        assert_eq!(outline(&text), outline(&fixed), "{fixed}");
        let left = lint(&fixed).unwrap();
        assert!(left.findings.iter().all(|finding| finding.code != LintCode::MixedOperators), "{fixed}");
    }
}

#[test]
fn arrows_that_lead_nowhere_are_found() {
    let folder = "definition folder {\nrelation owner: user\npermission view = owner\n}\n";
    let plain = "definition plain {\nrelation owner: user\n}\n";
    for (relation, expression, expected) in [
        ("folder", "parent->view", &[][..]),
        ("folder | user", "parent->view", &[]),
        ("folder", "parent->viw", &["unreachable-arrow parent->viw"]),
        ("user", "parent->view", &["unreachable-arrow parent->view"]),
        ("folder | plain", "parent->view", &["partly-unreachable-arrow parent->view"]),
        ("folder | user", "parent.all(view)", &["partly-unreachable-arrow parent.all(view)"]),
        ("folder#owner", "parent->view", &["arrow-over-userset parent->view"]),
    ] {
        let text = format!(
            "{folder}{plain}definition doc {{\nrelation parent: {relation}\npermission look = {expression}\n}}"
        );
        assert_eq!(found(&text), expected, "{relation} {expression}");
    }
}

#[test]
fn permissions_that_nobody_can_have_are_found_where_they_come_from() {
    for (permissions, expected) in [
        ("permission view = viewer & reader", &[][..]),
        ("permission view = viewer & machine", &["empty-permission view"]),
        ("permission view = viewer & machine\npermission edit = view & viewer", &["empty-permission view"]),
        ("permission view = viewer - viewer", &["empty-permission view"]),
        ("permission view = viewer - (reader + viewer)", &["empty-permission view"]),
        ("permission view = nil", &[]),
        ("permission view = nil\npermission edit = view + nil", &[]),
        ("permission view = viewer & nil", &["empty-permission view"]),
        ("permission view = parent->view", &["empty-permission view"]),
        (
            "permission view = parent->edit\npermission edit = parent->view + parent->edit",
            &["empty-permission view"],
        ),
        ("permission view = viewer + parent->view", &[]),
        ("permission view = machine->nothing & viewer", &["unreachable-arrow machine->nothing"]),
    ] {
        let text =
            format!("{ROLES}relation parent: document\npermission upward = parent->all\n{permissions}");
        assert_eq!(document(&text), expected, "{permissions}");
    }
    assert_eq!(found("definition group {\nrelation member: group#member\n}"), ["empty-relation member"]);
    assert_eq!(found("definition group {\nrelation member: user | group#member\n}"), [""; 0]);
}

#[test]
fn names_that_mislead_are_found_and_usual_ones_are_not() {
    for (members, expected) in [
        ("relation read: user\npermission view = read", &["relation-named-as-action read"][..]),
        ("relation can_read: user\npermission view = can_read", &["relation-named-as-action can_read"]),
        ("relation person: user\npermission viewer = person", &["permission-named-as-role viewer"]),
        ("relation person: user\npermission admin = person", &[]),
        ("relation person: user | document#viewer\npermission viewer = person", &[]),
        ("relation person: user\npermission view_document = person", &["name-repeats-type view_document"]),
        (
            "relation document_owner: user\npermission view = document_owner",
            &["name-repeats-type document_owner"],
        ),
        (
            "relation person: user\nrelation parent_document: document\npermission view = person + parent_document->view",
            &[],
        ),
    ] {
        assert_eq!(document(members), expected, "{members}");
    }
}

#[test]
fn what_nothing_uses_is_found() {
    assert_eq!(
        document("relation viewer: user\nrelation other: user\npermission view = viewer"),
        ["unused-relation other"]
    );
    assert_eq!(document("relation viewer: user\nrelation other: user"), [""; 0]);
    assert_eq!(
        found("caveat often(a int) { a == 1 }\ndefinition document {\nrelation viewer: user\n}"),
        ["unused-caveat often"]
    );
    assert_eq!(
        found_in("use partial\ndefinition user {}\npartial shared {\nrelation viewer: user\n}"),
        ["unused-partial shared"]
    );
}

#[test]
fn the_rest_is_found() {
    for (members, expected) in [
        ("relation person: user\npermission view = view + person", "self-reference view"),
        ("relation person: user\npermission view = person + person", "repeated-operand person"),
        ("relation person: user\npermission view = (person) & ((person))", "repeated-operand ((person))"),
        (
            "relation parent: document\npermission view = parent->parent + parent -> /* again */ parent",
            "repeated-operand parent -> /* again */ parent",
        ),
        ("relation owner: user | user:*\npermission view = owner", "open-role user:*"),
    ] {
        assert_eq!(document(members), [expected], "{members}");
    }
    assert_eq!(document("relation viewer: user:*\npermission view = viewer"), [""; 0]);
}

#[test]
fn of_a_partial_is_told_once_and_only_what_holds_wherever_it_is_inlined() {
    let partial = "use partial\ndefinition user {}\ndefinition folder {\nrelation owner: user\npermission view = owner\n}\npartial shared {\npermission look = parent->view & parent->view\n}\n";
    let inlining = |types: [&str; 2]| {
        let definition = |name: &str, kind: &str| {
            format!("definition {name} {{\nrelation parent: {kind}\n...shared\n}}\n")
        };
        found_in(&format!("{partial}{}{}", definition("one", types[0]), definition("two", types[1])))
    };
    assert_eq!(inlining(["folder", "user"]), ["repeated-operand parent->view"]);
    assert_eq!(
        inlining(["user", "user"])[..],
        ["unreachable-arrow parent->view", "unreachable-arrow parent->view", "repeated-operand parent->view"]
    );
}

#[test]
fn a_comment_allows_a_lint_where_it_stands() {
    let mixed = "permission view = viewer + reader - machine";
    for (text, is_allowed) in [
        (format!("// arrowroot:allow mixed-operators\n{mixed}"), true),
        (
            format!(
                "// other\n/* arrowroot:allow open-role, mixed-operators because we can, and do */\n{mixed}"
            ),
            true,
        ),
        (format!("{mixed} // arrowroot:allow mixed-operators"), true),
        (format!("{mixed}\n// arrowroot:allow mixed-operators"), false),
        (format!("// arrowroot:allow open-role\n{mixed}"), false),
        (format!("// arrowroot:allow mixed-operators\npermission other = viewer\n{mixed}"), false),
    ] {
        assert_eq!(document(&format!("{ROLES}{text}")).is_empty(), is_allowed, "{text}");
    }
    let whole = format!("// arrowroot:allow mixed-operators\ndefinition document {{\n{ROLES}{mixed}\n}}");
    assert_eq!(found(&whole), [""; 0]);
    let unknown = document("// arrowroot:allow mixed-operator\nrelation viewer: user");
    assert_eq!(unknown, ["unknown-lint // arrowroot:allow mixed-operator"]);
}

#[test]
fn every_finding_has_a_place_a_message_and_help_and_many_are_counted() {
    let line = "permission view = viewer + reader - machine";
    let many: Vec<_> = (0..5_000).map(|index| line.replace("view =", &format!("view_{index} ="))).collect();
    let text = format!(
        "definition user {{}}\ndefinition robot {{}}\ndefinition document {{\n{ROLES}{}\n}}",
        many.join("\n")
    );
    let lints = lint(&text).unwrap();
    assert_eq!((lints.findings.len(), lints.omitted), (super::FINDINGS_MAX, 5_000 - super::FINDINGS_MAX));
    for finding in &lints.findings {
        assert!(!finding.message.is_empty() && !finding.help.is_empty());
        assert_eq!(
            finding.excerpt.caret().0,
            "permission view_0 = ".len() + finding.excerpt.line_text().find(" =").unwrap()
                - "permission view_0".len()
        );
    }
}

#[test]
fn a_schema_that_does_not_compile_is_refused() {
    assert!(lint("definition user {\nrelation viewer: nobody\n}").is_err());
}
