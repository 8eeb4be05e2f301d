//! What an application's words mean in a schema, from a YAML file that is checked against it.

mod document;
mod error;
mod fit;
mod model;

use std::path::Path;

use crate::engine::View;

pub use error::{ProfileError, ProfileProblem};
pub use model::Profile;
pub(in crate::lifecycle) use model::{ParentProfile, ResourceProfile};

impl Profile {
    /// Reads a profile that fits the schema of a view.
    pub fn read(file: impl AsRef<Path>, view: &View) -> Result<Self, ProfileError> {
        let text = document::read(file.as_ref())?;
        Self::parse(file, &text, view)
    }

    /// Takes a profile from text; `file` is what it is called.
    pub fn parse(file: impl AsRef<Path>, text: &str, view: &View) -> Result<Self, ProfileError> {
        let file = file.as_ref();
        let document = document::parse(file, text)?;
        fit::Fitting { file, view }.profile(&document)
    }
}

#[cfg(test)]
mod tests;
