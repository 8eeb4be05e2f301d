//! Lookups over thousands of objects, where both ways to find answers are taken.

use std::collections::BTreeSet;

use arrowroot::engine::{
    CaveatContext, CheckPermission, Engine, FoundObject, FoundSubject, LookupError, LookupPermissionship,
    LookupResources, LookupSubjects, Permissionship, View,
};
use arrowroot::evaluate::{EvaluateError, Limits};
use arrowroot::relationship::{Object, Subject};

use crate::support::{head, with_schema, write};

const SCHEMA: &str = "
caveat open(is_open bool) { is_open }
definition user {}
definition group {
    relation member: user | group#member
}
definition org {
    relation member: user
}
definition folder {
    relation parent: folder
    relation viewer: user | group#member
    permission view = viewer + parent->view
}
definition doc {
    relation org: org
    relation parent: folder
    relation viewer: user | user:* | group#member | user with open
    relation banned: user
    permission view = viewer + parent->view
    permission read = view & org->member
    permission see = view - banned
    permission all = parent.all(view)
}";

const DOCS: usize = 3000;
const USERS: usize = 2500;

/// Some see all documents, some a few, some none, in every way there is.
fn populated() -> Engine {
    let engine = with_schema(SCHEMA);
    let mut lines = vec!["org:main#member@user:u0".to_owned(), "folder:top#viewer@user:u1".to_owned()];
    lines.push("folder:inner#parent@folder:top".to_owned());
    lines.extend((0..USERS).map(|user| format!("group:all#member@user:u{user}")));
    for doc in 0..DOCS {
        lines.push(format!("doc:d{doc}#org@org:main"));
        lines.push(format!("doc:d{doc}#parent@folder:{}", if doc % 3 == 0 { "inner" } else { "other" }));
        lines.push(format!("doc:d{doc}#viewer@user:u0"));
        match doc % 7 {
            0 => lines.push(format!("doc:d{doc}#viewer@user:u2[open]")),
            1 => lines.push(format!("doc:d{doc}#banned@user:u0")),
            2 => lines.push(format!("doc:d{doc}#viewer@user:u3")),
            _ => {}
        }
    }
    lines.push("doc:d5#viewer@user:*".to_owned());
    lines.push("doc:d5#banned@user:u7".to_owned());
    lines.push("doc:d6#viewer@group:all#member".to_owned());
    let lines: Vec<_> = lines.iter().map(|line| format!("~{line}")).collect();
    for chunk in lines.chunks(1000) {
        write(&engine, &chunk.iter().map(String::as_str).collect::<Vec<_>>());
    }
    engine
}

/// Everything, in pages that are each asked for anew.
fn resources(view: &View, question: &LookupResources, page: usize) -> Vec<FoundObject> {
    let mut found: Vec<FoundObject> = Vec::new();
    loop {
        let after = found.last().map(|found| found.id.to_string());
        let mut reader = view.lookup_resources(question.clone(), after.as_deref()).unwrap();
        let (more, _) = reader.next(page, view.lookup_limits()).unwrap();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn subjects(view: &View, question: &LookupSubjects, page: usize) -> Vec<FoundSubject> {
    let mut found: Vec<FoundSubject> = Vec::new();
    loop {
        let after = found.last().map(|found| found.id.to_string());
        let mut reader = view.lookup_subjects(question.clone(), after.as_deref()).unwrap();
        let (more, _) = reader.next(page, view.lookup_limits()).unwrap();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

#[test]
fn resources_in_any_pages_are_those_that_checks_allow() {
    let engine = populated();
    let view = head(&engine);
    for subject in ["user:u0", "user:u1", "user:u2", "user:u3", "user:u7", "user:nobody", "group:all#member"]
    {
        let subject: Subject = subject.parse().unwrap();
        for permission in ["view", "read", "see", "all", "viewer"] {
            let check = |id: usize| {
                let resource: Object = format!("doc:d{id}").parse().unwrap();
                let question = CheckPermission::new(resource, permission, subject.clone());
                match view.check_permission(&question, view.limits()).unwrap() {
                    Permissionship::NoPermission => None,
                    Permissionship::HasPermission => Some(LookupPermissionship::HasPermission),
                    Permissionship::ConditionalPermission { missing } => {
                        Some(LookupPermissionship::ConditionalPermission { missing })
                    }
                }
            };
            let checked = (0..DOCS).filter_map(|id| {
                Some(FoundObject { id: format!("d{id}").into(), permissionship: check(id)? })
            });
            let mut expected: Vec<_> = checked.collect();
            expected.sort_by(|one, other| one.id.cmp(&other.id));
            let question = LookupResources::new("doc", permission, subject.clone());
            for page in [97, 1000, 100_000] {
                assert_eq!(resources(&view, &question, page), expected, "{subject} {permission} by {page}");
            }
        }
    }
}

#[test]
fn subjects_in_any_pages_are_those_that_checks_allow() {
    let engine = populated();
    let view = head(&engine);
    for doc in ["d0", "d1", "d2", "d5", "d6", "d7", "d9"] {
        let resource: Object = format!("doc:{doc}").parse().unwrap();
        for permission in ["view", "read", "see", "all", "viewer"] {
            let question = LookupSubjects::new(resource.clone(), permission, "user");
            let whole = subjects(&view, &question, 100_000);
            for page in [97, 1000] {
                assert_eq!(subjects(&view, &question, page), whole, "{doc} {permission} by {page}");
            }
            let listed: BTreeSet<&str> = whole.iter().map(|found| &*found.id).collect();
            let everyone = whole.iter().find(|found| &*found.id == "*");
            for user in 0..USERS {
                let id = format!("u{user}");
                let subject: Subject = format!("user:{id}").parse().unwrap();
                let question = CheckPermission::new(resource.clone(), permission, subject);
                let answer = view.check_permission(&question, view.limits()).unwrap();
                let is_excluded =
                    |everyone: &FoundSubject| everyone.excluded.iter().any(|excluded| *excluded.id == *id);
                let is_found =
                    listed.contains(id.as_str()) || everyone.is_some_and(|everyone| !is_excluded(everyone));
                assert_eq!(is_found, answer != Permissionship::NoPermission, "{doc} {permission} {id}");
            }
        }
    }
}

#[test]
fn everyone_is_listed_with_the_exceptions_and_beside_those_with_access_of_their_own() {
    let engine = populated();
    let question = LookupSubjects::new("doc:d5".parse().unwrap(), "see", "user");
    let found = subjects(&head(&engine), &question, 1000);
    let ids: Vec<_> = found.iter().map(|found| &*found.id).collect();
    assert_eq!(ids, ["*", "u0"]);
    let excluded: Vec<_> = found[0].excluded.iter().map(|excluded| &*excluded.id).collect();
    assert_eq!(excluded, ["u7"]);
}

#[test]
fn pages_stay_at_their_revision() {
    let engine = populated();
    let old = head(&engine);
    let question = LookupResources::new("doc", "view", "user:u3".parse().unwrap());
    let whole = resources(&old, &question, 100_000);
    let mut reader = old.lookup_resources(question.clone(), None).unwrap();
    let (mut found, _) = reader.next(50, old.lookup_limits()).unwrap();
    write(&engine, &["-doc:d2#viewer@user:u3", "~doc:d3#viewer@user:u3", "~doc:zzz#viewer@user:u3"]);
    loop {
        let (more, has_more) = reader.next(50, old.lookup_limits()).unwrap();
        found.extend(more);
        if !has_more {
            break;
        }
    }
    assert_eq!(found, whole);
    assert_eq!(resources(&old, &question, 70), whole);
    let ids: BTreeSet<_> =
        resources(&head(&engine), &question, 100_000).into_iter().map(|found| found.id.to_string()).collect();
    assert!(!ids.contains("d2") && ids.contains("d3") && ids.contains("zzz"));
}

#[test]
fn the_context_decides_conditional_answers() {
    let engine = populated();
    let mut question = LookupResources::new("doc", "view", "user:u2".parse().unwrap());
    let mut count = |context: &str| {
        question.context = CaveatContext::parse(context).unwrap();
        let found = resources(&head(&engine), &question, 1000);
        let is_conditional =
            |found: &&FoundObject| found.permissionship != LookupPermissionship::HasPermission;
        (found.len(), found.iter().filter(is_conditional).count())
    };
    assert_eq!(count("{}"), (431, 429));
    assert_eq!(count("{\"is_open\":true}"), (431, 0));
    assert_eq!(count("{\"is_open\":false}"), (2, 0));
}

#[test]
fn a_subject_is_found_on_itself_though_nothing_is_stored() {
    let engine = with_schema(SCHEMA);
    let view = head(&engine);
    let question = LookupResources::new("group", "member", "group:new#member".parse().unwrap());
    let ids: Vec<_> = resources(&view, &question, 10).into_iter().map(|found| found.id.to_string()).collect();
    assert_eq!(ids, ["new"]);
    let mut question = LookupSubjects::new("group:new".parse().unwrap(), "member", "group");
    question.subject_relation = Some("member".to_owned());
    let ids: Vec<_> = subjects(&view, &question, 10).into_iter().map(|found| found.id.to_string()).collect();
    assert_eq!(ids, ["new"]);
}

#[test]
fn a_lookup_ends_with_its_limits() {
    let engine = populated();
    let view = head(&engine);
    let question = LookupResources::new("doc", "view", "user:u0".parse().unwrap());
    let mut reader = view.lookup_resources(question.clone(), None).unwrap();
    let limits = Limits { visits_max: 100, ..Limits::default() };
    let exceeded = LookupError::Evaluate(EvaluateError::VisitsExceeded { visits_max: 100 });
    assert_eq!(reader.next(100_000, limits).unwrap_err(), exceeded);
    let cancelled = std::sync::atomic::AtomicBool::new(true);
    let limits = Limits { cancelled: Some(&cancelled), ..Limits::default() };
    let mut reader = view.lookup_resources(question, None).unwrap();
    let stopped = reader.next(100_000, limits).unwrap_err();
    assert_eq!(stopped, LookupError::Evaluate(EvaluateError::Cancelled));
}

/// `eve` seems to be in `rest` of `one` until it is known that she is in `banned` too. The circle of `two` through itself
/// must not keep her then.
#[test]
fn a_set_that_only_supports_itself_is_empty_beside_a_wildcard() {
    let engine = with_schema(
        "
caveat open(is_open bool) { is_open }
definition user {}
definition doc {
    relation member: doc#member | doc#every | doc#rest
    relation viewer: user | user:* with open | doc#member
    permission every = viewer + nil
    permission rest = member->viewer - banned
    permission banned = member + nil
}",
    );
    for line in [
        "~doc:one#viewer@user:eve",
        "~doc:one#member@doc:one#every",
        "~doc:one#member@doc:two#every",
        "~doc:two#viewer@user:*[open]",
        "~doc:two#member@doc:one#rest",
        "~doc:two#member@doc:two#member",
    ] {
        write(&engine, &[line]);
    }
    let question = LookupSubjects::new("doc:two".parse().unwrap(), "member", "user");
    let found = subjects(&head(&engine), &question, 10);
    let ids: Vec<_> = found.iter().map(|found| &*found.id).collect();
    let excluded: Vec<_> = found[0].excluded.iter().map(|excluded| &*excluded.id).collect();
    assert_eq!((ids, excluded), (vec!["*"], vec!["eve"]), "{found:?}");
}

#[test]
fn a_wildcard_that_fails_is_no_matter_where_usersets_are_looked_up() {
    let engine = with_schema(
        "caveat open(is_open bool) { is_open }
        definition user {}
        definition group {
            relation member: user
        }
        definition doc {
            relation viewer: group:* with open | group#member
        }",
    );
    write(&engine, &["+doc:one#viewer@group:*[open]", "+doc:two#viewer@group:eng#member"]);
    let mut question = LookupSubjects::new("doc:one".parse().unwrap(), "viewer", "group");
    question.context = CaveatContext::parse("{\"is_open\":\"wrong\"}").unwrap();
    let view = head(&engine);
    let mut objects = view.lookup_subjects(question.clone(), None).unwrap();
    let failed = objects.next(10, view.lookup_limits()).unwrap_err();
    assert!(matches!(failed, LookupError::Evaluate(EvaluateError::Caveat(_))), "{failed}");
    question.subject_relation = Some("member".to_owned());
    assert_eq!(subjects(&view, &question, 10), []);
    question.resource = "doc:two".parse().unwrap();
    let found = subjects(&view, &question, 10);
    assert_eq!(found.iter().map(|found| &*found.id).collect::<Vec<_>>(), ["eng"]);
}
