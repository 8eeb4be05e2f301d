//! Who sends a request, and in which account: API keys that are listed in a file by their hashes, and JSON Web Tokens.
//! No key and no token is in a message, in the log or in `Debug` output of anything here.

mod api_key;
mod authenticate;
mod credentials;
mod error;
mod holder;
mod jwks;
mod key_file;
mod token;

pub use api_key::{ApiKeyHash, NoKeyHash, generate_api_key};
pub use authenticate::{Identity, IdentityOptions};
pub use credentials::Credentials;
pub use error::{AuthenticateError, IdentityError, JwksProblem, KeyFileProblem, TokenProblem};
pub use holder::Authenticated;
pub use token::TokenOptions;

#[cfg(test)]
mod tests;
