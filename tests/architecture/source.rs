//! Rust source as names and punctuation, with the paths in it.

use std::fs;
use std::path::{Path, PathBuf};

/// A file, its path relative to the directory that was read.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) lines: usize,
    pub(crate) tokens: Vec<Token>,
}

/// A name, a number, `::`, or one other character. Comments and literals leave none.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (text, lines) = (text.to_owned(), text.lines().count());
        Self { path: path.to_owned(), tokens: tokens(&text), text, lines }
    }

    pub(crate) fn text_at(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    pub(crate) fn is_name_at(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_name)
    }

    /// Whether this is the file, or in the directory if it ends in `/`.
    pub(crate) fn is_within(&self, home: &str) -> bool {
        self.path == home || home.ends_with('/') && self.path.starts_with(home)
    }

    /// Visits the paths of a use tree, or the one path of an expression, from a token on. Returns the token after it.
    pub(crate) fn walk_tree<'s>(
        &'s self,
        from: usize,
        base: &[&'s str],
        visit: &mut dyn FnMut(usize, &[&str]),
    ) -> usize {
        let mut path = base.to_vec();
        let mut at = from;
        loop {
            match self.text_at(at) {
                "super" => path = parent(&path),
                "self" => {}
                "{" => {
                    at += 1;
                    while !matches!(self.text_at(at), "}" | "") {
                        at = if self.text_at(at) == "," { at + 1 } else { self.walk_tree(at, &path, visit) };
                    }
                    return at + 1;
                }
                name => path.push(name),
            }
            if self.text_at(at + 1) != "::" {
                break;
            }
            at += 2;
        }
        visit(self.tokens[from.min(self.tokens.len() - 1)].line, &path);
        // What a tree may still say: `as other`.
        if self.text_at(at + 1) == "as" { at + 3 } else { at + 1 }
    }
}

/// The module around a module.
pub(crate) fn parent<'a>(module: &[&'a str]) -> Vec<&'a str> {
    module[..module.len().saturating_sub(1)].to_vec()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let is_name = first.is_alphabetic() || first == '_';
        let bytes = if let Some(bytes) = comment(rest).or_else(|| literal(rest)) {
            bytes
        } else {
            let bytes = if is_name || first.is_numeric() {
                rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                found.push(Token { text: rest[..bytes].to_owned(), line });
            }
            bytes
        };
        line += rest[..bytes].matches('\n').count();
        rest = &rest[bytes..];
    }
    found
}

/// The bytes of the comment that the text starts with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while text.starts_with("/*") && at < text.len() {
        let rest = &text.as_bytes()[at..];
        depth =
            if rest.starts_with(b"/*") { depth + 1 } else { depth - usize::from(rest.starts_with(b"*/")) };
        at += if rest.starts_with(b"/*") || rest.starts_with(b"*/") { 2 } else { 1 };
        if depth == 0 {
            break;
        }
    }
    (at > 0).then_some(at)
}

/// The bytes of the string or character that the text starts with; of a lifetime only the quote.
fn literal(text: &str) -> Option<usize> {
    let after_prefix = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - after_prefix.len();
    if prefix > 1 {
        return None;
    }
    let raw = after_prefix.strip_prefix('r').map(|raw| raw.trim_start_matches('#'));
    if let Some(body) = raw.and_then(|raw| raw.strip_prefix('"')) {
        let hashes = text.len() - body.len() - prefix - 2;
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(text.len() - body.len() + body.find(&close).map_or(body.len(), |end| end + close.len()));
    }
    let quote = after_prefix.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    if quote == '\'' {
        let mut inner = after_prefix[1..].chars();
        let (first, second) = (inner.next()?, inner.next());
        if first != '\\' && second != Some('\'') {
            return Some(prefix + 1);
        }
    }
    let mut is_escaped = false;
    for (at, next) in after_prefix.char_indices().skip(1) {
        match next {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if next == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The package's directory.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a directory of the package; none if it is not there.
pub(crate) fn sources(directory: &str) -> Vec<Source> {
    let base = root().join(directory);
    let mut found = Vec::new();
    let mut open = vec![base.clone()];
    while let Some(directory) = open.pop().filter(|directory| directory.exists()) {
        for entry in fs::read_dir(&directory).expect("a readable directory") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(read(&base, &path));
            }
        }
    }
    assert!(directory != "src" || !found.is_empty(), "no source was found");
    found
}

fn read(base: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a file in UTF-8");
    let relative = path.strip_prefix(base).expect("a path below its base");
    Source::new(&relative.to_string_lossy().replace('\\', "/"), &text)
}
