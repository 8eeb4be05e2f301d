//! JWKS files: which keys are taken, which passed over, and which make the file useless.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::signing::{EC, ED, RSA, SigningKey, encode};
use super::tokens::{claims, jwks, options};
use super::*;

/// Who is let in by a token of this key where the file has these keys, or why the file is refused.
fn ask(keys: &[Value], key: &SigningKey) -> String {
    let files = Files::new();
    match open(None, Some(options(files.put("jwks.json", &jwks(keys))))) {
        Ok((identity, _)) => {
            let token = key.token(&json!({"alg": key.algorithm()}), &claims(json!({})));
            told(identity.authenticate(&with_bearer(&token), NOW))
        }
        Err(error) => error.to_string().replace(files.0.path().to_str().unwrap(), ""),
    }
}

const GOOD: &str = "user:ana@acct-a";
const NO_KEY: &str = "/jwks.json: has no key for RS256, ES256 or EdDSA";

#[test]
fn keys_for_other_purposes_are_passed_over() {
    for (key, alg) in [(&*RSA, "RS256"), (&*EC, "ES256"), (&*ED, "EdDSA")] {
        for more in [
            json!({ "alg": alg }),
            json!({"use": "sig", "x5t": "whatever", "x5c": ["whatever"]}),
            json!({"key_ops": ["verify"], "unknown": {"deep": [1]}}),
        ] {
            assert_eq!(ask(&[key.jwk(more.clone())], key), GOOD, "{more}");
        }
        for more in [
            json!({"use": "enc"}),
            json!({"key_ops": ["encrypt"]}),
            json!({"key_ops": []}),
            json!({"alg": "PS256"}),
            json!({"alg": "HS256"}),
            json!({"alg": "none"}),
            json!({"alg": "RSA-OAEP"}),
        ] {
            assert_eq!(ask(&[key.jwk(more.clone())], key), NO_KEY, "{more}");
        }
    }
    let Value::String(modulus) = RSA.jwk(json!({}))["n"].take() else { panic!("a modulus is text") };
    let padded = [vec![0], URL_SAFE_NO_PAD.decode(modulus).unwrap()].concat();
    assert_eq!(
        ask(&[RSA.jwk(json!({"n": encode(&padded), "e": "AAEAAQ"}))], &RSA),
        GOOD,
        "zeros before numbers"
    );
    let others = [
        SigningKey::Hmac(vec![7; 32]).jwk(json!({})),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json!({"kty": "EC"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
    ];
    assert_eq!(ask(&others, &ED), NO_KEY);
    assert_eq!(ask(&[&others[..], &[ED.jwk(json!({}))]].concat(), &ED), GOOD);
}

#[test]
fn a_key_that_is_none_makes_the_file_useless() {
    let short = encode(&[0xff; 255]);
    let point = encode(&[7; 32]);
    for (key, algorithm) in [
        (RSA.jwk(json!({"n": short})), "RS256"),
        (RSA.jwk(json!({"n": encode(&[0xff; 1025])})), "RS256"),
        (RSA.jwk(json!({"n": null})), "RS256"),
        (RSA.jwk(json!({"n": "+/"})), "RS256"),
        (RSA.jwk(json!({"e": null})), "RS256"),
        (RSA.jwk(json!({"e": ""})), "RS256"),
        (RSA.jwk(json!({"e": "AQ"})), "RS256"),
        (RSA.jwk(json!({"e": "AAE"})), "RS256"),
        (RSA.jwk(json!({"e": encode(&[4])})), "RS256"),
        (RSA.jwk(json!({"e": encode(&[1; 5])})), "RS256"),
        (EC.jwk(json!({ "x": point })), "ES256"),
        (EC.jwk(json!({"y": null})), "ES256"),
        (EC.jwk(json!({"x": "AA"})), "ES256"),
        (ED.jwk(json!({"x": "AA"})), "EdDSA"),
        (ED.jwk(json!({"x": null})), "EdDSA"),
    ] {
        let expected = format!("/jwks.json: key 2 is no valid {algorithm} key");
        assert_eq!(ask(&[ED.jwk(json!({})), key.clone()], &ED), expected, "{key}");
    }
    let private = ED.jwk(json!({"d": "c2VjcmV0"}));
    let message = ask(&[private], &ED);
    assert!(message.starts_with("/jwks.json: key 1 holds its private part"), "{message}");
    assert!(!message.contains("c2VjcmV0"));
}

#[test]
fn a_token_without_a_key_name_is_tried_with_each_key_of_its_algorithm() {
    let mut keys: Vec<Value> =
        (0..31).map(|number| SigningKey::new_ed().jwk(json!({"kid": number.to_string()}))).collect();
    keys.push(ED.jwk(json!({"kid": "last"})));
    assert_eq!(ask(&keys, &ED), GOOD);
    assert_eq!(ask(&keys, &EC), "the token is refused: its key is unknown");
    keys.push(EC.jwk(json!({"kid": "too many"})));
    assert_eq!(ask(&keys, &ED), "/jwks.json: has more than 32 keys for signatures");
}

#[test]
fn one_name_may_stand_for_several_keys() {
    let keys = [
        SigningKey::new_ed().jwk(json!({"kid": "1"})),
        EC.jwk(json!({"kid": "1"})),
        ED.jwk(json!({"kid": "1"})),
    ];
    let files = Files::new();
    let (identity, _) = open(None, Some(options(files.put("jwks.json", &jwks(&keys))))).unwrap();
    for key in [&*EC, &*ED] {
        let token = key.token(&json!({"alg": key.algorithm(), "kid": "1"}), &claims(json!({})));
        assert_eq!(told(identity.authenticate(&with_bearer(&token), NOW)), GOOD);
    }
}

#[test]
fn a_file_of_another_form_is_refused() {
    for text in
        ["", "{", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[{}]}"#, &"[".repeat(100_000)]
    {
        let files = Files::new();
        let error = open(None, Some(options(files.put("jwks.json", text)))).unwrap_err();
        let IdentityError::Jwks { problem: JwksProblem::Json(message), .. } = error else {
            panic!("{error}")
        };
        assert!(message.contains("line 1 column"), "{message}");
    }
    let files = Files::new();
    let error = open(None, Some(options(files.put("jwks.json", r#"{"keys":[]}"#)))).unwrap_err().to_string();
    assert!(error.ends_with("/jwks.json: has no key for RS256, ES256 or EdDSA"), "{error}");
}
