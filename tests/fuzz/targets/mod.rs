//! What is fuzzed: one file a target, which says what must hold of its answer to any input.

mod caveat;
mod checkpoint;
mod gateway;
mod journal;
mod relationship;
mod schema;
mod server;
mod tokens;
mod wire;

/// One thing to fuzz.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Inputs to begin with.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// Gives it an input, and asserts what must hold of the answer.
    pub(crate) run: fn(&[u8]),
    /// How inputs are changed.
    pub(crate) form: Form,
    /// What may make a difference where it stands in an input.
    pub(crate) words: &'static [&'static str],
    /// Bytes that one input may take, at most, in all threads together.
    pub(crate) memory_bytes_max: usize,
    /// Inputs of the short run.
    pub(crate) short_runs: usize,
}

/// What inputs look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// Bytes or text.
    Bytes,
    /// Some bytes, and then a message of Protocol Buffers.
    Message { head: usize },
    /// Parts, each with its length, as [`crate::mutation::chunks`] reads them.
    Chunks,
}

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    schema::TARGET,
    relationship::TARGET,
    caveat::TARGET,
    wire::TARGET,
    gateway::TARGET,
    tokens::TARGET,
    checkpoint::TARGET,
    journal::TARGET,
];

/// The files of some kinds in a directory of `tests/`, in order of their names.
fn files(directory: &str, kind: &str) -> Vec<String> {
    let directory = std::path::Path::new(crate::ROOT).join("tests").join(directory);
    let entries =
        std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    paths.sort();
    assert!(!paths.is_empty(), "{} has no .{kind}", directory.display());
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The lines of a file of seeds, but for empty ones and comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
