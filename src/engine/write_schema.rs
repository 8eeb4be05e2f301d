//! Replacing the schema, unless stored relationships need what the new one lacks.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::evaluate::Program;
use crate::index::{ELLIPSIS, Edge, EdgeKind, RelationKey, RelationNames, TermsKind, WILDCARD};
use crate::relationship::{RelationName, Relationship, RelationshipFilter};
use crate::schema::{
    CompileOptions, Removal, RemovalKind, RemovedForm, Schema, forbidden_caveat_change, removals,
};

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{Unwritable, WriteSchemaError};
use super::handle::Engine;
use super::matching::Matcher;
use super::read_relationships::{relationship, sort_key};
use super::token::ZedToken;
use super::wait::block_on;

/// A schema that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenSchema {
    /// The state just after the write: reads that are at least as fresh see it.
    pub written_at: ZedToken,
    /// Definitions and caveats that the schema has, and those of the one before that it has not.
    pub declarations_touched: usize,
}

impl Engine {
    /// Replaces the schema and waits until that is durable. Blocks the thread; in async code, use
    /// [`Self::write_schema_async`].
    pub fn write_schema(&self, text: &str) -> Result<WrittenSchema, WriteSchemaError> {
        block_on(self.write_schema_async(text.to_owned()))
    }

    /// Replaces the schema and waits until that is durable, under any async runtime. The text is compiled before the
    /// first wait, which takes some hundred milliseconds for a text of megabytes.
    pub async fn write_schema_async(&self, text: String) -> Result<WrittenSchema, WriteSchemaError> {
        let prefixes_required = self.state.options.limits.are_schema_prefixes_required;
        let schema = Arc::new(Schema::compile(&text, &CompileOptions { prefixes_required })?);
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(WritingSchema { text: Arc::from(text), schema, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

struct WritingSchema {
    text: Arc<str>,
    schema: Arc<Schema>,
    answer: Answer<WrittenSchema, WriteSchemaError>,
}

impl Write for WritingSchema {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { text, schema, answer } = *self;
        let result = check_removals(&schema, pending).map(|()| {
            let declarations_touched = touched(&schema, pending);
            // Only now: names that have got a number are never forgotten.
            let program = Arc::new(Program::new(&schema, pending.state().index.relation_names()));
            let revision = pending.commit_schema(&text, program);
            let written_at = Engine::token(pending.state(), revision);
            WrittenSchema { written_at, declarations_touched }
        });
        conditions::reply(answer, result)
    }
}

/// Definitions and caveats that are written or removed.
fn touched(schema: &Schema, pending: &Pending) -> usize {
    let kept = schema.definitions().len() + schema.caveats().len();
    let Some(old) = pending.program().map(|program| program.schema()) else { return kept };
    let is_removed =
        |name: &str| schema.find_definition(name).is_none() && schema.find_caveat(name).is_none();
    let definitions = old.definitions().iter().map(|definition| definition.name.as_str());
    let caveats = old.caveats().iter().map(|caveat| caveat.name.as_str());
    kept + definitions.chain(caveats).filter(|name| is_removed(name)).count()
}

/// Whether no relationship needs what the new schema lacks.
fn check_removals(schema: &Schema, pending: &Pending) -> Result<(), WriteSchemaError> {
    let Some(old) = pending.program() else { return Ok(()) };
    if let Some(change) = forbidden_caveat_change(old.schema(), schema) {
        return Err(WriteSchemaError::CaveatChanged(change));
    }
    let removals = removals(old.schema(), schema);
    if removals.is_empty() {
        return Ok(());
    }
    let live = pending.state().index.live_kinds();
    for removal in removals {
        let Some(kinds) = Kinds::of(&removal, pending.state().index.relation_names()) else { continue };
        // Whatever is of such a kind may have expired: then there is no example.
        if live.iter().any(|kind| kinds.contain(kind))
            && let Some(relationship) = example(&removal, &kinds, pending)
        {
            let relationship = relationship.to_string();
            return Err(WriteSchemaError::InUse { removal: Box::new(removal), relationship });
        }
    }
    Ok(())
}

/// Which kinds of edge a removal takes away; any relation, form or terms where there is nothing.
struct Kinds {
    relations: Option<Vec<RelationKey>>,
    form: Option<RelationKey>,
    terms: Option<TermsKind>,
}

impl Kinds {
    /// Nothing if the index has none of the names, so that no edge can have them.
    fn of(removal: &Removal, names: &RelationNames) -> Option<Self> {
        let definition = names.find_definition(removal.definition.as_str())?;
        let find = |relation: &RelationName| names.find_relation(definition, relation.as_str());
        Some(match &removal.kind {
            RemovalKind::Definition => {
                Self { relations: Some(names.relations(Some(definition), None)), form: None, terms: None }
            }
            RemovalKind::Relation(relation) => {
                Self { relations: Some(vec![find(relation)?]), form: None, terms: None }
            }
            RemovalKind::UsersetRelation(relation) => {
                Self { relations: None, form: Some(find(relation)?), terms: None }
            }
            RemovalKind::AllowedSubject { relation, subject } => {
                let subject_definition = names.find_definition(subject.definition.as_str())?;
                let form = match &subject.form {
                    RemovedForm::Object => ELLIPSIS,
                    RemovedForm::Wildcard => WILDCARD,
                    RemovedForm::Userset(relation) => relation.as_str(),
                };
                let form = names.find_relation(subject_definition, form)?;
                let terms =
                    TermsKind { caveat: subject.caveat.clone(), has_expiration: subject.has_expiration };
                Self { relations: Some(vec![find(relation)?]), form: Some(form), terms: Some(terms) }
            }
        })
    }

    fn contain(&self, kind: &EdgeKind) -> bool {
        self.relations.as_ref().is_none_or(|relations| relations.contains(&kind.relation))
            && self.form.is_none_or(|form| form == kind.subject_relation)
            && self.terms.as_ref().is_none_or(|terms| *terms == kind.terms)
    }
}

/// Relationships of one resource that are looked at for the first of them.
const EXAMPLES_MAX: usize = 1000;

/// The first relationship that needs what is removed, in the order of reads.
fn example(removal: &Removal, kinds: &Kinds, pending: &Pending) -> Option<Relationship> {
    let resource_definition = match &removal.kind {
        RemovalKind::UsersetRelation(_) => None,
        _ => Some(removal.definition.clone()),
    };
    let filter = RelationshipFilter { resource_definition, ..Default::default() };
    let snapshot = pending.snapshot();
    let mut found: Vec<Edge> = Vec::new();
    Matcher::new(snapshot, &filter).visit(|edge| {
        let is_of_first = found.first().is_none_or(|first| first.resource == edge.resource);
        let kind = || Some(EdgeKind::of(edge, snapshot.terms(edge)?.kind()));
        if is_of_first && kind().is_some_and(|kind| kinds.contain(&kind)) {
            found.push(edge);
        }
        is_of_first && found.len() < EXAMPLES_MAX
    });
    let found = found.into_iter().filter_map(|edge| relationship(snapshot, edge));
    found.min_by(|one, other| sort_key(one).cmp(&sort_key(other)))
}
