//! What can be wrong with a profile.

use std::path::PathBuf;

use crate::engine::UnknownName;
use crate::relationship::MalformedValue;

/// A profile cannot be used, and where in it.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {problem}", .file.display(), line_suffix(*.line))]
pub struct ProfileError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// What is wrong.
    pub problem: Box<ProfileProblem>,
}

impl ProfileError {
    pub(super) fn new(file: impl Into<PathBuf>, line: usize, problem: impl Into<ProfileProblem>) -> Self {
        Self { file: file.into(), line, problem: Box::new(problem.into()) }
    }
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ProfileProblem {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The file is larger than a profile may be.
    #[error("has {bytes} bytes, which is more than {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// The file is no YAML, or not of this form.
    #[error("{0}")]
    Yaml(String),
    /// Something that must be named is not.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A name is used twice where each must be another.
    #[error("{what} `{name}` is there twice")]
    Twice {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A name is not one that a schema could have.
    #[error(transparent)]
    Malformed(#[from] MalformedValue),
    /// The schema does not have the name.
    #[error("{0}")]
    Unknown(#[from] UnknownName),
    /// A permission stands where relationships are to be written.
    #[error("`{name}` of definition `{definition}` is a permission, and no relationships are written to one")]
    Permission {
        /// Its definition.
        definition: String,
        /// Its name.
        name: String,
    },
    /// A relation does not take the subjects that it would be written with.
    #[error(
        "relation `{relation}` of definition `{definition}` does not take `{subject}` without caveat and expiration"
    )]
    NotAdmitted {
        /// The relation's definition.
        definition: String,
        /// The relation.
        relation: String,
        /// The subjects' definition.
        subject: String,
    },
    /// A type of resource is named that the profile does not have.
    #[error("the profile has no resource `{0}`")]
    UnknownResource(String),
    /// An operation is named that the resource does not have.
    #[error("resource `{resource}` has no operation `{operation}`")]
    UnknownOperation {
        /// The resource.
        resource: String,
        /// The operation.
        operation: String,
    },
    /// A role is named that a resource does not have.
    #[error("resource `{resource}` has no role `{role}`")]
    UnknownRole {
        /// The resource.
        resource: String,
        /// The role.
        role: String,
    },
    /// A resource needs a parent, and can have none.
    #[error("resource `{0}` needs a parent, and names no type of parent")]
    NeedsNoParent(String),
}

fn line_suffix(line: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}
