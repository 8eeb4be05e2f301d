//! `arrowroot.v1.LifecycleService`: one file an RPC, each converts, makes one call to the lifecycle, and converts back.

mod backfill;
mod check;
mod check_batch;
mod convert;
mod deregister;
mod error;
mod found;
mod grant;
mod list_orphans;
mod lookup_owned;
mod reconcile;
mod register;
mod revoke;
mod search;
mod service;

pub(super) use error::LifecycleRequestError;
pub(super) use service::Lifecycles;
