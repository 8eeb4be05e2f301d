//! What an application has, from a file to the server, some thousands at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::lines;
use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::list_orphans_request::Request as Part;

/// Selectors in one message, at most, and their bytes.
const SELECTORS_MAX: usize = 10_000;
const BYTES_MAX: usize = 1 << 20;

/// The list of what lives cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LivingError {
    #[error("{} cannot be read: {error}", .file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("{}:{line}: is no selector: {problem}", .file.display())]
    Line { file: PathBuf, line: u64, problem: &'static str },
    #[error("{} has no selectors: with it, every resource would be an orphan", .file.display())]
    Empty { file: PathBuf },
}

/// The parts of the request, and what goes wrong with them. After that the parts never end: a list that ends too early
/// would make orphans of what it does not name.
pub(super) fn parts(
    selection: v1::OrphanSelection,
    file: Option<&Path>,
) -> Result<
    (impl Stream<Item = v1::ListOrphansRequest> + Send + 'static, impl Future<Output = LivingError>),
    LivingError,
> {
    let (sender, receiver) = mpsc::channel(1);
    let (fault_sender, fault) = oneshot::channel();
    // There is room for the first.
    let _ = sender.try_send(v1::ListOrphansRequest { request: Some(Part::Selection(selection)) });
    if let Some(file) = file {
        let file = file.to_owned();
        let unreadable = |error| LivingError::Unreadable { file: file.clone(), error };
        let mut source = lines::open(&file).map_err(unreadable)?;
        let name = file.clone();
        let reader = move || {
            if let Err(error) = read(&name, &mut *source, &sender) {
                // The stream stays open until this has been taken up.
                drop(fault_sender.send((error, sender)));
            }
        };
        thread::Builder::new().name("arrowroot-lines".to_owned()).spawn(reader).map_err(unreadable)?;
    }
    let fault = async {
        match fault.await {
            Ok((error, _sender)) => error,
            Err(_) => std::future::pending().await,
        }
    };
    Ok((ReceiverStream::new(receiver), fault))
}

fn read(
    file: &Path,
    source: &mut dyn io::BufRead,
    sender: &mpsc::Sender<v1::ListOrphansRequest>,
) -> Result<(), LivingError> {
    let unreadable = |error| LivingError::Unreadable { file: file.to_owned(), error };
    let (mut line, mut number) = (Vec::new(), 0);
    let (mut selectors, mut bytes, mut is_empty) = (Vec::new(), 0, true);
    loop {
        let (taken, is_whole) = lines::read_line(source, &mut line).map_err(unreadable)?;
        number += 1;
        let wrong = |problem| LivingError::Line { file: file.to_owned(), line: number, problem };
        if !is_whole {
            return Err(wrong("it is too long"));
        }
        if !line.is_empty() {
            let selector = std::str::from_utf8(&line).map_err(|_| wrong("it is not UTF-8 text"))?;
            bytes += selector.len();
            selectors.push(selector.to_owned());
            is_empty = false;
        }
        if taken == 0 && is_empty {
            return Err(LivingError::Empty { file: file.to_owned() });
        }
        if selectors.len() >= SELECTORS_MAX || bytes >= BYTES_MAX || (taken == 0 && !selectors.is_empty()) {
            bytes = 0;
            let selectors = std::mem::take(&mut selectors);
            let living = v1::LivingResources { selectors };
            let part = v1::ListOrphansRequest { request: Some(Part::Living(living)) };
            if sender.blocking_send(part).is_err() {
                // Nobody listens any more, and says why.
                return Ok(());
            }
        }
        if taken == 0 {
            return Ok(());
        }
    }
}
