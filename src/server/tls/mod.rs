//! TLS: certificates from files that change without a restart, and handshakes that hold up nobody.

mod error;
mod files;
mod handshakes;
mod identity;
mod validity;

pub use error::{TlsError, TlsProblem};
pub use files::TlsPaths;
pub use identity::{Tls, TlsProtocol};

pub(super) use handshakes::Handshakes;

/// A connection under TLS.
pub(super) type TlsStream = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;

#[cfg(test)]
mod tests;
