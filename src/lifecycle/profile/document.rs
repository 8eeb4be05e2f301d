//! The form of a profile's file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::error::{ProfileError, ProfileProblem};

/// Bytes of the file, at most.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Collections inside each other, at most.
const YAML_DEPTH_MAX: usize = 16;

/// A name, and where it stands.
pub(super) type Name = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) principal: PrincipalForm,
    pub(super) tombstone: TombstoneForm,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, Name>,
    #[serde(default)]
    pub(super) revocations: BTreeMap<String, Name>,
    pub(super) resources: BTreeMap<String, Spanned<ResourceForm>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalForm {
    /// The field that says which identity is meant; it is written, and not relied on.
    #[serde(rename = "type")]
    pub(super) type_field: Name,
    pub(super) identities: Vec<IdentityForm>,
    pub(super) account: AccountForm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityForm {
    pub(super) field: Name,
    #[serde(rename = "type")]
    pub(super) kind: Name,
    pub(super) definition: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountForm {
    pub(super) field: Name,
    pub(super) definition: Name,
    pub(super) member: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TombstoneForm {
    pub(super) definition: Name,
    pub(super) registered: Name,
    pub(super) unregistered: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceForm {
    pub(super) definition: Name,
    pub(super) tenant: Name,
    pub(super) owner: Name,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, Name>,
    #[serde(default)]
    pub(super) parents: Vec<ParentForm>,
    #[serde(default)]
    pub(super) needs_parent: bool,
    #[serde(default)]
    pub(super) operations: BTreeMap<String, Name>,
    #[serde(default)]
    pub(super) any: BTreeMap<String, Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParentForm {
    #[serde(rename = "type")]
    pub(super) kind: Name,
    pub(super) relation: Name,
    pub(super) requires: Option<Name>,
}

/// Reads the file.
pub(super) fn read(file: &Path) -> Result<String, ProfileError> {
    let unreadable = |error| ProfileError::new(file, 0, ProfileProblem::Unreadable(error));
    let bytes = fs::metadata(file).map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        let problem = ProfileProblem::TooLarge { bytes, bytes_max: FILE_BYTES_MAX };
        return Err(ProfileError::new(file, 0, problem));
    }
    fs::read_to_string(file).map_err(unreadable)
}

/// Takes the file's text apart.
pub(super) fn parse(file: &Path, text: &str) -> Result<Document, ProfileError> {
    let budget = serde_saphyr::budget! {
        max_depth: YAML_DEPTH_MAX,
        flow_nesting_limit: YAML_DEPTH_MAX,
    };
    let options = serde_saphyr::options! { budget: budget, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| line_number(location.line()));
        ProfileError::new(file, line, ProfileProblem::Yaml(error.to_string()))
    })
}

/// The line on which something stands, from 1.
pub(super) fn line_of<T>(spanned: &Spanned<T>) -> usize {
    line_number(spanned.referenced.line())
}

fn line_number(line: u64) -> usize {
    usize::try_from(line).unwrap_or_default()
}
