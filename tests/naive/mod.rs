//! An evaluator that is obviously right and hopelessly slow: it writes down every question there is, and applies the
//! rules to all of them until nothing changes. Schemas, relationships and caveats are plain data.

mod caveat;
mod evaluate;
mod formula;
mod lookup;
mod model;
mod unfold;
mod value;

pub(crate) use caveat::{Caveat, Context, Given, Logic};
pub(crate) use evaluate::answer;
pub(crate) use formula::Case;
pub(crate) use lookup::{resources, subjects};
pub(crate) use model::{Allowed, Definition, Expression, Model, Question, Row, Rows, Subject, Terms};
pub(crate) use unfold::open_parameters;
pub(crate) use value::Value;
