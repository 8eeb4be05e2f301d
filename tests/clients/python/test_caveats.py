"""Conditions on relationships as users write them, and grants that end."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from authzed.api.v1 import (
    AsyncClient,
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    CheckPermissionRequest,
    CheckPermissionResponse,
    ReadRelationshipsRequest,
    ReadSchemaRequest,
    Relationship,
    WriteSchemaRequest,
)
from google.protobuf.timestamp_pb2 import Timestamp
from grpcutil import insecure_bearer_token_credentials

from support import (
    CREATE,
    FULLY_CONSISTENT,
    KEY,
    TOUCH,
    ServerCase,
    checking,
    error_info,
    filtering,
    granting,
    relationship,
    struct,
    text_of,
    writing,
)

SCHEMA = """
use expiration

definition user {}

/** within is an allow-list of addresses */
caveat within(address ipaddress, network string) {
	address.in_cidr(network)
}

caveat business_hours(now timestamp) {
	now.getDayOfWeek("Europe/Berlin") in [1, 2, 3, 4, 5] &&
	now.getHours("Europe/Berlin") >= 9 && now.getHours("Europe/Berlin") < 17
}

caveat attributes_match(expected map<any>, given map<any>) {
	expected.isSubtreeOf(given)
}

caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}

caveat under_budget(spent double, cost double, budget double) {
	spent + cost <= budget
}

definition agent {
	relation operator: user | user with within | user with business_hours | user with attributes_match
	relation subscriber: user with in_tier | user:* with in_tier
	relation spender: user with under_budget
	relation guest: user with expiration | user with in_tier and expiration
	permission run = operator + guest
	permission buy = spender & run
}
"""
INVALID = "INVALID_ARGUMENT"
POLLS_MAX = 300
POLL_S = 0.01


def asking(text: str, context: dict | None = None) -> CheckPermissionRequest:
    request = checking(text)
    if context is not None:
        request.context.CopyFrom(struct(context))
    return request


def said(answer) -> str:
    """`yes`, `no`, or what the answer depends on, as in `depends on address`."""
    named = CheckPermissionResponse.Permissionship.Name(answer.permissionship)
    missing = list(answer.partial_caveat_info.missing_required_context)
    if named == "PERMISSIONSHIP_CONDITIONAL_PERMISSION":
        return f"depends on {', '.join(missing)}"
    assert not missing, missing
    return {"PERMISSIONSHIP_HAS_PERMISSION": "yes", "PERMISSIONSHIP_NO_PERMISSION": "no"}[named]


class CaveatsCase(ServerCase):
    schema = SCHEMA

    def ask(self, text: str, context: dict | None = None) -> str:
        return said(self.client.CheckPermission(asking(text, context)))

    def read(self) -> list[Relationship]:
        request = ReadRelationshipsRequest(consistency=FULLY_CONSISTENT, relationship_filter=filtering("agent"))
        return [answer.relationship for answer in self.client.ReadRelationships(request)]

    def assert_answers(self, text: str, *rows: tuple[dict | None, str]) -> None:
        for context, expected in rows:
            with self.subTest(f"{text} {context}"):
                self.assertEqual(self.ask(text, context), expected)


class Caveats(CaveatsCase):
    def test_addresses_are_allowed_by_network(self):
        self.grant(
            granting("agent:a#operator@user:ana", "within", {"network": "10.0.0.0/8"}),
            granting("agent:a#operator@user:ben", "within", {"network": "2001:db8::/32"}),
        )
        self.assert_answers(
            "agent:a#run@user:ana",
            (None, "depends on address"),
            ({"address": "10.20.30.40"}, "yes"),
            ({"address": "11.0.0.1"}, "no"),
            ({"address": "10.20.30.40", "network": "11.0.0.0/8"}, "yes"),
        )
        self.assert_answers(
            "agent:a#run@user:ben", ({"address": "2001:db8::7"}, "yes"), ({"address": "10.20.30.40"}, "no")
        )
        request = asking("agent:a#run@user:ana", {"address": "10.0.0"})
        misfit = {"caveat_name": "within", "parameter_name": "address"}
        self.assert_fails(
            INVALID, lambda: self.client.CheckPermission(request), "CAVEAT_PARAMETER_TYPE_ERROR", **misfit
        )

    def test_hours_are_those_of_a_place(self):
        self.grant(granting("agent:a#operator@user:ana", "business_hours"))
        self.assert_answers(
            "agent:a#run@user:ana",
            ({"now": "2026-06-01T07:00:00Z"}, "yes"),
            ({"now": "2026-06-01T06:59:59Z"}, "no"),
            ({"now": "2026-06-01T16:59:59+02:00"}, "yes"),
            ({"now": "2026-01-05T07:30:00Z"}, "no"),
            ({"now": "2026-06-06T10:00:00Z"}, "no"),
            ({}, "depends on now"),
        )

    def test_attributes_are_a_part_of_what_is_given(self):
        expected = {"department": "research", "clearance": {"level": 3}}
        self.grant(granting("agent:a#operator@user:ana", "attributes_match", {"expected": expected}))
        self.assert_answers(
            "agent:a#run@user:ana",
            ({"given": {**expected, "more": "than that"}}, "yes"),
            ({"given": {"department": "research", "clearance": {"level": 3, "since": "2020"}}}, "yes"),
            ({"given": {"department": "research", "clearance": {"level": 2}}}, "no"),
            ({"given": {"department": "research"}}, "no"),
            (None, "depends on given"),
        )

    def test_a_tier_is_one_of_several(self):
        self.grant(
            granting("agent:a#subscriber@user:ana", "in_tier", {"tiers": ["pro", "enterprise"]}),
            granting("agent:b#subscriber@user:*", "in_tier", {"tiers": ["free"]}),
        )
        for text in ["agent:a#subscriber@user:ana", "agent:b#subscriber@user:anyone"]:
            self.assert_answers(text, (None, "depends on tier"), ({"tier": "none"}, "no"))
        self.assert_answers("agent:a#subscriber@user:ana", ({"tier": "pro"}, "yes"), ({"tier": "free"}, "no"))
        self.assert_answers("agent:b#subscriber@user:anyone", ({"tier": "free"}, "yes"))

    def test_conditions_join(self):
        self.grant(
            granting("agent:a#spender@user:ana", "under_budget", {"budget": 10}),
            granting("agent:a#operator@user:ana", "within", {"network": "10.0.0.0/8"}),
        )
        inside = {"address": "10.0.0.1"}
        self.assert_answers(
            "agent:a#buy@user:ana",
            ({**inside, "spent": 7.5, "cost": 2.5}, "yes"),
            ({**inside, "spent": 7.5, "cost": "2.6"}, "no"),
            ({"address": "11.0.0.1"}, "no"),
            ({"spent": 7.5, "cost": 2.5}, "depends on address"),
        )

    def test_a_bulk_has_contexts_and_errors_of_its_own(self):
        self.grant(granting("agent:a#operator@user:ana", "within", {"network": "10.0.0.0/8"}))
        self.touch("agent:a#operator@user:ben")

        def item(text: str, context: dict) -> CheckBulkPermissionsRequestItem:
            one = asking(text, context)
            return CheckBulkPermissionsRequestItem(
                resource=one.resource, permission=one.permission, subject=one.subject, context=one.context
            )

        items = [
            item("agent:a#run@user:ana", {"address": "10.0.0.1"}),
            item("agent:a#run@user:ana", {"address": "nowhere"}),
            item("agent:a#run@user:ben", {"address": "nowhere"}),
            item("agent:a#run@user:ana", {}),
        ]
        request = CheckBulkPermissionsRequest(consistency=FULLY_CONSISTENT, items=items)
        pairs = self.client.CheckBulkPermissions(request).pairs
        answers = [said(pair.item) if pair.HasField("item") else error_info(pair.error)[0] for pair in pairs]
        self.assertEqual(answers, ["yes", "CAVEAT_PARAMETER_TYPE_ERROR", "yes", "depends on address"])

    def test_contexts_are_checked_when_they_are_stored(self):
        rows = [
            (granting("agent:a#spender@user:ana", "under_budget", {"budget": "much"}), "budget"),
            (granting("agent:a#spender@user:ana", "under_budget", {"budjet": 1}), "budjet"),
            (granting("agent:a#subscriber@user:ana", "in_tier", {"tiers": ["pro", 1]}), "tiers"),
        ]
        for row, parameter in rows:
            self.assert_fails(
                *(INVALID, lambda: self.grant(row), "CAVEAT_PARAMETER_TYPE_ERROR"),
                **{"caveat_name": row.optional_caveat.caveat_name, "parameter_name": parameter},
            )
        too_large = granting("agent:a#subscriber@user:ana", "in_tier", {"tiers": ["x" * 25_000]})
        self.assert_fails(
            INVALID, lambda: self.grant(too_large), "MAX_RELATIONSHIP_CONTEXT_SIZE", max_allowed_size="25000"
        )
        for none in [float("nan"), float("inf")]:
            row = granting("agent:a#spender@user:ana", "under_budget", {"budget": none})
            self.assert_fails(INVALID, lambda: self.grant(row))
        self.assertEqual(self.read(), [])

    def test_requests_are_checked(self):
        self.grant(granting("agent:a#spender@user:ana", "under_budget", {"budget": 1}))
        for context in [{"spent": float("nan")}, {"spent": {"deep": [float("-inf")]}}, {"spent": "x" * 5000}]:
            request = asking("agent:a#spender@user:ana", context)
            self.assert_fails(INVALID, lambda: self.client.CheckPermission(request))
        self.assertEqual(self.ask("agent:a#spender@user:ana", {"spent": 1, "cost": 0}), "yes")

    def test_everything_is_there_after_a_restart(self):
        ends = datetime(2100, 1, 1, tzinfo=UTC)
        rows = [
            granting("agent:a#guest@user:ana", "in_tier", {"tiers": ["pro"]}, ends),
            granting("agent:a#operator@user:ana", "business_hours"),
            granting("agent:a#spender@user:ana", "under_budget", {"budget": 2.5, "spent": 0}),
        ]
        rows[0].optional_expires_at.nanos = 123_456_789
        self.grant(*rows, operation=CREATE)
        self.assertEqual(self.read(), rows)
        self.restart()
        self.assertEqual(self.read(), rows)
        self.assertEqual(self.client.ReadSchema(ReadSchemaRequest()).schema_text, SCHEMA)
        self.assertEqual(self.ask("agent:a#guest@user:ana", {"tier": "pro"}), "yes")

    def test_parameters_stay(self):
        text = SCHEMA.replace("caveat in_tier(tier string,", "caveat in_tier(tier any,")
        self.assert_fails(
            *(INVALID, lambda: self.client.WriteSchema(WriteSchemaRequest(schema=text)), "SCHEMA_TYPE_ERROR"),
            **{"caveat_name": "in_tier", "operation": "change_parameter_type", "parameter_name": "tier"},
        )

    def test_the_asynchronous_client_asks_many_at_once(self):
        self.grant(granting("agent:a#spender@user:ana", "under_budget", {"budget": 50}))

        async def main() -> list[str]:
            client = AsyncClient(self.server.address, insecure_bearer_token_credentials(KEY))
            requests = [asking("agent:a#spender@user:ana", {"spent": spent, "cost": 1}) for spent in range(100)]
            return [said(answer) for answer in await asyncio.gather(*map(client.CheckPermission, requests))]

        self.assertEqual(asyncio.run(main()), ["yes"] * 50 + ["no"] * 50)


class Expirations(CaveatsCase):
    def test_a_grant_ends_by_itself(self):
        now = datetime.now(UTC)
        self.grant(
            granting("agent:a#guest@user:ana", ends=now + timedelta(seconds=1)),
            granting("agent:a#guest@user:ben", ends=now + timedelta(days=1)),
        )
        answers = []
        for _ in range(POLLS_MAX):
            answers.append(self.ask("agent:a#run@user:ana"))
            if answers[-1] == "no":
                break
            time.sleep(POLL_S)
        ended = datetime.now(UTC)
        self.assertEqual((answers[0], answers[-1], set(answers)), ("yes", "no", {"yes", "no"}))
        self.assertGreaterEqual(ended, now + timedelta(seconds=1))
        self.assertEqual(self.ask("agent:a#run@user:ben"), "yes")
        self.assertEqual([text_of(row) for row in self.read()], ["agent:a#guest@user:ben"])
        self.grant(granting("agent:a#guest@user:ana", ends=now + timedelta(days=1)), operation=CREATE)
        self.assertEqual(self.ask("agent:a#run@user:ana"), "yes")

    def test_a_grant_of_the_past_is_no_grant(self):
        past = datetime(2020, 1, 1, tzinfo=UTC)
        self.grant(granting("agent:a#guest@user:ana", ends=past), operation=CREATE)
        self.grant(granting("agent:a#guest@user:ana", ends=past), operation=TOUCH)
        self.assertEqual(self.ask("agent:a#run@user:ana"), "no")
        self.assertEqual(self.read(), [])

    def test_a_condition_may_end(self):
        soon = datetime(2100, 1, 1, tzinfo=UTC)
        self.grant(granting("agent:a#guest@user:ana", "in_tier", {"tiers": ["pro"]}, soon))
        self.assert_answers(
            "agent:a#run@user:ana", (None, "depends on tier"), ({"tier": "pro"}, "yes"), ({"tier": "free"}, "no")
        )

    def test_a_grant_without_an_end_is_refused_where_one_is_needed(self):
        call = lambda: self.client.WriteRelationships(writing(TOUCH, "agent:a#guest@user:ana"))
        self.assert_fails(INVALID, call, "INVALID_SUBJECT_TYPE", relation_name="guest", subject_type="user")
        ends = Timestamp(seconds=4_102_444_800)
        row = relationship("agent:a#operator@user:ana")
        row.optional_expires_at.CopyFrom(ends)
        self.assert_fails(
            INVALID, lambda: self.grant(row), "INVALID_SUBJECT_TYPE", subject_type="user with expiration"
        )
