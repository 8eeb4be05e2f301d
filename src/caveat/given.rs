//! What a request gives to one parameter.

use super::caveat::Parameter;
use super::context::Context;
use super::convert;
use super::error::ConversionError;
use super::value::Value;

/// The value that a request's context has for a parameter, in the parameter's type. The same for all caveats that have a
/// parameter of this name and type.
#[derive(Debug, Clone)]
pub struct Given(pub(super) Result<Option<Value>, ConversionError>);

impl Given {
    /// Looks the parameter up in a context. What does not fit is an error only where it is used.
    pub fn new(parameter: &Parameter, context: &Context) -> Self {
        let value = context.get(&parameter.name);
        Self(value.map(|value| convert::convert(parameter, value)).transpose())
    }
}
