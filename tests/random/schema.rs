//! Random schemas.

use crate::naive::{Allowed, Definition, Expression, Model};

use super::caveat::{caveat, caveat_text};
use super::number::Random;

const RELATIONS: [&str; 3] = ["rel0", "rel1", "open"];
const CAVEATS: [&str; 4] = ["first", "second", "third", "fourth"];
const USERSETS: [&str; 4] = ["rel0", "rel1", "perm0", "perm1"];
const PERMISSIONS: [&str; 3] = ["perm0", "perm1", "perm2"];

/// The parameters of all caveats: few, so that one counts in many places.
pub(crate) const PARAMETERS: [&str; 5] = ["aa", "bb", "cc", "dd", "ee"];

/// A schema that SpiceDB accepts: wildcards only in `open`, which is neither a userset nor walked over.
pub(crate) fn model(random: &mut Random) -> Model {
    let names = &["aaa", "bbb", "ccc"][..=random.below(3)];
    let caveats: Vec<_> = CAVEATS.iter().map(|name| caveat(random, name)).collect();
    // Where only a few relationships expire, there are times at which none does.
    let expiring_percent = *random.pick(&[0, 4, 30]);
    let mut define = |name: &&str| Definition {
        name: (*name).to_owned(),
        relations: relations(random, names, expiring_percent),
        permissions: permissions(random),
    };
    let definitions = names.iter().map(&mut define).collect();
    Model { definitions, caveats }
}

fn relations(random: &mut Random, names: &[&str], expiring_percent: usize) -> Vec<(String, Vec<Allowed>)> {
    let mut relations = Vec::new();
    for relation in RELATIONS {
        let mut forms = vec![("user", "")];
        if relation == "open" {
            forms.push(("user", "*"));
        }
        for name in names {
            if random.is(60) {
                forms.push((name, ""));
            }
            if relation == "open" && random.is(20) {
                forms.push((name, "*"));
            }
            forms.extend(USERSETS.iter().filter(|_| random.is(30)).map(|userset| (*name, *userset)));
        }
        let mut allowed = Vec::new();
        for (definition, form) in forms {
            allow(random, definition, form, expiring_percent, &mut allowed);
        }
        relations.push((relation.to_owned(), allowed));
    }
    relations
}

fn permissions(random: &mut Random) -> Vec<(String, Expression)> {
    PERMISSIONS.iter().map(|permission| ((*permission).to_owned(), root(random))).collect()
}

/// Allows a form of subject on one or more kinds of terms.
fn allow(
    random: &mut Random,
    definition: &str,
    form: &str,
    expiring_percent: usize,
    allowed: &mut Vec<Allowed>,
) {
    for _ in 0..=random.below(3) {
        let kind = Allowed {
            definition: definition.to_owned(),
            form: form.to_owned(),
            caveat: random.is(45).then(|| (*random.pick(&CAVEATS)).to_owned()),
            has_expiration: random.is(expiring_percent),
        };
        if !allowed.contains(&kind) {
            allowed.push(kind);
        }
    }
}

/// Never only a name: permissions that are each other's names are refused.
fn root(random: &mut Random) -> Expression {
    match expression(random, 3) {
        Expression::Name(name) => Expression::Union(vec![Expression::Name(name), Expression::Nil]),
        other => other,
    }
}

fn expression(random: &mut Random, depth: usize) -> Expression {
    let parts =
        |random: &mut Random| (0..2 + random.below(2)).map(|_| expression(random, depth - 1)).collect();
    match random.below(if depth == 0 { 7 } else { 13 }) {
        0 | 1 => Expression::Name((*random.pick(&RELATIONS)).to_owned()),
        2 | 3 => Expression::Name((*random.pick(&PERMISSIONS)).to_owned()),
        4 => Expression::Any(relation(random), node(random)),
        5 => Expression::All(relation(random), node(random)),
        6 if random.is(50) => Expression::SelfObject,
        6 => Expression::Nil,
        7..=9 => Expression::Union(parts(random)),
        10 => Expression::Intersection(parts(random)),
        _ => {
            let base = expression(random, depth - 1);
            Expression::Exclusion(Box::new(base), Box::new(expression(random, depth - 1)))
        }
    }
}

fn relation(random: &mut Random) -> String {
    (*random.pick(&RELATIONS[..2])).to_owned()
}

/// A relation or permission of any definition.
pub(super) fn node(random: &mut Random) -> String {
    let nodes = ["rel0", "rel1", "open", "perm0", "perm1", "perm2"];
    (*random.pick(&nodes)).to_owned()
}

/// The schema's text.
pub(crate) fn text(model: &Model) -> String {
    let caveats = model.caveats.iter().map(caveat_text);
    let definitions = model.definitions.iter().map(definition_text);
    let declarations: Vec<_> = caveats.chain(definitions).collect();
    format!("use self\nuse expiration\n\ndefinition user {{}}\n\n{}\n", declarations.join("\n\n"))
}

fn definition_text(definition: &Definition) -> String {
    let relations = definition.relations.iter().map(|(name, allowed)| {
        let allowed: Vec<_> = allowed.iter().map(allowed_text).collect();
        format!("\trelation {name}: {}\n", allowed.join(" | "))
    });
    let permissions = definition.permissions.iter();
    let permissions = permissions
        .map(|(name, expression)| format!("\tpermission {name} = {}\n", expression_text(expression)));
    let nodes: String = relations.chain(permissions).collect();
    format!("definition {} {{\n{nodes}}}", definition.name)
}

fn allowed_text(allowed: &Allowed) -> String {
    let Allowed { definition, form, caveat, has_expiration } = allowed;
    let kind = match form.as_str() {
        "" => definition.clone(),
        "*" => format!("{definition}:*"),
        relation => format!("{definition}#{relation}"),
    };
    match (caveat, has_expiration) {
        (None, false) => kind,
        (None, true) => format!("{kind} with expiration"),
        (Some(caveat), false) => format!("{kind} with {caveat}"),
        (Some(caveat), true) => format!("{kind} with {caveat} and expiration"),
    }
}

fn expression_text(expression: &Expression) -> String {
    let join = |parts: &[Expression], operator: &str| {
        let parts: Vec<_> = parts.iter().map(expression_text).collect();
        format!("({})", parts.join(operator))
    };
    match expression {
        Expression::Nil => "nil".to_owned(),
        Expression::SelfObject => "self".to_owned(),
        Expression::Name(name) => name.clone(),
        Expression::Any(relation, target) => format!("{relation}->{target}"),
        Expression::All(relation, target) => format!("{relation}.all({target})"),
        Expression::Union(parts) => join(parts, " + "),
        Expression::Intersection(parts) => join(parts, " & "),
        Expression::Exclusion(base, subtract) => {
            format!("({} - {})", expression_text(base), expression_text(subtract))
        }
    }
}
