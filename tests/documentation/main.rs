//! The documentation against the program: every flag and every variable that is written about exists, and every one that
//! exists is written about; commands in examples have the flags that they are given; links lead somewhere.
#![cfg(test)]

mod page;

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, Command};

use page::{Page, flags_in, pages, variables_in};

/// Flags that every command has, whose meaning is known.
const COMMON: [&str; 2] = ["help", "version"];

/// A flag that people may use, where it is one.
struct Flag {
    /// The subcommands that lead to it, such as `schema lint`.
    command: String,
    name: String,
    variable: Option<String>,
    default: Option<String>,
}

/// All commands below one, each with the words that lead to it.
fn commands(above: &str, command: &Command, found: &mut Vec<(String, Command)>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let words = format!("{above} {}", below.get_name()).trim_start().to_owned();
        commands(&words, below, found);
        found.push((words, below.clone()));
    }
}

fn all_commands() -> Vec<(String, Command)> {
    let mut definition = arrowroot::cli::definition();
    definition.build();
    let mut found = Vec::new();
    commands("", &definition, &mut found);
    found
}

/// The flags of a command, also those that help does not show.
fn flags_of(command: &str, definition: &Command) -> Vec<(Flag, bool)> {
    let flag = |argument: &Arg| {
        let default = argument.get_default_values().first();
        let flag = Flag {
            command: command.to_owned(),
            name: argument.get_long()?.to_owned(),
            variable: argument.get_env().map(|name| name.to_str().unwrap().to_owned()),
            default: default.map(|default| default.to_str().unwrap().to_owned()),
        };
        Some((flag, argument.is_hide_set()))
    };
    definition.get_arguments().filter_map(flag).filter(|(flag, _)| !COMMON.contains(&&*flag.name)).collect()
}

/// All flags that help shows.
fn shown_flags() -> Vec<Flag> {
    let of_command = |(words, command): &(String, Command)| flags_of(words, command);
    let flags = all_commands().iter().flat_map(of_command).collect::<Vec<_>>();
    flags.into_iter().filter(|(_, is_hidden)| !is_hidden).map(|(flag, _)| flag).collect()
}

fn assert_none(problems: &[String], what: &str) {
    assert!(problems.is_empty(), "{what}:\n{}", problems.join("\n"));
}

#[test]
fn every_flag_is_written_about() {
    let written: BTreeSet<String> = pages().iter().flat_map(|page| flags_in(&page.code())).collect();
    let missing = |flag: &Flag| !written.contains(&flag.name);
    let problems: Vec<_> = shown_flags()
        .iter()
        .filter(|flag| missing(flag))
        .map(|flag| format!("arrowroot {} --{}", flag.command, flag.name))
        .collect();
    assert_none(&problems, "flags that no page of the documentation names");
}

#[test]
fn every_flag_that_is_written_about_exists() {
    let existing: BTreeSet<String> = all_commands()
        .iter()
        .flat_map(|(words, command)| flags_of(words, command))
        .map(|(flag, _)| flag.name)
        .chain(COMMON.map(str::to_owned))
        .collect();
    let mut problems = Vec::new();
    for page in pages() {
        // A span that does not begin with a flag may be another program's.
        for span in page.spans().iter().filter(|span| span.starts_with("--")) {
            let unknown = flags_in(span).into_iter().filter(|name| !existing.contains(name));
            problems.extend(unknown.map(|name| format!("{}: --{name}", page.name)));
        }
    }
    assert_none(&problems, "flags that do not exist");
}

#[test]
fn commands_in_examples_have_the_flags_that_they_are_given() {
    let commands: BTreeMap<String, Command> = all_commands().into_iter().collect();
    let (mut problems, mut examples) = (Vec::new(), 0);
    for page in pages() {
        for words in page.invocations() {
            examples += 1;
            // The longest row of words that is a command.
            let depth =
                (1..=words.len()).rev().find(|depth| commands.contains_key(&words[..*depth].join(" ")));
            let Some(depth) = depth else {
                if words.first().is_some_and(|word| !word.starts_with('-')) {
                    problems.push(format!("{}: arrowroot {}", page.name, words.join(" ")));
                }
                continue;
            };
            let command = words[..depth].join(" ");
            let known: BTreeSet<String> =
                flags_of(&command, &commands[&command]).into_iter().map(|(flag, _)| flag.name).collect();
            let given = words[depth..].iter().filter_map(|word| word.strip_prefix("--"));
            let given = given.map(|word| word.split('=').next().unwrap()).filter(|name| !name.is_empty());
            let unknown = given.filter(|name| !known.contains(*name) && !COMMON.contains(name));
            problems.extend(unknown.map(|name| format!("{}: arrowroot {command} --{name}", page.name)));
        }
    }
    assert!(examples > 10, "there are {examples} examples");
    assert_none(&problems, "examples that do not run");
}

#[test]
fn every_variable_that_is_written_about_exists() {
    let mut existing: BTreeSet<String> = shown_flags().into_iter().filter_map(|flag| flag.variable).collect();
    let of_no_flag = ["ARROWROOT_CONFIG"];
    existing.extend(of_no_flag.map(str::to_owned));
    let mut problems = Vec::new();
    for Page { name, text, .. } in pages() {
        let unknown = variables_in(&text).into_iter().filter(|variable| !existing.contains(variable));
        problems.extend(unknown.map(|variable| format!("{name}: {variable}")));
    }
    assert_none(&problems, "variables that nothing reads");
}

#[test]
fn every_flag_of_the_server_is_a_variable_too() {
    let problems: Vec<_> = shown_flags()
        .into_iter()
        .filter(|flag| flag.command == "serve")
        .filter(|flag| {
            let expected = format!("ARROWROOT_{}", flag.name.to_uppercase().replace('-', "_"));
            flag.variable.as_ref() != Some(&expected)
        })
        .map(|flag| format!("--{}: {:?}", flag.name, flag.variable))
        .collect();
    assert_none(&problems, "flags whose variables have other names");
}

#[test]
fn the_settings_of_the_server_are_listed_with_their_defaults() {
    let page = pages().into_iter().find(|page| page.name == "docs/operating.md").unwrap();
    let rows: BTreeMap<String, String> = page.settings().into_iter().collect();
    let flags: Vec<_> = shown_flags().into_iter().filter(|flag| flag.command == "serve").collect();
    let mut problems = Vec::new();
    for flag in &flags {
        // A flag without a value is off.
        let default = flag.default.clone().filter(|default| default != "false").unwrap_or_default();
        match rows.get(&flag.name) {
            None => problems.push(format!("--{} has no row", flag.name)),
            Some(written) if *written != default => {
                problems.push(format!("--{} is {default:?} by default, not {written:?}", flag.name));
            }
            Some(_) => {}
        }
    }
    let known: BTreeSet<_> = flags.iter().map(|flag| &flag.name).collect();
    problems.extend(
        rows.keys().filter(|name| !known.contains(name)).map(|name| format!("--{name} does not exist")),
    );
    assert_none(&problems, "rows of docs/operating.md that are not so");
}

#[test]
fn every_link_leads_to_a_file() {
    let mut problems = Vec::new();
    for page in pages() {
        for target in page.links() {
            let is_ours =
                !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:");
            let file = target.split('#').next().unwrap();
            if is_ours && !page.path.parent().unwrap().join(file).exists() {
                problems.push(format!("{}: {target}", page.name));
            }
        }
    }
    assert_none(&problems, "links that lead nowhere");
}
