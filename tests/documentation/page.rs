//! A page of the documentation, and what it says about the program.

use std::fs;
use std::path::{Path, PathBuf};

/// Where what an operator or an author of schemas reads stands; directories with all that is below them.
const PLACES: [&str; 4] = ["README.md", "docs", "schema/README.md", "deploy"];
/// Kinds of files that are read.
const KINDS: [&str; 5] = ["md", "yaml", "service", "example", ""];

/// A file that people read, or copy from.
pub(crate) struct Page {
    /// Its path from the root.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// All of them.
pub(crate) fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = PLACES.iter().map(|place| root.join(place)).collect();
    let mut found = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if KINDS.contains(&path.extension().map_or("", |kind| kind.to_str().unwrap())) {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Page { name: path.strip_prefix(root).unwrap().display().to_string(), path, text });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

impl Page {
    /// Spans of code within lines, without their quotes.
    pub(crate) fn spans(&self) -> Vec<String> {
        let prose: Vec<_> = self.parts().into_iter().filter(|(is_block, _)| !is_block).collect();
        let text = prose.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// All code, in spans and blocks.
    pub(crate) fn code(&self) -> String {
        self.spans().join("\n") + "\n" + &self.blocks()
    }

    /// What arrowroot is called with in examples, word by word, without its own name.
    pub(crate) fn invocations(&self) -> Vec<Vec<String>> {
        let joined = self.blocks().replace("\\\n", " ");
        let spans = self.spans().into_iter().filter(|span| span.starts_with("arrowroot "));
        let lines: Vec<String> = joined.lines().map(str::to_owned).chain(spans).collect();
        lines.iter().filter_map(|line| invocation(line)).collect()
    }

    /// Rows of tables that begin with a flag: its name, and the default in the next cell, empty if there is none.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let rows = self.text.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `--")?.split('|');
            let name = cells.next()?.trim().strip_suffix('`')?.split(' ').next()?;
            Some((name.to_owned(), cells.next()?.trim().trim_matches('`').to_owned()))
        });
        rows.collect()
    }

    /// Where links lead.
    pub(crate) fn links(&self) -> Vec<String> {
        let ends = self.text.split("](").skip(1);
        ends.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
    }

    /// Lines of blocks of code.
    fn blocks(&self) -> String {
        let blocks = self.parts().into_iter().filter(|(is_block, _)| *is_block);
        blocks.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }

    /// The lines, and whether each stands in a block of code. What is no Markdown is code.
    fn parts(&self) -> Vec<(bool, &str)> {
        if self.path.extension().is_none_or(|kind| kind != "md") {
            return self.text.lines().map(|line| (true, line)).collect();
        }
        let mut is_block = false;
        let mut parts = Vec::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_block = !is_block;
            } else {
                parts.push((is_block, line));
            }
        }
        parts
    }
}

/// What a line of a shell calls arrowroot with, if it does.
fn invocation(line: &str) -> Option<Vec<String>> {
    // A command in a comment is set off from it.
    let line = line.strip_prefix("#   ").unwrap_or(line);
    let words: Vec<_> = line.trim_start_matches(['$', ' ']).split_whitespace().collect();
    let start = words.iter().position(|word| !word.contains('=') || word.starts_with('-'))?;
    let rest = match words[start..] {
        ["cargo", "run", ref rest @ ..] => rest.split(|word| *word == "--").nth(1)?,
        [program, ref rest @ ..] if program.rsplit('/').next() == Some("arrowroot") => rest,
        _ => return None,
    };
    let is_told = |first: &&str| {
        // What the server says when it is ready, and what stands for any command.
        *first == "ready"
            || first.contains('<')
            || first.starts_with(|begin: char| begin.is_ascii_uppercase())
    };
    if rest.first().is_some_and(is_told) {
        return None;
    }
    let ours =
        rest.iter().take_while(|word| !["|", "&&", ";", ">", ">>", "<", "&", "||", "#"].contains(*word));
    Some(ours.map(|word| (*word).to_owned()).collect())
}

/// The names of flags in a text, as `--name`.
pub(crate) fn flags_in(text: &str) -> Vec<String> {
    let is_part =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    let mut names = Vec::new();
    for (start, _) in text.match_indices("--") {
        let is_within = text[..start].ends_with(|before: char| before.is_alphanumeric() || before == '-');
        let rest = &text[start + 2..];
        let name: String = rest.chars().take_while(|character| is_part(*character)).collect();
        if !is_within && name.starts_with(|first: char| first.is_ascii_lowercase()) {
            names.push(name.trim_end_matches('-').to_owned());
        }
    }
    names
}

/// The names of variables in a text, as `ARROWROOT_NAME`.
pub(crate) fn variables_in(text: &str) -> Vec<String> {
    let is_part =
        |character: char| character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_';
    let starts = text.match_indices("ARROWROOT_").map(|(start, _)| start);
    let names =
        starts.map(|start| text[start..].chars().take_while(|part| is_part(*part)).collect::<String>());
    // `ARROWROOT_…` stands for all.
    names.filter(|name| name != "ARROWROOT_").collect()
}
