//! Whom a credential belongs to, and the account in which they act.

use super::error::AuthenticateError;

/// Who sends a request, and in which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// One of the profile's identity types, such as `user`.
    pub kind: String,
    /// Who of that type.
    pub id: String,
    /// The account in which the request is made.
    pub account: String,
}

/// Whom a credential belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) kind: String,
    pub(super) id: String,
    /// The accounts in which they may act, each once.
    pub(super) accounts: Vec<String>,
}

impl Holder {
    /// The holder in the account that is selected, which must be one of theirs; without a selection in their only one.
    pub(super) fn acting_in(&self, selected: Option<&str>) -> Result<Authenticated, AuthenticateError> {
        let account = match (selected, self.accounts.as_slice()) {
            (None, [only]) => only,
            (None, _) => return Err(AuthenticateError::AccountNotSelected),
            (Some(selected), accounts) => accounts
                .iter()
                .find(|account| *account == selected)
                .ok_or(AuthenticateError::AccountNotAllowed)?,
        };
        Ok(Authenticated { kind: self.kind.clone(), id: self.id.clone(), account: account.clone() })
    }
}
