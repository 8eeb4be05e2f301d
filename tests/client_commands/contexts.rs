//! `arrowroot context`, and which of all sources says where a server is and what its key is.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::harness::{Said, World, bare, json, said, said_to};

const CHECK: [&str; 2] = ["check", "doc:plan#view@user:ana"];

/// A configuration file that is not there yet.
struct Contexts {
    directory: tempfile::TempDir,
}

impl Contexts {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("new/config.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("ARROWROOT_CONFIG", self.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    fn write(&self, text: &str, mode: u32) {
        fs::create_dir_all(self.path().parent().unwrap()).unwrap();
        fs::write(self.path(), text).unwrap();
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn contexts_are_added_used_listed_and_removed() {
    let contexts = Contexts::new();
    assert_eq!(
        contexts.run(&["context", "list"]),
        Said { status: 0, out: String::new(), err: String::new() }
    );
    let add = |name: &str, more: &[&str], key: &str| {
        let arguments = [&["context", "add", name], more].concat();
        let said = said_to(&mut contexts.command(&arguments), key);
        assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (0, "", ""), "{name}");
    };
    add("local", &["--endpoint", "127.0.0.1:50051", "--preshared-key-file", "-"], "a-secret\n");
    add("far", &["--endpoint", "https://far:443", "--no-key"], "");
    let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(contexts.path()), mode(contexts.path().parent().unwrap().into())), (0o600, 0o700));
    let list = contexts.run(&["context", "list"]).out;
    assert_eq!(
        list,
        "  far    https://far:443         no key\n* local  http://127.0.0.1:50051  key stored\n"
    );
    contexts.run(&["context", "use", "far"]);
    let listed = json(&contexts.run(&["context", "list", "--output", "json"]).out);
    let far = json!({"name": "far", "endpoint": "https://far:443", "is_current": true, "key": null});
    assert_eq!((&listed[0], &listed[1]["key"]), (&far, &json!("stored")));
    assert!(fs::read_to_string(contexts.path()).unwrap().contains("a-secret"));
    assert_eq!(contexts.run(&["context", "remove", "far"]).status, 0);
    assert_eq!(contexts.run(&["context", "list"]).out, "  local  http://127.0.0.1:50051  key stored\n");
    for (arguments, problem) in [
        (&["use", "far"][..], "there is no context `far`"),
        (&["remove", "far"], "there is no context `far`"),
        (&["add", "local", "--endpoint", "x:1"], "there is a context `local` already"),
        (&["add", "..", "--endpoint", "x:1"], "`..` is no name of a context"),
        (&["add", "new", "--endpoint", "nowhere"], "`nowhere` is no address"),
        (
            &["add", "new", "--endpoint", "x:1", "--ca-file", "/nothing/there"],
            "/nothing/there: cannot be read",
        ),
        (&["add", "new", "--endpoint", "x:1", "--client-cert", "/dev/null"], "--client-key"),
        (
            &["add", "new", "--endpoint", "x:1", "--preshared-key-file", "-"],
            "there is no key on standard input",
        ),
    ] {
        let said = contexts.run(&[&["context"], arguments].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.contains(problem), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn commands_that_add_at_the_same_time_lose_nothing() {
    let contexts = Contexts::new();
    let add = |number: u32| {
        let (name, endpoint) = (format!("c{number}"), format!("127.0.0.1:{}", 1000 + number));
        contexts.command(&["context", "add", &name, "--endpoint", &endpoint]).spawn().unwrap()
    };
    let children: Vec<Child> = (0..12).map(add).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(contexts.run(&["context", "list"]).out.lines().count(), 12);
    // Nothing is left over beside the file.
    assert_eq!(fs::read_dir(contexts.path().parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_not_as_it_should_be_is_refused_without_showing_its_keys() {
    let contexts = Contexts::new();
    let good = "current = \"a\"\n[contexts.a]\nendpoint = \"127.0.0.1:1\"\npreshared_key = \"a-secret\"\n";
    let path = contexts.path().display().to_string();
    for (text, mode, problem) in [
        (good, 0o644, format!("run `chmod 600 {path}`")),
        (good, 0o660, format!("run `chmod 600 {path}`")),
        ("current = \"a\"\n[contexts.a]\npreshared_key = \"a-secre", 0o600, format!("{path}:3: ")),
        ("\n\n[contexts.a]\npreshared_key = a-secret\n", 0o600, format!("{path}:4: ")),
        (
            "[contexts.a]\npreshared_key = 424242\n",
            0o600,
            format!("{path}:2: the key must be a text in quotes"),
        ),
        ("[contexts.a]\nkey = \"a-secret\"\n", 0o600, format!("{path}:2: unknown field `key`")),
        ("current = \"b\"\n", 0o600, "there is no context `b`".to_owned()),
    ] {
        contexts.write(text, mode);
        let said = contexts.run(&CHECK);
        assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{}", said.err);
        assert!(said.err.contains(&problem), "{}", said.err);
        assert!(!said.err.contains("secre") && !said.err.contains("4242"), "{}", said.err);
    }
    contexts.write(good, 0o644);
    let changed = contexts.run(&["context", "add", "b", "--endpoint", "127.0.0.1:2"]);
    assert_eq!(changed.status, 2);
    assert_eq!(fs::read_to_string(contexts.path()).unwrap(), good);
    // Who names a server needs no context.
    let said = contexts.run(&[&CHECK[..], &["--endpoint", "127.0.0.1:1"]].concat());
    assert!(said.err.contains("the server at http://127.0.0.1:1 does not answer"), "{}", said.err);
}

/// A server that wants a key.
struct Locked {
    child: Child,
    address: String,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn locked(key: &str) -> Locked {
    use std::io::BufRead as _;

    let flags = ["serve", "--datastore-engine", "memory", "--grpc-addr", "127.0.0.1:0"];
    let mut child =
        bare(&flags).env("ARROWROOT_GRPC_PRESHARED_KEY", key).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find_map(|word| word.strip_prefix("grpc=")).unwrap().to_owned();
    Locked { child, address }
}

/// What a command with a key is told by a server without a schema.
const LET_IN: &str = "NOT_FOUND";

#[test]
fn flags_come_before_the_environment_before_contexts() {
    let (one, two) = (locked("key-one"), locked("key-two"));
    let contexts = Contexts::new();
    for (name, server, key) in [("one", &one, "key-one"), ("two", &two, "key-two"), ("bad", &one, "key-bad")]
    {
        let add = ["context", "add", name, "--endpoint", &server.address, "--preshared-key-file", "-"];
        assert_eq!(said_to(&mut contexts.command(&add), key).status, 0);
    }
    let key_file = contexts.directory.path().join("key");
    fs::write(&key_file, "key-two\n").unwrap();
    let key_file = key_file.to_str().unwrap();
    let read = |flags: &[&str], environment: &[(&str, &str)]| {
        let mut command = contexts.command(&[&["schema", "read"], flags].concat());
        said(command.envs(environment.iter().copied())).err
    };
    let endpoint = ("ARROWROOT_ENDPOINT", two.address.as_str());
    // The one in use is the first.
    assert!(read(&[], &[]).contains(LET_IN));
    assert!(read(&["--use-context", "two"], &[]).contains(LET_IN));
    assert!(read(&[], &[("ARROWROOT_CONTEXT", "two")]).contains(LET_IN));
    assert!(read(&["--use-context", "bad"], &[]).contains("PERMISSION_DENIED"));
    assert!(
        read(&["--use-context", "bad"], &[("ARROWROOT_PRESHARED_KEY", "key-one")])
            .contains("PERMISSION_DENIED")
    );
    assert!(
        read(&[], &[("ARROWROOT_CONTEXT", "bad"), ("ARROWROOT_PRESHARED_KEY", "key-one")]).contains(LET_IN)
    );
    assert!(read(&["--use-context", "one"], &[endpoint]).contains(LET_IN));
    // A key of a context is shown to no other server.
    assert!(read(&["--endpoint", &two.address], &[]).contains("UNAUTHENTICATED"));
    assert!(read(&[], &[endpoint]).contains("UNAUTHENTICATED"));
    assert!(read(&["--endpoint", &two.address], &[("ARROWROOT_CONTEXT", "one")]).contains("UNAUTHENTICATED"));
    // Keys by file and by flag, of which what was typed counts.
    assert!(read(&["--preshared-key-file", key_file], &[endpoint]).contains(LET_IN));
    let environment = [endpoint, ("ARROWROOT_PRESHARED_KEY", "key-bad")];
    assert!(read(&["--preshared-key-file", key_file], &environment).contains(LET_IN));
    let environment = [endpoint, ("ARROWROOT_PRESHARED_KEY_FILE", "/nothing/there")];
    let typed = read(&["--preshared-key", "key-two"], &environment);
    assert!(typed.contains(LET_IN) && typed.contains("--preshared-key is visible"), "{typed}");
    assert!(read(&[], &environment).contains("/nothing/there: cannot be read"));
    let both = ["--preshared-key", "key-two", "--preshared-key-file", key_file];
    assert!(read(&both, &[endpoint]).contains("there is both a preshared key and a file with one"));
}

/// Only what is typed is warned of.
#[test]
fn a_key_that_others_can_list_is_warned_of() {
    let world = World::start();
    let typed = world.run(&[&CHECK[..], &["--preshared-key", "hush"]].concat());
    assert_eq!((typed.status, typed.out.as_str()), (0, "allowed\n"));
    assert!(typed.err.contains("--preshared-key is visible") && !typed.err.contains("hush"), "{}", typed.err);
    let mut from_environment = world.command(&CHECK);
    let unwarned = said(from_environment.env("ARROWROOT_PRESHARED_KEY", "hush"));
    assert_eq!(unwarned.err, "");
}
