//! A server with some relationships, and commands that talk to it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::process::Server;

/// Documents in folders, with conditions, everyone, and those who are excepted.
pub(crate) const SCHEMA: &str = "caveat in_tier(tier int, tiers list<int>) { tier in tiers }
definition user {}
definition group {
    relation member: user | group#member
}
definition folder {
    relation parent: folder
    relation viewer: user | group#member
    permission view = viewer + parent->view
}
definition doc {
    relation folder: folder
    relation owner: user
    relation viewer: user | user:* | group#member | user with in_tier
    relation banned: user
    permission view = (owner + viewer + folder->view) - banned
    permission edit = owner & viewer
}
";

pub(crate) const RELATIONSHIPS: &str = r#"group:eng#member@user:eve
folder:top#viewer@group:eng#member
folder:sub#parent@folder:top
doc:plan#folder@folder:sub
doc:plan#owner@user:ana
doc:plan#banned@user:mal
doc:plan#viewer@user:mal
doc:open#viewer@user:*
doc:open#banned@user:mal
doc:tiered#viewer@user:tom[in_tier:{"tiers":[1,2]}]
"#;

/// A server, and a place for files. Nothing of this process' environment reaches a command.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) directory: TempDir,
}

/// What a command says: its status, standard output, standard error.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// A server with the schema and the relationships above.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// The same with flags of the server.
    pub(crate) fn with(flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let indented = |text: &str| {
            text.lines().fold(String::new(), |mut all, line| {
                writeln!(all, "  {line}").unwrap();
                all
            })
        };
        let text = format!("schema: |-\n{}relationships: |-\n{}", indented(SCHEMA), indented(RELATIONSHIPS));
        let bootstrap = write(directory.path(), "bootstrap.yaml", &text);
        let flags: Vec<_> = ["--datastore-engine", "memory", "--datastore-bootstrap-files", &bootstrap]
            .into_iter()
            .chain(flags.iter().copied())
            .map(ToOwned::to_owned)
            .collect();
        let server = Server::start(directory.path(), &flags);
        Self { server, directory }
    }

    /// A command that asks this server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.elsewhere(arguments);
        command.env("ARROWROOT_ENDPOINT", self.server.address());
        command
    }

    /// A command that does not know where the server is.
    pub(crate) fn elsewhere(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("ARROWROOT_CONFIG", self.path("config.toml"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// Runs a command that should succeed, and gives its output.
    pub(crate) fn out(&self, arguments: &[&str]) -> String {
        let Said { status, out, err } = self.run(arguments);
        assert_eq!((status, err.as_str()), (0, ""), "{arguments:?}");
        out
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        write(self.directory.path(), name, text)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// A command of which the environment says nothing.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
        command.env_remove(name);
    }
    command.env("ARROWROOT_CONFIG", "/nothing/there.toml").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn said(command: &mut Command) -> Said {
    of_output(command.output().unwrap())
}

/// Runs a command with text on its standard input.
pub(crate) fn said_to(command: &mut Command, input: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // It may have seen enough before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    of_output(child.wait_with_output().unwrap())
}

fn of_output(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Lines of JSON.
pub(crate) fn json(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
