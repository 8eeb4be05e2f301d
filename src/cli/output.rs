//! What commands print on standard output: text for people, coloured where it is a terminal, or JSON for programs.

pub(super) mod styles;

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use serde::Serialize;

/// Columns that text is laid out for where standard output is no terminal.
const COLUMNS_DEFAULT: usize = 80;

/// How a command's answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct OutputFlags {
    /// How the answer is printed: text for people, or JSON, one object a line where there are many
    #[arg(long, env = "ARROWROOT_OUTPUT", default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    color: ColorFlag,
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ColorFlag {
    /// Whether text is coloured; by itself it is on a terminal, unless `NO_COLOR` is set
    #[arg(long, env = "ARROWROOT_COLOR", default_value = "auto", value_name = "WHEN")]
    color: ColorWhen,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorWhen {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Standard output is gone, or full.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub(super) struct OutputError(#[from] io::Error);

impl OutputError {
    /// Whether the reader has left, as `head` does when it has seen enough.
    pub(super) fn is_broken_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Standard output as a command writes to it. What is buffered is written by [`Output::flush`].
pub(super) struct Output {
    format: OutputFormat,
    stream: AutoStream<Box<dyn Write + Send>>,
    is_terminal: bool,
}

impl OutputFlags {
    /// Standard output, as these flags ask for it.
    pub(super) fn open(self) -> Output {
        Output::of_stdout(self.output, self.color)
    }
}

impl ColorFlag {
    /// For what is no text for people.
    pub(super) fn plain() -> Self {
        Self { color: ColorWhen::Never }
    }

    /// Standard output for text.
    pub(super) fn open(self) -> Output {
        Output::of_stdout(OutputFormat::Text, self)
    }
}

impl Output {
    fn of_stdout(format: OutputFormat, color: ColorFlag) -> Self {
        let stdout = io::stdout();
        let choice = match color.color {
            ColorWhen::Auto => AutoStream::choice(&stdout),
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        if color.color != ColorWhen::Auto {
            // What goes wrong is told in the same way.
            choice.write_global();
        }
        let is_terminal = stdout.is_terminal();
        let buffered: Box<dyn Write + Send> = Box::new(BufWriter::<Stdout>::new(stdout));
        Self { format, stream: AutoStream::new(buffered, choice), is_terminal }
    }

    /// How answers are printed.
    pub(super) fn format(&self) -> OutputFormat {
        self.format
    }

    /// Columns that a line of text may take: the terminal's, if it is one.
    pub(super) fn columns(&self) -> usize {
        let of_terminal = || terminal_size::terminal_size_of(io::stdout());
        let size = self.is_terminal.then(of_terminal).flatten();
        size.map_or(COLUMNS_DEFAULT, |(width, _)| usize::from(width.0))
    }

    /// Writes a line of text, which may hold [`styles`]: they are left out where text is not coloured.
    pub(super) fn line(&mut self, line: impl Display) -> Result<(), OutputError> {
        Ok(writeln!(self.stream, "{line}")?)
    }

    /// Writes text as it is, without an end of line.
    pub(super) fn text(&mut self, text: impl Display) -> Result<(), OutputError> {
        Ok(write!(self.stream, "{text}")?)
    }

    /// Writes a value as JSON on a line of its own.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), OutputError> {
        serde_json::to_writer(&mut self.stream, value).map_err(io::Error::from)?;
        Ok(writeln!(self.stream)?)
    }

    /// Writes what is buffered: when all is said, and where somebody waits for what was said so far.
    pub(super) fn flush(&mut self) -> Result<(), OutputError> {
        Ok(self.stream.flush()?)
    }
}
