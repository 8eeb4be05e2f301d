//! A server with a schema, the command, and what it says.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::process::Server;

pub(crate) const SCHEMA: &str = r#"use expiration

caveat on_day(day string) { day == "monday" }

definition user {}

definition doc {
    relation viewer: user | user:* | doc#viewer | user with on_day | user with expiration | user with on_day and expiration
}
"#;

/// One of each kind.
pub(crate) const KINDS: [&str; 6] = [
    "doc:a#viewer@doc:b#viewer",
    "doc:a#viewer@user:*",
    "doc:a#viewer@user:ana",
    r#"doc:a#viewer@user:eve[on_day:{"day":"a \"b\", ]c[\n"}]"#,
    "doc:a#viewer@user:fay[expiration:2126-01-02T03:04:05.000000006Z]",
    r#"doc:a#viewer@user:gil[on_day:{"day":"monday"}][expiration:2126-01-02T03:04:05Z]"#,
];

/// What a command says: its status, standard output, standard error.
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// That it was done.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.out, self.err);
        self
    }

    /// That it could not be done, and that standard error says why.
    #[track_caller]
    pub(crate) fn failed(self, why: &str) -> Self {
        assert_eq!(self.status, 2, "{}{}", self.out, self.err);
        assert!(self.err.contains(why), "`{why}` is not in: {}", self.err);
        self
    }
}

/// A directory, and perhaps a server over a store in it.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    pub(crate) server: Option<Server>,
}

impl Place {
    pub(crate) fn without_server() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), server: None }
    }

    /// With a server that has the schema.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same with more flags for the server.
    pub(crate) fn with(flags: &[&str]) -> Self {
        let mut place = Self::without_server();
        place.write("schema.zed", SCHEMA);
        let mut all = vec!["--datastore-bootstrap-files".to_owned(), place.path("schema.zed")];
        all.extend(flags.iter().map(|flag| (*flag).to_owned()));
        place.server = Some(Server::start(place.directory.path(), &all));
        place
    }

    /// With a server that is empty.
    pub(crate) fn empty() -> Self {
        let mut place = Self::without_server();
        place.server = Some(Server::start(place.directory.path(), &[]));
        place
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.directory.path().join(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.directory.path().join(name)).unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.directory.path().join(name).exists()
    }

    /// The names in the directory, but for the server's store and schema.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "data" && name != "schema.zed");
        names.sort_unstable();
        names
    }

    /// The command, with the server's address.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = arrowroot(arguments);
        command.current_dir(self.directory.path());
        if let Some(server) = &self.server {
            command.env("ARROWROOT_ENDPOINT", format!("http://{}", server.address()));
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// The same with standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        use std::io::Write as _;
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writing = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        Said::of(output)
    }

    /// Everything that the server has, as text.
    pub(crate) fn exported(&self) -> String {
        self.run(&["export"]).done().out
    }

    /// Ends the server in order.
    pub(crate) fn stop(&mut self) {
        assert!(self.server.take().unwrap().terminate().success());
    }
}

/// The command, with nothing of the environment.
pub(crate) fn arrowroot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME");
    command
}

/// So many relationships as text, in the order of an export.
pub(crate) fn many(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        writeln!(text, "doc:d{number:07}#viewer@user:u{}", number % 1000).unwrap();
        text
    })
}

/// All of one kind each.
pub(crate) fn kinds() -> String {
    KINDS.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    })
}

pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}
