//! Keys and certificates in files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::cli::client::error::CallError;

/// Bytes of a key's file, at most.
const KEY_FILE_BYTES_MAX: u64 = 16 << 10;
/// Bytes of a file of certificates, at most.
const PEM_FILE_BYTES_MAX: u64 = 4 << 20;

/// The key in a file: its text, without white space around it.
pub(super) fn key(file: &Path) -> Result<String, CallError> {
    let bytes = read(file, KEY_FILE_BYTES_MAX)?;
    let key = String::from_utf8(bytes).map_err(|_| unusable(file, "is not UTF-8"))?;
    match key.trim() {
        "" => Err(unusable(file, "has no key in it")),
        key => Ok(key.to_owned()),
    }
}

/// The certificates of a file, one or more, as they stand there.
pub(super) fn certificates(file: &Path) -> Result<Vec<u8>, CallError> {
    let bytes = read(file, PEM_FILE_BYTES_MAX)?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        certificate.map_err(|error| unusable(file, &format!("is no PEM file: {error}")))?;
        count += 1;
    }
    if count == 0 { Err(unusable(file, "has no certificate in PEM in it")) } else { Ok(bytes) }
}

/// The private key of a file, as it stands there.
pub(super) fn private_key(file: &Path) -> Result<Vec<u8>, CallError> {
    let bytes = read(file, PEM_FILE_BYTES_MAX)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| unusable(file, "has no private key in PEM in it"))?;
    Ok(bytes)
}

fn read(file: &Path, bytes_max: u64) -> Result<Vec<u8>, CallError> {
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| unusable(file, &format!("cannot be read: {error}"));
    let opened = File::open(file).map_err(unreadable)?;
    opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > bytes_max {
        return Err(unusable(file, &format!("has more than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn unusable(file: &Path, problem: &str) -> CallError {
    CallError::File { file: file.to_owned(), problem: problem.to_owned() }
}
