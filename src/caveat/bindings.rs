//! The values of a caveat's parameters that a context gives.

use super::error::ConversionError;
use super::given::Given;
use super::value::Value;

/// A context in a caveat's types: for each parameter, in order of declaration, its value if the context has it.
#[derive(Debug, Clone)]
pub struct Bindings {
    values: Box<[Option<Value>]>,
    /// What did not fit, by parameter.
    refused: Box<[(u16, ConversionError)]>,
}

impl Bindings {
    /// What a request gives to each parameter, in order of declaration. Its values need not fit where a stored context
    /// gives the parameter as well: ask for [`Self::refused`] before an evaluation.
    pub fn of_request(given: impl Iterator<Item = Given>) -> Self {
        Self::new(given.map(|Given(outcome)| outcome))
    }

    /// Takes the values as they come: one for each parameter.
    pub(super) fn new(outcomes: impl Iterator<Item = Result<Option<Value>, ConversionError>>) -> Self {
        let mut refused = Vec::new();
        let value = |(parameter, outcome): (u16, Result<_, _>)| match outcome {
            Ok(value) => value,
            Err(error) => {
                refused.push((parameter, error));
                None
            }
        };
        let values = (0..).zip(outcomes).map(value).collect();
        Self { values, refused: refused.into() }
    }

    /// The first value that does not fit its parameter's type. What the stored context gives as well is not looked
    /// at, since the stored value counts.
    pub fn refused(&self, stored: Option<&Bindings>) -> Option<&ConversionError> {
        let is_stored = |parameter| stored.is_some_and(|stored| stored.get(parameter).is_some());
        self.refused.iter().find(|(parameter, _)| !is_stored(*parameter)).map(|(_, error)| error)
    }

    pub(super) fn get(&self, parameter: u16) -> Option<&Value> {
        self.values.get(usize::from(parameter))?.as_ref()
    }

    /// The first error, or else the values.
    pub(super) fn accepted(self) -> Result<Self, ConversionError> {
        match self.refused.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(Self { values: self.values, refused: Box::default() }),
        }
    }
}
