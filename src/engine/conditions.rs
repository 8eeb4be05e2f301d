//! What writes and deletes have in common: preconditions, metadata, and the answer that waits for the group.

use tokio::sync::oneshot;

use crate::relationship::{Precondition, PreconditionOperation};

use super::committer::{Pending, Reply};
use super::error::{ConditionError, Unwritable};
use super::matching::Matcher;
use super::names;
use super::options::EngineLimits;
use super::read_relationships::{check_not_contradictory, check_not_empty};

/// What waits for the outcome of a write.
pub(super) type Answer<T, E> = oneshot::Sender<Result<T, E>>;

/// The reply that answers with a result once the group is durable, or that it is not.
pub(super) fn reply<T, E>(answer: Answer<T, E>, result: Result<T, E>) -> Reply
where
    T: Send + 'static,
    E: From<Unwritable> + Send + 'static,
{
    Box::new(move |durable| {
        // The writer may have gone.
        let _ = answer.send(durable.map_err(E::from).and(result));
    })
}

/// Checks the sizes of what is attached to a write.
pub(super) fn check_sizes(
    preconditions: &[Precondition],
    metadata_json: Option<&str>,
    limits: &EngineLimits,
) -> Result<(), ConditionError> {
    let bytes = metadata_json.map_or(0, str::len);
    let bytes_max = limits.metadata_bytes_max;
    if bytes > bytes_max {
        return Err(ConditionError::MetadataTooLarge { bytes, bytes_max });
    }
    let (count, count_max) = (preconditions.len(), limits.preconditions_max);
    if count > count_max {
        return Err(ConditionError::TooManyPreconditions { count, count_max });
    }
    Ok(())
}

/// Checks that every precondition is well-formed and names what the schema has.
pub(super) fn check_names(preconditions: &[Precondition], pending: &Pending) -> Result<(), ConditionError> {
    let schema = pending.program().map(|program| &**program.schema());
    for precondition in preconditions {
        check_not_empty(&precondition.filter)?;
        names::check_filter(schema, &precondition.filter)?;
        check_not_contradictory(&precondition.filter)?;
    }
    Ok(())
}

/// Checks that every precondition holds.
pub(super) fn check_holding(preconditions: &[Precondition], pending: &Pending) -> Result<(), ConditionError> {
    for precondition in preconditions {
        let mut is_match = false;
        Matcher::new(pending.snapshot(), &precondition.filter).visit(|_| {
            is_match = true;
            false
        });
        if is_match != (precondition.operation == PreconditionOperation::MustMatch) {
            return Err(ConditionError::PreconditionFailed { precondition: Box::new(precondition.clone()) });
        }
    }
    Ok(())
}
