//! Files of certificates: what fits together, what does not, and from when to when.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::CertificateDer;

use super::files::days_until;
use super::validity::Validity;
use super::{Tls, TlsPaths, TlsProtocol};
use crate::lifecycle::{Refresh as _, Refreshed};

/// A certificate for some years, and its key.
fn made(from: i32, until: i32) -> (Vec<u8>, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 2);
    params.not_after = rcgen::date_time_ymd(until, 3, 4);
    let certificate = params.self_signed(&key).unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let der = certificate.der().to_vec();
    (der.clone(), pem("CERTIFICATE", &der), pem("PRIVATE KEY", key.serialized_der()))
}

fn seconds(text: &str) -> Duration {
    let time: jiff::Timestamp = text.parse().unwrap();
    Duration::from_secs(u64::try_from(time.as_second()).unwrap())
}

#[test]
fn a_certificate_says_from_when_to_when_it_is_good() {
    // Until 2049 years have two digits there, from 2050 four.
    let certificates = [made(2001, 2049), made(2011, 2150)].map(|(der, ..)| CertificateDer::from(der));
    for (certificate, from, until) in [
        (&certificates[0], "2001-01-02T00:00:00Z", "2049-03-04T00:00:00Z"),
        (&certificates[1], "2011-01-02T00:00:00Z", "2150-03-04T00:00:00Z"),
    ] {
        let validity = Validity::of_chain(std::slice::from_ref(certificate)).unwrap();
        assert_eq!(validity.begins_at.duration_since(SystemTime::UNIX_EPOCH).unwrap(), seconds(from));
        assert_eq!(validity.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap(), seconds(until));
    }
    let chain = Validity::of_chain(&certificates).unwrap();
    assert_eq!(
        chain.begins_at.duration_since(SystemTime::UNIX_EPOCH).unwrap(),
        seconds("2011-01-02T00:00:00Z")
    );
    assert_eq!(
        chain.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap(),
        seconds("2049-03-04T00:00:00Z")
    );
}

#[test]
fn a_certificate_that_is_cut_off_or_altered_is_never_a_panic() {
    let (der, ..) = made(2001, 2049);
    for end in 0..der.len() {
        assert_eq!(Validity::of_chain(&[CertificateDer::from(der[..end].to_vec())]), None, "{end}");
    }
    for at in 0..der.len() {
        for value in [0, 0x7f, 0x80, 0x84, 0xff] {
            let mut altered = der.clone();
            altered[at] = value;
            // Some are still read; all end.
            let _ = Validity::of_chain(&[CertificateDer::from(altered)]);
        }
    }
    assert_eq!(Validity::of_chain(&[]), None);
}

#[test]
fn days_are_counted_down_to_none() {
    let now = SystemTime::now();
    let day = Duration::from_hours(24);
    assert_eq!(days_until(now + 3 * day, now), Some(3));
    assert_eq!(days_until(now + day / 2, now), Some(0));
    assert_eq!(days_until(now - day, now), None);
}

fn paths(directory: &Path, has_authorities: bool) -> TlsPaths {
    TlsPaths {
        certificate: directory.join("tls.crt"),
        key: directory.join("tls.key"),
        client_authorities: has_authorities.then(|| directory.join("ca.crt")),
    }
}

#[test]
fn only_what_fits_together_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let (_, certificate, key) = made(2020, 2090);
    let (_, other_certificate, other_key) = made(2020, 2090);
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let authorities = Some(other_certificate.as_str());
    for (certificate, key, authorities, expected) in [
        (certificate.as_str(), key.as_str(), None, ""),
        (&certificate, &key, authorities, ""),
        (&certificate, &other_key, None, "tls.key: the key does not fit the certificate"),
        (&half(&certificate), &key, None, "tls.crt: is not PEM: a section has no end"),
        (&certificate, &half(&key), None, "tls.key: is not PEM: a section has no end"),
        ("", &key, None, "tls.crt: there is no certificate"),
        (&certificate, "", None, "tls.key: there is no private key"),
        (&key, &certificate, None, "tls.crt: there is no certificate"),
        (&certificate, &key, Some(""), "ca.crt: there is no certificate"),
        (&certificate, &key, Some(&half(&other_certificate)), "ca.crt: is not PEM"),
        (&certificate.replace('M', "!"), &key, None, "tls.crt: is not PEM: a section is not base64"),
    ] {
        fs::write(at("tls.crt"), certificate).unwrap();
        fs::write(at("tls.key"), key).unwrap();
        fs::write(at("ca.crt"), authorities.unwrap_or_default()).unwrap();
        let opened = Tls::open(paths(directory.path(), authorities.is_some()), TlsProtocol::Http2);
        match opened {
            Ok(tls) => {
                assert_eq!("", expected);
                assert_eq!(tls.verifies_clients(), authorities.is_some());
            }
            Err(error) => {
                let error = error.to_string();
                assert!(!expected.is_empty() && error.contains(expected), "{error}");
            }
        }
    }
    fs::remove_file(at("tls.key")).unwrap();
    let error = Tls::open(paths(directory.path(), false), TlsProtocol::Http1).unwrap_err().to_string();
    assert!(error.contains("tls.key: cannot be read"), "{error}");
}

#[test]
fn what_is_broken_is_not_taken_over_and_what_is_whole_again_is() {
    let directory = tempfile::tempdir().unwrap();
    let (_, certificate, key) = made(2020, 2090);
    let (_, new_certificate, new_key) = made(2020, 2080);
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("tls.crt", &certificate);
    write("tls.key", &key);
    let tls = Tls::open(paths(directory.path(), false), TlsProtocol::Http2).unwrap();
    let before = tls.expires_at();
    assert_eq!(tls.refresh(), Refreshed::Unchanged);
    write("tls.crt", &new_certificate);
    for _ in 0..2 {
        assert_eq!(tls.refresh(), Refreshed::Refused, "the key is still the other's");
        assert_eq!(tls.expires_at(), before);
    }
    write("tls.crt", &certificate);
    assert_eq!(tls.refresh(), Refreshed::Unchanged);
    write("tls.crt", &new_certificate);
    write("tls.key", &new_key);
    assert_eq!(tls.reload(), Refreshed::Taken);
    assert!(tls.expires_at() < before);
    assert!(!format!("{tls:?}").contains("BEGIN"));
}
