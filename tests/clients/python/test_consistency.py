"""Tokens: a write is seen by whoever asks for it, the past stays what it was, and restarts change neither."""

import shutil
from pathlib import Path

from authzed.api.v1 import (
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    Consistency,
    ReadRelationshipsRequest,
    ReadSchemaRequest,
    ZedToken,
)

from support import (
    Server,
    ServerCase,
    at_least,
    checking,
    connect,
    error_info,
    exactly,
    filtering,
    has_permission,
    parts,
    reference,
    subject,
    text_of,
)

SCHEMA = """
definition user {}
definition agent {
	relation owner: user
	permission read = owner
}
definition api_key {
	relation parent_agent: agent
	permission read = parent_agent->read
}
"""
CHECK = "api_key:k1#read@user:ana"
MINIMIZE_LATENCY = Consistency(minimize_latency=True)


class Tokens(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.granted = self.touch("agent:planner#owner@user:ana", "api_key:k1#parent_agent@agent:planner")

    def revoke(self) -> ZedToken:
        return self.delete("agent:planner#owner@user:ana")

    def test_a_write_is_seen_by_every_consistency(self):
        for consistency in [at_least(self.granted), exactly(self.granted), MINIMIZE_LATENCY, None]:
            self.assert_allowed(CHECK, consistency=consistency)
        self.assert_allowed(CHECK)

    def test_a_revocation_is_seen_at_once(self):
        for _ in range(20):
            revoked = self.revoke()
            self.assert_denied(CHECK, consistency=at_least(revoked))
            self.assert_denied(CHECK)
            self.assert_denied(CHECK, consistency=exactly(revoked))
            self.assert_denied(CHECK, consistency=at_least(self.granted))
            self.touch("agent:planner#owner@user:ana")

    def test_the_past_stays_what_it_was(self):
        revoked = self.revoke()
        again = self.touch("agent:planner#owner@user:ana")
        for _ in range(2):
            self.assert_allowed(CHECK, consistency=exactly(self.granted))
            self.assert_denied(CHECK, consistency=exactly(revoked))
            self.assert_allowed(CHECK, consistency=exactly(again))
            self.restart()

    def test_the_past_has_the_schema_of_the_past(self):
        changed = self.write_schema(SCHEMA.replace("permission read = owner", "permission read = nil"))
        self.assert_allowed(CHECK, consistency=exactly(self.granted))
        self.assert_denied(CHECK, consistency=exactly(changed))

    def test_a_check_tells_when_it_was_made(self):
        checked_at = self.client.CheckPermission(checking(CHECK)).checked_at
        self.revoke()
        self.assert_allowed(CHECK, consistency=exactly(checked_at))
        self.assert_denied(CHECK, consistency=at_least(checked_at))

    def test_a_restart_changes_no_answer_and_no_token(self):
        revoked = self.revoke()
        other = self.touch("agent:planner#owner@user:ben")
        schema = self.client.ReadSchema(ReadSchemaRequest()).schema_text
        for end in ["stop", "kill"]:
            getattr(self.server, end)()
            self.start()
            self.assertEqual(self.server.journal, "sled")
            self.assert_denied(CHECK)
            self.assert_allowed("api_key:k1#read@user:ben", consistency=at_least(other))
            self.assert_allowed(CHECK, consistency=exactly(self.granted))
            self.assert_denied("api_key:k1#read@user:ben", consistency=exactly(revoked))
            self.assertEqual(self.client.ReadSchema(ReadSchemaRequest()).schema_text, schema)
        revision = self.server.revision
        self.revoke()
        self.restart()
        self.assertEqual(self.server.revision, revision + 1)

    def test_tokens_that_are_not_ours_are_refused(self):
        elsewhere = Server(self.directory / "elsewhere")
        self.addCleanup(elsewhere.kill)
        client, self.client = self.client, connect(elsewhere)
        foreign = self.write_schema(SCHEMA)
        self.client = client
        garbled = [ZedToken(token=token) for token in ["garbage", "YWJj", "", self.granted.token[:-2], "é"]]
        for token in [foreign, *garbled]:
            for consistency in [at_least(token), exactly(token)]:
                with self.subTest(consistency=consistency):
                    call = lambda: self.client.CheckPermission(checking(CHECK, consistency))
                    self.assert_fails("INVALID_ARGUMENT", call)

    def test_a_token_from_the_future_is_out_of_range(self):
        # A backup, and a token of a write after it.
        self.assertEqual(self.server.stop(), 0)
        backup: Path = self.directory / "backup"
        shutil.copytree(self.directory / "data", backup)
        self.start()
        token = self.touch("agent:planner#owner@user:ben")
        restored = Server(backup)
        self.addCleanup(restored.kill)
        client = connect(restored)
        for consistency in [at_least(token), exactly(token)]:
            self.assert_fails("OUT_OF_RANGE", lambda: client.CheckPermission(checking(CHECK, consistency)))
        answer = client.CheckPermission(checking(CHECK, at_least(self.granted)))
        self.assertTrue(has_permission(answer.permissionship))

    def test_reads_are_consistent_too(self):
        self.revoke()

        def read(consistency: Consistency) -> list[str]:
            request = ReadRelationshipsRequest(consistency=consistency, relationship_filter=filtering("agent"))
            return [text_of(answer.relationship) for answer in self.client.ReadRelationships(request)]

        self.assertEqual(read(exactly(self.granted)), ["agent:planner#owner@user:ana"])
        self.assertEqual(read(at_least(self.granted)), [])


class Bulk(ServerCase):
    schema = SCHEMA

    def bulk(self, *texts: str) -> list:
        items = []
        for text in texts:
            resource, permission, who = parts(text)
            item = CheckBulkPermissionsRequestItem(
                resource=reference(resource), permission=permission, subject=subject(who)
            )
            items.append(item)
        request = CheckBulkPermissionsRequest(consistency=Consistency(fully_consistent=True), items=items)
        answer = self.client.CheckBulkPermissions(request)
        self.assertEqual([pair.request for pair in answer.pairs], items)
        self.assertTrue(answer.checked_at.token)
        return list(answer.pairs)

    def test_a_bulk_answers_in_order_and_as_single_checks_do(self):
        self.touch("agent:planner#owner@user:ana", "api_key:k1#parent_agent@agent:planner")
        texts = [CHECK, "api_key:k1#read@user:ben", CHECK, "agent:planner#read@user:ana", "agent:x#owner@user:ana"]
        answers = [has_permission(pair.item.permissionship) for pair in self.bulk(*texts)]
        self.assertEqual(answers, [True, False, True, True, False])
        self.assertEqual(answers, [self.is_allowed(text) for text in texts])
        self.assertEqual(self.bulk(), [])

    def test_one_bad_item_spoils_no_other(self):
        self.touch("agent:planner#owner@user:ana")
        good = "agent:planner#read@user:ana"
        pairs = self.bulk(
            good, "robot:r2#read@user:ana", "agent:planner#fly@user:ana", "agent:planner#read@user:*", good
        )
        self.assertEqual([pair.WhichOneof("response") for pair in pairs], ["item", "error", "error", "error", "item"])
        reasons = [error_info(pair.error)[0] for pair in pairs[1:4]]
        self.assertEqual(reasons, ["UNKNOWN_DEFINITION", "UNKNOWN_RELATION_OR_PERMISSION", "WILDCARD_NOT_ALLOWED"])
        self.assertEqual([pair.error.code for pair in pairs[1:4]], [9, 9, 3])

    def test_a_large_bulk_is_one_answer(self):
        self.touch(*(f"agent:{number}#owner@user:ana" for number in range(0, 1000, 2)))
        pairs = self.bulk(*(f"agent:{number}#read@user:ana" for number in range(1000)))
        answers = [has_permission(pair.item.permissionship) for pair in pairs]
        self.assertEqual(answers, [number % 2 == 0 for number in range(1000)])
