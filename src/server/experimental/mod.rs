//! `authzed.api.v1.ExperimentalService`: one file an RPC.

mod service;

pub(super) use service::Experimental;
