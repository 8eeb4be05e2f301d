//! What a request shows of who sends it.

use std::fmt;

/// What a request shows of who sends it. Whatever is empty counts as not shown.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'request> {
    /// An API key.
    pub api_key: Option<&'request str>,
    /// A bearer token: a JSON Web Token or an API key.
    pub bearer: Option<&'request str>,
    /// The account in which the sender wants to act.
    pub selected_account: Option<&'request str>,
}

impl<'request> Credentials<'request> {
    pub(super) fn api_key(&self) -> Option<&'request str> {
        self.api_key.filter(|text| !text.is_empty())
    }

    pub(super) fn bearer(&self) -> Option<&'request str> {
        self.bearer.filter(|text| !text.is_empty())
    }

    pub(super) fn selected_account(&self) -> Option<&'request str> {
        self.selected_account.filter(|text| !text.is_empty())
    }
}

/// What is shown, but not what it says.
impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("api_key", &self.api_key().map(|_| "…"))
            .field("bearer", &self.bearer().map(|_| "…"))
            .field("selected_account", &self.selected_account())
            .finish()
    }
}
