//! `arrowroot context add`.

use std::error::Error;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::client;
use crate::cli::contexts::{self, Context, Secret};

/// Bytes of a key, at most.
const KEY_BYTES_MAX: u64 = 16 << 10;

/// Add a server under a name.
///
/// The first one is in use from then on. The key is asked for on a terminal, without showing it; elsewhere there is none unless a file or standard input is named.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// The name: letters, digits and any of ._-
    name: String,
    /// The server: a URL of http or https, or HOST:PORT for http
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// A file with the key, which is read whenever it is needed; with -, the key itself from standard input
    #[arg(long, value_name = "FILE")]
    preshared_key_file: Option<PathBuf>,
    /// There is no key: do not ask for one
    #[arg(long, conflicts_with = "preshared_key_file")]
    no_key: bool,
    /// The certificates that the server's must lead to, in PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The certificate that is shown to the server, in PEM
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// The name that the server's certificate must be for, if that is not the endpoint's host
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Replace a context of this name
    #[arg(long)]
    replace: bool,
    /// Have it in use, too
    #[arg(long = "use")]
    is_used: bool,
}

/// The key cannot be used. It is in none of the messages.
#[derive(Debug, thiserror::Error)]
enum KeyError {
    #[error("the key cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("a key has {KEY_BYTES_MAX} bytes at the most")]
    TooLong,
    #[error("a key has visible ASCII characters only, since it is sent in a header")]
    Characters,
    #[error("there is no key on standard input")]
    Empty,
}

impl Add {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        let absolute = |file: &Option<PathBuf>| file.as_deref().map(contexts::absolute).transpose();
        let mut context = Context {
            endpoint: Some(client::parse_endpoint(&self.endpoint)?),
            ca_file: absolute(&self.ca_file)?,
            client_cert: absolute(&self.client_cert)?,
            client_key: absolute(&self.client_key)?,
            server_name: self.server_name.clone(),
            ..Context::default()
        };
        match &self.preshared_key_file {
            Some(file) if file == Path::new("-") => {
                let key = check(&read_key(io::stdin())?)?.ok_or(KeyError::Empty)?;
                context.preshared_key = Some(key);
            }
            Some(file) => context.preshared_key_file = Some(contexts::absolute(file)?),
            None if self.no_key || !io::stdin().is_terminal() => {}
            None => {
                let prompt = format!("Key for {} (nothing for none): ", self.name);
                let key = rpassword::prompt_password(prompt).map_err(KeyError::from)?;
                context.preshared_key = check(&key)?;
            }
        }
        contexts::change(|all| {
            all.add(&self.name, context, self.replace)?;
            if self.is_used { all.use_by_itself(&self.name) } else { Ok(()) }
        })?;
        Ok(())
    }
}

fn read_key(source: impl io::Read) -> Result<String, KeyError> {
    let mut bytes = Vec::new();
    // What is longer than a key and its line end is refused by its length, however long it is.
    source.take(KEY_BYTES_MAX + 3).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| KeyError::Characters)
}

/// The key in a line of text; none if that is blank.
fn check(text: &str) -> Result<Option<Secret>, KeyError> {
    let key = text.trim();
    if key.len() as u64 > KEY_BYTES_MAX {
        return Err(KeyError::TooLong);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(KeyError::Characters);
    }
    Ok((!key.is_empty()).then(|| Secret(key.to_owned())))
}
