//! What a relationship stores of a caveat.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::relationship::{CaveatName, ContextualizedCaveat};

use super::bindings::Bindings;
use super::caveat::Caveat;
use super::context::Context;
use super::error::ConversionError;

/// A relationship's caveat and stored context, kept ready to be evaluated.
#[derive(Debug)]
pub struct Condition {
    stored: ContextualizedCaveat,
    /// The stored context in the types of the caveat that it was first evaluated with, by that caveat's signature.
    bound: OnceLock<(u64, Bindings)>,
}

impl Condition {
    /// The condition that a relationship stores.
    pub fn new(stored: ContextualizedCaveat) -> Self {
        Self { stored, bound: OnceLock::new() }
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
    pub fn bindings(&self, caveat: &Caveat) -> Result<Cow<'_, Bindings>, ConversionError> {
        if let Some((signature, bindings)) = self.bound.get()
            && *signature == caveat.signature()
        {
            return Ok(Cow::Borrowed(bindings));
        }
        // What cannot be read was not written by this program: every parameter is as if it were not given.
        let context = Context::parse(&self.stored.context_json).unwrap_or_default();
        let bindings = caveat.bind(&context)?;
        // Another signature may have been first: then this one is bound each time.
        let (signature, bound) = self.bound.get_or_init(|| (caveat.signature(), bindings.clone()));
        Ok(if *signature == caveat.signature() { Cow::Borrowed(bound) } else { Cow::Owned(bindings) })
    }
}
