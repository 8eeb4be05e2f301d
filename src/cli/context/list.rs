//! `arrowroot context list`.

use std::error::Error;

use clap::Args;
use serde::Serialize;

use crate::cli::contexts::{Context, Contexts};
use crate::cli::output::{OutputFlags, OutputFormat, styles};

/// List all, without their keys.
///
/// A line has the name, the server, and whether there is a key. The one in use has a star.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Serialize)]
struct Listed<'context> {
    name: &'context str,
    endpoint: &'context str,
    is_current: bool,
    /// Where its key is: `stored` with it, or in a `file`.
    key: Option<&'static str>,
}

impl List {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        let contexts = Contexts::read()?;
        let listed: Vec<_> = contexts.all().map(listed).collect();
        let width = |text: fn(&Listed<'_>) -> usize| listed.iter().map(text).max().unwrap_or_default();
        let (names, endpoints) = (width(|listed| listed.name.len()), width(|listed| listed.endpoint.len()));
        let mut output = self.output.open();
        for context in &listed {
            if output.format() == OutputFormat::Json {
                output.json(context)?;
                continue;
            }
            let Listed { name, endpoint, is_current, key } = context;
            let key = match *key {
                Some("file") => "key in a file",
                Some(_) => "key stored",
                None => "no key",
            };
            let (mark, style) = if *is_current { ("*", styles::HEADING) } else { (" ", styles::MUTED) };
            output
                .line(format_args!("{mark} {style}{name:names$}{style:#}  {endpoint:endpoints$}  {key}"))?;
        }
        Ok(output.flush()?)
    }
}

fn listed<'context>(
    (name, context, is_current): (&'context str, &'context Context, bool),
) -> Listed<'context> {
    let key = match (&context.preshared_key, &context.preshared_key_file) {
        (Some(_), _) => Some("stored"),
        (None, Some(_)) => Some("file"),
        (None, None) => None,
    };
    Listed { name, endpoint: context.endpoint.as_deref().unwrap_or_default(), is_current, key }
}
