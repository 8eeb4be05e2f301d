//! `arrowroot datastore info`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use serde::Serialize;

use crate::cli::output::{Output, OutputFlags, OutputFormat};
use crate::engine::{Consistency, DirectoryReport, Engine, View};
use crate::schema::{CompileOptions, Schema};

/// Tell what is in the store, and how large it is.
///
/// While a server has the store open, only what the directory itself tells is told.
#[derive(Debug, Args)]
pub(super) struct Info {
    /// The directory of the store
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_PATH",
        default_value = "./arrowroot-data",
        value_name = "DIRECTORY"
    )]
    datastore_path: PathBuf,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Serialize)]
struct Told {
    directory: String,
    format: Option<u32>,
    store: Option<String>,
    generation: u64,
    /// When the newest checkpoint was written, and how long ago that is.
    checkpoint_written_at: Option<String>,
    checkpoint_age_seconds: Option<u64>,
    disk_bytes: u64,
    is_open: bool,
    /// The process that has it open, if it could be read.
    process: Option<u32>,
    /// The revision that was noted last, while the store is open; the newest one otherwise.
    revision: Option<u64>,
    #[serde(flatten)]
    contents: Option<Contents>,
}

/// What only an open store tells.
#[derive(Debug, Serialize)]
struct Contents {
    checkpoint_revision: Option<u64>,
    checkpoint_bytes: u64,
    transaction_bytes: u64,
    objects: usize,
    relationships: u64,
    relationships_by_type: BTreeMap<String, u64>,
    expiring: usize,
    counters: usize,
    schema_bytes: usize,
    definitions: usize,
    caveats: usize,
}

impl Info {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let report = Engine::inspect_store(&self.datastore_path)?;
        let mut told = Told::of(&self.datastore_path, &report);
        if report.holder.is_none() {
            let engine = Engine::open_store(&self.datastore_path)?;
            let view = engine.at(&Consistency::FullyConsistent)?;
            told.revision = Some(view.revision().0);
            told.contents = Some(Contents::of(&engine, &view)?);
        }
        match output.format() {
            OutputFormat::Json => output.json(&told)?,
            OutputFormat::Text => told.print(&mut output)?,
        }
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Told {
    fn of(directory: &Path, report: &DirectoryReport) -> Self {
        let written_at = report.checkpoint_written_at;
        let age =
            written_at.map(|written_at| SystemTime::now().duration_since(written_at).unwrap_or_default());
        let as_text = |time: SystemTime| {
            jiff::Timestamp::try_from(time).map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).ok()
        };
        Self {
            directory: directory.display().to_string(),
            format: report.format,
            store: report.identity.map(|identity| identity.to_string()),
            generation: report.generation,
            checkpoint_written_at: written_at.and_then(as_text),
            checkpoint_age_seconds: age.map(|age| age.as_secs()),
            disk_bytes: report.disk_bytes,
            is_open: report.holder.is_some(),
            process: report.holder.and_then(|holder| holder.process),
            revision: report.noted_head.map(|revision| revision.0),
            contents: None,
        }
    }

    fn print(&self, output: &mut Output) -> Result<(), Box<dyn Error>> {
        let known =
            |number: Option<u64>| number.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
        let checkpoint = match (&self.checkpoint_written_at, self.checkpoint_age_seconds) {
            (Some(written_at), Some(age)) => format!("written at {written_at}, {age} s ago"),
            _ => "none".to_owned(),
        };
        let mut rows = vec![
            ("directory", self.directory.clone()),
            ("format", known(self.format.map(u64::from))),
            ("store", self.store.clone().unwrap_or_else(|| "unknown".to_owned())),
            ("generation", self.generation.to_string()),
            ("checkpoint", checkpoint),
            ("on disk", format!("{} bytes", self.disk_bytes)),
        ];
        match &self.contents {
            None => {
                let process = self.process.map_or_else(String::new, |process| format!(" ({process})"));
                rows.push(("revision", format!("{}, or later", known(self.revision))));
                rows.push(("in use", format!("by another process{process}: stop it to be told more")));
            }
            Some(contents) => {
                rows.push(("revision", known(self.revision)));
                rows.extend(contents.rows());
            }
        }
        for (name, value) in rows {
            output.line(format_args!("{name:<15} {value}"))?;
        }
        if let Some(contents) = &self.contents {
            for (name, count) in &contents.relationships_by_type {
                output.line(format_args!("  {name:<40} {count:>12}"))?;
            }
        }
        Ok(())
    }
}

impl Contents {
    fn of(engine: &Engine, view: &View) -> Result<Self, Box<dyn Error>> {
        let mut by_type = BTreeMap::new();
        let mut relationships = 0;
        let mut last: Option<(String, u64)> = None;
        for relationship in view.export_relationships(None, None)? {
            relationships += 1;
            let name = relationship.resource.definition.as_str();
            match &mut last {
                // They come in order of their types.
                Some((of, count)) if of == name => *count += 1,
                _ => by_type.extend(last.replace((name.to_owned(), 1))),
            }
        }
        by_type.extend(last);
        let text = view.schema_text();
        let schema = Schema::compile(text, &CompileOptions::default()).ok();
        let size = engine.journal_size();
        Ok(Self {
            checkpoint_revision: size.checkpoint.map(|revision| revision.0),
            checkpoint_bytes: size.checkpoint_bytes,
            transaction_bytes: size.bytes_before + size.bytes_after,
            objects: engine.object_count(),
            relationships,
            relationships_by_type: by_type,
            expiring: engine.expiring_count(),
            counters: view.registered_counters().len(),
            schema_bytes: text.len(),
            definitions: schema.as_ref().map_or(0, |schema| schema.definitions().len()),
            caveats: schema.as_ref().map_or(0, |schema| schema.caveats().len()),
        })
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let checkpoint = self.checkpoint_revision.map_or_else(
            || "none".to_owned(),
            |revision| format!("revision {revision}, {} bytes", self.checkpoint_bytes),
        );
        vec![
            ("in checkpoint", checkpoint),
            ("transactions", format!("{} bytes", self.transaction_bytes)),
            (
                "schema",
                format!(
                    "{} bytes, {} definitions, {} caveats",
                    self.schema_bytes, self.definitions, self.caveats
                ),
            ),
            ("counters", self.counters.to_string()),
            ("objects", self.objects.to_string()),
            ("relationships", format!("{}, of which {} expire", self.relationships, self.expiring)),
        ]
    }
}
