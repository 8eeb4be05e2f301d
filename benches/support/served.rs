//! A server in a process of its own, whose CPU can be told from the client's.

use std::error::Error;
use std::future::Future;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use tokio::sync::oneshot;

/// Tells a child process which server it is.
const KIND: &str = "ARROWROOT_BENCH_KIND";
/// Clock ticks a second in `/proc`, on every Linux that Rust runs on.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

/// The server that this process is to be; none if it is to measure.
pub(crate) fn kind() -> Option<String> {
    env::var(KIND).ok()
}

/// Says where the server is, for the process that started this one, and what ends it.
pub(crate) fn announce(address: SocketAddr) -> Result<impl Future<Output = ()>, Box<dyn Error>> {
    println!("{address}");
    std::io::stdout().flush()?;
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // Whatever it says, the parent is gone.
        let _ = std::io::stdin().read(&mut [0]);
        drop(stop);
    });
    Ok(async { drop(stopped.await) })
}

/// A server in a process of its own.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Served {
    /// Starts this very program as a server, and waits until it is there.
    pub(crate) fn start(kind: &str) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .env(KIND, kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    /// CPU seconds of the process so far, its own and the kernel's for it.
    pub(crate) fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit_once(')').unwrap().1;
        let fields: Vec<_> = after_name.split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself; if it is gone already, so much the better.
        let _ = self.child.wait();
    }
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
