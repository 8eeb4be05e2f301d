"""The wire contract, and what is answered to whatever else is sent."""

import json
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from authzed.api.v1 import InsecureClient, WriteSchemaRequest

from case import LIFECYCLE_FLAGS, OPERATIONS_OF, Graph, LifecycleCase, SharedServerCase, service, user
from provider import resource
from support import SCHEMAS, Server, agentex

# Names that somebody will use some day, and what they could be mistaken for.
SELECTORS = [
    "run-schedule::0b9c4c52-9f0e-4b9a-8d52-1f2a3b4c5d6e::7d1d8a1e-5b0a-4e1e-9d0c-2a3b4c5d6e7f",
    "agent-1/schedule-1",
    "agent--nightly",
    "with space",
    " ",
    "per%cent",
    "%2A",
    "%",
    "%%3A%",
    "quo\"te'd",
    "back\\slash",
    "new\nline\ttab",
    "nul\u0000byte",
    "grüße",
    "日本語",
    "🚀" * 20,
    "e\u0301",
    "\u00e9",
    "a#owner@user:eve",
    "a*",
    "**",
    "..",
    "$where",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "null",
    "UPPER",
    "upper",
    "a" * 800,
    "é" * 100,
]
FLOOD = "x" * (1 << 20)
VERBS = ["check", "search", "grant", "revoke", "register", "deregister", "check_batch"]


def batched(texts: list[str], size: int) -> Iterator[list[str]]:
    return (texts[begin : begin + size] for begin in range(0, len(texts), size))


class ContractCase(SharedServerCase):
    def setUp(self) -> None:
        super().setUp()
        self.ana = user("ana", self.account)
        self.agent = resource("agent", f"planner of {self.account}")

    def register(self, of: dict, parent: dict | None = None) -> None:
        self.assert_status(200, self.wire.register(self.ana, of, parent))

    def found(self, kind: str, principal: dict | None = None) -> list[str]:
        return self.assert_status(200, self.wire.search(principal or self.ana, kind)).json()["items"]

    def body(self, verb: str, **changed) -> dict:
        """A body that is fine, but for what is changed."""
        if verb == "search":
            given = {"filter_resource": "agent", "filter_operation": "read"}
        elif verb == "check_batch":
            given = {"resource_type": "agent", "selectors": [self.agent["selector"]], "operation": "read"}
        else:
            given = {"resource": self.agent}
            operations = {"check": "read", "grant": "create", "revoke": "delete"}
            given |= {"operation": operations[verb]} if verb in operations else {}
            given |= {"parent": None} if verb == "register" else {}
        return {"principal": self.ana, **given, **changed}


class Answers(ContractCase):
    def test_a_success_is_200_with_json_and_a_denial_is_403_with_a_message(self):
        for _ in range(2):
            for verb in ["register", "grant", "check"]:
                self.assertEqual(self.wire.ask(verb, self.body(verb)).json(), {"success": True}, verb)
        self.assertEqual(self.found("agent"), [self.agent["selector"]])
        self.assert_status(403, self.wire.check(user("bob", self.account), self.agent))
        for verb in ["deregister", "revoke", "deregister", "revoke"]:
            self.assertEqual(self.wire.ask(verb, self.body(verb)).json(), {"success": True}, verb)
        self.assert_status(403, self.wire.check(self.ana, self.agent))
        self.assertEqual(self.found("agent"), [])
        self.assertTrue(self.wire.is_kept)

    def test_what_is_unknown_is_denied_and_not_missing(self):
        for kind, operations in OPERATIONS_OF.items():
            for operation in operations:
                self.assert_status(403, self.wire.check(self.ana, resource(kind, "unheard of"), operation))
        self.assert_status(403, self.wire.grant(self.ana, resource("task", "unheard of")))
        parent = resource("agent", "unheard of")
        self.assert_status(403, self.wire.register(self.ana, resource("task", "fatherless"), parent))

    def test_an_operation_of_other_kinds_only_is_denied(self):
        self.register(self.agent)
        self.assert_status(403, self.wire.check(self.ana, self.agent, "cancel"))
        self.assert_status(403, self.wire.check(self.ana, self.agent, "create"))
        self.assert_status(403, self.wire.check(self.ana, resource("api_key", "k"), "execute"))

    def test_search_without_an_operation_is_for_reading(self):
        self.register(self.agent)
        answer = self.wire.ask("search", {"principal": self.ana, "filter_resource": "agent"})
        self.assertEqual(self.assert_status(200, answer).json()["items"], [self.agent["selector"]])

    def test_search_is_complete_and_never_unscoped(self):
        wanted = {f"task-{number:04}-of-{self.account}" for number in range(2_500)}
        for page in batched(sorted(wanted), 400):
            owned = (f"task:{selector}#owner@user:ana" for selector in page)
            self.graph.touch(*owned, *(f"task:{selector}#tenant@tenant:{self.account}" for selector in page))
        answer = self.assert_status(200, self.wire.search(self.ana, "task")).json()
        self.assertEqual(set(answer["items"]), wanted)
        self.assertEqual(len(answer["items"]), len(wanted))
        self.assertIsNot(answer.get("unscoped"), True)
        self.graph.touch(f"tenant:{self.account}#admin@user:root")
        for nobody in [user("root", self.account), user("nobody", self.account)]:
            self.assertEqual(self.wire.search(nobody, "task").json().get("items"), [])

    def test_search_answers_for_the_operation_that_is_asked(self):
        self.register(self.agent)
        name = self.account
        self.register(resource("task", name), self.agent)
        self.graph.touch(f"task:{name}#editor@user:bob")
        bob = user("bob", self.account)
        found = {one: self.wire.search(bob, "task", one).json()["items"] for one in OPERATIONS_OF["task"]}
        self.assertEqual({one for one in found if found[one] == [name]}, {"read", "update"})
        self.assertEqual(self.wire.search(bob, "agent", "cancel").json()["items"], [])
        self.assertIn("operation", self.assert_status(422, self.wire.search(bob, "task", "fly")).message)
        self.assertIn("filter_resource", self.assert_status(422, self.wire.search(bob, "planet")).message)

    def test_only_an_agent_can_be_a_parent(self):
        self.register(self.agent)
        task = resource("task", self.account)
        self.register(task, self.agent)
        for kind in ["task", "api_key", "schedule", "planet", "user", ""]:
            child = resource("api_key", f"child of {self.account}")
            answer = self.wire.register(self.ana, child, resource(kind, self.account))
            self.assertIn("parent.type", self.assert_status(422, answer).message)
        itself = resource("agent", f"{self.account} itself")
        self.assert_status(403, self.wire.register(self.ana, itself, itself))
        self.assertEqual(self.found("api_key") + self.found("agent"), [self.agent["selector"]])

    def test_anyone_may_create_in_their_account(self):
        for principal in [self.ana, service("ci", self.account)]:
            for kind in ["agent", "task"]:
                self.assert_status(200, self.wire.check(principal, resource(kind, "*"), "create"))
            for kind in ["api_key", "schedule"]:
                self.assert_status(403, self.wire.check(principal, resource(kind, "*"), "create"))
            for operation in ["read", "update", "delete", "execute"]:
                self.assert_status(403, self.wire.check(principal, resource("agent", "*"), operation))

    def test_everything_is_no_resource(self):
        before = self.graph.all()
        everything = resource("agent", "*")
        for verb in ["register", "deregister", "grant", "revoke"]:
            self.assert_status(422, self.wire.ask(verb, self.body(verb, resource=everything)))
        self.assert_status(422, self.wire.ask("check_batch", self.body("check_batch", selectors=["*"])))
        self.assert_status(422, self.wire.register(self.ana, resource("task", self.account), everything))
        self.assertEqual(self.graph.all(), before)

    def test_check_batch_answers_as_single_checks_do(self):
        selectors = [f"{number} of {self.account}" for number in range(30)]
        self.register(self.agent)
        for selector in selectors[::2]:
            self.register(resource("task", selector), self.agent)
        asked = {"principal": self.ana, "resource_type": "task", "selectors": selectors, "operation": "update"}
        answer = self.assert_status(200, self.wire.ask("check_batch", asked)).json()
        self.assertEqual(sorted(answer["authorized_selectors"]), sorted(selectors[::2]))
        for selector in selectors:
            status = self.wire.check(self.ana, resource("task", selector), "update").status
            self.assertEqual(status == 200, selector in answer["authorized_selectors"])
        asked["selectors"] = []
        self.assertEqual(self.wire.ask("check_batch", asked).json()["authorized_selectors"], [])
        asked["selectors"] = [f"none-{number}" for number in range(998)] + [selectors[0]]
        self.assertEqual(self.wire.ask("check_batch", asked).json()["authorized_selectors"], [selectors[0]])
        stranger = {**asked, "principal": user("ana", f"{self.account}-other"), "selectors": selectors}
        self.assertEqual(self.wire.ask("check_batch", stranger).json()["authorized_selectors"], [])

    def test_no_answer_is_204_or_404(self):
        for method, path in [("GET", "/v1/authz/check"), ("POST", "/v1/authz/fly"), ("PUT", "/v1/authz/register")]:
            answer = self.wire.send(path, b"{}", method)
            self.assertIn(answer.status, [404, 405], path)
            self.assertTrue(self.wire.is_kept)
        for verb in VERBS:
            self.assertIn(self.wire.ask(verb, self.body(verb)).status, [200, 403], verb)


class Tokens(ContractCase):
    def test_every_answer_tells_its_revision(self):
        seen = []
        for verb in ["register", "grant", "check", "search", "check_batch", "revoke", "deregister"]:
            answer = self.assert_status(200, self.wire.ask(verb, self.body(verb)))
            self.assertTrue(answer.token, verb)
            seen.append(answer.token)
        self.assertEqual(len(set(seen)), 3, "only register, revoke and deregister write")

    def test_a_denial_tells_its_revision_as_well(self):
        self.assertTrue(self.assert_status(403, self.wire.check(self.ana, self.agent)).token)

    def test_a_token_is_taken_back(self):
        token = self.wire.register(self.ana, self.agent).token
        other = self.connect()
        for verb in ["check", "search", "check_batch", "grant"]:
            answer = other.ask(verb, self.body(verb), x_consistency_token=token)
            self.assertTrue(self.assert_status(200, answer).token, verb)

    def test_a_token_is_one_of_the_graphs(self):
        token = self.graph.touch(f"tenant:{self.account}#member@user:ana")
        self.assert_status(403, self.wire.check(self.ana, self.agent, x_consistency_token=token))

    def test_a_token_of_no_use_is_unprocessable(self):
        self.register(self.agent)
        good = self.wire.check(self.ana, self.agent).token
        other = Server(self.directory / f"another-{self.account}", *LIFECYCLE_FLAGS, keys=())
        self.addCleanup(other.kill)
        of_another_store = Graph(other).touch("tenant:a#member@user:ana")
        for token in ["garbled", good[:-3], good + good, "x" * 5_000, "é", of_another_store]:
            answer = self.wire.check(self.ana, self.agent, x_consistency_token=token)
            self.assert_status(422, answer)
        self.assert_status(200, self.wire.check(self.ana, self.agent, x_consistency_token=good))

    def test_without_a_token_the_newest_write_is_seen(self):
        others = [self.connect() for _ in range(4)]
        self.register(self.agent)
        for number in range(25):
            task = resource("task", f"{number} of {self.account}")
            self.register(task, self.agent)
            for other in others:
                self.assert_status(200, other.check(self.ana, task, "cancel"))
            self.assertIn(task["selector"], others[0].search(self.ana, "task").json()["items"])
            self.assert_status(200, self.wire.revoke(self.ana, task))
            for other in others:
                self.assert_status(403, other.check(self.ana, task, "cancel"))
            self.assertNotIn(task["selector"], others[0].search(self.ana, "task").json()["items"])


class Selectors(ContractCase):
    def test_selectors_come_back_byte_for_byte(self):
        self.register(self.agent)
        for kind in ["task", "schedule"]:
            mine = [f"{self.account}{selector}" for selector in SELECTORS]
            self.assertEqual(len(set(mine)), len(SELECTORS))
            for selector in mine:
                self.register(resource(kind, selector), self.agent)
                self.assert_status(200, self.wire.check(self.ana, resource(kind, selector), "delete"))
            answer = self.wire.search(self.ana, kind)
            self.assertEqual(sorted(json.loads(answer.body)["items"]), sorted(mine))
            batch = {"principal": self.ana, "resource_type": kind, "selectors": mine, "operation": "read"}
            self.assertEqual(self.wire.ask("check_batch", batch).json()["authorized_selectors"], mine)
            for selector in mine:
                self.assert_status(200, self.wire.deregister(self.ana, resource(kind, selector)))
            self.assertEqual(self.found(kind), [])

    def test_what_stands_at_a_selectors_begin_matters_as_well(self):
        for selector in [" a", ":a", "/a", "%a", "é", "-", ".", "#", "@", "|"]:
            selector += self.account
            self.register(resource("agent", selector))
            self.assertEqual(self.found("agent"), [selector])
            self.assert_status(200, self.wire.deregister(self.ana, resource("agent", selector)))

    def test_escaped_and_plain_selectors_are_different(self):
        self.register(self.agent)
        plain, escaped = f"{self.account} x", f"{self.account}%20x"
        self.register(resource("task", plain), self.agent)
        self.assert_status(403, self.wire.check(self.ana, resource("task", escaped)))
        self.register(resource("task", escaped), self.agent)
        self.assertEqual(sorted(self.found("task")), sorted([plain, escaped]))

    def test_accounts_and_users_have_any_names_as_well(self):
        for odd in ["a:b", "a/b", "a b", "ä", "%", "*", "a#b@c", "..."]:
            principal = user(f"{odd}", f"{self.account}{odd}")
            of = resource("agent", f"{self.account} {odd}")
            self.assert_status(200, self.wire.register(principal, of))
            self.assert_status(200, self.wire.check(principal, of, "delete"))
            self.assertEqual(self.found("agent", principal), [of["selector"]])
            self.assert_status(403, self.wire.check(self.ana, of))
            self.assert_status(403, self.wire.check(user("ana", principal["account_id"]), of))
            self.assert_status(403, self.wire.check(user(odd, self.account), of))

    def test_an_empty_selector_is_none(self):
        for verb in ["check", "register", "deregister", "grant", "revoke"]:
            answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, resource=resource("agent", ""))))
            self.assertIn("selector", answer.message)

    def test_a_megabyte_of_selector_is_refused_and_the_connection_goes_on(self):
        before = self.graph.all()
        for flood in [FLOOD, "é" * (1 << 19), "a" * 2_000]:
            for verb in ["check", "register", "deregister", "grant", "revoke"]:
                answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, resource=resource("task", flood))))
                self.assertLess(len(answer.body), 2_000, "the selector is sent back")
            child = self.body("register", resource=resource("task", self.account), parent=resource("agent", flood))
            self.assert_status(422, self.wire.ask("register", child))
            self.assert_status(422, self.wire.ask("check_batch", self.body("check_batch", selectors=["a", flood])))
            for principal in [user(flood, self.account), user("ana", flood), service(flood, self.account)]:
                self.assert_status(422, self.wire.check(principal, self.agent))
        self.assertTrue(self.wire.is_kept)
        self.register(self.agent)
        self.assertEqual(self.graph.edges("task", self.account), set())
        self.assertEqual({one for one in self.graph.all() - before if self.account not in one}, set())


class BadInput(ContractCase):
    def test_a_principal_is_one_identity_in_one_account(self):
        given = {"principal_type": "user", "account_id": self.account}
        unfit = {
            "null": None,
            "empty": {},
            "without an identity": given,
            "with nulls": {**given, "user_id": None, "service_account_id": None},
            "with an empty identity": {**given, "user_id": ""},
            "without an account": {"user_id": "ana"},
            "with a null account": user("ana", None),
            "with an empty account": user("ana", ""),
            "with two identities": {**user("ana", self.account), "service_account_id": "ci"},
            "text": "ana",
            "a number": 7,
            "a list": [self.ana],
            "true": True,
        }
        for what, principal in unfit.items():
            for verb in VERBS:
                with self.subTest(what, verb=verb):
                    answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, principal=principal)))
                    self.assertRegex(answer.message, "principal|account_id|user_id")
        self.assertEqual(self.graph.edges("agent", self.agent["selector"]), set())

    def test_an_empty_second_identity_is_none(self):
        for empty in [None, ""]:
            principal = {**user("ana", self.account), "service_account_id": empty}
            self.assert_status(200, self.wire.register(principal, self.agent))

    def test_what_is_stored_of_a_principal_is_enough(self):
        stored = {"principal_type": "user", "user_id": "ana", "service_account_id": None, "account_id": self.account}
        self.register(self.agent)
        self.assert_status(200, self.wire.check(stored, self.agent, "delete"))
        del stored["principal_type"], stored["service_account_id"]
        self.assert_status(200, self.wire.check(stored, self.agent, "delete"))

    def test_unknown_fields_are_ignored(self):
        principal = {**self.ana, "api_key": "s3cret", "metadata": {"a": [1, {"b": None}]}, "groups": [1.5, -0, 1e300]}
        more = {"principal": principal, "trace": [[[[]]]], "resource": {**self.agent, "version": 2, "labels": {}}}
        for verb in ["register", "grant", "check", "search", "check_batch", "revoke", "deregister"]:
            self.assert_status(200, self.wire.ask(verb, self.body(verb, **more)))

    def test_unknown_kinds_and_operations_are_unprocessable(self):
        for verb in ["check", "register", "deregister", "grant", "revoke"]:
            for kind in ["planet", "", "Agent", "tenant", "tombstone", "user", "agent ", "agent\u0000"]:
                answer = self.wire.ask(verb, self.body(verb, resource=resource(kind, "x")))
                self.assertIn("type", self.assert_status(422, answer).message)
        for operation in ["fly", "", "READ", "read ", "owner", "read_in_account"]:
            answer = self.assert_status(422, self.wire.check(self.ana, self.agent, operation))
            self.assertIn("operation", answer.message)
            self.assert_status(422, self.wire.search(self.ana, "agent", operation))
            self.assert_status(422, self.wire.ask("check_batch", self.body("check_batch", operation=operation)))

    def test_an_unknown_kind_is_named_by_its_field(self):
        unknown = resource("robot", "x")
        cases = [
            ("check", "resource.type", {"resource": unknown}),
            ("register", "parent.type", {"parent": unknown}),
            ("search", "filter_resource", {"filter_resource": "robot"}),
            ("check_batch", "resource_type", {"resource_type": "robot", "selectors": []}),
            ("check_batch", "operation", {"operation": "fly", "selectors": []}),
        ]
        for verb, field, changed in cases:
            with self.subTest(verb=verb, field=field):
                answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, **changed)))
                self.assertTrue(answer.json()["message"].startswith(f"{field}: there is no "), answer.json())

    def test_the_values_of_an_object_are_no_object(self):
        for verb, changed in [("check", {"resource": ["agent", "x"]}), ("register", {"parent": ["agent", "x"]})]:
            answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, **changed)))
            self.assertIn("an object with `type` and `selector`", answer.json()["message"])
        body = json.dumps([self.ana, resource("agent", "x"), "read"]).encode()
        self.assert_status(422, self.wire.send("/v1/authz/check", body))

    def test_a_value_of_the_wrong_kind_is_named(self):
        wrong = [None, 7, 1.5, True, [], {}, ["x"], {"x": 1}]
        fields = {
            "check": ["resource", "operation", "principal"],
            "search": ["filter_resource", "filter_operation", "principal"],
            "grant": ["resource", "principal"],
            "revoke": ["resource", "principal"],
            "register": ["resource", "parent", "principal"],
            "deregister": ["resource", "principal"],
            "check_batch": ["resource_type", "selectors", "operation", "principal"],
        }
        fitting = {
            ("register", "parent"): [None],
            ("check_batch", "selectors"): [[], ["x"]],
            ("search", "filter_operation"): [None],
        }
        for verb, names in fields.items():
            for name in names:
                for value in wrong:
                    if value in fitting.get((verb, name), []):
                        continue
                    with self.subTest(verb=verb, field=name, value=value):
                        answer = self.assert_status(422, self.wire.ask(verb, self.body(verb, **{name: value})))
                        self.assertIn(name, answer.message)
        for name in ["type", "selector"]:
            for value in wrong:
                with self.subTest(field=name, value=value):
                    answer = self.wire.check(self.ana, {**self.agent, name: value})
                    self.assertIn(name, self.assert_status(422, answer).message)
        for name in ["user_id", "account_id"]:
            for value in [7, 1.5, True, ["x"], {"x": 1}]:
                with self.subTest(field=name, value=value):
                    answer = self.wire.check({**self.ana, name: value}, self.agent)
                    self.assertIn(name, self.assert_status(422, answer).message)
        for value in [None, 7, True, {}, []]:
            answer = self.wire.ask("check_batch", self.body("check_batch", selectors=["fine", value]))
            self.assertIn("selectors", self.assert_status(422, answer).message)

    def test_what_was_expected_is_told_in_the_clients_words(self):
        answer = self.wire.ask("check", self.body("check", resource="planner"))
        self.assertIn("expected an object with `type` and `selector`", answer.message)
        for verb in VERBS:
            answer = self.assert_status(422, self.wire.send(f"/v1/authz/{verb}", b'"text"'))
            self.assertIn("expected an object", answer.message)

    def test_a_field_that_is_missing_is_named(self):
        required = {
            "check": ["principal", "resource", "operation"],
            "search": ["principal", "filter_resource"],
            "grant": ["principal", "resource"],
            "revoke": ["principal", "resource"],
            "register": ["principal", "resource"],
            "deregister": ["principal", "resource"],
            "check_batch": ["principal", "resource_type", "selectors", "operation"],
        }
        for verb, names in required.items():
            for name in names:
                with self.subTest(verb=verb, field=name):
                    body = self.body(verb)
                    del body[name]
                    self.assertIn(name, self.assert_status(422, self.wire.ask(verb, body)).message)
        for name in ["type", "selector"]:
            of = {key: value for key, value in self.agent.items() if key != name}
            self.assertIn(name, self.assert_status(422, self.wire.check(self.ana, of)).message)

    def test_what_is_no_json_is_unprocessable(self):
        bodies = [
            b"",
            b" ",
            b"{",
            b"nonsense",
            b"principal=ana",
            b"\xff\xfe",
            b'{"principal":"\xff"}',
            b'{"principal":{"user_id":"\\ud800"}}',
            b"[]",
            b"null",
            b'"text"',
            b"7",
            b"[" * 100_000,
            b'{"principal":' * 50_000,
            json.dumps(self.body("check")).encode()[:-1],
            json.dumps(self.body("check")).encode() + b"}",
        ]
        for verb in VERBS:
            for body in bodies:
                with self.subTest(verb=verb, body=body[:20]):
                    answer = self.wire.send(f"/v1/authz/{verb}", body)
                    self.assertIn(answer.status, [400, 422], answer.body[:1000])
                    self.assertTrue(answer.message)
        self.assertTrue(self.wire.is_kept)

    def test_a_body_may_come_in_chunks(self):
        body = json.dumps(self.body("register")).encode()
        pieces = iter([body[:7], body[7:50], body[50:]])
        self.assert_status(200, self.wire.send("/v1/authz/register", pieces))
        self.assert_status(200, self.wire.check(self.ana, self.agent))
        self.assertTrue(self.wire.is_kept)

    def test_the_content_type_does_not_matter(self):
        body = json.dumps(self.body("register")).encode()
        for content_type in ["", "text/plain", "application/json; charset=utf-8", "application/octet-stream"]:
            answer = self.wire.send("/v1/authz/register", body, **{"content-type": content_type})
            self.assert_status(200, answer)

    def test_who_has_no_credentials_is_not_authenticated(self):
        for headers in [{}, {"content_length": "0"}, {"x_api_key": "guess"}, {"authorization": "Bearer guess"}]:
            self.assert_status(401, self.wire.send("/v1/authn", None, **headers))
        self.assertTrue(self.wire.is_kept)

    def test_a_connection_is_kept_after_every_kind_of_error(self):
        statuses = [
            self.wire.check(self.ana, self.agent).status,
            self.wire.check(None, self.agent).status,
            self.wire.send("/v1/authz/check", b"{").status,
            self.wire.send("/v1/authz/fly", b"{}").status,
            self.wire.send("/v1/authn").status,
            self.wire.register(self.ana, self.agent).status,
            self.wire.register(user("bob", self.account), self.agent).status,
            self.wire.register(user("bob", "elsewhere"), self.agent).status,
            self.wire.check(self.ana, self.agent).status,
        ]
        self.assertEqual(statuses[:2] + statuses[5:], [403, 422, 200, 409, 403, 200])
        self.assertTrue(self.wire.is_kept)


class EngineTrouble(ContractCase):
    flags = ("--dispatch-max-depth", "20")

    def test_a_question_that_cannot_be_answered_is_unavailable_and_not_denied(self):
        chain = [f"{self.account}-{number}" for number in range(60)]
        edges = [f"agent:{above}#parent_agent@agent:{below}" for above, below in zip(chain, chain[1:])]
        self.graph.touch(*edges, *(f"agent:{one}#tenant@tenant:{self.account}" for one in chain))
        self.graph.touch(f"agent:{chain[-1]}#owner@user:ana", f"api_key:{self.account}#parent_agent@agent:{chain[0]}")
        self.graph.touch(f"api_key:{self.account}#tenant@tenant:{self.account}")
        self.graph.touch(f"api_key:{self.account}#owner@user:ana")
        top, key = resource("agent", chain[0]), resource("api_key", self.account)
        self.assert_status(503, self.wire.check(self.ana, top, "update"))
        self.assert_status(503, self.wire.check(self.ana, key, "read"))
        batch = {"principal": self.ana, "resource_type": "agent", "selectors": [chain[0]], "operation": "read"}
        self.assert_status(503, self.wire.ask("check_batch", batch))
        before = self.graph.all()
        self.assert_status(503, self.wire.register(self.ana, resource("task", self.account), top))
        self.assertEqual(self.graph.all(), before)
        self.assert_status(200, self.wire.check(self.ana, resource("agent", chain[-1]), "update"))
        self.assertTrue(self.wire.is_kept)


class OtherSchema(LifecycleCase):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.ana = user("ana", "acct-a")
        self.agent = await self.application.register_build("planner", self.ana)
        self.client = InsecureClient(self.server.address, "none")

    def write_schema(self, *replaced: tuple[str, str]) -> None:
        text = agentex()
        for old, new in replaced:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.client.WriteSchema(WriteSchemaRequest(schema=text))

    async def test_a_schema_that_the_profile_no_longer_fits_denies_nobody(self):
        of = resource("agent", self.agent.id)
        before = self.graph.all()
        self.write_schema(("read_in_account", "read_here"))
        await self.assert_raises(503, self.provider.check(self.ana, of, "read"))
        await self.assert_raises(503, self.provider.search(self.ana, "agent"))
        batch = {"principal": self.ana, "resource_type": "agent", "selectors": [self.agent.id], "operation": "read"}
        answer = await self.provider.http.post("/v1/authz/check_batch", json=batch)
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(self.graph.all(), before)
        self.write_schema()
        await self.assert_owned(self.ana, "agent", self.agent.id)

    async def test_a_permission_that_is_narrowed_counts_at_once(self):
        self.write_schema(
            ("permission update_in_account = owner + editor +", "permission update_in_account = editor +")
        )
        self.assertEqual(await self.allowed(self.ana, "agent", self.agent.id), {"read", "execute", "delete"})
        self.crash()
        self.assertEqual(await self.allowed(self.ana, "agent", self.agent.id), {"read", "execute", "delete"})


class Starting(unittest.TestCase):
    def test_a_profile_that_does_not_fit_is_refused_with_its_line(self):
        with tempfile.TemporaryDirectory(prefix="arrowroot-test-") as directory:
            profile = Path(directory) / "profile.yaml"
            fine = (SCHEMAS / "agentex.yaml").read_text()
            wrongs = {
                "read: read_in_account": "read: read_nowhere",
                "owner: owner": "owner: holder",
                "definition: tombstone": "definition: grave",
                "any: {create: create_agent}": "any: {create: make_agent}",
            }
            for old, new in wrongs.items():
                self.assertIn(old, fine)
                line = fine[: fine.index(old)].count("\n") + 1
                profile.write_text(fine.replace(old, new, 1))
                flags = [str(profile) if flag.endswith("agentex.yaml") else flag for flag in LIFECYCLE_FLAGS]
                with self.subTest(new), self.assertRaisesRegex(AssertionError, rf"profile\.yaml:{line}\b"):
                    Server(Path(directory) / "data", *flags, keys=())
