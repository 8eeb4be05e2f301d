//! A command in a pseudo-terminal: what it writes, and what is then seen.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Rows of the terminal: more than any command writes in a test.
const ROWS: u16 = 300;

/// What a command did in a terminal.
pub(crate) struct Seen {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it wrote to standard output and standard error, escape sequences included.
    pub(crate) written: String,
    /// The lines of the screen, without what is blank at their ends, up to the last that is not blank.
    pub(crate) lines: Vec<String>,
}

/// Runs a command whose standard output and standard error are a terminal of so many columns.
pub(crate) fn run(command: &mut Command, columns: u16) -> Seen {
    let (ours, theirs) = open(columns);
    command.stdin(Stdio::null()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("TERM", "xterm-256color");
    let mut child = command.spawn().unwrap();
    // The command keeps the terminal's other end, and the end of the command is the end of what is read.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let written = read_to_end(ours);
    let status = child.wait().unwrap();
    let mut parser = vt100::Parser::new(ROWS, columns, 0);
    parser.process(&written);
    let mut lines: Vec<_> = parser.screen().rows(0, columns).map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Seen { status, written: String::from_utf8(written).unwrap(), lines }
}

/// Both ends of a new terminal.
fn open(columns: u16) -> (File, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    (File::from(ours), theirs)
}

fn read_to_end(mut ours: File) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match ours.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            // Nobody has the other end any more.
            Err(error) if error.raw_os_error() == Some(5) => return all,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
}
