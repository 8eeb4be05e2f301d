"""Following what is written, from a token on or from now on."""

import threading

import grpc
from authzed.api.v1 import (
    DeleteRelationshipsRequest,
    RelationshipUpdate,
    WatchRequest,
    WatchResponse,
    WriteRelationshipsRequest,
    ZedToken,
)
from authzed.api.v1.watch_service_pb2 import WatchKind

from support import (
    CREATE,
    ServerCase,
    at_least,
    checking,
    exactly,
    failure_of,
    filtering,
    granting,
    struct,
    text_of,
    writing,
)

SCHEMA = """
definition user {}
caveat in_tier(tier string) {
	tier == "pro"
}
definition agent {
	relation owner: user | user with in_tier
	permission read = owner
}
definition task {
	relation owner: user
}
"""
INVALID = "INVALID_ARGUMENT"
# Long enough for a busy machine: what is waited for comes at once, and checkpoints each second.
WATCH_TIMEOUT_S = 60
RELATIONSHIPS = WatchKind.WATCH_KIND_INCLUDE_RELATIONSHIP_UPDATES
SCHEMAS = WatchKind.WATCH_KIND_INCLUDE_SCHEMA_UPDATES
CHECKPOINTS = WatchKind.WATCH_KIND_INCLUDE_CHECKPOINTS


def changes(response: WatchResponse) -> list[str]:
    """The updates, as in `TOUCH agent:a#owner@user:ana`."""
    names = {one: RelationshipUpdate.Operation.Name(one).removeprefix("OPERATION_") for one in (0, 1, 2, 3)}
    return sorted(f"{names[one.operation]} {text_of(one.relationship)}" for one in response.updates)


class WatchCase(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.beginning = self.touch("agent:before#owner@user:ana")

    def watch(self, **fields):
        """The responses; the stream ends with the test."""
        call = self.client.Watch(WatchRequest(**fields), timeout=WATCH_TIMEOUT_S)
        self.addCleanup(call.cancel)
        return call

    def after(self, token: ZedToken, count: int, **fields) -> list[list[str]]:
        """The changes of so many responses behind a token."""
        call = self.watch(optional_start_cursor=token, **fields)
        return [changes(next(call)) for _ in range(count)]


class Changes(WatchCase):
    def test_each_write_is_one_response_in_order(self):
        self.write(CREATE, "agent:a#owner@user:ana", "agent:a#owner@user:ben")
        self.touch("agent:a#owner@user:cat")
        self.write_mixed()
        self.client.DeleteRelationships(DeleteRelationshipsRequest(relationship_filter=filtering("agent")))
        expected = [
            ["TOUCH agent:a#owner@user:ana", "TOUCH agent:a#owner@user:ben"],
            ["TOUCH agent:a#owner@user:cat"],
            ["DELETE agent:a#owner@user:ana", "TOUCH agent:a#owner@user:dan"],
            [f"DELETE agent:{one}" for one in ["a#owner@user:ben", "a#owner@user:cat", "a#owner@user:dan"]]
            + ["DELETE agent:before#owner@user:ana"],
        ]
        self.assertEqual(self.after(self.beginning, 4), expected)

    def write_mixed(self) -> None:
        updates = [
            *writing(RelationshipUpdate.OPERATION_DELETE, "agent:a#owner@user:ana", "agent:none#owner@user:ana").updates,
            *writing(RelationshipUpdate.OPERATION_TOUCH, "agent:a#owner@user:dan").updates,
        ]
        self.client.WriteRelationships(WriteRelationshipsRequest(updates=updates))

    def test_what_changes_nothing_is_not_told(self):
        self.touch("agent:before#owner@user:ana")
        self.delete("agent:none#owner@user:ana")
        self.touch("agent:a#owner@user:ana")
        self.assertEqual(self.after(self.beginning, 1), [["TOUCH agent:a#owner@user:ana"]])

    def test_conditions_come_along(self):
        row = granting("agent:a#owner@user:ana", "in_tier", {"tier": "pro"})
        self.grant(row)
        self.assertEqual(next(self.watch(optional_start_cursor=self.beginning)).updates[0].relationship, row)

    def test_metadata_come_along(self):
        request = writing(CREATE, "agent:a#owner@user:ana")
        metadata = struct({"who": "ana", "why": {"ticket": 7}})
        request.optional_transaction_metadata.CopyFrom(metadata)
        self.client.WriteRelationships(request)
        self.touch("agent:b#owner@user:ana")
        call = self.watch(optional_start_cursor=self.beginning)
        first, second = next(call), next(call)
        self.assertEqual(first.optional_transaction_metadata, metadata)
        self.assertEqual(list(first.full_revision_metadata), [metadata])
        self.assertFalse(second.HasField("optional_transaction_metadata"))
        self.assertEqual(list(second.full_revision_metadata), [])

    def test_a_response_tells_how_far_it_goes(self):
        self.touch("agent:a#owner@user:ana")
        self.delete("agent:a#owner@user:ana")
        call = self.watch(optional_start_cursor=self.beginning)
        first, second = next(call), next(call)
        self.assert_allowed("agent:a#read@user:ana", consistency=exactly(first.changes_through))
        self.assert_denied("agent:a#read@user:ana", consistency=at_least(second.changes_through))
        self.assertEqual(self.after(first.changes_through, 1), [["DELETE agent:a#owner@user:ana"]])

    def test_filters_choose(self):
        self.touch("agent:a#owner@user:ana", "task:t#owner@user:ana")
        self.touch("agent:b#owner@user:ben")
        self.touch("task:last#owner@user:ben", "agent:last#owner@user:ana")
        for fields, expected in [
            ({"optional_object_types": ["task"]}, [["task:t#owner@user:ana"], ["task:last#owner@user:ben"]]),
            (
                {"optional_relationship_filters": [filtering("agent", resource_id="b")]},
                [["agent:b#owner@user:ben"]],
            ),
            (
                {"optional_relationship_filters": [filtering("task"), filtering(subject_type="user", subject_id="ben")]},
                [["task:t#owner@user:ana"], ["agent:b#owner@user:ben"], ["task:last#owner@user:ben"]],
            ),
        ]:
            with self.subTest(str(fields)):
                found = self.after(self.beginning, len(expected), **fields)
                self.assertEqual(found, [[f"TOUCH {one}" for one in ones] for ones in expected])

    def test_a_watch_goes_on_after_a_restart(self):
        self.touch("agent:a#owner@user:ana")
        [first] = [next(self.watch(optional_start_cursor=self.beginning))]
        self.touch("agent:b#owner@user:ana")
        self.restart()
        self.touch("agent:c#owner@user:ana")
        expected = [["TOUCH agent:b#owner@user:ana"], ["TOUCH agent:c#owner@user:ana"]]
        self.assertEqual(self.after(first.changes_through, 2), expected)


class Kinds(WatchCase):
    def test_schemas_are_told_if_asked_for(self):
        self.write_schema(SCHEMA.replace("permission read = owner", "permission read = nil"))
        self.touch("agent:a#owner@user:ana")
        call = self.watch(optional_start_cursor=self.beginning, optional_update_kinds=[RELATIONSHIPS, SCHEMAS])
        first, second = next(call), next(call)
        self.assertEqual((first.schema_updated, changes(first)), (True, []))
        self.assertEqual((second.schema_updated, changes(second)), (False, ["TOUCH agent:a#owner@user:ana"]))
        self.assertEqual(self.after(self.beginning, 1), [["TOUCH agent:a#owner@user:ana"]])

    def test_checkpoints_come_without_writes(self):
        call = self.watch(optional_start_cursor=self.beginning, optional_update_kinds=[CHECKPOINTS])
        for _ in range(2):
            response = next(call)
            self.assertTrue(response.is_checkpoint)
            self.assertEqual(changes(response), [])
            self.assertTrue(response.changes_through.token)

    def test_without_a_token_it_begins_now(self):
        call = self.watch(optional_update_kinds=[RELATIONSHIPS, CHECKPOINTS])
        self.assertTrue(next(call).is_checkpoint)
        self.touch("agent:a#owner@user:ana")
        following = (response for response in call if not response.is_checkpoint)
        self.assertEqual(changes(next(following)), ["TOUCH agent:a#owner@user:ana"])

    def test_many_watch_at_once(self):
        calls = [self.watch(optional_start_cursor=self.beginning) for _ in range(20)]
        found: list[list[str]] = []

        def follow(call) -> None:
            found.append([text for _ in range(50) for text in changes(next(call))])

        threads = [threading.Thread(target=follow, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        written = [f"agent:{number}#owner@user:ana" for number in range(50)]
        for text in written:
            self.touch(text)
        for thread in threads:
            thread.join(WATCH_TIMEOUT_S)
        self.assertEqual(found, [[f"TOUCH {text}" for text in written]] * 20)

    def test_a_stopping_server_ends_its_watches(self):
        call = self.watch(optional_update_kinds=[CHECKPOINTS])
        next(call)
        self.assertEqual(self.server.stop(), 0)
        failure = failure_of(lambda: call)
        self.assertIn(failure.code, ["UNAVAILABLE", "CANCELLED"])


class Errors(WatchCase):
    def test_what_makes_no_sense_is_refused(self):
        for fields, code, reason, metadata in [
            (
                {"optional_object_types": ["agent"], "optional_relationship_filters": [filtering("agent")]},
                *(INVALID, "", {}),
            ),
            ({"optional_object_types": ["Agent"]}, INVALID, "", {}),
            ({"optional_relationship_filters": [filtering()]}, INVALID, "INVALID_FILTER", {"filter": ""}),
            (
                {"optional_relationship_filters": [filtering("robot")]},
                *("FAILED_PRECONDITION", "UNKNOWN_DEFINITION"),
                {"definition_name": "robot"},
            ),
            ({"optional_start_cursor": ZedToken(token="garbage")}, INVALID, "", {}),
            ({"optional_start_cursor": ZedToken(token="")}, INVALID, "", {}),
        ]:
            with self.subTest(str(fields)):
                self.assert_fails(code, lambda: self.watch(**fields), reason, **metadata)

    def test_a_canceled_watch_does_no_harm(self):
        for _ in range(20):
            call = self.watch(optional_start_cursor=self.beginning)
            call.cancel()
            with self.assertRaises(grpc.RpcError):
                next(call)
        self.client.CheckPermission(checking("agent:before#read@user:ana"))
