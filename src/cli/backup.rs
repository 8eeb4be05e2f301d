//! `arrowroot backup`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::client::{BulkCalls, CallError, Connection, ExportRequest, SchemaAt};
use super::duration;
use super::interrupt::{self, unless_interrupted};
use super::patience::Patience;
use super::progress::{Progress, ProgressFlag};
use crate::backup::{BackupFile, BackupWriter, Header, Totals, WriteBackupError, capture, header_of};
use crate::engine::{Consistency, Engine, ZedToken};

/// Back up schema and relationships into one compressed, checksummed file.
///
/// Everything is of one revision, whatever is written meanwhile. It is taken from a server, arrowroot's or any other of
/// authzed.api.v1, while that serves; or with --datastore-path from the directory of a server that is stopped. The file has
/// its name only when it is complete and on the disk.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file
    file: PathBuf,
    /// Back up the store in this directory, which no server has open, instead of a server
    #[arg(long, value_name = "DIRECTORY")]
    datastore_path: Option<PathBuf>,
    /// Replace a file that is there already, once the new one is complete
    #[arg(long)]
    overwrite: bool,
    /// How long a server that does not answer is asked again
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: duration::Duration,
    #[command(flatten)]
    progress: ProgressFlag,
    #[command(flatten)]
    connection: Connection,
}

impl Backup {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let unwritable = |error: std::io::Error| {
            let hint = if error.kind() == std::io::ErrorKind::AlreadyExists {
                ": choose another name, or replace it with --overwrite"
            } else {
                ""
            };
            format!("{} cannot be written: {error}{hint}", self.file.display())
        };
        let file = BackupFile::create(&self.file, self.overwrite).map_err(unwritable)?;
        let progress = self.progress.start(None);
        let taken = match &self.datastore_path {
            Some(directory) => take_from_directory(directory, file, &progress),
            None => self.take_from_server(file, &progress),
        };
        progress.finish();
        let Some((file, totals, revision)) = taken? else {
            progress.say(&format!("interrupted; {} is not made", self.file.display()));
            return Ok(interrupt::status());
        };
        let bytes = file.finish().map_err(unwritable)?;
        let Totals { relationships, .. } = totals;
        progress.say(&format!(
            "{}: {relationships} relationships at {revision}, {bytes} bytes in {}",
            self.file.display(),
            progress.pace(relationships)
        ));
        Ok(ExitCode::SUCCESS)
    }

    fn take_from_server(
        &self,
        file: BackupFile,
        progress: &Progress,
    ) -> Result<Option<Taken>, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let calls = BulkCalls::new(&self.connection)?;
            let (patience, endpoint) = (self.retry_for.0, self.connection.endpoint()?);
            let taking = Taking { calls, patience, endpoint, progress };
            unless_interrupted(taking.take(file)).await.transpose()
        })
    }
}

/// What was written, and its revision in words.
type Taken = (BackupFile, Totals, String);

fn take_from_directory(
    directory: &Path,
    file: BackupFile,
    progress: &Progress,
) -> Result<Option<Taken>, Box<dyn Error>> {
    let cancelled = interrupt::watch()?;
    let engine = Engine::open_store(directory)?;
    let view = engine.at(&Consistency::FullyConsistent)?;
    let header = header_of(&view, &directory.display().to_string());
    let mut told = |count| progress.advance(0, count, "relationships");
    match capture(&view, &header, file, &cancelled, &mut told) {
        Ok((file, totals)) => Ok(Some((file, totals, format!("revision {}", view.revision())))),
        Err(WriteBackupError::Cancelled) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A backup of a server.
struct Taking<'run> {
    calls: BulkCalls,
    patience: Duration,
    endpoint: String,
    progress: &'run Progress,
}

impl Taking<'_> {
    async fn take(&self, file: BackupFile) -> Result<Taken, Box<dyn Error>> {
        let (text, token) = match self.schema().await? {
            Some(SchemaAt { text, token }) => (text, token),
            None => (String::new(), None),
        };
        if !text.is_empty() && token.is_none() {
            return Err("the server does not tell the revision of its schema, so that relationships of the same revision \
                        cannot be asked for"
                .into());
        }
        let header = self.header(token.as_deref());
        let mut writer = BackupWriter::begin(file, &header, &text, &[])?;
        self.relationships(token, &mut writer).await?;
        let (file, totals) = writer.finish()?;
        let revision = match header.revision {
            Some(revision) => format!("revision {revision}"),
            None if header.token.is_empty() => "no revision".to_owned(),
            None => format!("revision {}", header.token),
        };
        Ok((file, totals, revision))
    }

    async fn schema(&self) -> Result<Option<SchemaAt>, CallError> {
        let mut patience = Patience::new(self.patience);
        loop {
            match self.calls.read_schema().await {
                Ok(schema) => return Ok(schema),
                Err(error) => patience.wait(error).await?,
            }
        }
    }

    /// All relationships of one revision; where a call breaks off, the next one goes on.
    async fn relationships(
        &self,
        token: Option<String>,
        writer: &mut BackupWriter<BackupFile>,
    ) -> Result<(), Box<dyn Error>> {
        let mut request = ExportRequest { token, ..ExportRequest::default() };
        let mut patience = Patience::new(self.patience);
        loop {
            let before = writer.count();
            match self.stream(&mut request, writer).await? {
                Ok(()) => return Ok(()),
                Err(_) if writer.count() > before => patience = Patience::new(self.patience),
                Err(error) => patience.wait(error).await?,
            }
        }
    }

    async fn stream(
        &self,
        request: &mut ExportRequest,
        writer: &mut BackupWriter<BackupFile>,
    ) -> Result<Result<(), CallError>, WriteBackupError> {
        let mut export = match self.calls.export(request).await {
            Ok(export) => export,
            Err(error) => return Ok(Err(error)),
        };
        loop {
            match export.next().await {
                Ok(Some(part)) => {
                    part.relationships.iter().try_for_each(|relationship| writer.push(relationship))?;
                    request.cursor = part.cursor.or(request.cursor.take());
                    self.progress.advance(writer.written_bytes(), writer.count(), "relationships");
                }
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn header(&self, token: Option<&str>) -> Header {
        // Only arrowroot's own tokens tell.
        let origin = token.and_then(|token| ZedToken(token.to_owned()).origin());
        Header {
            created_at: jiff::Timestamp::now().to_string(),
            created_by: concat!("arrowroot ", env!("CARGO_PKG_VERSION")).to_owned(),
            source: self.endpoint.clone(),
            token: token.unwrap_or_default().to_owned(),
            revision: origin.as_ref().map(|(_, revision)| revision.0),
            store: origin.map(|(store, _)| store),
            has_counters: false,
        }
    }
}
