//! Sets of subjects: the rules for everyone of a type, and that they agree with the engine.

use std::collections::BTreeSet;

use crate::engine::{
    CheckPermission, Consistency, Engine, EngineOptions, Permissionship, WriteRelationships,
};
use crate::relationship::{Relationship, RelationshipUpdate, Subject, Timestamp, UpdateOperation};
use crate::schema::{CompileOptions, Schema};

use super::{Evaluator, Set};

const SCHEMA: &str = "use self
caveat when(it bool) { it }
definition user {}
definition group { relation member: user | user with when | group#member }
definition doc {
  relation one: user | user:* | user with when | user:* with when | group#member
  relation two: user | user:* | user with when | group#member
  relation parent: doc | doc with when
  relation team: group
  permission either = one + two
  permission both = one & two
  permission less = one - two
  permission up = parent->one
  permission all_up = parent.all(one)
  permission by_team = team->member + team.all(member)
  permission own = self + nil
  permission chain = one + parent->chain
  permission left = (one - two) - (two - one)
}";

/// The subjects of `doc:a` with these relationships, a line each.
fn subjects(permission: &str, relationships: &[&str]) -> Vec<String> {
    let schema = compiled();
    let relationships = read(relationships);
    let set = laid_out(&schema, &relationships, "doc:a", permission);
    let shown = set.subjects().map(|(subject, member)| {
        let except: Vec<_> =
            member.excluded.iter().map(|(id, is_caveated)| format!("{id}{}", mark(*is_caveated))).collect();
        let except = if except.is_empty() { String::new() } else { format!(" - {{{}}}", except.join(", ")) };
        let resources: Vec<_> = member.resources.iter().map(|resource| &**resource).collect();
        format!("{subject}{}{except} {}", mark(member.is_caveated), resources.join(" "))
    });
    shown.collect()
}

fn mark(is_caveated: bool) -> &'static str {
    if is_caveated { "?" } else { "" }
}

fn compiled() -> Schema {
    let text =
        SCHEMA.replace("permission up ", "permission upward ").replace("  ", "\t").replace(" }\n", "\n}\n");
    Schema::compile(&text, &CompileOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn read(relationships: &[&str]) -> Vec<Relationship> {
    relationships.iter().map(|text| text.parse().unwrap()).collect()
}

fn laid_out(
    schema: &Schema,
    relationships: &[Relationship],
    object: &str,
    permission: &str,
) -> std::rc::Rc<Set> {
    let mut evaluator = Evaluator::new(schema, relationships, Timestamp { seconds: 0, nanoseconds: 0 });
    let node = schema.find_node(schema.find_definition("doc").unwrap(), permission).unwrap();
    evaluator.subjects(&object.parse().unwrap(), node).unwrap()
}

#[test]
fn sets_are_put_together_as_the_schema_says() {
    for (permission, relationships, expected) in [
        ("one", &["doc:a#one@user:x"][..], &["user:x doc:a#one"][..]),
        (
            "one",
            &["doc:a#one@group:g#member", "group:g#member@user:x"],
            &["group:g#member doc:a#one", "user:x group:g#member"],
        ),
        ("one", &["doc:a#one@user:x[when]"], &["user:x? doc:a#one"]),
        ("one", &["doc:a#one@user:x[expiration:1960-01-01T00:00:00Z]"], &[]),
        ("either", &["doc:a#one@user:x", "doc:a#two@user:x[when]"], &["user:x doc:a#one doc:a#two"]),
        (
            "both",
            &["doc:a#one@user:x", "doc:a#two@user:x[when]", "doc:a#two@user:y"],
            &["user:x? doc:a#one doc:a#two"],
        ),
        ("less", &["doc:a#one@user:x", "doc:a#two@user:x[when]"], &["user:x? doc:a#one"]),
        ("less", &["doc:a#one@user:x", "doc:a#two@user:x"], &[]),
        (
            "less",
            &["doc:a#one@user:*", "doc:a#two@user:x", "doc:a#two@user:y[when]"],
            &["user:* - {x, y?} doc:a#one"],
        ),
        ("less", &["doc:a#one@user:x", "doc:a#two@user:*"], &[]),
        ("left", &["doc:a#one@user:*", "doc:a#two@user:x"], &["user:* - {x} doc:a#one"]),
        ("both", &["doc:a#one@user:*", "doc:a#two@user:x"], &["user:x doc:a#one doc:a#two"]),
        ("both", &["doc:a#one@user:*[when]", "doc:a#two@user:*"], &["user:*? doc:a#one doc:a#two"]),
        ("upward", &["doc:a#parent@doc:b", "doc:b#one@user:x"], &["user:x doc:b#one"]),
        ("upward", &["doc:a#parent@doc:b[when]", "doc:b#one@user:x"], &["user:x? doc:b#one"]),
        (
            "all_up",
            &[
                "doc:a#parent@doc:b",
                "doc:a#parent@doc:c",
                "doc:b#one@user:x",
                "doc:c#one@user:x",
                "doc:c#one@user:y",
            ],
            &["user:x doc:b#one doc:c#one"],
        ),
        ("own", &[], &["doc:a doc:a#own"]),
        ("chain", &["doc:a#parent@doc:b", "doc:b#parent@doc:a", "doc:b#one@user:x"], &["user:x doc:b#one"]),
    ] {
        assert_eq!(subjects(permission, relationships), expected, "{permission} {relationships:?}");
    }
}

#[test]
fn who_is_in_a_set_has_the_permission_and_nobody_else() {
    let schema = compiled();
    let ids = ["a", "b", "c"];
    let permissions = ["either", "both", "less", "upward", "all_up", "by_team", "chain", "left"];
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let relationships = random_relationships(&mut random, &ids);
        let engine = Engine::in_memory(EngineOptions::default()).unwrap();
        engine.write_schema(schema.text()).unwrap();
        let update = |relationship: &Relationship| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: relationship.clone(),
        };
        let updates = relationships.iter().map(update).collect();
        engine.write_relationships(WriteRelationships { updates, ..WriteRelationships::default() }).unwrap();
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        for (object, permission) in
            ids.iter().flat_map(|id| permissions.map(|permission| (format!("doc:{id}"), permission)))
        {
            let set = laid_out(&schema, &relationships, &object, permission);
            for id in ["x", "y", "z", "nobody"] {
                let subject: Subject = format!("user:{id}").parse().unwrap();
                let question = CheckPermission::new(object.parse().unwrap(), permission, subject.clone());
                let answer = view.check_permission(&question, view.limits());
                let has = matches!(answer.unwrap(), Permissionship::HasPermission);
                let everyone = set.find(&"user:*".parse().unwrap());
                let is_one = set.find(&subject).is_some()
                    || everyone.is_some_and(|everyone| !everyone.excluded.contains_key(id));
                assert_eq!(is_one, has, "seed {seed}: {object}#{permission}@{subject}\n{relationships:?}");
            }
        }
    }
}

/// Without conditions, which count as open here whatever they are.
fn random_relationships(random: &mut fastrand::Rng, ids: &[&str]) -> Vec<Relationship> {
    let mut texts = BTreeSet::new();
    for _ in 0..random.usize(1..18) {
        let mut pick = |from: &[&str]| from[random.usize(0..from.len())].to_owned();
        let (doc, other, group, inner) = (pick(ids), pick(ids), pick(ids), pick(ids));
        let user = pick(&["user:x", "user:y", "user:z", "user:*", "group:a#member", "group:b#member"]);
        texts.insert(match pick(&["one", "two", "parent", "team", "member", "nested"]).as_str() {
            "parent" => format!("doc:{doc}#parent@doc:{other}"),
            "team" => format!("doc:{doc}#team@group:{group}"),
            "member" => format!("group:{group}#member@{}", pick(&["user:x", "user:y", "user:z"])),
            "nested" => format!("group:{group}#member@group:{inner}#member"),
            relation => format!("doc:{doc}#{relation}@{user}"),
        });
    }
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
