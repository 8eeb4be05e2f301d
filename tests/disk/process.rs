//! Tests that run in a process of their own: this one again, with one of its tests, under other circumstances.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for such a process: the directory that it has.
const DIRECTORY: &str = "DISK_TEST_DIRECTORY";
/// What it says at its end.
const DONE: &str = "everything was as it should be";

/// The command that runs a test of this program with a directory.
pub(crate) fn again(test: &str, directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(DIRECTORY, directory);
    command
}

/// Runs it to its end, which must be a good one.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains(DONE), "{}\n{text}", output.status);
}

/// In such a process, what it has to do; nothing in any other.
pub(crate) fn only_again(work: impl FnOnce(PathBuf)) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        work(PathBuf::from(directory));
        println!("{DONE}");
    }
}
