//! What depends on what in random schemas, against the definition of dependence, tried on everything until nothing is
//! new.

use std::collections::BTreeSet;

use arrowroot::engine::{
    ComputablePermissions, Consistency, DependentRelations, Engine, EngineOptions, SchemaReference,
};

use crate::naive::{Allowed, Definition, Expression, Model};
use crate::{cases, random};

/// What a relation or permission can depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Node(String, String),
    Objects(String),
    Everyone(String),
}

#[test]
fn dependencies_are_those_that_the_definition_of_dependence_gives() {
    let mut found = 0;
    for (_, mut random) in cases("dependencies") {
        let model = random::model(&mut random);
        let text = random::text(&model);
        let engine = Engine::in_memory(EngineOptions::default()).unwrap();
        engine.write_schema(&text).unwrap();
        let view = engine.at(&Consistency::FullyConsistent).unwrap();

        let definitions = model.definitions.iter().map(|definition| definition.name.as_str());
        let mut starts: Vec<_> =
            definitions.chain(["user"]).map(|name| Thing::Objects(name.to_owned())).collect();
        starts.extend(model.nodes().map(|(definition, node)| node_of(definition, node)));
        for start in &starts {
            let (definition, relation) = match start {
                Thing::Node(definition, relation) => (definition, Some(relation.clone())),
                Thing::Objects(definition) | Thing::Everyone(definition) => (definition, None),
            };
            let question =
                ComputablePermissions { definition: definition.clone(), relation, ..Default::default() };
            let answer = names(&model, &view.computable_permissions(&question).unwrap());
            assert_eq!(answer, computable(&model, start), "{question:?}\n{text}");
            found += answer.len();
        }
        for definition in &model.definitions {
            for (permission, _) in &definition.permissions {
                let question = DependentRelations {
                    definition: definition.name.clone(),
                    permission: permission.clone(),
                };
                let answer = names(&model, &view.dependent_relations(&question).unwrap());
                let start = node_of(&definition.name, permission);
                assert_eq!(answer, dependent(&model, &start), "{question:?}\n{text}");
                found += answer.len();
            }
        }
    }
    assert!(found > 10_000, "{found} dependencies show too little");
}

/// An answer as a set, after a look at its order and at what is said of each.
fn names(model: &Model, answer: &[SchemaReference]) -> BTreeSet<Thing> {
    let order: Vec<_> = answer.iter().map(|one| (one.definition.as_str(), one.name.as_str())).collect();
    assert!(order.is_sorted_by(|one, other| one < other), "{order:?}");
    let things = answer.iter().map(|reference| {
        let SchemaReference { definition, name, is_permission } = reference;
        let is_there = |permissions: &[(String, Expression)]| {
            permissions.iter().any(|(permission, _)| permission.as_str() == name.as_str())
        };
        let expected = is_there(&define(model, definition.as_str()).permissions);
        assert_eq!(*is_permission, expected, "{reference:?}");
        node_of(definition.as_str(), name.as_str())
    });
    things.collect()
}

/// Whatever depends on what has been reached, or on everyone of its type, is reached, too.
fn computable(model: &Model, start: &Thing) -> BTreeSet<Thing> {
    let mut reached = BTreeSet::from([start.clone()]);
    loop {
        let before = reached.len();
        for (definition, node) in model.nodes() {
            let is_reached = dependencies(model, definition, node).any(|thing| match &thing {
                Thing::Everyone(of) => reached.iter().any(|reached| match reached {
                    Thing::Node(definition, _) | Thing::Objects(definition) => definition == of,
                    Thing::Everyone(_) => false,
                }),
                _ => reached.contains(&thing),
            });
            if is_reached {
                reached.insert(node_of(definition, node));
            }
        }
        if reached.len() == before {
            reached.remove(start);
            return reached;
        }
    }
}

/// Whatever something reached depends on is reached, and with it the tuplesets of arrows that lead somewhere.
fn dependent(model: &Model, start: &Thing) -> BTreeSet<Thing> {
    let mut reached = BTreeSet::from([start.clone()]);
    let mut walked_over = BTreeSet::new();
    loop {
        let before = reached.len();
        for (definition, node) in model
            .nodes()
            .filter(|(definition, node)| reached.contains(&node_of(definition, node)))
            .collect::<Vec<_>>()
        {
            reached.extend(
                dependencies(model, definition, node).filter(|thing| matches!(thing, Thing::Node(..))),
            );
            let arrows = leaves(model, definition, node).into_iter().filter_map(|leaf| match leaf {
                Expression::Any(tupleset, target) | Expression::All(tupleset, target) => {
                    Some((tupleset, target))
                }
                _ => None,
            });
            let leading =
                arrows.filter(|(tupleset, target)| !targets(model, definition, tupleset, target).is_empty());
            walked_over.extend(leading.map(|(tupleset, _)| node_of(definition, tupleset)));
        }
        if reached.len() == before {
            reached.extend(walked_over);
            reached.remove(start);
            return reached;
        }
    }
}

/// What a relation or permission depends on directly.
fn dependencies(model: &Model, definition: &str, node: &str) -> impl Iterator<Item = Thing> {
    let own = define(model, definition);
    let allowed = own.relations.iter().filter(|(name, _)| name == node).flat_map(|(_, allowed)| allowed);
    let mut things: Vec<_> = allowed.map(subjects).collect();
    for leaf in leaves(model, definition, node) {
        match leaf {
            Expression::SelfObject => things.push(Thing::Objects(definition.to_owned())),
            Expression::Name(name) => things.push(node_of(definition, name)),
            Expression::Any(tupleset, target) | Expression::All(tupleset, target) => {
                things.extend(targets(model, definition, tupleset, target));
            }
            _ => {}
        }
    }
    things.into_iter()
}

fn subjects(allowed: &Allowed) -> Thing {
    match allowed.form.as_str() {
        "" => Thing::Objects(allowed.definition.clone()),
        "*" => Thing::Everyone(allowed.definition.clone()),
        relation => node_of(&allowed.definition, relation),
    }
}

/// Where an arrow leads: the type `user` has no relations.
fn targets(model: &Model, definition: &str, tupleset: &str, target: &str) -> Vec<Thing> {
    let own = define(model, definition);
    let allowed = own.relations.iter().filter(|(name, _)| name == tupleset).flat_map(|(_, allowed)| allowed);
    allowed
        .filter(|allowed| allowed.definition != "user")
        .map(|allowed| node_of(&allowed.definition, target))
        .collect()
}

/// The operands of a permission without operands of their own; of a relation nothing.
fn leaves<'m>(model: &'m Model, definition: &str, node: &str) -> Vec<&'m Expression> {
    let own = define(model, definition);
    let mut waiting: Vec<_> =
        own.permissions.iter().filter(|(name, _)| name == node).map(|(_, expression)| expression).collect();
    let mut leaves = Vec::new();
    while let Some(expression) = waiting.pop() {
        match expression {
            Expression::Union(parts) | Expression::Intersection(parts) => waiting.extend(parts),
            Expression::Exclusion(base, subtrahend) => waiting.extend([&**base, &**subtrahend]),
            leaf => leaves.push(leaf),
        }
    }
    leaves
}

fn define<'m>(model: &'m Model, name: &str) -> &'m Definition {
    model.definitions.iter().find(|definition| definition.name == name).unwrap()
}

fn node_of(definition: &str, node: &str) -> Thing {
    Thing::Node(definition.to_owned(), node.to_owned())
}
