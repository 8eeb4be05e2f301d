//! What stands in front of the graph: TLS, keys with roles, and bounds on who comes in; against real server processes.
#![cfg(test)]

mod attackers;
mod certificates;
mod client;
mod command_line;
mod deadlines;
mod keys;
mod limits;
mod plain_http;
mod roles;
mod rotation;
mod server;
mod tls;
