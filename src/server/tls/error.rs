//! Why certificates cannot be used. No key is in any message.

use std::path::PathBuf;

use crate::lifecycle::ReadFileError;

/// Files from which there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One of them cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadFileError),
    /// What it holds cannot be used.
    #[error("{}: {problem}", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: TlsProblem,
    },
}

/// What is wrong with a file of certificates or keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsProblem {
    /// It is not PEM, or was cut off.
    #[error("is not PEM: {0}")]
    NotPem(String),
    /// There is no certificate in it.
    #[error("there is no certificate in the file")]
    NoCertificate,
    /// There is no private key in it.
    #[error("there is no private key in the file; PKCS #8, PKCS #1 and SEC 1 are taken, without a password")]
    NoKey,
    /// A certificate that cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
    /// The key belongs to another certificate, or cannot be used.
    #[error("the key does not fit the certificate: {0}")]
    Mismatch(String),
    /// The certificates of those who sign clients' certificates cannot be used.
    #[error("the certificates cannot be used to verify clients: {0}")]
    ClientAuthorities(String),
    /// The protocol's versions are not to be had.
    #[error("TLS is not to be had: {0}")]
    Protocol(String),
}
