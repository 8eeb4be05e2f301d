//! Flags: which server, the key to its door, and whom to trust. What is typed comes before the environment, that before the
//! context in use, and that before the default.

mod endpoint;
mod files;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

use crate::cli::contexts::{Context, Contexts};

use super::error::CallError;

pub(in crate::cli) use endpoint::parse as parse_endpoint;

/// The server that is meant where nothing says otherwise.
const ENDPOINT_DEFAULT: &str = "http://127.0.0.1:50051";
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);
/// A connection on which nothing comes for so long is asked whether it is still there.
const KEEPALIVE: std::time::Duration = std::time::Duration::from_secs(30);
/// Where the help lists these flags.
const HEADING: &str = "Server";

/// Which server a command talks to.
#[derive(Clone)]
pub(in crate::cli) struct Connection {
    flags: Flags,
    /// The flags that were typed, by their ids; others may have values from the environment.
    typed: Vec<String>,
}

#[derive(Clone, Args)]
struct Flags {
    /// The server: a URL of http or https, or HOST:PORT for http; by itself the one of the context in use, or
    /// 127.0.0.1:50051
    #[arg(long, env = "ARROWROOT_ENDPOINT", value_name = "URL", help_heading = HEADING)]
    endpoint: Option<String>,
    /// The context that names the server, its key and certificates; `arrowroot context` makes them
    #[arg(long, env = "ARROWROOT_CONTEXT", value_name = "NAME", help_heading = HEADING)]
    use_context: Option<String>,
    /// The key that is shown to the server; others can read it in a list of processes if it is typed
    #[arg(
        long,
        env = "ARROWROOT_PRESHARED_KEY",
        hide_env_values = true,
        value_name = "KEY",
        help_heading = HEADING
    )]
    preshared_key: Option<String>,
    /// A file that has the key in it
    #[arg(long, env = "ARROWROOT_PRESHARED_KEY_FILE", value_name = "FILE", help_heading = HEADING)]
    preshared_key_file: Option<PathBuf>,
    /// The certificates that the server's must lead to, in PEM; by itself those that the system trusts
    #[arg(long, env = "ARROWROOT_CA_FILE", value_name = "FILE", help_heading = HEADING)]
    ca_file: Option<PathBuf>,
    /// The certificate that is shown to the server, in PEM, with those that it leads to
    #[arg(long, env = "ARROWROOT_CLIENT_CERT", value_name = "FILE", help_heading = HEADING)]
    client_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, env = "ARROWROOT_CLIENT_KEY", value_name = "FILE", help_heading = HEADING)]
    client_key: Option<PathBuf>,
    /// The name that the server's certificate must be for, if that is not the endpoint's host
    #[arg(long, env = "ARROWROOT_SERVER_NAME", value_name = "NAME", help_heading = HEADING)]
    server_name: Option<String>,
}

impl FromArgMatches for Connection {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_typed = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        let typed = matches.ids().filter(is_typed).map(ToString::to_string).collect();
        Ok(Self { flags: Flags::from_arg_matches(matches)?, typed })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Connection {
    fn augment_args(command: clap::Command) -> clap::Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Flags::augment_args_for_update(command)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("endpoint", &self.flags.endpoint).finish_non_exhaustive()
    }
}

/// A way to a server, on which each call shows the key.
pub(super) type AuthorizedChannel = InterceptedService<Channel, Authorization>;

/// Shows the key, if there is one.
#[derive(Clone)]
pub(super) struct Authorization(Option<MetadataValue<Ascii>>);

impl Interceptor for Authorization {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

/// What all sources together say of a server.
struct Target {
    endpoint: String,
    key: Option<String>,
    ca_file: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
    server_name: Option<String>,
}

impl Connection {
    /// A way to the server: it connects when it is first used, and again when it was lost. It is made within a runtime.
    pub(super) fn open(&self) -> Result<AuthorizedChannel, CallError> {
        let server = self.server()?;
        let authorization = Authorization(authorization(server.key.as_deref())?);
        Ok(InterceptedService::new(server.channel()?, authorization))
    }

    /// The server's address, as a URL.
    pub(in crate::cli) fn endpoint(&self) -> Result<String, CallError> {
        Ok(self.server()?.endpoint)
    }

    fn server(&self) -> Result<Target, CallError> {
        let flags = &self.flags;
        let context = self.context()?.unwrap_or_default();
        let endpoint = self.given("endpoint", flags.endpoint.as_ref()).or(context.endpoint);
        Ok(Target {
            endpoint: parse_endpoint(endpoint.as_deref().unwrap_or(ENDPOINT_DEFAULT))?,
            key: self.key(context.preshared_key.map(|key| key.0), context.preshared_key_file)?,
            ca_file: self.given("ca_file", flags.ca_file.as_ref()).or(context.ca_file),
            client_cert: self.given("client_cert", flags.client_cert.as_ref()).or(context.client_cert),
            client_key: self.given("client_key", flags.client_key.as_ref()).or(context.client_key),
            server_name: self.given("server_name", flags.server_name.as_ref()).or(context.server_name),
        })
    }

    /// The context that counts. One that is merely in use does not where a server is named, so that its key is never shown to
    /// another server.
    fn context(&self) -> Result<Option<Context>, CallError> {
        let is_endpoint_given = self.flags.endpoint.is_some();
        let name = match &self.flags.use_context {
            Some(_) if self.is_typed("endpoint") && !self.is_typed("use_context") => return Ok(None),
            None if is_endpoint_given => return Ok(None),
            name => name.as_deref(),
        };
        let contexts = Contexts::read()?;
        Ok(match name {
            Some(name) => Some(contexts.find(name)?.clone()),
            None => contexts.current()?.cloned(),
        })
    }

    /// A flag's value. Those from the environment do not count where a context was typed, which is then meant as a whole.
    fn given<T: Clone>(&self, id: &str, value: Option<&T>) -> Option<T> {
        value.filter(|_| self.is_typed(id) || !self.is_typed("use_context")).cloned()
    }

    fn is_typed(&self, id: &str) -> bool {
        self.typed.iter().any(|typed| typed == id)
    }

    /// The key, from wherever comes first.
    fn key(&self, of_context: Option<String>, file: Option<PathBuf>) -> Result<Option<String>, CallError> {
        let key = self.given("preshared_key", self.flags.preshared_key.as_ref());
        let key_file = self.given("preshared_key_file", self.flags.preshared_key_file.as_ref());
        match (key, key_file) {
            (Some(key), Some(file)) => {
                match (self.is_typed("preshared_key"), self.is_typed("preshared_key_file")) {
                    (true, false) => Ok(Some(key)),
                    (false, true) => files::key(&file).map(Some),
                    _ => Err(CallError::TwoKeys),
                }
            }
            (Some(key), None) => Ok(Some(key)),
            (None, Some(file)) => files::key(&file).map(Some),
            (None, None) => match (of_context, file) {
                (Some(key), _) => Ok(Some(key)),
                (None, file) => file.map(|file| files::key(&file)).transpose(),
            },
        }
    }
}

/// The header that shows a key, if there is one.
fn authorization(key: Option<&str>) -> Result<Option<MetadataValue<Ascii>>, CallError> {
    let header = key.map(|key| format!("Bearer {key}").parse());
    let mut header: Option<MetadataValue<Ascii>> = header.transpose().map_err(|_| CallError::Key)?;
    if let Some(header) = &mut header {
        header.set_sensitive(true);
    }
    Ok(header)
}

impl Target {
    /// A channel that connects when it is first used, and again when it was lost.
    fn channel(&self) -> Result<Channel, CallError> {
        let invalid = |_| CallError::Endpoint { endpoint: self.endpoint.clone() };
        let endpoint = Endpoint::from_shared(self.endpoint.clone()).map_err(invalid)?;
        let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_keepalive(Some(KEEPALIVE));
        let endpoint = match self.tls()? {
            Some(tls) => endpoint.tls_config(tls).map_err(|error| CallError::tls(&error))?,
            None => endpoint,
        };
        Ok(endpoint.connect_lazy())
    }

    /// Whom to trust, and what to show, where the connection is encrypted.
    fn tls(&self) -> Result<Option<ClientTlsConfig>, CallError> {
        if !self.endpoint.starts_with("https:") {
            let files = [&self.ca_file, &self.client_cert, &self.client_key];
            let is_encrypted = files.into_iter().any(Option::is_some) || self.server_name.is_some();
            let plain = || CallError::Plain { endpoint: self.endpoint.clone() };
            return if is_encrypted { Err(plain()) } else { Ok(None) };
        }
        let mut tls = ClientTlsConfig::new();
        tls = match &self.ca_file {
            Some(file) => tls.ca_certificate(Certificate::from_pem(files::certificates(file)?)),
            None => tls.with_native_roots(),
        };
        match (&self.client_cert, &self.client_key) {
            (Some(certificate), Some(key)) => {
                let (certificate, key) = (files::certificates(certificate)?, files::private_key(key)?);
                tls = tls.identity(Identity::from_pem(certificate, key));
            }
            (None, None) => {}
            _ => return Err(CallError::HalfIdentity),
        }
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        Ok(Some(tls))
    }
}
