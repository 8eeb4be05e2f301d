//! Stub.
use super::model::Schema;
/// Stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal;
impl Removal {
    /// Stub.
    pub fn message(&self, _relationship: &str) -> String {
        String::new()
    }
}
/// Stub.
pub fn removals(_old: &Schema, _new: &Schema) -> Vec<Removal> {
    Vec::new()
}
