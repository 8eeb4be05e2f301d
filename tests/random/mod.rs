//! Random schemas and relationships from a seed.

use crate::naive::{Definition, Expression, Model, Row, Subject};

/// A small generator of pseudo-random numbers (`SplitMix64`), the same on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub u64);

impl Random {
    /// The seed of a test: from `ARROWROOT_TEST_SEED` if it is set, else a new one. Printed, so that a failure can be
    /// repeated.
    pub(crate) fn from_environment(test: &str) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let seed = std::env::var("ARROWROOT_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(test));
        println!("{test}: ARROWROOT_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// True `percent` times in a hundred.
    pub(crate) fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// The ids of every object type but `user`.
pub(crate) const IDS: [&str; 4] = ["one", "two", "six", "ten"];
const USERS: [&str; 3] = ["ana", "ben", "eve"];
const RELATIONS: [&str; 3] = ["rel0", "rel1", "open"];
const PERMISSIONS: [&str; 3] = ["perm0", "perm1", "perm2"];

/// A schema that SpiceDB accepts: wildcards only in `open`, which is neither a userset nor walked over.
pub(crate) fn model(random: &mut Random) -> Model {
    let names = &["aaa", "bbb", "ccc"][..=random.below(3)];
    let definitions = names.iter().map(|name| definition(random, name, names)).collect();
    Model { definitions }
}

fn definition(random: &mut Random, name: &str, names: &[&str]) -> Definition {
    let relations =
        RELATIONS.iter().map(|relation| ((*relation).to_owned(), allowed(random, relation, names)));
    let relations = relations.collect();
    let permissions = PERMISSIONS.iter().map(|permission| ((*permission).to_owned(), root(random)));
    Definition { name: name.to_owned(), relations, permissions: permissions.collect() }
}

fn allowed(random: &mut Random, relation: &str, names: &[&str]) -> Vec<String> {
    let mut allowed = vec!["user".to_owned()];
    if relation == "open" {
        allowed.push("user:*".to_owned());
    }
    for name in names {
        if random.is(60) {
            allowed.push((*name).to_owned());
        }
        if relation == "open" && random.is(20) {
            allowed.push(format!("{name}:*"));
        }
        for userset in ["rel0", "rel1", "perm0", "perm1"] {
            if random.is(30) {
                allowed.push(format!("{name}#{userset}"));
            }
        }
    }
    allowed
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

fn node(random: &mut Random) -> String {
    let nodes = ["rel0", "rel1", "open", "perm0", "perm1", "perm2"];
    (*random.pick(&nodes)).to_owned()
}

/// The schema's text.
pub(crate) fn text(model: &Model) -> String {
    let definitions: Vec<_> = model.definitions.iter().map(definition_text).collect();
    format!("use self\n\ndefinition user {{}}\n\n{}\n", definitions.join("\n\n"))
}

fn definition_text(definition: &Definition) -> String {
    let relations = definition.relations.iter();
    let relations = relations.map(|(name, allowed)| format!("\trelation {name}: {}\n", allowed.join(" | ")));
    let permissions = definition.permissions.iter();
    let permissions = permissions
        .map(|(name, expression)| format!("\tpermission {name} = {}\n", expression_text(expression)));
    let nodes: String = relations.chain(permissions).collect();
    format!("definition {} {{\n{nodes}}}", definition.name)
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

/// A relationship that the schema allows.
pub(crate) fn row(random: &mut Random, model: &Model) -> Row {
    let definition = random.pick(&model.definitions);
    let (relation, allowed) = random.pick(&definition.relations);
    let kind = random.pick(allowed);
    let (definition_name, id, relation_name) = if let Some(name) = kind.strip_suffix(":*") {
        (name, "*", "")
    } else if let Some((name, userset)) = kind.split_once('#') {
        (name, *random.pick(&IDS), userset)
    } else if kind == "user" {
        ("user", *random.pick(&USERS), "")
    } else {
        (kind.as_str(), *random.pick(&IDS), "")
    };
    Row {
        definition: definition.name.clone(),
        id: (*random.pick(&IDS)).to_owned(),
        relation: relation.clone(),
        subject: Subject {
            definition: definition_name.to_owned(),
            id: id.to_owned(),
            relation: relation_name.to_owned(),
        },
    }
}

/// The relationship's text.
pub(crate) fn row_text(row: &Row) -> String {
    let Row { definition, id, relation, subject } = row;
    format!("{definition}:{id}#{relation}@{}", subject_text(subject))
}

/// The subject's text.
pub(crate) fn subject_text(subject: &Subject) -> String {
    let Subject { definition, id, relation } = subject;
    if relation.is_empty() { format!("{definition}:{id}") } else { format!("{definition}:{id}#{relation}") }
}

/// Subjects to ask for: users, known and unknown, objects, and usersets.
pub(crate) fn subjects(random: &mut Random, model: &Model) -> Vec<Subject> {
    let subject = |definition: &str, id: &str, relation: &str| Subject {
        definition: definition.to_owned(),
        id: id.to_owned(),
        relation: relation.to_owned(),
    };
    let mut subjects = vec![subject("user", "ana", ""), subject("user", "nobody", "")];
    for _ in 0..3 {
        let definition = random.pick(&model.definitions).name.clone();
        let id = if random.is(10) { "unknown" } else { *random.pick(&IDS) };
        subjects.push(subject(&definition, id, ""));
        subjects.push(subject(&definition, id, &node(random)));
    }
    subjects
}
