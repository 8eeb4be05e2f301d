//! `arrowroot watch`.

use std::io::{BufRead as _, BufReader, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::harness::World;

/// A watch that goes on, killed when it is dropped.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn interrupt(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

/// Touches a relationship, and gives the token.
fn touch(world: &World, relationship: &str) -> String {
    world.out(&["relationship", "touch", relationship]).lines().last().unwrap().to_owned()
}

#[test]
fn changes_are_shown_as_they_are_made_until_ctrl_c() {
    let world = World::start();
    let since = touch(&world, "doc:before#owner@user:ana");
    let mut watching = Watching::start(&mut world.command(&["watch", "--since", &since]));
    let at = touch(&world, r#"doc:a#viewer@user:tom[in_tier:{"tier":1}]"#);
    assert_eq!(watching.line(), r#"+ doc:a#viewer@user:tom[in_tier:{"tier":1}]"#);
    assert_eq!(watching.line(), format!("at {at}"));
    world.out(&["relationship", "delete", "doc:a#viewer@user:tom"]);
    assert_eq!(watching.line(), r#"- doc:a#viewer@user:tom[in_tier:{"tier":1}]"#);
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn what_is_added_and_what_is_removed_differ_in_colour() {
    let world = World::start();
    let since = touch(&world, "doc:before#owner@user:ana");
    let mut watching =
        Watching::start(&mut world.command(&["watch", "--since", &since, "--color", "always"]));
    touch(&world, "doc:a#owner@user:ana");
    world.out(&["relationship", "delete", "doc:a#owner@user:ana"]);
    assert_eq!(watching.line(), "\u{1b}[1m\u{1b}[32m+\u{1b}[0m doc:a#owner@user:ana");
    assert!(watching.line().starts_with("\u{1b}[2mat "));
    assert_eq!(watching.line(), "\u{1b}[1m\u{1b}[31m-\u{1b}[0m doc:a#owner@user:ana");
}

#[test]
fn programs_get_a_line_for_each_write() {
    let world = World::start();
    let since = touch(&world, "doc:before#owner@user:ana");
    let json_lines = ["watch", "--since", &since, "--output", "json"];
    let mut all = Watching::start(&mut world.command(&[&json_lines[..], &["--schema"]].concat()));
    let mut some =
        Watching::start(&mut world.command(&[&json_lines[..], &["--filter", "doc:b#owner"]].concat()));
    let mut checkpoints =
        Watching::start(&mut world.command(&[&json_lines[..], &["--checkpoints"]].concat()));
    let token = world.out(&["relationship", "touch", "doc:a#owner@user:ana", "doc:b#owner@user:ana"]);
    let token = token.lines().last().unwrap();
    let owner = |doc: &str| json!({"operation": "touch", "resource": doc, "relation": "owner", "subject": "user:ana"});
    let both = json!({"updates": [owner("doc:a"), owner("doc:b")], "changes_through": token});
    assert_eq!(all.json(), both);
    assert_eq!(some.json(), json!({"updates": [owner("doc:b")], "changes_through": token}));
    let schema = format!("{}definition team {{}}\n", crate::harness::SCHEMA);
    world.out(&["schema", "write", &world.file("schema.zed", &schema)]);
    assert_eq!(all.json()["schema_updated"], json!(true));
    let mut line = checkpoints.json();
    while line.get("updates").is_some() {
        line = checkpoints.json();
    }
    assert_eq!(line["is_checkpoint"], json!(true));
}

/// Forwards connections to a server until they are cut.
struct Proxy {
    address: String,
    sockets: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sockets = Arc::new(Mutex::new(Vec::new()));
        let (server, all) = (server.to_owned(), Arc::clone(&sockets));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = TcpStream::connect(&server) else { return };
                for socket in [&client, &upstream] {
                    all.lock().unwrap().push(socket.try_clone().unwrap());
                }
                let pairs = [(client.try_clone(), upstream.try_clone()), (Ok(upstream), Ok(client))];
                for (from, to) in pairs.map(|(from, to)| (from.unwrap(), to.unwrap())) {
                    // The end of a connection ends the copying.
                    thread::spawn(move || copy(&mut &from, &mut &to));
                }
            }
        });
        Self { address, sockets }
    }

    /// Cuts all connections there are.
    fn cut(&self) {
        for socket in self.sockets.lock().unwrap().drain(..) {
            // It may be closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

#[test]
fn a_lost_connection_is_made_again_behind_the_last_change() {
    let world = World::start();
    let proxy = Proxy::to(world.server.address());
    let since = touch(&world, "doc:before#owner@user:ana");
    let arguments = ["watch", "--since", &since, "--endpoint", &proxy.address];
    let mut watching = Watching::start(&mut world.command(&arguments));
    let mut expect = |number: u32| {
        let relationship = format!("doc:d{number}#owner@user:ana");
        let at = touch(&world, &relationship);
        assert_eq!(watching.line(), format!("+ {relationship}"));
        assert_eq!(watching.line(), format!("at {at}"));
    };
    for number in 0..3 {
        expect(number);
        proxy.cut();
        // It may or may not have noticed yet.
        expect(100 + number);
    }
    assert_eq!(watching.interrupt(), Some(130));
    let mut said = BufReader::new(watching.child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("trying again")));
}

#[test]
fn a_watch_that_cannot_begin_is_an_error() {
    let world = World::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    for (arguments, problem) in [
        (&["--endpoint", address.as_str()][..], "does not answer: UNAVAILABLE"),
        (&["--since", "nonsense"], "INVALID_ARGUMENT"),
        (&["--type", "doc", "--filter", "doc"], "cannot be used with"),
        (&["--filter", "?"], "invalid definition name `?`"),
    ] {
        let said = world.run(&[&["watch"], arguments].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.contains(problem), "{arguments:?}: {}", said.err);
    }
}

/// A server that is gone for good is given up.
#[test]
fn a_server_that_stays_away_ends_the_watch() {
    let mut world = World::start();
    let since = touch(&world, "doc:before#owner@user:ana");
    let mut watching =
        Watching::start(&mut world.command(&["watch", "--since", &since, "--retry-for", "300ms"]));
    touch(&world, "doc:a#owner@user:ana");
    assert_eq!(watching.line(), "+ doc:a#owner@user:ana");
    world.server.kill();
    assert_eq!(watching.child.wait().unwrap().code(), Some(2));
}
