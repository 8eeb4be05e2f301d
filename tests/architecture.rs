//! The rooms of `src/` and the arrows between them, held by reading the source.
//!
//! The table says which room may import which; every other arrow fails, as do crates outside of their room, files and
//! functions that grew too long, and tests or code that are only pretended. Comments and strings do not count.
#![cfg(test)]

#[path = "architecture/source.rs"]
mod source;

use std::collections::BTreeSet;

use source::{Source, parent, root, sources};

/// A directory of `src/`: what it may import, and why it is needed there.
struct Room {
    name: &'static str,
    level: u32,
    may_import: &'static [&'static str],
    why: &'static str,
}

/// Arrows point down. Rooms that stand here before they stand in `src/` have their place reserved.
const ROOMS: &[Room] = &[
    Room {
        name: "measure",
        level: 0,
        may_import: &[],
        why: "counting is everyone's, and nobody's business to know",
    },
    Room { name: "relationship", level: 0, may_import: &[], why: "the nouns rest on nothing" },
    Room {
        name: "caveat",
        level: 1,
        may_import: &["relationship"],
        why: "caveats are named and stored in nouns",
    },
    Room {
        name: "journal",
        level: 2,
        may_import: &["measure", "relationship"],
        why: "it keeps relationships as values; what they mean is not its business",
    },
    Room {
        name: "schema",
        level: 2,
        may_import: &["caveat", "relationship"],
        why: "it names what relationships name, and compiles the caveats in its text",
    },
    Room {
        name: "index",
        level: 3,
        may_import: &["caveat", "relationship", "schema"],
        why: "it stores relationships with their conditions, and knows of a schema at most its model",
    },
    Room {
        name: "evaluate",
        level: 4,
        may_import: &["caveat", "index", "relationship", "schema"],
        why: "a question is a schema, a snapshot and nouns; where they come from is not its business",
    },
    Room {
        name: "engine",
        level: 5,
        may_import: &["caveat", "evaluate", "index", "journal", "measure", "relationship", "schema"],
        why: "the use cases join everything below",
    },
    Room {
        name: "lifecycle",
        level: 6,
        may_import: &["engine", "relationship"],
        why: "it speaks to the engine as any embedding program does",
    },
    Room {
        name: "backup",
        level: 7,
        may_import: &["engine", "relationship"],
        why: "a backup is what a view of the graph has, and is loaded through the engine",
    },
    Room {
        name: "scenario",
        level: 7,
        may_import: &["engine", "relationship", "schema"],
        why: "a validation file is loaded and asked through the engine; expected relations follow the schema's model",
    },
    Room {
        name: "server",
        level: 7,
        may_import: &["engine", "evaluate", "lifecycle", "measure", "relationship", "schema"],
        why: "it converts to nouns, makes one engine call, and converts back; of schema and evaluate, their errors",
    },
    Room {
        name: "cli",
        level: 8,
        may_import: &["backup", "engine", "lifecycle", "relationship", "scenario", "schema", "server"],
        why: "a command puts the parts together",
    },
];

/// Where a crate may be named: paths below `src/`, a directory ending in `/`.
struct Confined {
    crates: &'static [&'static str],
    within: &'static [&'static str],
}

const CONFINED: &[Confined] = &[
    Confined {
        crates: &[
            "prost",
            "prost_types",
            "tonic",
            "tonic_health",
            "tonic_prost",
            "tonic_reflection",
            "tonic_types",
        ],
        within: &["server/", "cli/client/"],
    },
    Confined {
        crates: &["hyper", "hyper_util"],
        within: &["server/gateway/", "server/legacy/", "server/telemetry/"],
    },
    Confined { crates: &["prost_reflect"], within: &["server/gateway/"] },
    Confined {
        crates: &["http_body_util"],
        within: &["server/authz/", "server/gateway/", "server/legacy/", "server/telemetry/"],
    },
    Confined { crates: &["prometheus_client"], within: &["server/telemetry/"] },
    Confined {
        crates: &["opentelemetry", "opentelemetry_otlp", "opentelemetry_sdk"],
        within: &["server/telemetry/trace/"],
    },
    Confined { crates: &["hyper_rustls"], within: &["server/legacy/"] },
    Confined { crates: &["rustls"], within: &["server/legacy/", "server/tls/"] },
    Confined { crates: &["rustls_pki_types"], within: &["cli/client/", "server/tls/"] },
    Confined { crates: &["tokio_rustls"], within: &["server/legacy/", "server/tls/"] },
    Confined { crates: &["governor"], within: &["server/keys/"] },
    Confined { crates: &["http_body"], within: &["server/"] },
    Confined {
        crates: &["aws_lc_rs"],
        within: &["backup/", "lifecycle/identity/", "server/legacy/", "server/tls/"],
    },
    Confined { crates: &["jsonwebtoken"], within: &["lifecycle/identity/"] },
    Confined { crates: &["sd_notify"], within: &["cli/serve/"] },
    Confined { crates: &["csv", "indicatif"], within: &["cli/"] },
    Confined { crates: &["rpassword"], within: &["cli/"] },
    Confined { crates: &["quick_junit"], within: &["cli/validate/"] },
    Confined { crates: &["sled"], within: &["journal/sled/"] },
    Confined { crates: &["clap"], within: &["cli/", "main.rs"] },
    Confined { crates: &["tokio"], within: &["cli/", "engine/", "server/", "main.rs"] },
    Confined { crates: &["tokio_stream", "tower"], within: &["cli/", "server/"] },
];

/// Files under `src/` that may be longer than [`FILE_LINES_MAX`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 100;

#[test]
fn the_table_points_down() {
    for room in ROOMS {
        assert!(!room.why.is_empty(), "{} has no reason", room.name);
        for import in room.may_import {
            let imported = find_room(import).unwrap_or_else(|| panic!("{import} is not in the table"));
            assert!(imported.level < room.level, "{} -> {import} does not point down", room.name);
        }
    }
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    assert_none(sources("src").iter().flat_map(forbidden_arrows));
}

#[test]
fn crates_stay_in_their_rooms() {
    assert_none(sources("src").iter().flat_map(misplaced_crates));
}

#[test]
fn files_and_functions_are_short() {
    assert_none(sources("src").iter().flat_map(|source| {
        let is_excepted = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        assert!(!is_excepted || source.lines > FILE_LINES_MAX, "{} needs no exception", source.path);
        let is_long = source.lines > FILE_LINES_MAX && !is_excepted;
        let long_file = is_long.then(|| format!("{}: {} lines", source.path, source.lines));
        long_functions(source).into_iter().chain(long_file)
    }));
    for (path, reason) in LONG_FILES {
        assert!(!reason.is_empty(), "{path} is excepted without a reason");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_none(
        sources("src")
            .iter()
            .filter(|source| !opens_with_doc(&source.text))
            .map(|source| format!("{}: does not open with `//!`", source.path)),
    );
    for room in ROOMS.iter().filter(|room| root().join("src").join(room.name).exists()) {
        let door = root().join("src").join(room.name).join("mod.rs");
        assert!(door.exists(), "{} is not there", door.display());
    }
}

#[test]
fn nothing_is_only_pretended() {
    let all = ["src", "tests", "benches"].map(sources).into_iter().flatten();
    assert_none(all.collect::<Vec<_>>().iter().flat_map(pretences));
}

// What the detectors find, and what they do not.

#[test]
fn arrows_are_found_in_every_spelling() {
    let found = |text: &str| {
        let arrows = forbidden_arrows(&Source::new("index/deep/mod.rs", text));
        arrows.into_iter().collect::<BTreeSet<_>>().len()
    };
    assert_eq!(found("use crate::engine::Engine;"), 1);
    assert_eq!(found("pub(crate) use crate::{journal, server::{self, wire}};"), 2);
    assert_eq!(found("fn name() -> crate::cli::Command { crate::engine::open() }"), 2);
    assert_eq!(found("use super::super::engine;"), 1);
    assert_eq!(found("use super::{super::journal::Journal, sibling};"), 1);
    assert_eq!(found("mod tests { use crate::evaluate::check; }"), 1);
    assert_eq!(found("use crate::Engine;"), 1, "through the front door");
    assert_eq!(found("use arrowroot::engine::Engine;"), 1);

    assert_eq!(found("use crate::relationship::Object; use crate::schema::Schema;"), 0);
    assert_eq!(found("use crate::index::deep; use super::sibling; use self::other::*;"), 0);
    assert_eq!(found("pub(crate) struct A; pub(in crate::index) fn b() {} use super::super::index;"), 0);
    assert_eq!(found("// use crate::engine;\n/* crate::engine */ const A: &str = \"crate::engine\";"), 0);
    assert_eq!(found("const A: &str = r#\"say \"crate::engine\"\"#; const B: char = '\"';"), 0);
}

#[test]
fn arrows_of_equal_or_unknown_rooms_are_found() {
    let found = |path: &str, text: &str| forbidden_arrows(&Source::new(path, text)).len();
    assert_eq!(found("schema/model.rs", "use crate::journal::Journal;"), 1);
    assert_eq!(found("scenario/file.rs", "use crate::server::serve;"), 1);
    assert_eq!(found("cellar/mod.rs", "pub struct Wine;"), 1);
    assert_eq!(found("lib.rs", "pub use engine::Engine; use crate::server;"), 0);
    assert_eq!(found("main.rs", "use arrowroot::cli; use arrowroot::engine::Engine;"), 1);
}

#[test]
fn misplaced_crates_are_found() {
    let found = |path: &str, text: &str| misplaced_crates(&Source::new(path, text)).len();
    assert_eq!(found("engine/engine.rs", "use tonic::Status; fn a(b: prost::bytes::Bytes) {}"), 2);
    assert_eq!(found("server/check.rs", "use tonic::Status;"), 0);
    assert_eq!(found("journal/memory.rs", "use ::sled::Db;"), 1);
    assert_eq!(found("journal/mod.rs", "mod sled; pub use self::sled::SledJournal;"), 0);
    assert_eq!(found("journal/sled/store.rs", "use sled::Db;"), 0);
    assert_eq!(found("evaluate/check.rs", "use tokio::sync::Notify;"), 1);
    assert_eq!(found("engine/wait.rs", "use tokio::sync::oneshot; use tokio::{sync::mpsc};"), 0);
    assert_eq!(found("engine/wait.rs", "tokio::spawn(task); use tokio::{sync::mpsc, time};"), 2);
}

#[test]
fn long_functions_are_found() {
    let body = |lines: usize| "let a = {};\n".repeat(lines);
    let source = |text: String| Source::new("engine/engine.rs", &text);
    assert!(long_functions(&source(format!("fn short() {{\n{}}}", body(98)))).is_empty());
    assert_eq!(long_functions(&source(format!("fn long() {{\n{}}}", body(99)))).len(), 1);
    let declared = format!("trait A {{ fn one(&self); fn two(&self) -> B; }}\n{}", "// line\n".repeat(200));
    assert!(long_functions(&source(declared)).is_empty());
}

#[test]
fn pretences_are_found() {
    let found = |text: &str| pretences(&Source::new("a.rs", text)).len();
    assert_eq!(found("#[test]\n#[ignore]\nfn a() {}"), 1);
    assert_eq!(found("#[ignore = \"slow\"] fn a() {}"), 1);
    assert_eq!(found("fn a() { todo!() } fn b() { unimplemented!(\"later\") }"), 2);
    assert_eq!(found("assert!(true);"), 1);
    assert_eq!(found("// todo!()\nlet ignore = \"#[ignore]\"; assert!(true_enough);"), 0);
}

#[test]
fn opening_docs_are_recognised() {
    assert!(opens_with_doc("//! What it is for.\nmod a;"));
    assert!(!opens_with_doc("// Not a doc.\n//! Too late."));
    assert!(!opens_with_doc("//!\nmod a;"));
}

// The detectors.

fn forbidden_arrows(source: &Source) -> Vec<String> {
    let Some((home, _)) = source.path.split_once('/') else {
        // The front door exports what it likes; the program starts the command line.
        let roots = arrows(source, &[]).into_iter();
        let is_program = source.path == "main.rs";
        return roots
            .filter(|(_, target)| is_program && target != "cli")
            .map(|arrow| describe(source, &arrow))
            .collect();
    };
    let Some(room) = find_room(home) else {
        return vec![format!("{}: room `{home}` is not in the table", source.path)];
    };
    let mut module: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let is_forbidden = |target: &str| target != home && !room.may_import.contains(&target);
    let found = arrows(source, &module).into_iter().filter(|(_, target)| is_forbidden(target));
    found.map(|arrow| describe(source, &arrow)).collect()
}

fn describe(source: &Source, (line, target): &(usize, String)) -> String {
    format!("{}:{line}: arrow to `{target}` is not in the table", source.path)
}

/// Every path that leaves the module: its line, and the first name below the crate's root.
fn arrows(source: &Source, module: &[&str]) -> Vec<(usize, String)> {
    let tokens = &source.tokens;
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let is_path = source.text_at(at + 1) == "::" && (at == 0 || source.text_at(at - 1) != "::");
        let base = match source.text_at(at) {
            "crate" | "arrowroot" if is_path => Vec::new(),
            "super" if is_path => parent(module),
            _ => continue,
        };
        source.walk_tree(at + 2, &base, &mut |line, path| {
            if let [target, ..] = path {
                found.push((line, (*target).to_owned()));
            }
        });
    }
    found
}

fn misplaced_crates(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        let name = source.text_at(at);
        // In `a::b::c` only `a` can be a crate; in `use ::a::b` it is one.
        let is_nested = at > 1
            && source.text_at(at - 1) == "::"
            && source.is_name_at(at - 2)
            && source.text_at(at - 2) != "use";
        if source.text_at(at + 1) != "::" || is_nested {
            continue;
        }
        let line = source.tokens[at].line;
        for confined in CONFINED.iter().filter(|confined| confined.crates.contains(&name)) {
            if !confined.within.iter().any(|home| source.is_within(home)) {
                found.push(format!("{}:{line}: `{name}` does not belong here", source.path));
            }
        }
        if name == "tokio" && source.path.starts_with("engine/") {
            source.walk_tree(at + 2, &[], &mut |line, path| {
                if path.first() != Some(&"sync") {
                    found.push(format!(
                        "{}:{line}: the engine uses no more of tokio than `sync`",
                        source.path
                    ));
                }
            });
        }
    }
    found
}

fn long_functions(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for at in (0..source.tokens.len()).filter(|at| source.text_at(*at) == "fn" && source.is_name_at(at + 1)) {
        let mut depth = 0_usize;
        for end in at..source.tokens.len() {
            match source.text_at(end) {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                ";" => {}
                _ => continue,
            }
            if depth > 0 {
                continue;
            }
            let lines = source.tokens[end].line + 1 - source.tokens[at].line;
            if lines > FUNCTION_LINES_MAX {
                found.push(format!("{}: `{}` has {lines} lines", source.path, source.text_at(at + 1)));
            }
            break;
        }
    }
    found
}

fn pretences(source: &Source) -> Vec<String> {
    let patterns: &[&[&str]] =
        &[&["#", "[", "ignore"], &["todo", "!"], &["unimplemented", "!"], &["assert", "!", "(", "true", ")"]];
    let starts = (0..source.tokens.len()).flat_map(|at| patterns.iter().map(move |pattern| (at, pattern)));
    let is_match = |(at, pattern): &(usize, &&[&str])| {
        pattern.iter().enumerate().all(|(offset, text)| source.text_at(at + offset) == *text)
    };
    starts
        .filter(is_match)
        .map(|(at, pattern)| format!("{}:{}: `{}`", source.path, source.tokens[at].line, pattern.concat()))
        .collect()
}

fn opens_with_doc(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//!")).is_some_and(|doc| !doc.trim().is_empty())
}

fn find_room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

fn assert_none(problems: impl Iterator<Item = String>) {
    let problems: BTreeSet<String> = problems.collect();
    let list: Vec<String> = problems.into_iter().collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}
