//! Random schemas, caveats and relationships from a seed, as data and as text.

mod caveat;
mod number;
mod row;
mod schema;

pub(crate) use caveat::{context, context_text};
pub(crate) use number::Random;
pub(crate) use row::{IDS, relationship, row, rows_text, subject_text, subjects, terms};
pub(crate) use schema::{PARAMETERS, model, text};
