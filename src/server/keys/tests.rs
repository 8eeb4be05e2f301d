//! Files of keys: what they say, and what is wrong with them. No key is in any message.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::meter::Meters;
use super::{Busy, KeyFilePaths, KeyFiles, KeyLimits, Role, key_file, lines};
use crate::lifecycle::Reloads;
use crate::lifecycle::identity::ApiKeyHash;

const SECRET: &str = "secret-0123456789-0123456789";

fn limits() -> KeyLimits {
    KeyLimits::default()
}

/// What is said of a file of keys with roles: the line and the problem, or nothing.
fn problem(text: &str) -> String {
    let parsed = key_file::parse(Path::new("keys.toml"), text, limits(), &Meters::default());
    parsed.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn roles_include_what_they_should() {
    use Role::{Admin, Read, Schema, Write};
    let included =
        |role: Role| Role::ALL.into_iter().filter(|needed| role.includes(*needed)).collect::<Vec<_>>();
    assert_eq!(included(Read), [Read]);
    assert_eq!(included(Write), [Read, Write]);
    assert_eq!(included(Schema), [Read, Schema]);
    assert_eq!(included(Admin), Role::ALL);
}

#[test]
fn keys_are_found_by_what_clients_show() {
    let hash = ApiKeyHash::of("other-0123456789-0123456789");
    let text = format!(
        "# Ours.\n[[key]]\nname = \"a\"\nkey = \"{SECRET}\"\nrole = \"write\"\nconcurrent_requests = 1\n\n\
         [[key]]\nname = \"b\"\nsha256 = \"{hash}\"\nrole = \"read\"\nrequests_per_second = 1\n"
    );
    let keys = key_file::parse(Path::new("k"), &text, limits(), &Meters::default()).unwrap();
    let (a, b) = (keys.find(&ApiKeyHash::of(SECRET)).unwrap(), keys.find(&hash).unwrap());
    assert_eq!((a.role, b.role), (Role::Write, Role::Read));
    assert_eq!(a.meter.begin(true), Ok(true));
    assert_eq!(a.meter.begin(true), Err(Busy::Concurrency { requests_max: 1 }));
    assert_eq!(b.meter.begin(true), Ok(false));
    assert!(matches!(b.meter.begin(true), Err(Busy::Rate { requests_per_second: 1, .. })));
    assert!(keys.find(&ApiKeyHash::of("other")).is_none());
}

#[test]
fn what_is_wrong_with_a_key_is_said_with_its_line() {
    let key = |lines: &str| format!("\n[[key]]\nname = \"a\"\n{lines}");
    let good = format!("key = \"{SECRET}\"\nrole = \"read\"\n");
    assert_eq!(problem(&key(&good)), "");
    let twice = format!("{}\n[[key]]\nname = \"b\"\n{good}", key(&good));
    let same_name = format!("{}{}", key(&good), key("key = \"other\"\nrole = \"read\""));
    for (text, expected) in [
        (String::new(), "keys.toml:1: there is no key in the file"),
        ("# Nothing.\n".to_owned(), "keys.toml:1: there is no key in the file"),
        (key("role = \"read\""), "keys.toml:2: give either `sha256` or `key`"),
        (key(&format!("sha256 = \"{SECRET}\"\nrole = \"read\"")), "keys.toml:4: sha256: must have 64"),
        (key(&format!("key = \"{SECRET}\"\nrole = \"root\"")), "keys.toml:5: role: must be `read`, "),
        (key(&format!("key = \"{SECRET}\"")), "keys.toml:2: missing field `role`"),
        (key(&format!("key = \"{SECRET} \"\nrole = \"read\"")), "keys.toml:4: a key has visible ASCII"),
        (key("key = \"\"\nrole = \"read\""), "keys.toml:4: key: must have 1 to 4096 bytes"),
        (key(&format!("{good}requests_per_second = 0")), "keys.toml:6: requests_per_second: must be between"),
        (key(&format!("{good}concurrent_requests = 1000001")), "keys.toml:6: concurrent_requests: must be"),
        (key(&format!("{good}concurrent_requests = \"{SECRET}\"")), "keys.toml:6: invalid type: string …"),
        (key(&format!("{good}{SECRET} = 1")), "keys.toml:6: unknown field"),
        (key(&format!("key = \"{SECRET}\nrole = \"read\"")), "keys.toml:4: "),
        (twice, "keys.toml:9: the same key stands in the file before"),
        (same_name, "keys.toml:8: name: there is a key of this name before"),
    ] {
        let problem = problem(&text);
        assert!(problem.starts_with(expected), "{text}: {problem}");
        assert!(!problem.contains("0123456789"), "{problem}");
    }
}

#[test]
fn a_file_has_a_key_on_each_line() {
    let parse = |text: &str| lines::parse(Path::new("keys"), text, limits(), &Meters::default());
    let keys = parse(&format!("# Ours.\n\n  {SECRET}  \nold\r\nold\n")).unwrap();
    assert_eq!(keys.len(), 2);
    for key in [SECRET, "old"] {
        assert_eq!(keys.find(&ApiKeyHash::of(key)).unwrap().role, Role::Admin);
    }
    let refused = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(refused("# none\n"), "keys:1: there is no key in the file");
    assert!(refused("one\ntwo three\n").starts_with("keys:2: a key has visible ASCII"));
    assert!(refused(&"k".repeat(5000)).starts_with("keys:1: key: must have 1 to 4096 bytes"));
}

fn write(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn a_key_that_stays_in_its_file_keeps_its_count() {
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("keys.toml");
    let key = |name: &str, key: &str, limit: u32| {
        format!(
            "[[key]]\nname = \"{name}\"\nkey = \"{key}\"\nrole = \"read\"\nconcurrent_requests = {limit}\n"
        )
    };
    write(&path, &key("a", "a", 1));
    let reloads = Reloads::default();
    let paths = KeyFilePaths { with_roles: Some(path.clone()), ..KeyFilePaths::default() };
    let files = KeyFiles::open(paths, limits(), &reloads).unwrap().unwrap();
    let find = |key: &str| files.find(&ApiKeyHash::of(key));
    assert_eq!(find("a").unwrap().meter.begin(true), Ok(true));
    write(&path, &(key("a", "a", 1) + &key("b", "b", 1)));
    reloads.reload();
    assert!(find("a").unwrap().meter.begin(true).is_err());
    assert_eq!(find("b").unwrap().meter.begin(true), Ok(true));
    write(&path, &key("a", "a", 2));
    reloads.reload();
    assert!(find("b").is_none());
    assert_eq!(find("a").unwrap().meter.begin(true), Ok(true));
    write(&path, "[[key]]");
    reloads.reload();
    assert!(find("a").is_some(), "what is broken is not in force");
}

#[test]
fn a_file_that_anyone_may_read_is_still_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    fs::write(&path, SECRET).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let paths = KeyFilePaths { preshared: Some(path), ..KeyFilePaths::default() };
    let files = Arc::new(KeyFiles::open(paths, limits(), &Reloads::default()).unwrap().unwrap());
    assert!(files.find(&ApiKeyHash::of(SECRET)).is_some());
    assert!(!format!("{files:?}").contains(SECRET));
    assert!(KeyFiles::open(KeyFilePaths::default(), limits(), &Reloads::default()).unwrap().is_none());
}
