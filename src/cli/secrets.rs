//! Secrets on the command line, where everyone on the machine sees them in the list of processes.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// A flag whose value is secret.
struct Secret {
    /// What clap calls it: the field's name.
    id: &'static str,
    flag: &'static str,
    /// Where the value can be given unseen.
    instead: &'static str,
}

/// All of them, of any command.
const SECRETS: &[Secret] = &[
    Secret {
        id: "grpc_preshared_key",
        flag: "--grpc-preshared-key",
        instead: "ARROWROOT_GRPC_PRESHARED_KEY, --grpc-preshared-key-file or --grpc-keys-file",
    },
    Secret {
        id: "preshared_key",
        flag: "--preshared-key",
        instead: "--preshared-key-file, ARROWROOT_PRESHARED_KEY, or a context",
    },
];

/// A warning for each secret that was given on the command line itself, and not by the environment.
pub(super) fn warnings(matches: &ArgMatches) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut command = Some(matches);
    while let Some(matches) = command {
        // Flags that a command does not have are an error of this question only.
        let is_given = |secret: &&Secret| {
            matches.try_contains_id(secret.id).is_ok()
                && matches.value_source(secret.id) == Some(ValueSource::CommandLine)
        };
        warnings.extend(SECRETS.iter().filter(is_given).map(|Secret { flag, instead, .. }| {
            format!("the key in {flag} is visible to everyone who may list processes: give it by {instead}")
        }));
        command = matches.subcommand().map(|(_, matches)| matches);
    }
    warnings
}
