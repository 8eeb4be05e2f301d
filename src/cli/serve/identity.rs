//! Flags: how those who send requests to the lifecycle routes are known.

use std::path::PathBuf;

use clap::Args;

use crate::lifecycle::Reloads;
use crate::lifecycle::identity::{Identity, IdentityError, IdentityOptions, TokenOptions};

/// How those who send requests to the lifecycle routes are known.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(super) struct IdentityFlags {
    /// API keys by their hashes, and whom each belongs to; read again when the file changes
    #[arg(long, env = "ARROWROOT_LIFECYCLE_KEYS", value_name = "FILE")]
    lifecycle_keys: Option<PathBuf>,
    /// Who issues the JSON Web Tokens that are accepted: their `iss`
    #[arg(
        long,
        env = "ARROWROOT_LIFECYCLE_JWT_ISSUER",
        value_name = "TEXT",
        requires = "lifecycle_jwt_audience",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    lifecycle_jwt_issuer: Option<String>,
    /// Whom tokens must be issued for: one of their `aud`
    #[arg(
        long,
        env = "ARROWROOT_LIFECYCLE_JWT_AUDIENCE",
        value_name = "TEXT",
        requires = "lifecycle_jwks",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    lifecycle_jwt_audience: Option<String>,
    /// The issuer's public keys, a JWKS file; read again when it changes
    #[arg(long, env = "ARROWROOT_LIFECYCLE_JWKS", value_name = "FILE", requires = "lifecycle_jwt_issuer")]
    lifecycle_jwks: Option<PathBuf>,
    /// The claim of a token that lists the accounts in which its subject may act
    #[arg(
        long,
        env = "ARROWROOT_LIFECYCLE_JWT_ACCOUNTS_CLAIM",
        default_value = "accounts",
        value_name = "NAME",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    lifecycle_jwt_accounts_claim: String,
}

impl IdentityFlags {
    /// Reads the files, and registers them as what is read again; principals are of these types.
    pub(super) fn open(
        &self,
        identity_kinds: Vec<String>,
        reloads: &Reloads,
    ) -> Result<Identity, IdentityError> {
        let options = IdentityOptions {
            identity_kinds,
            keys: self.lifecycle_keys.clone(),
            tokens: self.token_options(),
        };
        Identity::open(options, reloads)
    }

    /// Issuer, audience and keys are there together, or none of them.
    fn token_options(&self) -> Option<TokenOptions> {
        Some(TokenOptions {
            issuer: self.lifecycle_jwt_issuer.clone()?,
            audience: self.lifecycle_jwt_audience.clone()?,
            jwks: self.lifecycle_jwks.clone()?,
            accounts_claim: self.lifecycle_jwt_accounts_claim.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
