//! `arrowroot completions`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::definition;
use super::output::ColorFlag;

/// Print a script that has a shell complete commands and flags
///
/// bash: arrowroot completions bash > ~/.local/share/bash-completion/completions/arrowroot.
/// zsh: arrowroot completions zsh > a directory of $fpath, as _arrowroot.
/// fish: arrowroot completions fish > ~/.config/fish/completions/arrowroot.fish.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut definition(), "arrowroot", &mut script);
        let mut output = ColorFlag::plain().open();
        output.text(String::from_utf8(script)?)?;
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
