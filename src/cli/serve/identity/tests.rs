//! What the flags ask for.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    identity: IdentityFlags,
}

fn parse(flags: &str) -> Result<IdentityFlags, clap::Error> {
    Line::try_parse_from(std::iter::once("serve").chain(flags.split_whitespace())).map(|line| line.identity)
}

const TOKENS: &str = "--lifecycle-jwt-issuer me --lifecycle-jwt-audience you --lifecycle-jwks keys.json";

#[test]
fn issuer_audience_and_keys_are_given_together() {
    for flags in [
        "--lifecycle-jwt-issuer me",
        "--lifecycle-jwt-audience you",
        "--lifecycle-jwks keys.json",
        "--lifecycle-jwt-issuer me --lifecycle-jwt-audience you",
        "--lifecycle-jwt-issuer me --lifecycle-jwks keys.json",
        "--lifecycle-jwt-audience you --lifecycle-jwks keys.json",
        "--lifecycle-jwt-issuer= --lifecycle-jwt-audience you --lifecycle-jwks keys.json",
    ] {
        parse(flags).unwrap_err();
    }
    let options = parse(TOKENS).unwrap().token_options().unwrap();
    assert_eq!((options.issuer.as_str(), options.audience.as_str()), ("me", "you"));
    assert_eq!((options.jwks, options.accounts_claim.as_str()), (PathBuf::from("keys.json"), "accounts"));
    let named = parse(&format!("{TOKENS} --lifecycle-jwt-accounts-claim tenants")).unwrap();
    assert_eq!(named.token_options().unwrap().accounts_claim, "tenants");
}

#[test]
fn without_flags_nobody_is_known() {
    let identity = parse("").unwrap().open(vec!["user".to_owned()], &Reloads::default()).unwrap();
    assert!(!identity.is_configured());
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let open = |flags| parse(flags).unwrap().open(vec!["user".to_owned()], &Reloads::default());
    let problem = open("--lifecycle-keys /absent/keys.yaml").unwrap_err().to_string();
    assert!(problem.starts_with("/absent/keys.yaml: cannot be read"), "{problem}");
    let problem = open(&TOKENS.replace("keys.json", "/absent/keys.json")).unwrap_err().to_string();
    assert!(problem.starts_with("/absent/keys.json: cannot be read"), "{problem}");
}
