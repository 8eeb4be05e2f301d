//! From JSON to values of declared types.

use super::caveat::Parameter;
use super::error::ConversionError;
use super::value::Value;

/// The value of a parameter that a context gives.
pub(super) fn convert(parameter: &Parameter, value: &serde_json::Value) -> Result<Value, ConversionError> {
    let _ = (parameter, value);
    todo!("back")
}
