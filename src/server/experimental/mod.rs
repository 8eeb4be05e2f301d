//! `authzed.api.v1.ExperimentalService`: one file an RPC.

mod bulk_check_permission;
mod service;

pub(super) use service::Experimental;
