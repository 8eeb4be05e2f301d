//! When files are looked at, and when no more.

use std::process::Command;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::lifecycle::{Refresh, Refreshed};

use super::*;

const LONG: Duration = Duration::from_hours(1);

/// Tells of each look.
#[derive(Debug)]
struct Watched(Mutex<mpsc::Sender<&'static str>>);

impl Refresh for Watched {
    fn refresh(&self) -> Refreshed {
        self.tell("refresh")
    }

    fn reload(&self) -> Refreshed {
        self.tell("reload")
    }
}

impl Watched {
    fn tell(&self, what: &'static str) -> Refreshed {
        // The test has seen enough if nobody listens.
        let _ = self.0.lock().send(what);
        Refreshed::Unchanged
    }
}

fn watched() -> (Reloads, Receiver<&'static str>) {
    let (sender, receiver) = mpsc::channel();
    let reloads = Reloads::default();
    reloads.add(Arc::new(Watched(Mutex::new(sender))));
    (reloads, receiver)
}

#[test]
fn files_are_looked_at_again_and_again_until_the_end() {
    let (reloads, looks) = watched();
    let reloading = Reloading::start_looking(reloads, Duration::from_millis(1)).unwrap();
    for _ in 0..3 {
        assert_eq!(looks.recv(), Ok("refresh"));
    }
    drop(reloading);
    assert!(looks.iter().all(|look| look == "refresh"), "the list is dropped with the thread, so this ends");
}

#[test]
fn requests_do_not_wait_for_the_next_look() {
    let (reloads, looks) = watched();
    let reloading = Reloading::start_looking(reloads, LONG).unwrap();
    for _ in 0..3 {
        reloading.request();
        assert_eq!(looks.recv(), Ok("reload"));
    }
}

#[tokio::test]
async fn sighup_has_everything_read_again() {
    let (reloads, looks) = watched();
    let reloading = Reloading::start(reloads).unwrap();
    let hangups = reloading.listen();
    let kill = Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status().unwrap();
    assert!(kill.success());
    let look = tokio::task::spawn_blocking(move || looks.iter().find(|look| *look == "reload"));
    tokio::select! {
        () = hangups.serve() => panic!("it never ends by itself"),
        look = look => assert_eq!(look.unwrap(), Some("reload")),
    }
}
