"""Who sends a request, and in which account, by an API key or a signed token."""

import base64
import hashlib
import http.client
import json
import secrets
import signal
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from case import WAIT_TIMEOUT_S, LifecycleCase, SharedServerCase, replace_file, user
from provider import Operation, UnauthenticatedError, resource

ISSUER = "https://id.example"
AUDIENCE = "agents"
EXPIRED = "2020-01-31T12:00:00Z"
LATER = "2999-01-31T12:00:00Z"
HOUR_S = 3_600
# Making RSA keys takes a while.
RSA = rsa.generate_private_key(65_537, 2_048)
EC = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
SIGNERS = {"RS256": RSA, "ES256": EC, "EdDSA": EDWARDS}


def new_key() -> str:
    return f"arrowroot_{secrets.token_urlsafe(32)}"


def listed(name: str, key: str, who: str, *accounts: str, kind: str = "user", **times: str) -> dict:
    """An entry of the key file."""
    principal = {"type": kind, "id": who}
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    return {"id": name, "sha256": sha256, "principal": principal, "accounts": list(accounts), **times}


def key_file(*entries: dict) -> str:
    # JSON is YAML.
    return json.dumps({"keys": entries})


def jwks(**signers) -> str:
    """The public keys, by name."""
    algorithms = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "EC", ed25519.Ed25519PrivateKey: "OKP"}
    makers = {"RSA": jwt.algorithms.RSAAlgorithm, "EC": jwt.algorithms.ECAlgorithm, "OKP": jwt.algorithms.OKPAlgorithm}
    keys = []
    for name, signer in signers.items():
        kind = next(kind for known, kind in algorithms.items() if isinstance(signer, known))
        keys.append({**json.loads(makers[kind].to_jwk(signer.public_key())), "kid": name, "use": "sig"})
    return json.dumps({"keys": keys})


def token(signer=EDWARDS, algorithm: str = "EdDSA", kid: str | None = None, **claims) -> str:
    """A token that is fine, but for the claims that are given; one of None is left out."""
    fine = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + HOUR_S, "sub": "ana", "accounts": ["acct-a"]}
    chosen = {name: value for name, value in {**fine, **claims}.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(chosen, signer, algorithm=algorithm, headers=headers)


class Authn(SharedServerCase):
    """One server with a file of keys and one of signers."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.keys = {name: new_key() for name in ["ana", "next", "ci", "two", "expired", "early"]}
        super().setUpClass()

    @classmethod
    def prepare(cls) -> None:
        path = cls.directory / "keys.yaml"
        path.write_text(
            key_file(
                listed("ana", cls.keys["ana"], "ana", "acct-a"),
                listed("ana-2", cls.keys["next"], "ana", "acct-a", not_before=EXPIRED, expires_at=LATER),
                listed("ci", cls.keys["ci"], "ci", "acct-a", kind="service_account"),
                listed("two", cls.keys["two"], "uma", "acct-a", "acct-b"),
                listed("expired", cls.keys["expired"], "ana", "acct-a", expires_at=EXPIRED),
                listed("early", cls.keys["early"], "ana", "acct-a", not_before=LATER),
            )
        )
        signers = cls.directory / "jwks.json"
        signers.write_text(jwks(rsa=RSA, ec=EC, ed=EDWARDS))
        cls.flags = (
            *("--lifecycle-keys", str(path), "--lifecycle-jwks", str(signers)),
            *("--lifecycle-jwt-issuer", ISSUER, "--lifecycle-jwt-audience", AUDIENCE),
        )

    def authn(self, **headers: str):
        return self.wire.send("/v1/authn", None, **headers)

    def principal(self, **headers: str) -> dict:
        return self.assert_status(200, self.authn(**headers)).json()

    def refused(self, **headers: str) -> None:
        """Nothing of what was shown comes back, or gets into the log."""
        answer = self.assert_status(401, self.authn(**headers))
        for shown in [value.removeprefix("Bearer ") for value in headers.values()]:
            if len(shown) > 20:
                self.assertNotIn(shown, answer.message)

    def tearDown(self) -> None:
        log = self.server.log()
        for key in self.keys.values():
            self.assertNotIn(key, log)
            self.assertNotIn(key[len("arrowroot_") :], log)
            self.assertNotIn(hashlib.sha256(key.encode()).hexdigest(), log)
        self.assertNotIn("eyJ", log)

    def test_a_key_is_its_holders(self):
        ana = {"principal_type": "user", "user_id": "ana", "service_account_id": None, "account_id": "acct-a"}
        for key in ["ana", "next"]:
            self.assertEqual(self.principal(x_api_key=self.keys[key]), ana)
            self.assertEqual(self.principal(authorization=f"Bearer {self.keys[key]}"), ana)
            self.assertEqual(self.principal(authorization=f"bearer {self.keys[key]}"), ana)
        ci = {"principal_type": "service_account", "service_account_id": "ci", "user_id": None, "account_id": "acct-a"}
        self.assertEqual(self.principal(x_api_key=self.keys["ci"]), ci)

    def test_a_principal_holds_no_secret(self):
        for key in ["ana", "ci"]:
            self.assertNotIn(self.keys[key], json.dumps(self.principal(x_api_key=self.keys[key])))
        self.assertFalse(self.principal(x_api_key=self.keys["ana"]).get("api_key"))

    def test_other_keys_are_refused(self):
        key = self.keys["ana"]
        hashed = hashlib.sha256(key.encode()).hexdigest()
        for wrong in [key[:-1], key + "x", key.upper(), new_key(), hashed, "x" * 60_000]:
            self.refused(x_api_key=wrong)
            self.refused(authorization=f"Bearer {wrong}")
        for name in ["expired", "early"]:
            self.refused(x_api_key=self.keys[name])
        for nothing in [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"authorization": f"Basic {key}"}]:
            self.refused(**nothing)
        self.assertTrue(self.principal(x_api_key=key))

    def test_the_account_is_the_one_that_is_selected(self):
        two = {"x_api_key": self.keys["two"]}
        self.refused(**two)
        for account in ["acct-a", "acct-b"]:
            self.assertEqual(self.principal(**two, x_selected_account_id=account)["account_id"], account)
        for other in ["acct-c", "acct-A", "acct-a,acct-b", "*"]:
            self.assert_status(403, self.authn(**two, x_selected_account_id=other))
            self.assert_status(403, self.authn(x_api_key=self.keys["ana"], x_selected_account_id=other))
        self.assertTrue(self.principal(x_api_key=self.keys["ana"], x_selected_account_id="acct-a"))

    def test_two_credentials_must_be_the_same_persons(self):
        ana = {"x_api_key": self.keys["ana"]}
        self.principal(**ana, authorization=f"Bearer {self.keys['ana']}")
        self.principal(**ana, authorization=f"Bearer {self.keys['next']}")
        self.principal(**ana, authorization=f"Bearer {token()}")
        for other in [self.keys["ci"], self.keys["expired"], new_key(), token(sub="eve"), token(exp=1)]:
            self.refused(**ana, authorization=f"Bearer {other}")

    def test_a_header_that_comes_twice_is_refused(self):
        """Whoever stands in between may look at the other one."""
        fine = {"x-api-key": self.keys["two"], "x-selected-account-id": "acct-a"}
        others = {"x-api-key": self.keys["ana"], "x-selected-account-id": "acct-b", "authorization": "Bearer x"}
        for name, other in others.items():
            twice = [*fine.items(), (name, other)] + [(name, other)] * (name not in fine)
            self.assertEqual(self.send_headers(twice), 401, name)
        self.assertEqual(self.send_headers(list(fine.items())), 200)

    def send_headers(self, headers: list[tuple[str, str]]) -> int:
        connection = http.client.HTTPConnection(self.server.http_address, timeout=WAIT_TIMEOUT_S)
        self.addCleanup(connection.close)
        connection.putrequest("POST", "/v1/authn")
        for name, value in [*headers, ("content-length", "0")]:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status

    def test_a_principal_works_as_it_is(self):
        for number, headers in enumerate([{"x_api_key": self.keys["ci"]}, {"authorization": f"Bearer {token()}"}]):
            principal = self.principal(**headers)
            of = resource("agent", f"{self.account} {number}")
            self.assert_status(200, self.wire.check(principal, resource("agent", "*"), "create"))
            self.assert_status(200, self.wire.register(principal, of))
            self.assert_status(200, self.wire.check(principal, of, "delete"))
            self.assertIn(of["selector"], self.wire.search(principal, "agent").json()["items"])
            self.assert_status(403, self.wire.check({**principal, "account_id": "acct-b"}, of))

    def test_a_token_of_each_kind_is_good(self):
        for algorithm, signer in SIGNERS.items():
            found = self.principal(authorization=f"Bearer {token(signer, algorithm)}")
            self.assertEqual((found["user_id"], found["account_id"]), ("ana", "acct-a"))
        named = {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}
        for kid, algorithm in named.items():
            self.principal(authorization=f"Bearer {token(SIGNERS[algorithm], algorithm, kid)}")

    def test_a_token_says_who_and_where(self):
        bearer = lambda **claims: {"authorization": f"Bearer {token(**claims)}"}
        service = self.principal(**bearer(principal_type="service_account", sub="ci"))
        self.assertEqual((service["service_account_id"], service["user_id"]), ("ci", None))
        two = bearer(accounts=["acct-a", "acct-b"])
        self.refused(**two)
        self.assertEqual(self.principal(**two, x_selected_account_id="acct-b")["account_id"], "acct-b")
        self.assert_status(403, self.authn(**two, x_selected_account_id="acct-c"))
        self.assertEqual(self.principal(**bearer(aud=["other", AUDIENCE], nbf=int(time.time()) - 9))["user_id"], "ana")

    def test_tokens_that_are_not_good_are_refused(self):
        now = int(time.time())
        claims = [
            {"iss": "https://other.example"},
            {"iss": None},
            {"aud": "others"},
            {"aud": None},
            {"exp": now - HOUR_S},
            {"exp": None},
            {"nbf": now + HOUR_S},
            {"sub": None},
            {"sub": ""},
            {"accounts": None},
            {"accounts": []},
            {"accounts": 7},
            {"principal_type": "robot"},
        ]
        for one in claims:
            with self.subTest(one):
                self.refused(authorization=f"Bearer {token(**one)}")
        stranger = ed25519.Ed25519PrivateKey.generate()
        fine = token()
        header, body, signature = fine.split(".")
        forged = json.loads(base64.urlsafe_b64decode(body + "=="))
        forged["sub"] = "root"
        other_body = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        public = EDWARDS.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        for wrong in [
            token(stranger),
            token(stranger, kid="ed"),
            token(EDWARDS, kid="ec"),
            token(EDWARDS, kid="unknown"),
            token(public.ljust(32), "HS256"),
            f"{header}.{other_body}.{signature}",
            f"{none}.{body}.",
            f"{none}.{body}.{signature}",
            fine[:-5],
            f"{header}.{body}",
            f"{fine}.{signature}",
            "eyJ.eyJ.x",
        ]:
            with self.subTest(wrong):
                self.refused(authorization=f"Bearer {wrong}")
        self.principal(authorization=f"Bearer {fine}")


class Reloading(LifecycleCase):
    """Keys are changed while the server runs; the application authenticates before each use case."""

    async def prepare(self) -> None:
        self.key_path, self.jwks_path = self.directory / "keys.yaml", self.directory / "jwks.json"
        self.old, self.new = new_key(), new_key()
        self.key_path.write_text(key_file(listed("old", self.old, "ana", "acct-a")))
        self.jwks_path.write_text(jwks(ed=EDWARDS))
        self.flags = (
            *("--lifecycle-keys", str(self.key_path), "--lifecycle-jwks", str(self.jwks_path)),
            *("--lifecycle-jwt-issuer", ISSUER, "--lifecycle-jwt-audience", AUDIENCE),
        )

    async def is_known(self, **headers: str) -> bool:
        try:
            await self.provider.authenticate({name.replace("_", "-"): value for name, value in headers.items()})
        except UnauthenticatedError:
            return False
        return True

    async def reload(self, path, text: str, is_in_force) -> None:
        replace_file(path, text)
        self.server.process.send_signal(signal.SIGHUP)
        await self.eventually(f"{path.name} is in force", is_in_force)

    async def test_keys_are_changed_without_a_gap(self):
        principal = await self.provider.authenticate({"X-Api-Key": self.old})
        agent = await self.application.register_build("planner", principal)
        entries = [listed("old", self.old, "ana", "acct-a"), listed("new", self.new, "ana", "acct-a")]
        await self.reload(self.key_path, key_file(*entries), lambda: self.is_known(x_api_key=self.new))
        self.assertTrue(await self.is_known(x_api_key=self.old))

        async def is_old_unknown() -> bool:
            return not await self.is_known(x_api_key=self.old)

        await self.reload(self.key_path, key_file(entries[1]), is_old_unknown)
        principal = await self.provider.authenticate({"X-Api-Key": self.new, "x-selected-account-id": "acct-a"})
        await self.provider.check(principal, resource("agent", agent.id), Operation.DELETE)

    async def test_a_change_is_noticed_without_a_signal(self):
        entries = [listed("old", self.old, "ana", "acct-a"), listed("new", self.new, "ana", "acct-a")]
        replace_file(self.key_path, key_file(*entries))
        await self.eventually("the new key is known", lambda: self.is_known(x_api_key=self.new))

    async def test_a_file_that_is_wrong_changes_nothing(self):
        for text in ["keys: [", "keys: {}", f"keys: [{{id: x, sha256: {self.new}}}]", self.new]:
            refused = self.server.log().count("keys.yaml")
            replace_file(self.key_path, text)
            self.server.process.send_signal(signal.SIGHUP)

            async def is_logged() -> bool:
                return self.server.log().count("keys.yaml") > refused

            await self.eventually("the refusal is logged", is_logged)
            self.assertTrue(await self.is_known(x_api_key=self.old))
        self.assertNotIn(self.new, self.server.log())
        self.assertNotIn(self.old, self.server.log())

    async def test_signers_are_changed_as_well(self):
        other = ed25519.Ed25519PrivateKey.generate()
        bearer = lambda signer: {"authorization": f"Bearer {token(signer)}"}
        self.assertTrue(await self.is_known(**bearer(EDWARDS)))
        self.assertFalse(await self.is_known(**bearer(other)))
        await self.reload(self.jwks_path, jwks(new=other), lambda: self.is_known(**bearer(other)))
        self.assertFalse(await self.is_known(**bearer(EDWARDS)))

    async def test_nobody_is_known_while_the_server_is_dead(self):
        self.assertTrue(await self.is_known(x_api_key=self.old))
        self.server.kill()
        self.assertFalse(await self.is_known(x_api_key=self.old))
        self.start()
        self.assertTrue(await self.is_known(x_api_key=self.old))


class AccountsClaim(LifecycleCase):
    async def prepare(self) -> None:
        signers = self.directory / "jwks.json"
        signers.write_text(jwks(ed=EDWARDS))
        self.flags = (
            *("--lifecycle-jwks", str(signers), "--lifecycle-jwt-issuer", ISSUER),
            *("--lifecycle-jwt-audience", AUDIENCE, "--lifecycle-jwt-accounts-claim", "https://example/tenants"),
        )

    async def test_the_claim_of_the_accounts_has_any_name(self):
        claims = {"https://example/tenants": ["acct-b"]}
        principal = await self.provider.authenticate({"Authorization": f"Bearer {token(**claims)}"})
        self.assertEqual((principal["user_id"], principal["account_id"]), ("ana", "acct-b"))
        # What the default would be is just another claim.
        with self.assertRaises(UnauthenticatedError):
            await self.provider.authenticate({"Authorization": f"Bearer {token()}"})


class WithoutKeys(SharedServerCase):
    def test_who_is_not_configured_is_not_known(self):
        for headers in [{}, {"x_api_key": new_key()}, {"authorization": f"Bearer {token()}"}]:
            self.assert_status(401, self.wire.send("/v1/authn", None, **headers))
        # Whoever is authenticated elsewhere is served all the same.
        self.assert_status(200, self.wire.check(user("ana", self.account), resource("agent", "*"), "create"))
