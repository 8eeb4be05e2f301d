//! API keys: the file, whom a key lets in, and how keys are changed.

use super::*;

pub(super) const KEY: &str = "arrowroot_0123456789abcdefghijklmnopqrstuv";
pub(super) const OTHER_KEY: &str = "arrowroot_zyxwvutsrqponmlkjihgfedcba9876543";

/// An entry of the key file, with further lines.
pub(super) fn entry(id: &str, key: &str, principal: &str, accounts: &str, more: &str) -> String {
    let hash = ApiKeyHash::of(key);
    format!("  - id: {id}\n    sha256: {hash}\n    principal: {principal}\n    accounts: {accounts}\n{more}")
}

pub(super) fn key_file(entries: &[String]) -> String {
    format!("keys:\n{}", entries.concat())
}

const ANA: &str = "{type: user, id: ana}";

/// What is said to these credentials by a file with one key for Ana.
fn ask(accounts: &str, more: &str, credentials: &Credentials<'_>, now: Timestamp) -> String {
    let files = Files::new();
    let path = files.put("keys.yaml", &key_file(&[entry("laptop", KEY, ANA, accounts, more)]));
    let (identity, _) = open(Some(path), None).unwrap();
    assert!(identity.is_configured());
    told(identity.authenticate(credentials, now))
}

#[test]
fn a_listed_key_is_its_principal_in_either_header() {
    let ask = |credentials: &Credentials<'_>| ask("[acct-a]", "", credentials, NOW);
    assert_eq!(ask(&with_key(KEY)), "user:ana@acct-a");
    assert_eq!(ask(&with_bearer(KEY)), "user:ana@acct-a");
    assert_eq!(ask(&Credentials { bearer: Some(""), ..with_key(KEY) }), "user:ana@acct-a");
    assert_eq!(ask(&Credentials::default()), "no API key and no bearer token was shown");
    assert_eq!(
        ask(&Credentials { bearer: Some(""), ..with_key("") }),
        "no API key and no bearer token was shown"
    );
    let near =
        [&KEY[1..], &KEY[..KEY.len() - 1], &KEY.to_uppercase(), " ", &format!("{KEY} ")].map(str::to_owned);
    let hash = ApiKeyHash::of(KEY).to_string();
    let odd = ["schlüssel", "\u{fffd}\u{fffd}", "\0", "a.b.c", "eyJ.e30.", "..", &hash].map(str::to_owned);
    for key in near.iter().chain(&odd) {
        assert_eq!(ask(&with_key(key)), "the API key is unknown", "{key:?}");
    }
}

#[test]
fn an_account_is_selected_among_those_of_the_key() {
    let one = |selected: &str| ask("[acct-a]", "", &selecting(selected, with_key(KEY)), NOW);
    let two = |selected: &str| ask("[acct-a, acct-b]", "", &selecting(selected, with_key(KEY)), NOW);
    let refusal = "the selected account is not one of the credential's";
    assert_eq!(one(""), "user:ana@acct-a");
    assert_eq!(one("acct-a"), "user:ana@acct-a");
    assert_eq!(one("acct-b"), refusal);
    assert_eq!(two("acct-a"), "user:ana@acct-a");
    assert_eq!(two("acct-b"), "user:ana@acct-b");
    assert_eq!(two(""), "an account must be selected: the credential is not for exactly one");
    for other in ["acct-c", "acct", "acct-a ", "ACCT-A", "acct-ä", "acct-a,acct-b", "*"] {
        assert_eq!(two(other), refusal, "{other:?}");
    }
}

#[test]
fn a_key_is_good_from_its_begin_to_before_its_end() {
    let times = "    not_before: 2027-01-15T08:00:00Z\n    expires_at: 2027-01-15T10:00:00+01:00\n";
    let ask = |seconds: i64| ask("[acct-a]", times, &with_key(KEY), at(NOW.seconds + seconds));
    assert_eq!(ask(-1), "API key `laptop` is not valid yet");
    assert_eq!(ask(0), "user:ana@acct-a");
    assert_eq!(ask(3599), "user:ana@acct-a");
    assert_eq!(ask(3600), "API key `laptop` has expired");
}

#[test]
fn two_credentials_must_agree() {
    let files = Files::new();
    let entries = [
        entry("ana-1", KEY, ANA, "[acct-a]", ""),
        entry("ana-2", OTHER_KEY, ANA, "[acct-a]", ""),
        entry("ben", "bens-key", "{type: user, id: ben}", "[acct-a]", ""),
        entry("elsewhere", "anas-key-elsewhere", ANA, "[acct-b]", ""),
    ];
    let (identity, _) = open(Some(files.put("keys.yaml", &key_file(&entries))), None).unwrap();
    let ask = |api_key, bearer| {
        let credentials =
            Credentials { api_key: Some(api_key), bearer: Some(bearer), selected_account: None };
        told(identity.authenticate(&credentials, NOW))
    };
    let conflict = "the API key and the bearer token belong to different principals";
    assert_eq!(ask(KEY, KEY), "user:ana@acct-a");
    assert_eq!(ask(KEY, OTHER_KEY), "user:ana@acct-a");
    assert_eq!(ask(KEY, "bens-key"), conflict);
    assert_eq!(ask("bens-key", KEY), conflict);
    assert_eq!(ask(KEY, "anas-key-elsewhere"), conflict);
    assert_eq!(ask(KEY, "nobodys-key"), "the API key is unknown");
    assert_eq!(ask("nobodys-key", KEY), "the API key is unknown");
}

#[test]
fn without_a_file_no_key_is_accepted() {
    let (identity, _) = open(None, None).unwrap();
    assert!(!identity.is_configured());
    assert_eq!(told(identity.authenticate(&with_key(KEY), NOW)), "API keys are not accepted here");
    assert_eq!(
        told(identity.authenticate(&with_bearer("e30.e30.e30"), NOW)),
        "JSON Web Tokens are not accepted here"
    );
}

#[test]
fn a_key_of_any_length_is_answered() {
    let long = "k".repeat(16 << 10);
    assert_eq!(ask("[acct-a]", "", &with_key(&long), NOW), "the API key is unknown");
    let longer = "k".repeat(1 << 20);
    for credentials in [with_key(&longer), with_bearer(&longer)] {
        assert_eq!(ask("[acct-a]", "", &credentials, NOW), "a credential has more than 16384 bytes");
    }
}

#[test]
fn keys_are_changed_without_a_gap() {
    let files = Files::new();
    let old = entry("ana-2026", KEY, ANA, "[acct-a]", "");
    let new = entry("ana-2027", OTHER_KEY, ANA, "[acct-a]", "");
    let (identity, reloads) =
        open(Some(files.put("keys.yaml", &key_file(std::slice::from_ref(&old)))), None).unwrap();
    let ask = || [KEY, OTHER_KEY].map(|key| identity.authenticate(&with_key(key), NOW).is_ok());
    assert_eq!(ask(), [true, false]);
    for (entries, expected) in [
        (vec![old.clone(), new.clone()], [true, true]),
        (vec![new.clone()], [false, true]),
        (vec![], [false, false]),
        (vec![old, new], [true, true]),
    ] {
        let text = if entries.is_empty() { "keys: []".to_owned() } else { key_file(&entries) };
        files.put("keys.yaml", &text);
        reloads.refresh();
        assert_eq!(ask(), expected, "{text}");
    }
    for broken in ["", "keys:", "keys: [", "keys: [{id: ana}]", "[]"] {
        files.put("keys.yaml", broken);
        reloads.refresh();
        assert_eq!(ask(), [true, true], "what was in force stays: {broken:?}");
    }
    fs::remove_file(files.path("keys.yaml")).unwrap();
    reloads.reload();
    assert_eq!(ask(), [true, true]);
}

/// Why a file is refused, without the directory.
fn refusal(text: &str) -> String {
    let files = Files::new();
    let error = open(Some(files.put("keys.yaml", text)), None).err().map(|error| error.to_string());
    let message = error.unwrap_or_else(|| panic!("this file is accepted:\n{text}"));
    message.replace(files.0.path().to_str().unwrap(), "")
}

#[test]
fn a_faulty_entry_is_refused_with_its_line() {
    let with = |id: &str, principal: &str, accounts: &str, more: &str| {
        let faulty = entry(id, OTHER_KEY, principal, accounts, more);
        refusal(&key_file(&[entry("good", KEY, ANA, "[acct-a]", ""), faulty]))
    };
    assert_eq!(with("good", ANA, "[a]", ""), "/keys.yaml:6: the id `good` is also on line 2");
    assert_eq!(with("''", ANA, "[a]", ""), "/keys.yaml:6: `id` must have 1 to 1000 bytes");
    assert_eq!(
        with("k", "{type: robot, id: r}", "[a]", ""),
        "/keys.yaml:8: `robot` is no identity type of the profile, which has `user`, `service_account`"
    );
    let principal = "`principal.id` must have 1 to 1000 bytes";
    assert_eq!(with("k", "{type: user, id: ''}", "[a]", ""), format!("/keys.yaml:8: {principal}"));
    let long = format!("{{type: user, id: {}}}", "i".repeat(1001));
    assert_eq!(with("k", &long, "[a]", ""), format!("/keys.yaml:8: {principal}"));
    assert_eq!(with("k", ANA, "[]", ""), "/keys.yaml:9: a key needs at least one account");
    assert_eq!(with("k", ANA, "[a, '']", ""), "/keys.yaml:9: `accounts` must have 1 to 1000 bytes");
    assert_eq!(with("k", ANA, "[a, b, a]", ""), "/keys.yaml:9: the account `a` is listed twice");
    let time = "must be a time such as 2026-01-31T12:00:00Z";
    for text in ["tomorrow", "2027-01-15", "1800000000", "2027-01-15T08:00:00"] {
        assert_eq!(
            with("k", ANA, "[a]", &format!("    expires_at: {text}\n")),
            format!("/keys.yaml:10: `expires_at` {time}")
        );
    }
    let turned = "    not_before: 2027-01-15T08:00:00Z\n    expires_at: 2027-01-15T08:00:00Z\n";
    assert_eq!(with("k", ANA, "[a]", turned), "/keys.yaml:11: `expires_at` must be later than `not_before`");

    let (first, second) = (entry("one", KEY, ANA, "[a]", ""), entry("two", KEY, ANA, "[b]", ""));
    assert_eq!(refusal(&key_file(&[first, second])), "/keys.yaml:7: the same `sha256` is also on line 3");
}

#[test]
fn a_hash_is_64_hexadecimal_digits() {
    let hash = ApiKeyHash::of(KEY).to_string();
    assert_eq!(
        ApiKeyHash::of("abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(hash.parse(), Ok(ApiKeyHash::of(KEY)));
    assert_eq!(hash.to_uppercase().parse(), Ok(ApiKeyHash::of(KEY)));
    let short = &hash[1..];
    for text in [
        "",
        short,
        &format!("{hash}0"),
        &format!("g{short}"),
        &format!("+{short}"),
        &format!("é{}", &hash[2..]),
    ] {
        assert_eq!(text.parse::<ApiKeyHash>(), Err(NoKeyHash), "{text:?}");
    }
    // Digits that YAML could take for a number.
    for number in
        ["1".repeat(64), format!("{}e{}", "1".repeat(31), "2".repeat(32)), format!("0{}", "7".repeat(63))]
    {
        let text = key_file(&[entry("k", KEY, ANA, "[acct-a]", "")]).replace(&hash, &number);
        let files = Files::new();
        let opened = open(Some(files.put("keys.yaml", &text)), None);
        assert!(opened.is_ok(), "{:?}", opened.err());
    }
}

#[test]
fn a_file_of_another_form_is_refused() {
    let hash = format!("sha256: {}", ApiKeyHash::of(KEY));
    let (ana, accounts) = ("principal: {type: user, id: ana}", "accounts: [a]");
    let with = |lines: [&str; 4]| refusal(&format!("keys:\n  - {}\n", lines.join("\n    ")));
    let no_hash = "`sha256` must be the 64 hexadecimal digits that `arrowroot lifecycle hash-key` prints";
    assert_eq!(with(["id: k", "sha256: abc", ana, accounts]), format!("/keys.yaml:3: {no_hash}"));
    let fields = "id, sha256, principal, accounts, not_before, expires_at";
    let unknown = format!("/keys.yaml:5: unknown field `account`, expected one of {fields}");
    assert_eq!(with(["id: k", &hash, ana, "account: a"]), unknown);
    assert_eq!(with(["id: k", &hash, "principal: ana", accounts]), "/keys.yaml:4: expected mapping start");
    assert_eq!(with(["id: k", &hash, accounts, ""]), "/keys.yaml:4: missing field `principal`");
    for (text, expected) in [
        ("", "/keys.yaml:1: unexpected end of input"),
        ("key: []", "/keys.yaml:1: unknown field `key`"),
        ("keys: 1", "/keys.yaml:1: expected sequence start"),
        ("keys: []\nkeys: []", "/keys.yaml:2: duplicate mapping key"),
        ("keys: []\n---\nkeys: []", "/keys.yaml:3: multiple YAML documents"),
        (&"[".repeat(100_000), "/keys.yaml:1: "),
        (&format!("keys: {}", "- ".repeat(100_000)), "/keys.yaml"),
    ] {
        let message = refusal(text);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_file_may_have_very_many_keys() {
    let keys: Vec<String> = (0..20_000).map(|number| format!("key-number-{number}")).collect();
    let entries: Vec<String> =
        keys.iter().map(|key| entry(key, key, "{type: service_account, id: ci}", "[acct-a]", "")).collect();
    let files = Files::new();
    let (identity, _) = open(Some(files.put("keys.yaml", &key_file(&entries))), None).unwrap();
    for key in [&keys[0], &keys[19_999]] {
        assert_eq!(told(identity.authenticate(&with_key(key), NOW)), "service_account:ci@acct-a");
    }
}

#[test]
fn generated_keys_are_never_alike() {
    let keys: std::collections::HashSet<String> = (0..100).map(|_| generate_api_key().unwrap()).collect();
    assert_eq!(keys.len(), 100);
    for key in keys {
        let random = key.strip_prefix("arrowroot_").unwrap();
        assert_eq!(random.len(), 43, "256 bits in base64");
        assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}

#[test]
fn a_profile_without_identity_kinds_lets_nobody_in() {
    let files = Files::new();
    let keys = Some(files.put("keys.yaml", "keys: []"));
    let options = IdentityOptions { keys, ..IdentityOptions::default() };
    let error = Identity::open(options, &Reloads::default()).unwrap_err();
    assert_eq!(error.to_string(), "the profile has no identity type, so nobody can be authenticated");
}
