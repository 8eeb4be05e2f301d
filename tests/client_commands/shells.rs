//! `arrowroot completions` and `arrowroot man`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::{bare, said};

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = said(&mut bare(&["completions", shell]));
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{shell}");
        for word in ["bulk-check", "consistency-full", "relationship", "lookup", "serve"] {
            assert!(said.out.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(said(&mut bare(&["completions", "cmd"])).status, 2);
}

/// The script is used as bash uses it, where there is a bash.
#[test]
fn bash_completes_commands_flags_and_values() {
    let directory = tempfile::tempdir().unwrap();
    let script =
        crate::harness::write(directory.path(), "script", &said(&mut bare(&["completions", "bash"])).out);
    let complete = |words: &str| {
        let count = words.split(' ').count() - 1;
        let program = format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD={count}; \
             _arrowroot arrowroot \"${{COMP_WORDS[$COMP_CWORD]}}\" \"${{COMP_WORDS[$COMP_CWORD-1]}}\"; \
             echo \"${{COMPREPLY[*]}}\""
        );
        let output = std::process::Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete("arrowroot bul"), "bulk-check");
    assert_eq!(complete("arrowroot lookup res"), "resources");
    assert_eq!(complete("arrowroot check --exp"), "--explain");
    assert_eq!(complete("arrowroot check --output j"), "json");
}

fn pages(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let page = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(page).collect()
}

#[test]
fn every_command_has_a_manual_page_and_always_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["a/new", "b"].map(|name| directory.path().join(name));
    for made in [&first, &second] {
        let mut man = bare(&["man", made.to_str().unwrap()]);
        // What stands in the environment is nobody else's.
        let said = said(man.env("ARROWROOT_ENDPOINT", "http://mine").env("ARROWROOT_PRESHARED_KEY", "hush"));
        assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (0, "", ""));
    }
    let made = pages(&first);
    assert_eq!(made, pages(&second));
    for name in ["arrowroot.1", "arrowroot-check.1", "arrowroot-lookup-subjects.1", "arrowroot-context-add.1"]
    {
        assert!(made.contains_key(name), "{name} is not among {:?}", made.keys());
    }
    let check = &made["arrowroot-check.1"];
    assert!(check.contains("ARROWROOT_ENDPOINT") && check.contains("explain"), "{check}");
    assert!(made.values().all(|page| !page.contains("http://mine") && !page.contains("hush")));
    let printed = said(&mut bare(&["man"]));
    assert_eq!((printed.status, &printed.out), (0, &made["arrowroot.1"]));
    let blocked = crate::harness::write(directory.path(), "file", "");
    let said = said(&mut bare(&["man", &blocked]));
    assert_eq!(said.status, 2);
    assert!(said.err.contains("cannot be written"), "{}", said.err);
}
