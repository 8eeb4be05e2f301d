//! The routes.

/// What every route begins with.
const PREFIX: &str = "/v1/auth";

/// One of the routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Authn,
    Check,
    CheckBatch,
    Search,
    Grant,
    Revoke,
    Register,
    Deregister,
}

impl Route {
    /// The route of a path.
    pub(super) fn find(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/authn" => Self::Authn,
            "/v1/authz/check" => Self::Check,
            "/v1/authz/check_batch" => Self::CheckBatch,
            "/v1/authz/search" => Self::Search,
            "/v1/authz/grant" => Self::Grant,
            "/v1/authz/revoke" => Self::Revoke,
            "/v1/authz/register" => Self::Register,
            "/v1/authz/deregister" => Self::Deregister,
            _ => return None,
        })
    }
}

/// All paths that are answered.
pub(in crate::server) const PATHS: &[&str] = &[
    "/v1/authn",
    "/v1/authz/check",
    "/v1/authz/check_batch",
    "/v1/authz/search",
    "/v1/authz/grant",
    "/v1/authz/revoke",
    "/v1/authz/register",
    "/v1/authz/deregister",
    SHADOW,
];

/// How often both sides agreed, by GET.
pub(super) const SHADOW: &str = "/v1/authz/shadow";

/// Whether a path is under the routes, even if it is none of them.
pub(super) fn is_below(path: &str) -> bool {
    path.starts_with(PREFIX)
}
