//! The text that is being written: lines, and blank lines between them.

/// Lines so far.
#[derive(Default)]
pub(super) struct Page {
    text: String,
    /// Whether a block has just begun, at which no blank line stands.
    is_block_start: bool,
}

impl Page {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A blank line, unless nothing or a block's begin stands before it.
    pub(super) fn blank(&mut self) {
        if !self.is_block_start && !self.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Whole lines.
    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.text.push_str(&line);
            self.text.push('\n');
        }
        self.is_block_start = false;
    }

    /// What follows stands in a block.
    pub(super) fn open_block(&mut self) {
        self.is_block_start = true;
    }

    /// Adds to the last line.
    pub(super) fn append(&mut self, text: &str) {
        if self.text.ends_with('\n') {
            self.text.pop();
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The text; an empty one has no line.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A line after some tabs; an empty one has none.
pub(super) fn indented(indent: usize, line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{}{line}", "\t".repeat(indent)) }
}
