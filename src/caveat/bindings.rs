//! The values of a caveat's parameters that a context gives.

use super::value::Value;

/// A context in a caveat's types: for each parameter, in order of declaration, its value if the context has it.
#[derive(Debug, Clone)]
pub struct Bindings(pub(super) Box<[Option<Value>]>);

impl Bindings {
    pub(super) fn get(&self, parameter: u16) -> Option<&Value> {
        self.0.get(usize::from(parameter))?.as_ref()
    }
}
