//! A file of settings that is read again when it changes, without a restart. What is bad is never taken over: the
//! settings that were in force stay, and the log says why.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

/// Bytes of one such file, at most.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// A file that was changed less than this before it was read is read once more: two changes within one tick of the
/// file system's clock, which is some milliseconds long, cannot be told apart from outside.
const SETTLES_AFTER: Duration = Duration::from_secs(2);

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct ReadFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: ReadProblem,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// It is not there, or may not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is a directory, a pipe or a device.
    #[error("is not a regular file")]
    Irregular,
    /// It is larger than a file of settings may be.
    #[error("has more than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: u64,
    },
    /// It is not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
}

/// What came of a look at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// It says what it said before.
    Unchanged,
    /// It says something new, which is in force now.
    Taken,
    /// It cannot be read or used: what was in force before still is.
    Refused,
}

/// What can be read again while it is in use.
pub trait Refresh: fmt::Debug + Send + Sync {
    /// Takes the content over if it seems to have changed. Cheap if it has not.
    fn refresh(&self) -> Refreshed;
    /// Reads the content, changed or not, and tells the log again if it is refused.
    fn reload(&self) -> Refreshed;
}

/// All that can be read again in one process. A clone is a pointer to the same list.
#[derive(Debug, Clone, Default)]
pub struct Reloads(Arc<Mutex<Vec<Arc<dyn Refresh>>>>);

/// What a file says, read again when it changes.
pub struct WatchedFile<T> {
    path: PathBuf,
    parse: Box<Parse<T>>,
    settles_after: Duration,
    current: ArcSwap<T>,
    seen: Mutex<Seen>,
}

type Parse<T> = dyn Fn(&Path, &str) -> Result<T, String> + Send + Sync;

/// What is known of the file from the last look.
struct Seen {
    /// What it looked like from outside; none if it has to be read at the next look in any case.
    stamp: Option<Stamp>,
    /// The content that is in force.
    in_force: Fingerprint,
    /// What the log was told, while the file is refused.
    refusal: Option<Refusal>,
}

struct Refusal {
    /// The content that was refused; none if it could not be read.
    content: Option<Fingerprint>,
    problem: String,
}

/// Tells contents apart. 64 bits are enough for versions of one file that its owner writes.
type Fingerprint = u64;

/// What a file looks like from outside. Links are followed, so a link that leads elsewhere is another file, as when
/// Kubernetes swaps the directory behind a mounted secret. The time of change, unlike that of modification, also tells
/// of copies that keep times.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A file as it was read.
struct Content {
    text: String,
    /// None if the file was changed so shortly before that it may change again unseen.
    stamp: Option<Stamp>,
}

impl Reloads {
    /// Adds what is to be read again.
    pub fn add(&self, refresh: Arc<dyn Refresh>) {
        self.0.lock().push(refresh);
    }

    /// Whether there is nothing to read again.
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Takes over what seems to have changed: to be called about once a second.
    pub fn refresh(&self) {
        self.all().iter().for_each(|one| {
            one.refresh();
        });
    }

    /// Reads everything again, as an operator asks for by SIGHUP.
    pub fn reload(&self) {
        self.all().iter().for_each(|one| {
            one.reload();
        });
    }

    /// A copy, so that nothing is held while files are read.
    fn all(&self) -> Vec<Arc<dyn Refresh>> {
        self.0.lock().clone()
    }
}

impl<T: Send + Sync + 'static> WatchedFile<T> {
    /// Reads the file for the first time; an error is the caller's. Later versions that `parse` refuses are logged with
    /// its error, which therefore must not hold secrets.
    pub fn open<E>(
        path: impl Into<PathBuf>,
        parse: impl Fn(&Path, &str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: std::error::Error + From<ReadFileError>,
    {
        Self::open_settling(path.into(), SETTLES_AFTER, parse)
    }

    fn open_settling<E>(
        path: PathBuf,
        settles_after: Duration,
        parse: impl Fn(&Path, &str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: std::error::Error + From<ReadFileError>,
    {
        let content = Content::read(&path, settles_after)?;
        let current = ArcSwap::from_pointee(parse(&path, &content.text)?);
        let in_force = fingerprint(&content.text);
        let seen = Mutex::new(Seen { stamp: content.stamp, in_force, refusal: None });
        let parse = move |path: &Path, text: &str| parse(path, text).map_err(|error| error.to_string());
        Ok(Self { path, parse: Box::new(parse), settles_after, current, seen })
    }

    /// What the file said when it was last read and found good.
    pub fn current(&self) -> Arc<T> {
        self.current.load_full()
    }

    /// Looks at what the file said when it was last read and found good, without holding it.
    pub fn look_at<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.current.load())
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn look(&self, is_forced: bool) -> Refreshed {
        let mut seen = self.seen.lock();
        if !is_forced && seen.stamp.is_some() && seen.stamp == Stamp::of(&self.path) {
            return if seen.refusal.is_some() { Refreshed::Refused } else { Refreshed::Unchanged };
        }
        match Content::read(&self.path, self.settles_after) {
            Ok(content) => self.take(&mut seen, content, is_forced),
            Err(error) => {
                seen.stamp = None;
                self.refuse(&mut seen, None, error.to_string(), is_forced)
            }
        }
    }

    fn take(&self, seen: &mut Seen, content: Content, is_forced: bool) -> Refreshed {
        seen.stamp = content.stamp;
        let found = fingerprint(&content.text);
        if found == seen.in_force {
            if seen.refusal.take().is_some() {
                tracing::info!(path = %self.path.display(), "the file says again what is in force");
            }
            return Refreshed::Unchanged;
        }
        let is_refused_before = seen.refusal.as_ref().is_some_and(|refusal| refusal.content == Some(found));
        if is_refused_before && !is_forced {
            return Refreshed::Refused;
        }
        match (self.parse)(&self.path, &content.text) {
            Ok(value) => {
                self.current.store(Arc::new(value));
                seen.in_force = found;
                seen.refusal = None;
                tracing::info!(path = %self.path.display(), "the file has changed and is in force");
                Refreshed::Taken
            }
            Err(problem) => self.refuse(seen, Some(found), problem, is_forced),
        }
    }

    /// Tells the log, once for each problem, and whenever an operator has asked for it.
    fn refuse(
        &self,
        seen: &mut Seen,
        content: Option<Fingerprint>,
        problem: String,
        is_forced: bool,
    ) -> Refreshed {
        let is_known = seen.refusal.as_ref().is_some_and(|refusal| refusal.problem == problem);
        if is_forced || !is_known {
            let path = self.path.display();
            tracing::error!(%path, problem, "the file cannot be used: what it said before stays in force");
        }
        seen.refusal = Some(Refusal { content, problem });
        Refreshed::Refused
    }
}

impl<T: Send + Sync + 'static> Refresh for WatchedFile<T> {
    fn refresh(&self) -> Refreshed {
        self.look(false)
    }

    fn reload(&self) -> Refreshed {
        self.look(true)
    }
}

/// Without what the file says, which may be secret.
impl<T> fmt::Debug for WatchedFile<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WatchedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Stamp {
    /// None if there is no such file, or nobody may look at it.
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::from(&metadata))
    }

    /// Whether the last change is long enough ago for the next one to have another time.
    fn is_settled(&self, settles_after: Duration) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let changed = Duration::new(seconds.unsigned_abs(), u32::try_from(nanoseconds).unwrap_or_default());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.checked_sub(changed).is_some_and(|age| age >= settles_after)
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Content {
    fn read(path: &Path, settles_after: Duration) -> Result<Self, ReadFileError> {
        Self::read_bounded(path, settles_after)
            .map_err(|problem| ReadFileError { path: path.to_owned(), problem })
    }

    fn read_bounded(path: &Path, settles_after: Duration) -> Result<Self, ReadProblem> {
        // Before it is opened, since opening a pipe waits for a writer.
        if !fs::metadata(path)?.is_file() {
            return Err(ReadProblem::Irregular);
        }
        let file = File::open(path)?;
        // Of the opened file and before the first byte: what is written from here on has a later time of change.
        let stamp = Stamp::from(&file.metadata()?);
        let mut bytes = Vec::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if u64::try_from(read).is_ok_and(|read| read > FILE_BYTES_MAX) {
            return Err(ReadProblem::TooLarge { bytes_max: FILE_BYTES_MAX });
        }
        let text = String::from_utf8(bytes).map_err(|_| ReadProblem::NotText)?;
        Ok(Self { text, stamp: stamp.is_settled(settles_after).then_some(stamp) })
    }
}

/// Reads a file of settings once, within the same bounds.
pub fn read_settings(path: &Path) -> Result<String, ReadFileError> {
    Content::read(path, SETTLES_AFTER).map(|content| content.text)
}

fn fingerprint(text: &str) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
