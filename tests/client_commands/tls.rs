//! Encrypted connections: whom a command trusts, and what it shows.

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::harness::World;

/// A certificate and its key, in PEM.
struct Made {
    certificate: String,
    key: String,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// An authority, and certificates of it for these names.
fn authority(names: &[&str]) -> (Made, Vec<Made>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = params.self_signed(&key).unwrap();
    let made = |certificate: &[u8], key: &KeyPair| Made {
        certificate: pem("CERTIFICATE", certificate),
        key: pem("PRIVATE KEY", key.serialized_der()),
    };
    let authority = made(own.der(), &key);
    let issuer = Issuer::new(params, key);
    let issue = |name: &&str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![(*name).to_owned()]).unwrap();
        made(params.signed_by(&key, &issuer).unwrap().der(), &key)
    };
    (authority, names.iter().map(issue).collect())
}

#[test]
fn a_server_is_trusted_by_its_authority_and_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| crate::harness::write(directory.path(), name, text);
    let (ours, issued) = authority(&["graph.internal", "client"]);
    let (theirs, _) = authority(&[]);
    let (ca, other_ca) = (file("ca", &ours.certificate), file("other_ca", &theirs.certificate));
    let (certificate, key) = (file("cert", &issued[0].certificate), file("key", &issued[0].key));
    let (client, client_key) = (file("client", &issued[1].certificate), file("client_key", &issued[1].key));
    let world = World::with(&[
        "--grpc-tls-cert-path",
        &certificate,
        "--grpc-tls-key-path",
        &key,
        "--grpc-tls-client-ca-path",
        &ca,
    ]);
    let endpoint = format!("https://{}", world.server.address());
    let run = |flags: &[&str]| {
        world.run(&[&["check", "doc:plan#view@user:ana", "--endpoint", &endpoint], flags].concat())
    };
    let named = ["--ca-file", &ca, "--server-name", "graph.internal"];
    let shown = ["--client-cert", client.as_str(), "--client-key", &client_key];
    let whole = [&named[..], &shown].concat();
    let said = run(&whole);
    assert_eq!((said.status, said.out.as_str()), (0, "allowed\n"), "{}", said.err);
    let plain = format!("http://{}", world.server.address());
    for (flags, problem) in [
        (named.to_vec(), "does not answer: "),
        ([&["--ca-file", &ca], &shown[..]].concat(), "not valid for name"),
        (
            [&["--ca-file", other_ca.as_str(), "--server-name", "graph.internal"], &shown[..]].concat(),
            "invalid peer certificate",
        ),
        (shown.to_vec(), "does not answer: UNAVAILABLE"),
        ([&named[..], &shown[..2]].concat(), "--client-cert and --client-key belong together"),
        (vec!["--ca-file", &client_key], "has no certificate in PEM in it"),
        (vec!["--ca-file", "/nothing/there"], "/nothing/there: cannot be read"),
        (
            [&named[..], &["--client-cert", &client, "--client-key", &client]].concat(),
            "has no private key in PEM",
        ),
    ] {
        let said = run(&flags);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{flags:?}");
        assert!(said.err.contains(problem), "{flags:?}: {}", said.err);
    }
    let said = world.run(&["check", "doc:plan#view@user:ana", "--endpoint", &plain, "--ca-file", &ca]);
    assert!(said.err.contains("certificates and server names are for https"), "{}", said.err);
    // All of it in a context.
    let add = [&["context", "add", "tls", "--endpoint", &endpoint], &whole[..]].concat();
    assert_eq!(crate::harness::said(&mut world.elsewhere(&add)).status, 0);
    let mut check = world.elsewhere(&["check", "doc:plan#view@user:ana"]);
    assert_eq!(crate::harness::said(&mut check).out, "allowed\n");
}

#[test]
fn where_one_side_speaks_tls_and_the_other_does_not_the_right_address_is_proposed() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| crate::harness::write(directory.path(), name, text);
    let (_, issued) = authority(&["graph.internal"]);
    let (certificate, key) = (file("cert", &issued[0].certificate), file("key", &issued[0].key));
    let encrypted = World::with(&["--grpc-tls-cert-path", &certificate, "--grpc-tls-key-path", &key]);
    for (world, wrong, right) in [
        (World::start(), "https", "its address begins with http://"),
        (encrypted, "http", "its address begins with https://"),
    ] {
        let endpoint = format!("{wrong}://{}", world.server.address());
        let said = world.run(&["check", "doc:plan#view@user:ana", "--endpoint", &endpoint]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{wrong}");
        assert!(said.err.ends_with(&format!("{right}\n")), "{}", said.err);
    }
}
