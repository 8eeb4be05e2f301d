//! JSON Web Tokens: which are good, and for whom.

use std::slice;

use serde_json::{Value, json};

use super::signing::{EC, ED, RSA, SigningKey, encode, merge};
use super::*;

pub(super) fn options(jwks: PathBuf) -> TokenOptions {
    TokenOptions {
        issuer: "https://issuer.example".to_owned(),
        audience: "arrowroot".to_owned(),
        jwks,
        accounts_claim: "accounts".to_owned(),
    }
}

pub(super) fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Claims that are good now, changed; what is set to null is absent.
pub(super) fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": "https://issuer.example",
        "aud": "arrowroot",
        "sub": "ana",
        "accounts": ["acct-a"],
        "exp": NOW.seconds + 600,
    });
    merge(&mut claims, changes);
    claims
}

/// Issuer's keys in a file, and who is let in by it.
struct Issuer {
    files: Files,
    identity: Identity,
    reloads: Reloads,
}

impl Issuer {
    fn new(keys: &[Value]) -> Self {
        let files = Files::new();
        let path = files.put("jwks.json", &jwks(keys));
        let (identity, reloads) = open(None, Some(options(path))).unwrap();
        Self { files, identity, reloads }
    }

    fn replace(&self, text: &str) {
        self.files.put("jwks.json", text);
        self.reloads.refresh();
    }

    fn ask(&self, token: &str) -> String {
        told(self.identity.authenticate(&with_bearer(token), NOW))
    }
}

/// What is said to a token with these changes of good claims, signed by a key that is listed.
fn ask(changes: Value) -> String {
    ask_at(NOW, changes)
}

fn ask_at(now: Timestamp, changes: Value) -> String {
    let issuer = Issuer::new(&[ED.jwk(json!({}))]);
    let token = ED.token(&json!({"alg": "EdDSA"}), &claims(changes));
    told(issuer.identity.authenticate(&with_bearer(&token), now))
}

fn refused(problem: &TokenProblem) -> String {
    format!("the token is refused: {problem}")
}

#[test]
fn each_algorithm_is_accepted_from_its_key() {
    let issuer = Issuer::new(&[
        RSA.jwk(json!({"kid": "r"})),
        EC.jwk(json!({"kid": "e"})),
        ED.jwk(json!({"kid": "d"})),
    ]);
    for (key, kid) in [(&*RSA, "r"), (&*EC, "e"), (&*ED, "d")] {
        let alg = key.algorithm();
        for header in [json!({"alg": alg, "kid": kid}), json!({"alg": alg, "typ": "at+jwt"})] {
            assert_eq!(issuer.ask(&key.token(&header, &claims(json!({})))), "user:ana@acct-a", "{header}");
        }
        for other in ["r", "e", "d", "x", "", "D"].into_iter().filter(|other| *other != kid) {
            let token = key.token(&json!({"alg": alg, "kid": other}), &claims(json!({})));
            assert_eq!(issuer.ask(&token), refused(&TokenProblem::UnknownKey), "{alg} {other}");
        }
    }
}

/// RFC 7515, appendices A.2 and A.3, and what Python's `cryptography` signs of the same claims with the key of RFC 8037,
/// appendix A.1: somebody else's signatures. They are good; the claims lack an audience.
#[test]
fn the_examples_of_the_rfc_are_verified() {
    let files = Files::new();
    let keys = jwks(&[
        json!({
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-\
                  SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS\
                  -UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2\
                  ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB",
        }),
        json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
    ]);
    let options = TokenOptions { issuer: "joe".to_owned(), ..options(files.put("jwks.json", &keys)) };
    let (identity, _) = open(None, Some(options)).unwrap();
    let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rsa = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
               Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d\
               O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
               cN_IoypGlUPQGe77Rw";
    let ec = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let ed = "_vSpFAYzQd76KTga_fKXdhrh3C0FWu4LvjqsxWd4NRyBOrKTdBeh_PkyRQtFmRgGKgdW5upgieZM67Gbz4AtAA";
    let examples =
        [("eyJhbGciOiJSUzI1NiJ9", rsa), ("eyJhbGciOiJFUzI1NiJ9", ec), ("eyJhbGciOiJFZERTQSJ9", ed)];
    for (header, signature) in examples {
        let ask = |token: &str| told(identity.authenticate(&with_bearer(token), NOW));
        let missing = TokenProblem::MissingClaim { claim: "aud".to_owned() };
        assert_eq!(ask(&format!("{header}.{claims}.{signature}")), refused(&missing));
        let changed = claims.replacen('J', "K", 1);
        assert_eq!(ask(&format!("{header}.{changed}.{signature}")), refused(&TokenProblem::Signature));
    }
}

#[test]
fn only_what_a_listed_key_has_signed_is_believed() {
    let issuer = Issuer::new(&[
        RSA.jwk(json!({"kid": "r"})),
        EC.jwk(json!({"kid": "e"})),
        ED.jwk(json!({"kid": "d"})),
    ]);
    let signature = refused(&TokenProblem::Signature);
    for key in [SigningKey::new_ec(), SigningKey::new_ed()] {
        let token = key.token(&json!({"alg": key.algorithm()}), &claims(json!({})));
        assert_eq!(issuer.ask(&token), signature);
    }
    // A signature for other claims, a cut one, an empty one, and one that is no base64url.
    let token = ED.token(&json!({"alg": "EdDSA"}), &claims(json!({})));
    let other = ED.token(&json!({"alg": "EdDSA"}), &claims(json!({"sub": "ben"})));
    let (message, good) = token.rsplit_once('.').unwrap();
    let (_, wrong) = other.rsplit_once('.').unwrap();
    for bad in [wrong, &good[..80], ""] {
        assert_eq!(issuer.ask(&format!("{message}.{bad}")), signature, "{bad}");
    }
    assert_eq!(issuer.ask(&format!("{message}.{good}")), "user:ana@acct-a");
    let keys_only = "API keys are not accepted here";
    for text in [
        format!("{message}.{good}="),
        format!("{message}.+/"),
        format!("{token}."),
        format!("{token}.x"),
        message.to_owned(),
        "é.é.é".to_owned(),
    ] {
        assert_eq!(issuer.ask(&text), keys_only, "looks like no token: {text}");
    }
}

#[test]
fn nobody_chooses_the_algorithm_but_the_key() {
    let issuer = Issuer::new(&[
        RSA.jwk(json!({"kid": "r"})),
        EC.jwk(json!({"kid": "e"})),
        ED.jwk(json!({"kid": "d"})),
    ]);
    let algorithm = refused(&TokenProblem::Algorithm);
    for name in
        ["none", "None", "NONE", "nOnE", "HS384", "RS384", "RS512", "PS256", "ES384", "ES512", "rs256", ""]
    {
        for key in [&SigningKey::None, &*RSA, &*ED] {
            let token = key.token(&json!({"alg": name, "kid": "r"}), &claims(json!({})));
            assert_eq!(issuer.ask(&token), algorithm, "{name}");
        }
    }
    // The public key, which everyone has, as the secret.
    for (key, kid) in [(&*RSA, "r"), (&*EC, "e"), (&*ED, "d")] {
        for secret in [key.public_bytes(), key.jwk(json!({})).to_string().into_bytes()] {
            let forged = SigningKey::Hmac(secret);
            for header in [json!({"alg": "HS256"}), json!({"alg": "HS256", "kid": kid})] {
                assert_eq!(issuer.ask(&forged.token(&header, &claims(json!({})))), algorithm);
            }
            // The same, called what the key is for.
            let token = forged.token(&json!({"alg": key.algorithm(), "kid": kid}), &claims(json!({})));
            assert_eq!(issuer.ask(&token), refused(&TokenProblem::Signature));
        }
    }
    // A key that comes with the token.
    let own = SigningKey::new_ed();
    let header = json!({"alg": "EdDSA", "jwk": own.jwk(json!({})), "jku": "https://evil.example/jwks.json"});
    assert_eq!(issuer.ask(&own.token(&header, &claims(json!({})))), refused(&TokenProblem::Signature));
    for header in [json!({}), json!({"alg": 1}), json!({"alg": ["EdDSA"]}), json!({"alg": "EdDSA", "kid": 1})]
    {
        assert_eq!(
            issuer.ask(&ED.token(&header, &claims(json!({})))),
            refused(&TokenProblem::Malformed),
            "{header}"
        );
    }
    let critical = json!({"alg": "EdDSA", "crit": ["b64"], "b64": false});
    assert_eq!(
        issuer.ask(&ED.token(&critical, &claims(json!({})))),
        refused(&TokenProblem::CriticalExtension)
    );
}

#[test]
fn a_token_is_good_from_its_begin_to_before_its_end() {
    let (early, late) = (refused(&TokenProblem::NotYetValid), refused(&TokenProblem::Expired));
    let times = json!({"nbf": 1000, "exp": 2000});
    for (now, expected) in [
        (969, &early),
        (970, &"user:ana@acct-a".to_owned()),
        (2029, &"user:ana@acct-a".to_owned()),
        (2030, &late),
        (i64::MAX, &late),
        (i64::MIN, &early),
    ] {
        assert_eq!(ask_at(at(now), times.clone()), *expected, "{now}");
    }
    let now = NOW.seconds;
    assert_eq!(ask(json!({"exp": null})), refused(&TokenProblem::MissingClaim { claim: "exp".to_owned() }));
    for (exp, expected) in [
        (json!(now - 29), "user:ana@acct-a"),
        (json!(now - 30), late.as_str()),
        (json!(1_800_000_000.9), "user:ana@acct-a"),
        (json!(1_799_999_970.9), late.as_str()),
        (json!(u64::MAX), "user:ana@acct-a"),
        (json!(i64::MAX), "user:ana@acct-a"),
        (json!(1e300), "user:ana@acct-a"),
        (json!(0), late.as_str()),
        (json!(-1), late.as_str()),
        (json!(i64::MIN), late.as_str()),
        (json!(-1e300), late.as_str()),
        (json!("1900000000"), "the token is refused: claim `exp` is malformed"),
        (json!(true), "the token is refused: claim `exp` is malformed"),
        (json!([now + 600]), "the token is refused: it is malformed"),
    ] {
        assert_eq!(ask(json!({ "exp": exp })), expected, "{exp}");
    }
    for (nbf, expected) in [
        (json!(now + 30), "user:ana@acct-a"),
        (json!(now + 31), early.as_str()),
        (json!(i64::MAX), early.as_str()),
        (json!(i64::MIN), "user:ana@acct-a"),
        (json!("0"), "the token is refused: claim `nbf` is malformed"),
    ] {
        assert_eq!(ask(json!({ "nbf": nbf })), expected, "{nbf}");
    }
}

#[test]
fn a_token_is_from_this_issuer_and_for_this_audience() {
    let missing = |claim: &str| refused(&TokenProblem::MissingClaim { claim: claim.to_owned() });
    let malformed = |claim: &str| refused(&TokenProblem::MalformedClaim { claim: claim.to_owned() });
    assert_eq!(ask(json!({"iss": null})), missing("iss"));
    assert_eq!(ask(json!({"aud": null})), missing("aud"));
    for issuer in
        ["", "https://issuer.example/", "https://issuer.example.evil.example", "HTTPS://ISSUER.EXAMPLE"]
    {
        assert_eq!(ask(json!({ "iss": issuer })), refused(&TokenProblem::Issuer), "{issuer}");
    }
    for issuer in [json!(["https://issuer.example"]), json!(1), json!({})] {
        assert_eq!(ask(json!({ "iss": issuer })), malformed("iss"), "{issuer}");
    }
    for audience in [json!("other"), json!(""), json!([]), json!(["other", "arrowroot "])] {
        assert_eq!(ask(json!({ "aud": audience })), refused(&TokenProblem::Audience), "{audience}");
    }
    assert_eq!(ask(json!({"aud": ["other", "arrowroot"]})), "user:ana@acct-a");
    for audience in [json!(["arrowroot", 1]), json!({"arrowroot": true}), json!(1)] {
        assert_eq!(ask(json!({ "aud": audience })), malformed("aud"), "{audience}");
    }
}

#[test]
fn claims_say_who_it_is() {
    assert_eq!(ask(json!({"principal_type": "user"})), "user:ana@acct-a");
    assert_eq!(ask(json!({"principal_type": "service_account", "sub": "ci"})), "service_account:ci@acct-a");
    for (changes, expected) in [
        (json!({"principal_type": "robot"}), "its type of principal is unknown"),
        (json!({"principal_type": ""}), "its type of principal is unknown"),
        (json!({"principal_type": ["user"]}), "claim `principal_type` is malformed"),
        (json!({"sub": null}), "claim `sub` is missing"),
        (json!({"sub": ""}), "claim `sub` is malformed"),
        (json!({"sub": 7}), "claim `sub` is malformed"),
        (json!({"accounts": null}), "claim `accounts` is missing"),
        (json!({"accounts": 7}), "claim `accounts` is malformed"),
        (json!({"accounts": ["acct-a", 7]}), "claim `accounts` is malformed"),
        (json!({"accounts": ["acct-a", ""]}), "claim `accounts` is malformed"),
        (json!({"accounts": {"acct-a": true}}), "claim `accounts` is malformed"),
    ] {
        assert_eq!(ask(changes.clone()), format!("the token is refused: {expected}"), "{changes}");
    }
    // Null is no value that a claim may have.
    let token = |claims: &Value| ED.token(&json!({"alg": "EdDSA"}), claims);
    let issuer = Issuer::new(&[ED.jwk(json!({}))]);
    let mut with_null = claims(json!({}));
    with_null["principal_type"] = Value::Null;
    assert_eq!(issuer.ask(&token(&with_null)), "the token is refused: claim `principal_type` is malformed");
    for other in [json!([]), json!("x"), json!(1)] {
        assert_eq!(issuer.ask(&token(&other)), refused(&TokenProblem::Malformed), "{other}");
    }
}

#[test]
fn the_account_is_one_of_those_in_the_token() {
    let issuer = Issuer::new(&[ED.jwk(json!({}))]);
    let ask = |accounts: Value, selected: &str| {
        let token = ED.token(&json!({"alg": "EdDSA"}), &claims(json!({ "accounts": accounts })));
        told(issuer.identity.authenticate(&selecting(selected, with_bearer(&token)), NOW))
    };
    let not_selected = "an account must be selected: the credential is not for exactly one";
    let not_allowed = "the selected account is not one of the credential's";
    assert_eq!(ask(json!("acct-a"), ""), "user:ana@acct-a");
    assert_eq!(ask(json!("acct-a"), "acct-a"), "user:ana@acct-a");
    assert_eq!(ask(json!("acct-a"), "acct-b"), not_allowed);
    assert_eq!(ask(json!(["acct-a", "acct-a"]), ""), "user:ana@acct-a");
    assert_eq!(ask(json!(["acct-a", "acct-b"]), ""), not_selected);
    assert_eq!(ask(json!(["acct-a", "acct-b"]), "acct-b"), "user:ana@acct-b");
    assert_eq!(ask(json!(["acct-a", "acct-b"]), "acct-c"), not_allowed);
    assert_eq!(ask(json!([]), ""), not_selected);
    assert_eq!(ask(json!([]), "acct-a"), not_allowed);
}

#[test]
fn the_claim_of_the_accounts_has_any_name() {
    let files = Files::new();
    let path = files.put("jwks.json", &jwks(&[ED.jwk(json!({}))]));
    let named = TokenOptions { accounts_claim: "https://example.com/tenants".to_owned(), ..options(path) };
    let (identity, _) = open(None, Some(named)).unwrap();
    let ask = |changes: Value| {
        let token = ED.token(&json!({"alg": "EdDSA"}), &claims(changes));
        told(identity.authenticate(&with_bearer(&token), NOW))
    };
    assert_eq!(ask(json!({"https://example.com/tenants": "acct-b"})), "user:ana@acct-b");
    assert_eq!(ask(json!({})), "the token is refused: claim `https://example.com/tenants` is missing");
}

#[test]
fn huge_and_deep_tokens_are_refused() {
    let issuer = Issuer::new(&[ED.jwk(json!({}))]);
    let token = |size: usize| ED.token(&json!({"alg": "EdDSA"}), &claims(json!({"more": "x".repeat(size)})));
    assert_eq!(issuer.ask(&token(11_000)), "user:ana@acct-a");
    for size in [13_000, 1 << 20] {
        assert_eq!(issuer.ask(&token(size)), "a credential has more than 16384 bytes");
    }
    let deep = |text: String| {
        format!("{}.{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(text.as_bytes()), encode(&[0; 64]))
    };
    assert_eq!(issuer.ask(&deep("[".repeat(9000))), refused(&TokenProblem::Signature));
    let header = format!("{}.e30.", encode("{\"a\":".repeat(2000).as_bytes()));
    assert_eq!(issuer.ask(&header), "API keys are not accepted here", "such a header is none");
    let twice =
        br#"{"iss":"https://issuer.example","iss":"https://issuer.example","aud":"arrowroot","sub":"ana"}"#;
    let message = format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(twice));
    let SigningKey::Ed(pair) = &*ED else { panic!("this is an Ed25519 key") };
    let signed = format!("{message}.{}", encode(pair.sign(message.as_bytes()).as_ref()));
    assert_eq!(issuer.ask(&signed), refused(&TokenProblem::Malformed), "a claim that is there twice");
}

#[test]
fn the_issuers_keys_are_changed_without_a_restart() {
    let (old, new) = (SigningKey::new_ec(), SigningKey::new_ec());
    let (old_jwk, new_jwk) = (old.jwk(json!({"kid": "1"})), new.jwk(json!({"kid": "2"})));
    let issuer = Issuer::new(slice::from_ref(&old_jwk));
    let tokens = [(&old, "1"), (&new, "2")]
        .map(|(key, kid)| key.token(&json!({"alg": "ES256", "kid": kid}), &claims(json!({}))));
    let ask = || tokens.each_ref().map(|token| issuer.ask(token) == "user:ana@acct-a");
    assert_eq!(ask(), [true, false]);
    issuer.replace(&jwks(&[old_jwk.clone(), new_jwk.clone()]));
    assert_eq!(ask(), [true, true]);
    issuer.replace(&jwks(slice::from_ref(&new_jwk)));
    assert_eq!(ask(), [false, true]);
    let private = new.jwk(json!({"d": "secret"}));
    for broken in ["", "{", "[]", "{}", r#"{"keys":[]}"#, &jwks(&[old_jwk, private])] {
        issuer.replace(broken);
        assert_eq!(ask(), [false, true], "what was in force stays: {broken}");
    }
}

#[test]
fn a_key_and_a_token_may_be_shown_together() {
    let files = Files::new();
    let (key, others_key) = (super::keys::KEY, super::keys::OTHER_KEY);
    let entries = [
        super::keys::entry("ana", key, "{type: user, id: ana}", "[acct-a, acct-b]", ""),
        super::keys::entry("ci", others_key, "{type: service_account, id: ana}", "[acct-a]", ""),
    ];
    let keys = files.put("keys.yaml", &super::keys::key_file(&entries));
    let tokens = options(files.put("jwks.json", &jwks(&[ED.jwk(json!({}))])));
    let (identity, _) = open(Some(keys), Some(tokens)).unwrap();
    let ask = |api_key, changes: Value, account| {
        let token = ED.token(&json!({"alg": "EdDSA"}), &claims(changes));
        let credentials =
            Credentials { api_key: Some(api_key), bearer: Some(&token), selected_account: account };
        told(identity.authenticate(&credentials, NOW))
    };
    let conflict = "the API key and the bearer token belong to different principals";
    assert_eq!(ask(key, json!({}), Some("acct-a")), "user:ana@acct-a");
    assert_eq!(ask(key, json!({"sub": "ben"}), Some("acct-a")), conflict);
    assert_eq!(ask(others_key, json!({}), Some("acct-a")), conflict, "of one name, but another type");
    assert_eq!(ask(key, json!({}), Some("acct-b")), "the selected account is not one of the credential's");
    assert_eq!(ask(key, json!({"exp": 0}), Some("acct-a")), refused(&TokenProblem::Expired));
    assert_eq!(ask("nobodys", json!({}), Some("acct-a")), "the API key is unknown");
    assert_eq!(told(identity.authenticate(&with_bearer(others_key), NOW)), "service_account:ana@acct-a");
}
