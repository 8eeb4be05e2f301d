//! `authzed.api.v1.ExperimentalService`: one file an RPC.

mod bulk_check_permission;
mod count_relationships;
mod register_relationship_counter;
mod service;
mod unregister_relationship_counter;

pub(super) use service::Experimental;
