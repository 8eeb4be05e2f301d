//! The rule that every journal holds its callers to.

use super::error::AppendError;
use super::transaction::Transaction;
use crate::relationship::Revision;

/// Whether transactions may be appended: the caller knows the head, and their revisions follow it one by one.
pub(super) fn check_revisions(
    head: Revision,
    expected_head: Revision,
    transactions: &[Transaction],
) -> Result<(), AppendError> {
    if head != expected_head {
        return Err(AppendError::Conflict { expected: expected_head, head });
    }
    let mut previous = head;
    for transaction in transactions {
        let revision = transaction.revision;
        if revision != previous.next() {
            return Err(AppendError::Gap { previous, revision });
        }
        previous = revision;
    }
    Ok(())
}
