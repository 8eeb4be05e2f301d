//! A server process whose log can be waited for.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long a line of the log is waited for.
const LINE_TIMEOUT: Duration = Duration::from_mins(1);

/// A running `arrowroot serve` in memory, killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) ready: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

/// The command, with nothing of it in the environment.
pub(crate) fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
        command.env_remove(name);
    }
    let common = ["serve", "--datastore-engine", "memory", "--grpc-addr", "127.0.0.1:0"];
    let others =
        ["--http-addr", "127.0.0.1:0", "--grpc-shutdown-grace-period", "200ms", "--log-level", "debug"];
    command.args(common).args(others).args(flags);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::run(serve(flags))
    }

    /// Starts a command and waits until it is ready.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Log::default());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let told = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                told.lines.lock().unwrap().push(line);
                told.grown.notify_all();
            }
        });
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let server = Self { child, ready, log };
        assert!(server.ready.starts_with("arrowroot ready grpc="), "{}\n{}", server.ready, server.log());
        server
    }

    /// A word of the line, such as `127.0.0.1:50051` for `grpc`.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn grpc(&self) -> &str {
        self.word("grpc").unwrap()
    }

    pub(crate) fn http(&self) -> &str {
        self.word("http").unwrap()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lines.lock().unwrap().join("\n")
    }

    /// Waits until so many lines of the log have a text in them.
    pub(crate) fn wait_for(&self, text: &str, count: usize) {
        let begin = Instant::now();
        let mut lines = self.log.lines.lock().unwrap();
        while lines.iter().filter(|line| line.contains(text)).count() < count {
            let left = LINE_TIMEOUT.checked_sub(begin.elapsed());
            let left = left.unwrap_or_else(|| panic!("no `{text}` in the log:\n{}", lines.join("\n")));
            lines = self.log.grown.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Has it read its files at once.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    /// Ends it in order.
    pub(crate) fn terminate(mut self) -> bool {
        self.signal("-TERM");
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("the server logged:\n{}", self.log());
        }
    }
}

/// What a server says that does not start.
pub(crate) fn refused(flags: &[&str]) -> String {
    let output = serve(flags).output().unwrap();
    assert!(!output.status.success(), "{flags:?} was taken");
    String::from_utf8(output.stderr).unwrap()
}

/// A path in a directory, as an argument.
pub(crate) fn path(directory: &Path, name: &str) -> String {
    let path: PathBuf = directory.join(name);
    path.display().to_string()
}
