//! The built server as a process, to be stopped or killed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running `arrowroot serve`, killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// What it said when it was ready.
    line: String,
    log: File,
}

impl Server {
    /// Starts the server over a store in a directory, and waits until it is ready.
    pub(crate) fn start(directory: &Path, flags: &[String]) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_arrowroot")), directory, flags)
    }

    /// The same, by a command that has the server's flags for its last arguments.
    pub(crate) fn start_by(mut command: Command, directory: &Path, flags: &[String]) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
            command.env_remove(name);
        }
        let mut log = tempfile::tempfile().unwrap();
        let mut child = command
            .args(["serve", "--grpc-no-auth", "--grpc-addr", "127.0.0.1:0", "--datastore-path"])
            .arg(directory.join("data"))
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log.try_clone().unwrap()))
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if !line.starts_with("arrowroot ready grpc=") {
            let _ = child.kill();
            panic!("the server is not ready; it said {line:?} and logged:\n{}", read_all(&mut log));
        }
        Self { child, line, log }
    }

    /// Where it serves.
    pub(crate) fn address(&self) -> &str {
        self.word("grpc")
    }

    /// Where it serves HTTP.
    pub(crate) fn http_address(&self) -> &str {
        self.word("http")
    }

    /// The newest revision when it became ready.
    pub(crate) fn head(&self) -> u64 {
        self.word("revision").parse().unwrap()
    }

    fn word(&self, name: &str) -> &str {
        let mut words = self.line.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).unwrap()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the server in order, and waits for its end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let signal = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(signal.success());
        self.child.wait().unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&mut self) -> String {
        read_all(&mut self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let end = self.child.wait();
        if std::thread::panicking() {
            println!("the server ended with {end:?} and logged:\n{}", read_all(&mut self.log));
        }
    }
}

/// Whether the server knows a flag.
pub(crate) fn has_flag(flag: &str) -> bool {
    let help = Command::new(env!("CARGO_BIN_EXE_arrowroot")).args(["serve", "--help"]).output().unwrap();
    String::from_utf8(help.stdout).unwrap().contains(flag)
}

/// Flags under which little is kept: a short past, and a checkpoint after every few writes.
pub(crate) fn forgetful(window: &str, checkpoint_after_bytes: u32) -> Vec<String> {
    let mut flags = vec!["--datastore-gc-window".to_owned(), window.to_owned()];
    let checkpoint = "--datastore-checkpoint-after";
    if has_flag(checkpoint) {
        flags.extend([checkpoint.to_owned(), checkpoint_after_bytes.to_string()]);
    }
    flags
}

/// A number from the environment, or another.
pub(crate) fn number_from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// The seed of a run, from `ARROWROOT_SEED` or a new one. Printed, so that the run's choices can be repeated.
pub(crate) fn seed(name: &str) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    let seed = number_from_environment("ARROWROOT_SEED", RandomState::new().hash_one(name));
    println!("{name}: ARROWROOT_SEED={seed}");
    seed
}

fn read_all(log: &mut File) -> String {
    let mut text = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut text).unwrap();
    text
}
