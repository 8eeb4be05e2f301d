//! The errors of counters.

use tonic::Status;

use crate::engine::{CountRelationshipsError, RegisterCounterError, UnregisterCounterError};
use crate::relationship::{CounterName, RelationshipFilter};
use crate::server::convert;
use crate::server::wire::v1::ErrorReason;

use super::{Metadata, invalid, unmet};

impl From<RegisterCounterError> for Status {
    fn from(error: RegisterCounterError) -> Self {
        match &error {
            RegisterCounterError::InvalidFilter(error) => error.clone().into(),
            RegisterCounterError::UnknownName(error) => error.clone().into(),
            RegisterCounterError::AlreadyRegistered { name, filter } => {
                unmet(ErrorReason::CounterAlreadyRegistered, &error, registration_metadata(name, filter))
            }
            RegisterCounterError::TooManyCounters { .. } => Self::resource_exhausted(error.to_string()),
            RegisterCounterError::Unwritable(error) => error.clone().into(),
        }
    }
}

impl From<UnregisterCounterError> for Status {
    fn from(error: UnregisterCounterError) -> Self {
        match &error {
            UnregisterCounterError::NotRegistered { name } => not_registered(name, &error),
            UnregisterCounterError::Unwritable(error) => error.clone().into(),
        }
    }
}

impl From<CountRelationshipsError> for Status {
    fn from(error: CountRelationshipsError) -> Self {
        match &error {
            CountRelationshipsError::NotRegistered { name } => not_registered(name, &error),
            CountRelationshipsError::Evaluate(error) => error.clone().into(),
        }
    }
}

/// The answer to a counter without a name.
pub(in crate::server) fn no_counter_name() -> Status {
    invalid(ErrorReason::Unspecified, "name must be provided", Vec::new())
}

fn not_registered(name: &CounterName, message: &dyn std::fmt::Display) -> Status {
    unmet(ErrorReason::CounterNotRegistered, message, vec![("counter_name", name.to_string())])
}

/// Every key is there, empty where the filter says nothing.
fn registration_metadata(name: &CounterName, filter: &RelationshipFilter) -> Metadata {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let subject = filter.subject.as_ref();
    vec![
        ("counter_name", name.to_string()),
        ("new_filter_resource_type", text(filter.resource_definition.as_ref().map(AsRef::as_ref))),
        ("new_filter_resource_id", text(filter.resource_id.as_ref().map(AsRef::as_ref))),
        ("new_filter_resource_id_prefix", text(filter.resource_id_prefix.as_ref().map(AsRef::as_ref))),
        ("new_filter_relation", text(filter.relation.as_ref().map(AsRef::as_ref))),
        ("new_filter_subject_type", text(subject.map(|subject| subject.definition.as_str()))),
        ("new_filter_subject_id", text(subject.and_then(convert::subject_id))),
        ("new_filter_subject_relation", text(subject.and_then(convert::subject_relation))),
    ]
}
