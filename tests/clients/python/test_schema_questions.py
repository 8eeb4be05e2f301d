"""What tools for schemas ask: what there is, what depends on what, and what a change would change."""

from authzed.api.v1 import (
    ComputablePermissionsRequest,
    DependentRelationsRequest,
    DiffSchemaRequest,
    ReflectionSchemaFilter,
    ReflectSchemaRequest,
)
from authzed.api.v1.experimental_service_pb2 import ExperimentalDiffSchemaRequest, ExperimentalReflectSchemaRequest

from support import FULLY_CONSISTENT, ServerCase

SCHEMA = """
definition user {}

/** a text */
definition document {
	relation owner: user | user:*
	// whoever may read it
	permission view = owner
}

caveat small(size int) { size<10 }
"""
CHANGED = SCHEMA.replace("user | user:*", "user").replace("size<10", "size<20")


class Schemas(ServerCase):
    schema = SCHEMA

    def test_a_schema_is_told_in_full(self) -> None:
        told = self.client.ReflectSchema(ReflectSchemaRequest(consistency=FULLY_CONSISTENT))
        self.assertEqual([found.name for found in told.definitions], ["document", "user"])
        document = told.definitions[0]
        self.assertEqual(document.comment, "/** a text */")
        self.assertEqual(document.permissions[0].comment, "// whoever may read it")
        forms = [subject.WhichOneof("typeref") for subject in document.relations[0].subject_types]
        self.assertEqual(forms, ["is_terminal_subject", "is_public_wildcard"])
        self.assertEqual(told.caveats[0].expression, "size < 10")
        self.assertTrue(told.read_at.token)

    def test_a_filter_narrows_it(self) -> None:
        chosen = ReflectionSchemaFilter(optional_caveat_name_filter="sm")
        told = self.client.ReflectSchema(ReflectSchemaRequest(consistency=FULLY_CONSISTENT, optional_filters=[chosen]))
        self.assertEqual((len(told.definitions), [found.name for found in told.caveats]), (0, ["small"]))

    def test_what_depends_on_what(self) -> None:
        request = ComputablePermissionsRequest(consistency=FULLY_CONSISTENT, definition_name="user")
        found = self.client.ComputablePermissions(request).permissions
        self.assertEqual([(one.relation_name, one.is_permission) for one in found], [("owner", False), ("view", True)])
        request = DependentRelationsRequest(
            consistency=FULLY_CONSISTENT, definition_name="document", permission_name="view"
        )
        found = self.client.DependentRelations(request).relations
        self.assertEqual([one.relation_name for one in found], ["owner"])

    def test_a_relation_is_no_permission(self) -> None:
        request = DependentRelationsRequest(
            consistency=FULLY_CONSISTENT, definition_name="document", permission_name="owner"
        )
        reason = "UNKNOWN_RELATION_OR_PERMISSION"
        self.assert_fails(
            "INVALID_ARGUMENT", lambda: self.client.DependentRelations(request), reason, relationName="owner"
        )

    def test_what_a_change_would_change(self) -> None:
        request = DiffSchemaRequest(consistency=FULLY_CONSISTENT, comparison_schema=CHANGED)
        kinds = [diff.WhichOneof("diff") for diff in self.client.DiffSchema(request).diffs]
        self.assertEqual(kinds, ["relation_subject_type_removed", "caveat_expr_changed"])
        request = DiffSchemaRequest(consistency=FULLY_CONSISTENT, comparison_schema=SCHEMA)
        self.assertEqual(len(self.client.DiffSchema(request).diffs), 0)

    def test_older_clients_are_answered_the_same(self) -> None:
        told = self.client.ExperimentalReflectSchema(ExperimentalReflectSchemaRequest(consistency=FULLY_CONSISTENT))
        now = self.client.ReflectSchema(ReflectSchemaRequest(consistency=FULLY_CONSISTENT))
        self.assertEqual(told.SerializeToString(), now.SerializeToString())
        request = ExperimentalDiffSchemaRequest(consistency=FULLY_CONSISTENT, comparison_schema=CHANGED)
        now = self.client.DiffSchema(DiffSchemaRequest(consistency=FULLY_CONSISTENT, comparison_schema=CHANGED))
        self.assertEqual(self.client.ExperimentalDiffSchema(request).SerializeToString(), now.SerializeToString())
