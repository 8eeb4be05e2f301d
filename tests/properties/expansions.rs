//! Trees of random schemas that only join: whoever is in a tree, its usersets followed, is who the naive evaluator says.

use std::collections::BTreeSet;

use arrowroot::engine::{ExpandPermissionTree, ExpandPermissionTreeError, View};
use arrowroot::evaluate::{ExpandError, PermissionTree, SetOperation, TreeSubjects};
use arrowroot::relationship::{Object, Subject};

use crate::history::History;
use crate::naive::{self, Case, Context, Expression, Model, Rows, Terms, Value};
use crate::random;
use crate::{cases, ids};

const TRANSACTIONS: usize = 12;

#[test]
fn the_subjects_of_a_tree_of_unions_are_those_whose_check_is_a_yes() {
    let (mut members, mut others, mut endless) = (0, 0, 0);
    for (case, mut random) in cases("expand").step_by(3) {
        let mut model = random::model(&mut random);
        // With permissions that name each other there is hardly a tree.
        join_all(&mut model, case % 2 == 0);
        let history = History::of(random.0, model, &mut random, TRANSACTIONS, false);
        let state = history.states.last().unwrap();
        let view = history.view(state);
        let rows = unconditional(&state.rows);
        for subject in random::subjects(&mut random, &history.model) {
            let (ids, context) = (ids(), Context::new());
            let (model, now) = (&history.model, history.now);
            let case = Case { model, rows: &rows, now, ids: &ids, subject: &subject, context: &context };
            let answers = naive::answer(&case);
            let sought: Subject = random::subject_text(&subject).parse().unwrap();
            for question in crate::questions(&case) {
                let (definition, id, permission) = &question;
                let object: Object = format!("{definition}:{id}").parse().unwrap();
                let Some(found) = subjects(&view, object, permission) else {
                    endless += 1;
                    continue;
                };
                let everyone = Subject::Wildcard(sought.definition().clone());
                let is_member = found.contains(&sought) || found.contains(&everyone);
                let expected = answers.to(&question) == Some(&Value::Yes);
                assert_eq!(
                    is_member,
                    expected,
                    "{question:?} {sought:?}\n{history}\n{}",
                    random::rows_text(&rows)
                );
                *(if is_member { &mut members } else { &mut others }) += 1;
            }
        }
    }
    println!("{members} members, {others} others, {endless} without a tree");
    assert!(members > 1000 && others > 1000 && endless > 50);
}

/// Whoever is in a tree, and whoever is in the usersets in it; nothing if one of the trees has no end.
fn subjects(view: &View, object: Object, permission: &str) -> Option<BTreeSet<Subject>> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![(object, permission.to_owned())];
    while let Some((resource, permission)) = waiting.pop() {
        let question = ExpandPermissionTree { resource, permission };
        match view.expand_permission_tree(&question, view.limits()) {
            Ok(tree) => collect(tree, &mut found, &mut waiting),
            Err(ExpandPermissionTreeError::Expand(ExpandError::Circle { circle })) => {
                assert!(circle.len() > 1 && circle.first() == circle.last(), "{circle:?}");
                return None;
            }
            Err(error) => panic!("{error}"),
        }
    }
    Some(found)
}

fn collect(tree: PermissionTree, found: &mut BTreeSet<Subject>, waiting: &mut Vec<(Object, String)>) {
    // Whoever has this is in it: the userset of each relation and permission on the way.
    found.insert(Subject::Userset(tree.object, tree.relation));
    match tree.subjects {
        TreeSubjects::Leaf(subjects) => {
            for subject in subjects {
                if let Subject::Userset(object, relation) = &subject
                    && !found.contains(&subject)
                {
                    waiting.push((object.clone(), relation.to_string()));
                }
                found.insert(subject);
            }
        }
        TreeSubjects::Combined(operation, children) => {
            assert_eq!(operation, SetOperation::Union);
            for child in children {
                collect(child, found, waiting);
            }
        }
    }
}

/// Makes every operation a union.
fn join_all(model: &mut Model, is_flat: bool) {
    for definition in &mut model.definitions {
        for (_, expression) in &mut definition.permissions {
            *expression = joined(expression, is_flat);
        }
    }
}

fn joined(expression: &Expression, is_flat: bool) -> Expression {
    match expression {
        Expression::Name(name) if is_flat && name.starts_with("perm") => Expression::SelfObject,
        Expression::Any(..) | Expression::Nil | Expression::SelfObject | Expression::Name(_) => {
            expression.clone()
        }
        Expression::All(relation, target) => Expression::Any(relation.clone(), target.clone()),
        Expression::Union(parts) | Expression::Intersection(parts) => {
            Expression::Union(parts.iter().map(|part| joined(part, is_flat)).collect())
        }
        Expression::Exclusion(base, subtract) => {
            Expression::Union(vec![joined(base, is_flat), joined(subtract, is_flat)])
        }
    }
}

/// The same relationships without conditions.
fn unconditional(rows: &Rows) -> Rows {
    let terms = |terms: &Terms| Terms { condition: None, ..terms.clone() };
    rows.iter().map(|(row, held)| (row.clone(), terms(held))).collect()
}
