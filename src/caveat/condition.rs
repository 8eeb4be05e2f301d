//! What a relationship stores of a caveat.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::relationship::{CaveatName, ContextualizedCaveat};

use super::bindings::Bindings;
use super::caveat::Caveat;
use super::context::Context;
use super::error::ConversionError;

/// A relationship's caveat and stored context, kept ready to be evaluated.
#[derive(Debug)]
pub struct Condition {
    stored: ContextualizedCaveat,
    /// The stored context in the types of the caveat that it was last evaluated with.
    bound: ArcSwapOption<Bound>,
}

/// A stored context in the types of a caveat.
#[derive(Debug)]
pub struct Bound {
    /// The caveat's.
    signature: u64,
    /// The values.
    pub bindings: Bindings,
}

impl Condition {
    /// The condition that a relationship stores.
    pub fn new(stored: ContextualizedCaveat) -> Self {
        Self { stored, bound: ArcSwapOption::empty() }
    }

    /// The caveat's name.
    pub fn caveat(&self) -> &CaveatName {
        &self.stored.name
    }

    /// As it is stored.
    pub fn stored(&self) -> &ContextualizedCaveat {
        &self.stored
    }

    /// Whether no context is stored.
    pub fn is_context_free(&self) -> bool {
        matches!(self.stored.context_json.as_str(), "" | "{}")
    }

    /// The stored context in the types of a caveat, which is the one of its name in some schema.
    pub fn bindings(&self, caveat: &Caveat) -> Result<Arc<Bound>, ConversionError> {
        if let Some(bound) = &*self.bound.load()
            && bound.signature == caveat.signature()
        {
            return Ok(Arc::clone(bound));
        }
        // Nothing that cannot be read is ever stored. A request must not fill in for what was.
        let context = Context::parse(&self.stored.context_json).map_err(|malformed| ConversionError {
            parameter: String::new(),
            expected: "a stored context".to_owned(),
            problem: malformed.to_string(),
        })?;
        let bindings = caveat.bind(&context)?;
        let bound = Arc::new(Bound { signature: caveat.signature(), bindings });
        self.bound.store(Some(Arc::clone(&bound)));
        Ok(bound)
    }
}
