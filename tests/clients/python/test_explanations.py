"""How an answer comes about: trees of a permission, and traces of a check."""

from authzed.api.v1 import (
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    ExpandPermissionTreeRequest,
    PermissionRelationshipTree,
)
from authzed.api.v1.core_pb2 import AlgebraicSubjectSet
from authzed.api.v1.debug_pb2 import CheckDebugTrace, DebugInformation

from support import FULLY_CONSISTENT, ServerCase, checking, exactly, granting, parts, reference, struct, subject

SCHEMA = """
use self
definition user {}

caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}

definition group {
	relation member: user | group#member
}

definition agent {
	relation owner: user
	relation viewer: user | user:* | group#member | user with in_tier
	relation banned: user
	relation parent: agent
	permission own = owner
	permission see = viewer + owner
	permission use = see - banned
	permission both = viewer & owner
	permission above = parent->own
	permission above_all = parent.all(own)
	permission nobody = nil
	permission alone = self
}
"""
GRANTS = [
    "agent:a#owner@user:ana",
    "agent:a#viewer@user:ben",
    "agent:a#viewer@user:*",
    "agent:a#viewer@group:eng#member",
    "agent:a#banned@user:eve",
    "agent:a#parent@agent:top",
    "agent:top#owner@user:tom",
    "group:eng#member@user:max",
    "agent:b#owner@user:ana",
    "agent:b#viewer@group:eng#member",
]
VIEWERS = "viewer[group:eng#member user:* user:ben]"
TREES = [
    ("agent:a#owner", "agent:a#owner[user:ana]"),
    ("agent:a#viewer", f"agent:a#{VIEWERS}"),
    ("agent:a#own", "agent:a#own UNION(agent:a#owner[user:ana])"),
    ("agent:a#see", f"agent:a#see UNION(agent:a#owner[user:ana] agent:a#{VIEWERS})"),
    (
        "agent:a#use",
        f"agent:a#use EXCLUSION(agent:a#see UNION(agent:a#owner[user:ana] agent:a#{VIEWERS}) agent:a#banned[user:eve])",
    ),
    ("agent:a#both", f"agent:a#both INTERSECTION(agent:a#owner[user:ana] agent:a#{VIEWERS})"),
    (
        "agent:a#above",
        "agent:a#above UNION(agent:a#above UNION(agent:top#own UNION(agent:top#owner[user:tom])))",
    ),
    (
        "agent:a#above_all",
        "agent:a#above_all UNION(agent:a#above_all INTERSECTION(agent:top#own UNION(agent:top#owner[user:tom])))",
    ),
    ("agent:a#nobody", "agent:a#nobody UNION(agent:a#nobody[])"),
    ("agent:a#alone", "agent:a#alone UNION(agent:a#alone[agent:a])"),
    ("agent:unknown#own", "agent:unknown#own UNION(agent:unknown#owner[])"),
    ("agent:unknown#above", "agent:unknown#above UNION(agent:unknown#above UNION())"),
]
UNMET, INVALID = "FAILED_PRECONDITION", "INVALID_ARGUMENT"


def expanding(text: str, consistency=FULLY_CONSISTENT) -> ExpandPermissionTreeRequest:
    resource, permission = text.split("#")
    return ExpandPermissionTreeRequest(
        consistency=consistency, resource=reference(resource), permission=permission
    )


def tree_text(tree: PermissionRelationshipTree) -> str:
    """`agent:a#see UNION(agent:a#owner[user:ana] …)`; children and subjects in order, except for an exclusion's."""
    expanded = tree.expanded_object
    name = f"{expanded.object_type}:{expanded.object_id}#{tree.expanded_relation}"
    if tree.WhichOneof("tree_type") == "leaf":
        subjects = []
        for one in tree.leaf.subjects:
            relation = f"#{one.optional_relation}" if one.optional_relation else ""
            subjects.append(f"{one.object.object_type}:{one.object.object_id}{relation}")
        return f"{name}[{' '.join(sorted(subjects))}]"
    operation = AlgebraicSubjectSet.Operation.Name(tree.intermediate.operation).removeprefix("OPERATION_")
    children = [tree_text(child) for child in tree.intermediate.children]
    return f"{name} {operation}({' '.join(children if operation == 'EXCLUSION' else sorted(children))})"


class Trees(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.granted = self.touch(*GRANTS)

    def tree(self, text: str, consistency=FULLY_CONSISTENT) -> str:
        answer = self.client.ExpandPermissionTree(expanding(text, consistency))
        self.assertTrue(answer.expanded_at.token)
        return tree_text(answer.tree_root)

    def test_each_operator_has_its_tree(self):
        for text, expected in TREES:
            with self.subTest(text):
                self.assertEqual(self.tree(text), expected)

    def test_conditions_do_not_show(self):
        self.grant(granting("agent:paid#viewer@user:ana", "in_tier", {"tiers": ["pro"]}))
        self.assertEqual(self.tree("agent:paid#viewer"), "agent:paid#viewer[user:ana]")

    def test_the_past_stays_what_it_was(self):
        self.delete("agent:a#owner@user:ana")
        self.assertEqual(self.tree("agent:a#owner", exactly(self.granted)), "agent:a#owner[user:ana]")
        self.assertEqual(self.tree("agent:a#owner"), "agent:a#owner[]")

    def test_errors(self):
        no_relation = "UNKNOWN_RELATION_OR_PERMISSION"
        for request, code, reason, metadata in [
            (expanding("robot:r2#see"), UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            (expanding("agent:a#fly"), UNMET, no_relation, {"relation_or_permission_name": "fly"}),
            (expanding("agent:a#"), UNMET, no_relation, {"relation_or_permission_name": ""}),
            (expanding("agent:*#see"), INVALID, "", {}),
            (expanding("agent:a b#see"), INVALID, "", {}),
            (expanding("agent:a#See"), INVALID, "", {}),
            (ExpandPermissionTreeRequest(), INVALID, "", {}),
        ]:
            with self.subTest(str(request)):
                self.assert_fails(code, lambda: self.client.ExpandPermissionTree(request), reason, **metadata)


RESULTS = {
    CheckDebugTrace.PERMISSIONSHIP_HAS_PERMISSION: "yes",
    CheckDebugTrace.PERMISSIONSHIP_NO_PERMISSION: "no",
    CheckDebugTrace.PERMISSIONSHIP_CONDITIONAL_PERMISSION: "depends",
}


def step(trace: CheckDebugTrace) -> str:
    """`agent:a#see yes`."""
    resource = f"{trace.resource.object_type}:{trace.resource.object_id}"
    return f"{resource}#{trace.permission} {RESULTS[trace.result]}"


def steps(trace: CheckDebugTrace) -> list[str]:
    """Every step of a trace."""
    return [step(one) for one in traces(trace)]


def traces(trace: CheckDebugTrace) -> list[CheckDebugTrace]:
    """A trace and all that are part of it."""
    return [trace, *(one for part in trace.sub_problems.traces for one in traces(part))]


class Traces(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.touch(*GRANTS)
        self.grant(granting("agent:paid#viewer@user:ana", "in_tier", {"tiers": ["pro"]}))

    def trace(self, text: str, context: dict | None = None) -> DebugInformation:
        request = checking(text)
        request.with_tracing = True
        if context is not None:
            request.context.CopyFrom(struct(context))
        return self.client.CheckPermission(request).debug_trace

    def test_no_trace_is_given_unasked(self):
        self.assertFalse(self.client.CheckPermission(checking("agent:a#see@user:ana")).HasField("debug_trace"))

    def test_a_trace_begins_with_the_question(self):
        for text, result in [
            ("agent:a#see@user:ana", "yes"),
            ("agent:a#both@user:ana", "yes"),
            ("agent:a#use@user:eve", "no"),
            ("agent:a#above@user:tom", "yes"),
            ("agent:a#above@user:ana", "no"),
            ("agent:unknown#see@user:ana", "no"),
            ("agent:paid#see@user:ana", "depends"),
        ]:
            with self.subTest(text):
                traced = self.trace(text)
                resource, permission, who = parts(text)
                self.assertEqual(step(traced.check), f"{resource}#{permission} {result}")
                self.assertEqual(traced.check.subject, subject(who))
                self.assertEqual(traced.check.permission_type, CheckDebugTrace.PERMISSION_TYPE_PERMISSION)
                self.assertIn("definition agent", traced.schema_used)
                for one in traces(traced.check):
                    self.assertTrue(one.trace_operation_id)
                    self.assertTrue(one.HasField("duration"))

    def test_a_trace_names_what_decided(self):
        for text, deciding in [
            ("agent:b#see@user:ana", "agent:b#owner yes"),
            ("agent:b#see@user:max", "group:eng#member yes"),
            ("agent:a#use@user:eve", "agent:a#banned yes"),
            ("agent:a#above@user:tom", "agent:top#owner yes"),
        ]:
            with self.subTest(text):
                self.assertIn(deciding, steps(self.trace(text).check))

    def test_a_condition_shows_with_its_values(self):
        for context, result in [({"tier": "pro"}, "TRUE"), ({"tier": "free"}, "FALSE"), (None, "MISSING_SOME_CONTEXT")]:
            with self.subTest(context):
                conditions = [
                    one.caveat_evaluation_info
                    for one in traces(self.trace("agent:paid#see@user:ana", context).check)
                    if one.HasField("caveat_evaluation_info")
                ]
                self.assertTrue(conditions)
                self.assertEqual(conditions[0].caveat_name, "in_tier")
                self.assertEqual(type(conditions[0]).Result.Name(conditions[0].result), f"RESULT_{result}")
                self.assertTrue(conditions[0].expression)
                missing = list(conditions[0].partial_caveat_info.missing_required_context)
                self.assertEqual(missing, [] if context else ["tier"])

    def test_a_bulk_is_traced_item_by_item(self):
        texts = ["agent:a#see@user:ana", "agent:a#use@user:eve", "agent:paid#see@user:ana"]
        request = CheckBulkPermissionsRequest(consistency=FULLY_CONSISTENT, with_tracing=True)
        for text in texts:
            resource, permission, who = parts(text)
            request.items.append(
                CheckBulkPermissionsRequestItem(
                    resource=reference(resource), permission=permission, subject=subject(who)
                )
            )
        pairs = self.client.CheckBulkPermissions(request).pairs
        found = [step(pair.item.debug_trace.check) for pair in pairs]
        self.assertEqual(found, ["agent:a#see yes", "agent:a#use no", "agent:paid#see depends"])
