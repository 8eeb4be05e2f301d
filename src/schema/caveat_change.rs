//! What a new schema does to caveats that stay: stored contexts must keep their meaning.

use crate::relationship::CaveatName;

use super::model::Schema;

/// A parameter of a caveat that the new schema may not touch. Neither is allowed whether or not the caveat is in use, as
/// SpiceDB has it; a caveat that is removed and declared anew is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaveatChange {
    /// The caveat, which both schemas declare.
    pub caveat: CaveatName,
    /// Its parameter.
    pub parameter: String,
    /// What happens to the parameter.
    pub kind: CaveatChangeKind,
}

/// What happens to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaveatChangeKind {
    /// It is gone.
    ParameterRemoved,
    /// It has another type.
    ParameterTypeChanged,
}

impl CaveatChange {
    /// Why the schema cannot be written, in SpiceDB's words.
    pub fn message(&self) -> String {
        let Self { caveat, parameter, kind } = self;
        match kind {
            CaveatChangeKind::ParameterRemoved => {
                format!("cannot remove parameter `{parameter}` on caveat `{caveat}`")
            }
            CaveatChangeKind::ParameterTypeChanged => {
                format!("cannot change the type of parameter `{parameter}` on caveat `{caveat}`")
            }
        }
    }

    /// The same for programs, by the keys that SpiceDB's `ErrorInfo` has.
    pub fn metadata(&self) -> Vec<(&'static str, String)> {
        let operation = match self.kind {
            CaveatChangeKind::ParameterRemoved => "remove_parameter",
            CaveatChangeKind::ParameterTypeChanged => "change_parameter_type",
        };
        vec![
            ("caveat_name", self.caveat.to_string()),
            ("operation", operation.to_owned()),
            ("parameter_name", self.parameter.clone()),
        ]
    }
}

/// The first change from `old` to `new` that is not allowed: caveats in the order of `new`, removals before types.
pub fn forbidden_caveat_change(old: &Schema, new: &Schema) -> Option<CaveatChange> {
    new.caveats().iter().find_map(|after| {
        let before = old.find_caveat(after.name.as_str())?;
        let of = |parameter: &str, kind| CaveatChange {
            caveat: after.name.clone(),
            parameter: parameter.to_owned(),
            kind,
        };
        let (before, parameters) = (before.compiled.parameters(), after.compiled.parameters());
        let pair = |name: &str| parameters.iter().find(|parameter| parameter.name == name);
        let removed = before.iter().find(|parameter| pair(&parameter.name).is_none());
        if let Some(parameter) = removed {
            return Some(of(&parameter.name, CaveatChangeKind::ParameterRemoved));
        }
        let changed = before
            .iter()
            .find(|parameter| pair(&parameter.name).is_some_and(|now| now.kind != parameter.kind))?;
        Some(of(&changed.name, CaveatChangeKind::ParameterTypeChanged))
    })
}
