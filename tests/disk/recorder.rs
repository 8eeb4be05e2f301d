//! The recorder: built once, and preloaded into the processes that are to be recorded or to meet faults.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const SOURCE: &str = include_str!("recorder.c");

/// Which operations on files fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) operation: Operation,
    /// The name of the files, or of the directory.
    pub(crate) file: &'static str,
    pub(crate) error: i32,
    /// How many succeed before, and how many fail then; `None` stands for all.
    pub(crate) skip: u32,
    pub(crate) count: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Half of what is written is.
    Write,
    Sync,
}

pub(crate) const NO_SPACE: i32 = 28;
pub(crate) const INPUT_OUTPUT: i32 = 5;

/// The file that tells a process with the recorder what fails.
#[derive(Debug, Clone)]
pub(crate) struct Faults(PathBuf);

impl Faults {
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// From now on this fails.
    pub(crate) fn begin(&self, fault: Fault) {
        let Fault { operation, file, error, skip, count } = fault;
        let count = count.map_or(-1, i64::from);
        let operation = match operation {
            Operation::Write => "write",
            Operation::Sync => "sync",
        };
        let text = format!("{operation} {error} {skip} {count} {file}\n");
        let written = self.0.with_extension("new");
        fs::write(&written, text).unwrap();
        fs::rename(written, &self.0).unwrap();
    }

    /// From now on nothing fails.
    pub(crate) fn end(&self) {
        fs::remove_file(&self.0).unwrap();
    }

    /// Says it to a command, for what it does below a directory.
    pub(crate) fn tell(&self, command: &mut Command, root: &Path) {
        command.env("LD_PRELOAD", library()).env("DISK_ROOT", root).env("DISK_FAULTS", &self.0);
    }
}

/// Has a command record what it does below a directory, whose path has no symbolic links.
pub(crate) fn record(command: &mut Command, root: &Path, log: &Path) {
    command.env("LD_PRELOAD", library()).env("DISK_ROOT", root).env("DISK_LOG", log);
}

fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let name = format!("recorder-{:08x}", crc32fast::hash(SOURCE.as_bytes()));
        let library = directory.join(format!("{name}.so"));
        if !library.exists() {
            let process = std::process::id();
            let source = directory.join(format!("{name}-{process}.c"));
            let built = directory.join(format!("{name}-{process}.so"));
            fs::write(&source, SOURCE).unwrap();
            let mut command = Command::new("cc");
            command.args(["-Wall", "-O2", "-shared", "-fPIC", "-pthread", "-o"]).args([&built, &source]);
            assert!(command.status().unwrap().success(), "{command:?}");
            fs::rename(built, &library).unwrap();
            fs::remove_file(source).unwrap();
        }
        library
    })
}
