"""Counting the relationships that match a registered filter."""

from authzed.api.v1 import RelationshipFilter
from authzed.api.v1.experimental_service_pb2 import (
    ExperimentalCountRelationshipsRequest,
    ExperimentalRegisterRelationshipCounterRequest,
    ExperimentalUnregisterRelationshipCounterRequest,
)

from support import ServerCase, filtering

SCHEMA = """
definition user {}
definition agent {
	relation owner: user
	relation viewer: user
}
"""
UNMET, INVALID = "FAILED_PRECONDITION", "INVALID_ARGUMENT"


class Counters(ServerCase):
    schema = SCHEMA

    def register(self, name: str, filter: RelationshipFilter) -> None:
        self.client.ExperimentalRegisterRelationshipCounter(
            ExperimentalRegisterRelationshipCounterRequest(name=name, relationship_filter=filter)
        )

    def unregister(self, name: str) -> None:
        request = ExperimentalUnregisterRelationshipCounterRequest(name=name)
        self.client.ExperimentalUnregisterRelationshipCounter(request)

    def count(self, name: str) -> int:
        request = ExperimentalCountRelationshipsRequest(name=name)
        answer = self.client.ExperimentalCountRelationships(request)
        self.assertEqual(answer.WhichOneof("counter_result"), "read_counter_value")
        self.assertTrue(answer.read_counter_value.read_at.token)
        return answer.read_counter_value.relationship_count

    def test_a_counter_counts_what_its_filter_finds(self):
        self.register("agents", filtering("agent"))
        self.register("viewers", filtering("agent", relation="viewer"))
        self.register("of_ana", filtering(subject_type="user", subject_id="ana"))
        self.assertEqual([self.count(name) for name in ["agents", "viewers", "of_ana"]], [0, 0, 0])
        self.touch("agent:a#owner@user:ana", "agent:a#viewer@user:ana", "agent:a#viewer@user:ben")
        self.assertEqual([self.count(name) for name in ["agents", "viewers", "of_ana"]], [3, 2, 2])
        self.delete("agent:a#viewer@user:ana")
        self.assertEqual([self.count(name) for name in ["agents", "viewers", "of_ana"]], [2, 1, 1])

    def test_a_counter_outlives_a_restart_and_may_be_given_up(self):
        self.register("agents", filtering("agent"))
        self.touch("agent:a#owner@user:ana")
        self.restart()
        self.assertEqual(self.count("agents"), 1)
        self.unregister("agents")
        self.restart()
        unknown = ("FAILED_PRECONDITION", lambda: self.count("agents"), "COUNTER_NOT_REGISTERED")
        self.assert_fails(*unknown, counter_name="agents")
        self.register("agents", filtering("agent", relation="viewer"))
        self.assertEqual(self.count("agents"), 0)

    def test_errors(self):
        self.register("agents", filtering("agent"))
        for call, code, reason, metadata in [
            (
                lambda: self.register("agents", filtering("agent", relation="owner")),
                *(UNMET, "COUNTER_ALREADY_REGISTERED"),
                {"counter_name": "agents"},
            ),
            (lambda: self.count("others"), UNMET, "COUNTER_NOT_REGISTERED", {"counter_name": "others"}),
            (lambda: self.unregister("others"), UNMET, "COUNTER_NOT_REGISTERED", {"counter_name": "others"}),
            (
                lambda: self.register("robots", filtering("robot")),
                *(UNMET, "UNKNOWN_DEFINITION"),
                {"definition_name": "robot"},
            ),
            (lambda: self.register("nothing", filtering()), INVALID, "INVALID_FILTER", {}),
            (lambda: self.register("Bad-Name", filtering("agent")), INVALID, "", {}),
        ]:
            with self.subTest(reason or code):
                self.assert_fails(code, call, reason, **metadata)
        self.assertEqual(self.count("agents"), 0)
