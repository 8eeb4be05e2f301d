//! No message, no `Debug` output and no line of the log says what a key or a token is.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::keys::{KEY, OTHER_KEY, entry, key_file};
use super::signing::{ED, SigningKey};
use super::tokens::{claims, jwks, options};
use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).unwrap()
    }

    /// Runs something, with every line of its log kept.
    fn listen<T>(&self, run: impl FnOnce() -> T) -> T {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, run)
    }
}

#[track_caller]
fn assert_silent(text: &str, secrets: &[&str]) {
    for secret in secrets {
        for part in secret.split('.') {
            assert!(!text.contains(part), "{part:?} is in {text}");
        }
    }
}

#[test]
fn credentials_are_never_shown() {
    let files = Files::new();
    let ended = "    expires_at: 2020-01-01T00:00:00Z\n";
    let entries = [
        entry("ana", KEY, "{type: user, id: ana}", "[acct-a, acct-b]", ""),
        entry("gone", OTHER_KEY, "{type: user, id: ana}", "[acct-a]", ended),
    ];
    let keys = files.put("keys.yaml", &key_file(&entries));
    let tokens = options(files.put("jwks.json", &jwks(&[ED.jwk(json!({}))])));
    let log = Log::default();
    log.listen(|| {
        let (identity, _) = open(Some(keys), Some(tokens)).unwrap();
        let unknown = "arrowroot_nobody-knows-this-key-at-all-0123";
        let header = json!({"alg": "EdDSA"});
        let signed = |changes| ED.token(&header, &claims(changes));
        let tokens = [
            signed(json!({})),
            signed(json!({"exp": 0})),
            signed(json!({"aud": "other"})),
            signed(json!({"sub": 7})),
            signed(json!({"principal_type": "SECRET-TYPE"})),
            SigningKey::new_ed().token(&header, &claims(json!({}))),
            ED.token(&json!({"alg": "none", "kid": "x"}), &claims(json!({}))),
            ED.token(&json!({"alg": "EdDSA", "kid": "x"}), &claims(json!({}))),
            "x".repeat(20_000),
        ];
        let mut secrets = vec![KEY, OTHER_KEY, unknown];
        secrets.extend(tokens.iter().map(String::as_str));
        for secret in secrets.clone() {
            for credentials in
                [with_key(secret), with_bearer(secret), selecting("acct-c", with_bearer(secret))]
            {
                let answer = identity.authenticate(&credentials, NOW);
                assert_silent(&format!("{credentials:?} {answer:?}"), &secrets);
                if let Err(error) = answer {
                    assert_silent(&error.to_string(), &secrets);
                }
            }
        }
        let hash = ApiKeyHash::of(KEY).to_string();
        secrets.push(&hash);
        assert_silent(&format!("{identity:?}"), &secrets);
        assert_silent(&log.text(), &secrets);
    });
}

#[test]
fn a_key_that_stands_where_its_hash_should_is_not_shown() {
    let good = key_file(&[entry("k", OTHER_KEY, "{type: user, id: ana}", "[a]", "")]);
    let hash = ApiKeyHash::of(OTHER_KEY).to_string();
    let faulty = [
        good.replace(&hash, KEY),
        good.replace(&hash, &format!("[{KEY}]")),
        good.replace(&hash, &format!("{{{KEY}: 1}}")),
        good.replace(&hash, &format!("*{KEY}")),
        good.replace(&hash, &format!("!{KEY} x")),
        good.replace(&hash, &format!("\"{KEY}")),
        good.replace("[a]", KEY),
        good.replace("{type: user, id: ana}", KEY),
        good.replace("accounts", KEY),
        format!("keys:\n  - {KEY}\n"),
        format!("keys: {KEY}\n"),
        format!("keys: [{{{KEY}}}]\n"),
        format!("{KEY}: []\n"),
        KEY.to_owned(),
        format!("{good}{good}{KEY}"),
    ];
    let files = Files::new();
    let log = Log::default();
    log.listen(|| {
        let (_, reloads) = open(Some(files.put("keys.yaml", &good)), None).unwrap();
        for text in &faulty {
            let error = open(Some(files.put("faulty.yaml", text)), None).expect_err(text);
            assert_silent(&format!("{error} {error:?}"), &[KEY]);
            files.put("keys.yaml", text);
            reloads.refresh();
        }
    });
    let logged = log.text();
    assert_silent(&logged, &[KEY]);
    assert!(
        logged.lines().filter(|line| line.contains("ERROR")).count() > 5,
        "the log says what is wrong:\n{logged}"
    );
    assert!(logged.contains("keys.yaml:3: `sha256` must be"), "{logged}");
}
