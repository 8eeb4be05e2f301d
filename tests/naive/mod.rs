//! An evaluator that is obviously right and hopelessly slow: it writes down every question there is, and applies the
//! rules to all of them until nothing changes.

use std::collections::BTreeSet;

/// A schema as plain data.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) definitions: Vec<Definition>,
}

#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    /// Name and allowed subjects, as a schema writes them.
    pub(crate) relations: Vec<(String, Vec<String>)>,
    pub(crate) permissions: Vec<(String, Expression)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Nil,
    SelfObject,
    Name(String),
    Any(String, String),
    All(String, String),
    Union(Vec<Expression>),
    Intersection(Vec<Expression>),
    Exclusion(Box<Expression>, Box<Expression>),
}

impl Model {
    /// Every relation and permission, with its definition.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.definitions.iter().flat_map(|definition| {
            let relations = definition.relations.iter().map(|(name, _)| name);
            let permissions = definition.permissions.iter().map(|(name, _)| name);
            relations.chain(permissions).map(|name| (definition.name.as_str(), name.as_str()))
        })
    }
}

/// `type:id`, relation (empty for none), as plain text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) definition: String,
    pub(crate) id: String,
    pub(crate) relation: String,
}

/// A relationship.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) definition: String,
    pub(crate) id: String,
    pub(crate) relation: String,
    pub(crate) subject: Subject,
}

/// Definition, id, relation or permission.
type Question = (String, String, String);
type Answers = BTreeSet<Question>;

/// What is certainly true and what is possibly true. Where they differ, an answer depends on its own negation.
pub(crate) struct Answered {
    pub(crate) certain: Answers,
    pub(crate) possible: Answers,
}

/// Answers every question about every id for one subject.
pub(crate) fn answer(model: &Model, rows: &BTreeSet<Row>, ids: &[&str], subject: &Subject) -> Answered {
    let model = named(model);
    let mut certain = Answers::new();
    loop {
        let possible = least(&model, rows, ids, subject, &certain);
        let next = least(&model, rows, ids, subject, &possible);
        if next == certain {
            return Answered { certain, possible };
        }
        certain = next;
    }
}

/// Gives everything that is subtracted a name, so that `a - (b - c)` means what it means with a permission between.
fn named(model: &Model) -> Model {
    fn name(expression: &Expression, prefix: &str, hidden: &mut Vec<(String, Expression)>) -> Expression {
        let mut all = |parts: &[Expression]| parts.iter().map(|part| name(part, prefix, hidden)).collect();
        match expression {
            Expression::Union(parts) => Expression::Union(all(parts)),
            Expression::Intersection(parts) => Expression::Intersection(all(parts)),
            Expression::Exclusion(base, subtract) => {
                let base = name(base, prefix, hidden);
                let subtract = name(subtract, prefix, hidden);
                let hidden_name = format!("{prefix}.{}", hidden.len());
                hidden.push((hidden_name.clone(), subtract));
                Expression::Exclusion(Box::new(base), Box::new(Expression::Name(hidden_name)))
            }
            other => other.clone(),
        }
    }
    let mut model = model.clone();
    for definition in &mut model.definitions {
        let mut hidden = Vec::new();
        for (permission, expression) in &mut definition.permissions {
            *expression = name(expression, permission, &mut hidden);
        }
        definition.permissions.extend(hidden);
    }
    model
}

/// The least set that the rules give when what is subtracted is looked up in `assumed`.
fn least(model: &Model, rows: &BTreeSet<Row>, ids: &[&str], subject: &Subject, assumed: &Answers) -> Answers {
    let mut answers = Answers::new();
    loop {
        let mut has_changed = false;
        for definition in &model.definitions {
            for id in ids {
                let relations = definition.relations.iter().map(|(name, _)| (name, None));
                let permissions =
                    definition.permissions.iter().map(|(name, expression)| (name, Some(expression)));
                for (name, expression) in relations.chain(permissions) {
                    let question = (definition.name.clone(), (*id).to_owned(), name.clone());
                    let is_itself = *subject
                        == Subject {
                            definition: question.0.clone(),
                            id: question.1.clone(),
                            relation: name.clone(),
                        };
                    let scope = Scope { model, rows, subject, answers: &answers, assumed };
                    let holds = is_itself
                        || expression.map_or_else(
                            || scope.relation(&question),
                            |expression| scope.permission(&question, expression),
                        );
                    has_changed |= holds && answers.insert(question);
                }
            }
        }
        if !has_changed {
            return answers;
        }
    }
}

struct Scope<'a> {
    model: &'a Model,
    rows: &'a BTreeSet<Row>,
    subject: &'a Subject,
    answers: &'a Answers,
    assumed: &'a Answers,
}

impl Scope<'_> {
    fn rows_of<'a>(&'a self, object: &'a Question, relation: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows
            .iter()
            .filter(move |row| row.definition == object.0 && row.id == object.1 && row.relation == relation)
    }

    fn relation(&self, question: &Question) -> bool {
        self.rows_of(question, &question.2).any(|row| {
            let of_row = &row.subject;
            let is_everyone = of_row.id == "*" && of_row.definition == self.subject.definition;
            let members = (of_row.definition.clone(), of_row.id.clone(), of_row.relation.clone());
            of_row == self.subject || is_everyone || self.answers.contains(&members)
        })
    }

    fn permission(&self, object: &Question, expression: &Expression) -> bool {
        match expression {
            Expression::Nil => false,
            Expression::SelfObject => {
                let Subject { definition, id, relation } = self.subject;
                *definition == object.0 && *id == object.1 && relation.is_empty()
            }
            Expression::Name(name) => {
                self.answers.contains(&(object.0.clone(), object.1.clone(), name.clone()))
            }
            Expression::Any(relation, target) => {
                self.rows_of(object, relation).any(|row| self.walk(row, target))
            }
            Expression::All(relation, target) => {
                self.rows_of(object, relation).count() > 0
                    && self.rows_of(object, relation).all(|row| self.walk(row, target))
            }
            Expression::Union(parts) => parts.iter().any(|part| self.permission(object, part)),
            Expression::Intersection(parts) => parts.iter().all(|part| self.permission(object, part)),
            Expression::Exclusion(base, subtract) => {
                let Expression::Name(subtract) = &**subtract else {
                    unreachable!("everything subtracted has a name")
                };
                let subtracted = (object.0.clone(), object.1.clone(), subtract.clone());
                self.permission(object, base) && !self.assumed.contains(&subtracted)
            }
        }
    }

    fn walk(&self, row: &Row, target: &str) -> bool {
        let Subject { definition, id, .. } = &row.subject;
        let has_target = self.model.definitions.iter().any(|known| {
            known.name == *definition
                && (known.relations.iter().any(|(name, _)| name == target)
                    || known.permissions.iter().any(|(name, _)| name == target))
        });
        has_target && self.answers.contains(&(definition.clone(), id.clone(), target.to_owned()))
    }
}
