"""The whole API over HTTP with JSON, as any client without gRPC would use it."""

import http.client
import json
from dataclasses import dataclass

from support import KEY, ServerCase

SCHEMA = """
use expiration
definition user {}
caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}
definition agent {
	relation owner: user | user with in_tier
	relation viewer: user | user:*
	relation guest: user with expiration
	permission read = owner + viewer
}
"""
FULLY = {"consistency": {"fullyConsistent": True}}
TIMEOUT_S = 60


def reference(text: str) -> dict:
    object_type, object_id = text.split(":")
    return {"objectType": object_type, "objectId": object_id}


def relationship(text: str, **more) -> dict:
    """`agent:a#owner@user:ana` as JSON."""
    resource, rest = text.split("#", 1)
    relation, who = rest.split("@", 1)
    return {"resource": reference(resource), "relation": relation, "subject": {"object": reference(who)}, **more}


def writing(operation: str, *rows: dict) -> dict:
    return {"updates": [{"operation": f"OPERATION_{operation}", "relationship": row} for row in rows]}


def asking(text: str, **more) -> dict:
    """A question about `agent:a#read@user:ana`."""
    row = relationship(text)
    return {"resource": row["resource"], "permission": row["relation"], "subject": row["subject"], **more}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    def json(self):
        assert self.headers["content-type"].startswith("application/json"), self.headers
        return json.loads(self.body)

    def lines(self) -> list[dict]:
        """The results of a stream."""
        return [json.loads(line)["result"] for line in self.body.splitlines()]


class HttpCase(ServerCase):
    flags = ("--http-enabled", "--http-addr", "127.0.0.1:0")

    def setUp(self) -> None:
        super().setUp()
        self.paths: set[str] = set()

    def send(self, method: str, path: str, body: str = "", key: str | None = KEY, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.server.http_address, timeout=TIMEOUT_S)
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        given = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, given, response.read().decode())
        connection.close()
        return answer

    def post(self, path: str, message: dict | list[dict]) -> Answer:
        """Asks a path, of a stream of messages if there are several."""
        self.paths.add(path)
        messages = message if isinstance(message, list) else [message]
        return self.send("POST", path, "\n".join(map(json.dumps, messages)))

    def ok(self, path: str, message: dict | list[dict]) -> dict:
        answer = self.post(path, message)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def stream(self, path: str, message: dict) -> list[dict]:
        answer = self.post(path, message)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.lines()


class EveryPath(HttpCase):
    def test_every_path_answers(self):
        self.change()
        self.ask()
        self.look_up()
        self.describe()
        self.move()
        self.count()
        self.follow()
        filter = {"relationshipFilter": {"resourceType": "agent"}}
        self.assertEqual(self.ok("/v1/relationships/delete", filter)["relationshipsDeletedCount"], "7")
        document = self.send("GET", "/openapi.json", key=None).json()
        posted = {path for path, methods in document["paths"].items() if "post" in methods}
        self.assertEqual(self.paths, posted)

    def change(self) -> None:
        self.written = self.ok("/v1/schema/write", {"schema": SCHEMA})["writtenAt"]
        self.assertEqual(self.ok("/v1/schema/read", {})["schemaText"], SCHEMA)
        condition = {"caveatName": "in_tier", "context": {"tiers": ["pro"]}}
        rows = [
            relationship("agent:a#owner@user:ana"),
            relationship("agent:paid#owner@user:ana", optionalCaveat=condition),
            relationship("agent:open#viewer@user:*"),
        ]
        self.assertTrue(self.ok("/v1/relationships/write", writing("CREATE", *rows))["writtenAt"]["token"])

    def ask(self) -> None:
        for context, expected, missing in [
            ({"tier": "pro"}, "HAS_PERMISSION", None),
            ({"tier": "free"}, "NO_PERMISSION", None),
            ({}, "CONDITIONAL_PERMISSION", {"missingRequiredContext": ["tier"]}),
        ]:
            question = asking("agent:paid#read@user:ana", context=context, **FULLY)
            answer = self.ok("/v1/permissions/check", question)
            self.assertEqual(answer["permissionship"], f"PERMISSIONSHIP_{expected}")
            self.assertEqual(answer["partialCaveatInfo"], missing)
        items = [asking("agent:a#read@user:ana"), asking("robot:a#read@user:ana")]
        for path in ["/v1/permissions/checkbulk", "/v1/experimental/permissions/bulkcheckpermission"]:
            first, second = self.ok(path, {"items": items, **FULLY})["pairs"]
            self.assertEqual(first["item"]["permissionship"], "PERMISSIONSHIP_HAS_PERMISSION")
            self.assertEqual(second["error"]["code"], 9)
        tree = {"resource": reference("agent:a"), "permission": "owner", **FULLY}
        leaf = self.ok("/v1/permissions/expand", tree)["treeRoot"]["leaf"]
        self.assertEqual([one["object"]["objectId"] for one in leaf["subjects"]], ["ana"])

    def look_up(self) -> None:
        read = {"relationshipFilter": {"resourceType": "agent"}, **FULLY}
        self.assertEqual(len(self.stream("/v1/relationships/read", read)), 3)
        resources = {"resourceObjectType": "agent", "permission": "read", **FULLY}
        resources["subject"] = {"object": reference("user:ana")}
        found = self.stream("/v1/permissions/resources", resources)
        self.assertEqual([one["resourceObjectId"] for one in found], ["a", "open", "paid"])
        subjects = {"resource": reference("agent:open"), "permission": "read", "subjectObjectType": "user", **FULLY}
        found = self.stream("/v1/permissions/subjects", subjects)
        self.assertEqual([one["subject"]["subjectObjectId"] for one in found], ["*"])

    def describe(self) -> None:
        for path in ["/v1/schema/reflectschema", "/v1/experimental/reflectschema"]:
            names = [one["name"] for one in self.ok(path, FULLY)["definitions"]]
            self.assertEqual(sorted(names), ["agent", "user"])
        for path in ["/v1/schema/permissions/computable", "/v1/experimental/permissions/computable"]:
            asked = {"definitionName": "agent", "relationName": "owner", **FULLY}
            self.assertEqual([one["relationName"] for one in self.ok(path, asked)["permissions"]], ["read"])
        for path in ["/v1/schema/permissions/dependent", "/v1/experimental/permissions/dependent"]:
            asked = {"definitionName": "agent", "permissionName": "read", **FULLY}
            found = [one["relationName"] for one in self.ok(path, asked)["relations"]]
            self.assertEqual(sorted(found), ["owner", "viewer"])
        for path in ["/v1/schema/diffschema", "/v1/experimental/diffschema"]:
            asked = {"comparisonSchema": SCHEMA + "definition robot {}", **FULLY}
            [diff] = self.ok(path, asked)["diffs"]
            self.assertEqual(diff["definitionAdded"]["name"], "robot")

    def move(self) -> None:
        for path, name in [
            ("/v1/relationships/importbulk", "new"),
            ("/v1/experimental/relationships/bulkimport", "old"),
        ]:
            batches = [{"relationships": [relationship(f"agent:{name}{one}#owner@user:ben")]} for one in range(2)]
            self.assertEqual(self.ok(path, batches)["numLoaded"], "2")
        for path in ["/v1/relationships/exportbulk", "/v1/experimental/relationships/bulkexport"]:
            pages = self.stream(path, {"optionalLimit": 3, **FULLY})
            self.assertEqual([len(page["relationships"]) for page in pages], [3, 3, 1])

    def count(self) -> None:
        filter = {"relationshipFilter": {"resourceType": "agent"}}
        self.ok("/v1/experimental/registerrelationshipcounter", {"name": "agents", **filter})
        counted = self.ok("/v1/experimental/countrelationships", {"name": "agents"})
        self.assertEqual(counted["readCounterValue"]["relationshipCount"], "7")
        self.ok("/v1/experimental/unregisterrelationshipcounter", {"name": "agents"})

    def follow(self) -> None:
        self.paths.add("/v1/watch")
        connection = http.client.HTTPConnection(self.server.http_address, timeout=TIMEOUT_S)
        request = json.dumps({"optionalStartCursor": self.written})
        connection.request("POST", "/v1/watch", request, {"authorization": f"Bearer {KEY}"})
        updates = json.loads(connection.getresponse().readline())["result"]["updates"]
        self.assertEqual([one["operation"] for one in updates], ["OPERATION_TOUCH"] * 3)
        connection.close()


class Refusals(HttpCase):
    schema = SCHEMA

    def test_codes_become_those_of_http(self):
        check = "/v1/permissions/check"
        create = writing("CREATE", relationship("agent:a#owner@user:ana"))
        self.ok("/v1/relationships/write", create)
        stale = {"consistency": {"atExactSnapshot": {"token": "garbage"}}}
        for path, message, status, code, reason in [
            (check, asking("robot:a#read@user:ana"), 400, 9, "UNKNOWN_DEFINITION"),
            (check, asking("agent:a b#read@user:ana"), 400, 3, ""),
            (check, asking("agent:a#read@user:ana", **stale), 400, 3, ""),
            ("/v1/relationships/write", create, 409, 6, "ATTEMPT_TO_RECREATE_RELATIONSHIP"),
            ("/v1/schema/write", {"schema": "definition user"}, 400, 3, "SCHEMA_PARSE_ERROR"),
        ]:
            with self.subTest(f"{path} {message}"):
                answer = self.post(path, message)
                self.assertEqual(answer.status, status, answer.body)
                said = answer.json()
                self.assertEqual(said["code"], code)
                self.assertTrue(said["message"])
                reasons = [detail.get("reason", "") for detail in said["details"]]
                if reason:
                    self.assertIn(f"ERROR_REASON_{reason}", reasons)

    def test_a_stream_that_is_refused_says_so(self):
        answer = self.post("/v1/relationships/read", {"relationshipFilter": {"resourceType": "robot"}})
        self.assertEqual(answer.status, 400, answer.body)
        self.assertEqual(json.loads(answer.body)["error"]["code"], 9)

    def test_what_is_no_message_is_refused(self):
        for body in ["", "{", "[]", "null", '{"resource": 7}', '{"nothing": {}}', "\x00", '{"a":' * 10_000, "é" * 100]:
            with self.subTest(body[:20]):
                answer = self.send("POST", "/v1/permissions/check", body.encode())
                self.assertEqual(answer.status, 400, answer.body)
                self.assertEqual(answer.json()["code"], 3)
        self.assertEqual(self.send("POST", "/v1/schema/read", "{}").status, 200)

    def test_keys_are_asked_for(self):
        for key, status, code in [(None, 401, 16), ("wrong", 403, 7), ("", 401, 16)]:
            answer = self.send("POST", "/v1/schema/read", "{}", key=key)
            self.assertEqual((answer.status, answer.json()["code"]), (status, code), key)
            self.assertNotIn(KEY, answer.body)

    def test_other_paths_and_methods_are_not_there(self):
        self.assertEqual(self.send("POST", "/v1/nothing", "{}").status, 404)
        self.assertEqual(self.send("GET", "/").status, 404)
        self.assertIn(self.send("GET", "/v1/schema/read").status, [404, 405, 501])

    def test_health_and_the_description_are_for_everybody(self):
        self.assertEqual(self.send("GET", "/healthz", key=None).json(), {"status": "SERVING"})
        self.assertTrue(self.send("GET", "/openapi.json", key=None).json()["openapi"].startswith("3."))

    def test_a_request_id_comes_back(self):
        answer = self.send("POST", "/v1/schema/read", "{}", **{"x-request-id": "mine-7"})
        self.assertEqual(answer.headers["x-request-id"], "mine-7")
