//! Values by parameter name, as a request or a relationship gives them.

use serde_json::{Map, Value};

use super::error::MalformedContext;

/// A JSON object. Every number counts as a double, as in `google.protobuf.Struct`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    fields: Map<String, Value>,
}

impl Context {
    /// The context that a text stands for; an empty text is the empty context.
    pub fn parse(json: &str) -> Result<Self, MalformedContext> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let fields =
            serde_json::from_str(json).map_err(|error| MalformedContext { problem: error.to_string() })?;
        Ok(Self { fields })
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The names that it has values for, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }
}

impl From<Context> for Map<String, Value> {
    fn from(context: Context) -> Self {
        context.fields
    }
}

impl From<Map<String, Value>> for Context {
    fn from(fields: Map<String, Value>) -> Self {
        Self { fields }
    }
}
