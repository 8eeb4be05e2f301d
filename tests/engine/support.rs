//! The few lines that every test of the engine needs.

use std::time::{Duration, Instant};

use arrowroot::engine::{
    CaveatContext, CheckPermission, CheckPermissionError, Consistency, DeleteRelationships, Engine,
    EngineOptions, Permissionship, View, WriteRelationships, WriteRelationshipsError, Written,
};
use arrowroot::evaluate::EvaluateError;
use arrowroot::relationship::{
    Precondition, PreconditionOperation, RelationshipFilter, RelationshipUpdate, SubjectFilter,
    SubjectIdFilter, SubjectRelationFilter, UpdateOperation,
};

pub(crate) const SCHEMA: &str = "
definition user {}

definition group {
    relation member: user | group#member
}

definition doc {
    relation parent: doc
    relation viewer: user | user:* | group#member
    relation owner: user
    permission view = viewer + owner + parent->view
    permission edit = owner - viewer
}
";

pub(crate) fn engine() -> Engine {
    with_schema(SCHEMA)
}

pub(crate) fn with_schema(schema: &str) -> Engine {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(schema).unwrap();
    engine
}

/// `+` CREATE, `~` TOUCH, `-` DELETE, then the relationship.
pub(crate) fn update(text: &str) -> RelationshipUpdate {
    let operation = match text.as_bytes()[0] {
        b'+' => UpdateOperation::Create,
        b'~' => UpdateOperation::Touch,
        b'-' => UpdateOperation::Delete,
        other => panic!("{other} is no operation"),
    };
    RelationshipUpdate { operation, relationship: text[1..].parse().unwrap() }
}

pub(crate) fn write(engine: &Engine, updates: &[&str]) -> Written {
    try_write(engine, updates).unwrap()
}

pub(crate) fn try_write(engine: &Engine, updates: &[&str]) -> Result<Written, WriteRelationshipsError> {
    let updates = updates.iter().map(|text| update(text)).collect();
    engine.write_relationships(WriteRelationships { updates, ..Default::default() })
}

pub(crate) fn head(engine: &Engine) -> View {
    engine.at(&Consistency::FullyConsistent).unwrap()
}

/// `doc:one#view@user:ana`.
pub(crate) fn question(text: &str) -> CheckPermission {
    let (resource, rest) = text.split_once('#').unwrap();
    let (permission, subject) = rest.split_once('@').unwrap();
    CheckPermission::new(resource.parse().unwrap(), permission, subject.parse().unwrap())
}

pub(crate) fn try_check(view: &View, text: &str) -> Result<Permissionship, CheckPermissionError> {
    view.check_permission(&question(text), view.limits())
}

pub(crate) fn check(view: &View, text: &str) -> bool {
    try_check(view, text).unwrap() == Permissionship::HasPermission
}

/// The answer to a question with a context: `yes`, `no`, `error`, `circle`, or the names of what is missing.
pub(crate) fn answer(view: &View, text: &str, context: &str) -> String {
    let mut question = question(text);
    question.context = CaveatContext::parse(context).unwrap();
    match view.check_permission(&question, view.limits()) {
        Ok(Permissionship::HasPermission) => "yes".to_owned(),
        Ok(Permissionship::NoPermission) => "no".to_owned(),
        Ok(Permissionship::ConditionalPermission { missing }) => missing.join(","),
        Err(CheckPermissionError::Evaluate(EvaluateError::Caveat(_))) => "error".to_owned(),
        Err(CheckPermissionError::Evaluate(EvaluateError::NegationCycle { .. })) => "circle".to_owned(),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// `type:id#relation@type:id#relation`, where each part but the first may be left out, and `*` stands for any id.
pub(crate) fn filter(text: &str) -> RelationshipFilter {
    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (resource, subject) = text.split_once('@').unwrap_or((text, ""));
    let (resource, relation) = resource.split_once('#').unwrap_or((resource, ""));
    let (definition, id) = resource.split_once(':').unwrap_or((resource, ""));
    let (id, prefix) = match id.strip_suffix('%') {
        Some(prefix) => ("", prefix),
        None => (id, ""),
    };
    RelationshipFilter {
        resource_definition: part(definition).map(|name| name.parse().unwrap()),
        resource_id: part(id).map(|id| id.parse().unwrap()),
        resource_id_prefix: part(prefix).map(|prefix| prefix.parse().unwrap()),
        relation: part(relation).map(|name| name.parse().unwrap()),
        subject: part(subject).map(|subject| subject_filter(&subject)),
    }
}

fn subject_filter(text: &str) -> SubjectFilter {
    let (object, relation) = match text.split_once('#') {
        Some((object, "")) => (object, SubjectRelationFilter::Ellipsis),
        Some((object, relation)) => (object, SubjectRelationFilter::Named(relation.parse().unwrap())),
        None => (text, SubjectRelationFilter::Any),
    };
    let (definition, id) = object.split_once(':').unwrap_or((object, ""));
    let id = match id {
        "" => None,
        "*" => Some(SubjectIdFilter::Wildcard),
        id => Some(SubjectIdFilter::Object(id.parse().unwrap())),
    };
    SubjectFilter { definition: definition.parse().unwrap(), id, relation }
}

pub(crate) fn precondition(operation: PreconditionOperation, text: &str) -> Precondition {
    Precondition { operation, filter: filter(text) }
}

pub(crate) fn deletion(text: &str) -> DeleteRelationships {
    DeleteRelationships { filter: filter(text), ..Default::default() }
}

/// Every relationship that matches, as text, in the order that it is read.
pub(crate) fn read(view: &View, text: &str) -> Vec<String> {
    let reader = view.read_relationships(&filter(text), None).unwrap();
    reader.map(|relationship| relationship.to_string()).collect()
}

/// Waits until something holds, which it does sooner or later.
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it has not come to hold");
        std::thread::sleep(Duration::from_millis(10));
    }
}
