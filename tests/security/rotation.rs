//! Certificates and keys that change while the server runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tonic::Code;

use crate::certificates::{Authority, Signed, write};
use crate::client::{Caller, READ_SCHEMA, WATCH, plain, secure};
use crate::server::{Server, path};

const TAKEN: &str = "the TLS files have changed and are in force";
const REFUSED: &str = "the TLS files cannot be used";

fn start(directory: &Path, has_authority: bool) -> Server {
    let (certificate, key) = (path(directory, "tls.crt"), path(directory, "tls.key"));
    let authority = path(directory, "ca.crt");
    let mut flags = vec!["--grpc-no-auth", "--grpc-tls-cert-path", &certificate, "--grpc-tls-key-path", &key];
    if has_authority {
        flags.extend(["--grpc-tls-client-ca-path", &authority]);
    }
    Server::start(&flags)
}

/// Whether a server shows a certificate that this authority has signed.
async fn is_shown(server: &Server, authority: &Authority) -> bool {
    match secure(server, &authority.certificate(), None).await {
        Ok(channel) => Caller::new(channel, None).code(READ_SCHEMA).await == Code::NotFound,
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    old.sign().write(directory.path());
    let server = start(directory.path(), false);
    let before = Caller::new(secure(&server, &old.certificate(), None).await.unwrap(), None);
    before.write_schema("definition user {}").await.unwrap();
    let mut watch = before.call(WATCH).await.unwrap().into_inner();

    // Without a signal: the files are looked at.
    new.sign().write(directory.path());
    server.wait_for(TAKEN, 1);
    assert!(is_shown_with_schema(&server, &new).await);
    secure(&server, &old.certificate(), None).await.unwrap_err();
    before.write_schema("definition user {}\ndefinition doc {\n relation viewer: user\n}").await.unwrap();
    assert_eq!(before.code(READ_SCHEMA).await, Code::Ok);
    let request = arrowroot::server::wire::v1::WriteRelationshipsRequest {
        updates: vec![touch("doc", "1", "viewer", "user", "ana")],
        ..Default::default()
    };
    before.permissions().write_relationships(request).await.unwrap();
    watch.message().await.unwrap().unwrap();
}

async fn is_shown_with_schema(server: &Server, authority: &Authority) -> bool {
    let channel = secure(server, &authority.certificate(), None).await.unwrap();
    Caller::new(channel, None).code(READ_SCHEMA).await == Code::Ok
}

fn touch(
    resource: &str,
    id: &str,
    relation: &str,
    subject: &str,
    subject_id: &str,
) -> arrowroot::server::wire::v1::RelationshipUpdate {
    use arrowroot::server::wire::v1;
    let object = |kind: &str, id: &str| {
        Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id.to_owned() })
    };
    v1::RelationshipUpdate {
        operation: v1::relationship_update::Operation::Touch.into(),
        relationship: Some(v1::Relationship {
            resource: object(resource, id),
            relation: relation.to_owned(),
            subject: Some(v1::SubjectReference { object: object(subject, subject_id), ..Default::default() }),
            ..Default::default()
        }),
    }
}

#[tokio::test]
async fn what_is_broken_is_not_taken_and_the_old_certificate_stays() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (old_signed, new_signed) = (old.sign(), new.sign());
    old_signed.write(directory.path());
    let server = start(directory.path(), false);
    let at = |name: &str| directory.path().join(name);
    let breakages: [&dyn Fn(); 5] = [
        // The key is still the other one's.
        &|| write(&at("tls.crt"), &new_signed.certificate),
        &|| write(&at("tls.crt"), &new_signed.certificate[..200]),
        &|| write(&at("tls.crt"), ""),
        &|| fs::remove_file(at("tls.key")).unwrap(),
        &|| fs::create_dir(at("tls.key")).unwrap(),
    ];
    for (index, break_files) in breakages.into_iter().enumerate() {
        break_files();
        server.hang_up();
        server.wait_for(REFUSED, index + 1);
        assert!(is_shown(&server, &old).await);
    }
    assert!(!server.log().contains("BEGIN"), "{}", server.log());
    fs::remove_dir(at("tls.key")).unwrap();
    new_signed.write(directory.path());
    server.hang_up();
    server.wait_for(TAKEN, 1);
    assert!(is_shown(&server, &new).await);
}

/// Puts files where Kubernetes has them: behind a link to a directory, which is swapped.
fn mount(directory: &Path, version: &str, signed: &Signed) {
    let data = directory.join(version);
    fs::create_dir(&data).unwrap();
    signed.write(&data);
    symlink(version, directory.join("..data.new")).unwrap();
    fs::rename(directory.join("..data.new"), directory.join("..data")).unwrap();
}

#[tokio::test]
async fn a_swapped_link_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    mount(directory.path(), "..1", &old.sign());
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), directory.path().join(name)).unwrap();
    }
    let server = start(directory.path(), false);
    assert!(is_shown(&server, &old).await);
    mount(directory.path(), "..2", &new.sign());
    fs::remove_dir_all(directory.path().join("..1")).unwrap();
    server.wait_for(TAKEN, 1);
    assert!(is_shown(&server, &new).await);
    assert!(!server.log().contains(REFUSED), "{}", server.log());
}

#[tokio::test]
async fn another_authority_for_clients_is_in_force_at_the_next_handshake() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, old, new) = (Authority::new("ours"), Authority::new("old"), Authority::new("new"));
    ours.sign().write(directory.path());
    write(&directory.path().join("ca.crt"), &old.certificate());
    let server = start(directory.path(), true);
    let code =
        async |authority: &Authority| match secure(&server, &ours.certificate(), Some(&authority.sign()))
            .await
        {
            Ok(channel) => Caller::new(channel, None).code(READ_SCHEMA).await,
            Err(_) => Code::Unavailable,
        };
    // How the client tells of the alert depends on when it arrives.
    let is_refused = |code: Code| !matches!(code, Code::Ok | Code::NotFound);
    assert_eq!(code(&old).await, Code::NotFound);
    assert!(is_refused(code(&new).await));
    write(&directory.path().join("ca.crt"), &(old.certificate() + &new.certificate()));
    server.hang_up();
    server.wait_for(TAKEN, 1);
    assert_eq!((code(&old).await, code(&new).await), (Code::NotFound, Code::NotFound));
    write(&directory.path().join("ca.crt"), &new.certificate());
    server.hang_up();
    server.wait_for(TAKEN, 2);
    assert!(is_refused(code(&old).await));
    assert_eq!(code(&new).await, Code::NotFound);
}

#[tokio::test]
async fn a_watch_ends_when_its_key_is_taken_away() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    write(&file, "old-key\nnew-key\n");
    let server = Server::start(&["--grpc-preshared-key-file", &path(directory.path(), "keys")]);
    let channel = plain(&server).await;
    let watch = async |key| Caller::new(channel.clone(), Some(key)).call(WATCH).await.unwrap().into_inner();
    let (mut old, mut new) = (watch("old-key").await, watch("new-key").await);
    write(&file, "new-key\n");
    server.hang_up();
    let status = old.message().await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    let open = tokio::time::timeout(std::time::Duration::from_millis(1), new.message()).await;
    assert!(open.is_err(), "{open:?}");
}

#[tokio::test]
async fn keys_change_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    write(&file, "old-key\n");
    let server = Server::start(&["--grpc-preshared-key-file", &path(directory.path(), "keys")]);
    let channel = plain(&server).await;
    let codes = async || {
        let code = async |key| Caller::new(channel.clone(), Some(key)).code(READ_SCHEMA).await;
        (code("old-key").await, code("new-key").await)
    };
    let taken = "the file has changed and is in force";
    assert_eq!(codes().await, (Code::NotFound, Code::PermissionDenied));
    write(&file, "old-key\nnew-key\n");
    server.wait_for(taken, 1);
    assert_eq!(codes().await, (Code::NotFound, Code::NotFound));
    for (index, broken) in ["", "old key with spaces\n", "# nothing\n"].into_iter().enumerate() {
        write(&file, broken);
        server.hang_up();
        server.wait_for("the file cannot be used", index + 1);
        assert_eq!(codes().await, (Code::NotFound, Code::NotFound), "{broken:?}");
    }
    write(&file, "new-key\n");
    server.hang_up();
    server.wait_for(taken, 2);
    assert_eq!(codes().await, (Code::PermissionDenied, Code::NotFound));
    assert!(!server.log().contains("old-key") && !server.log().contains("new-key"), "{}", server.log());
}
