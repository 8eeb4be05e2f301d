//! The API over real gRPC: a server in this process on a free port, asked by a client.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

mod caveat_schemas;
mod caveat_values;
mod caveats;
mod check_bulk_permissions;
mod check_permission;
mod conditions;
mod consistency;
mod counters;
mod delete_relationships;
mod expand_permission_tree;
mod experimental_bulk;
mod expirations;
mod export_bulk_relationships;
mod gateway;
mod gateway_streams;
mod harness;
mod hostile_caveats;
mod http;
mod import_bulk_relationships;
mod loading;
mod lookup_resources;
mod lookup_subjects;
mod malformed;
mod memory;
mod notation;
mod read_relationships;
mod schema;
mod schema_reflection;
mod server;
mod tracing;
mod trailers;
mod watch;
mod watch_pressure;
mod write_relationships;
