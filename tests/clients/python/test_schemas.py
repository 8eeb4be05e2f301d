"""What a schema says of itself: its parts, what can be computed, what depends on what, and what would change."""

from authzed.api.v1 import (
    ComputablePermissionsRequest,
    DependentRelationsRequest,
    DiffSchemaRequest,
    ReflectSchemaRequest,
    ReflectionSchemaFilter,
)
from authzed.api.v1.experimental_service_pb2 import (
    ExperimentalComputablePermissionsRequest,
    ExperimentalDependentRelationsRequest,
    ExperimentalDiffSchemaRequest,
    ExperimentalReflectSchemaRequest,
    ExpSchemaFilter,
)

from support import FULLY_CONSISTENT, ServerCase, exactly

SCHEMA = """
/** a person */
definition user {}

/** is it time? */
caveat awake(hour int, zones list<string>) {
	hour >= 7 && zones.size() > 0
}

definition group {
	relation member: user | group#member
}

// an agent
definition agent {
	/** who runs it */
	relation operator: user | user with awake
	relation viewer: user:* | group#member
	relation parent: agent

	/** to run it */
	permission run = operator
	permission see = viewer + run + parent->see
}
"""
# The names of the calls, before and since, with the requests that they take.
REFLECT = [
    ("ReflectSchema", ReflectSchemaRequest, ReflectionSchemaFilter),
    ("ExperimentalReflectSchema", ExperimentalReflectSchemaRequest, ExpSchemaFilter),
]
COMPUTABLE = [
    ("ComputablePermissions", ComputablePermissionsRequest),
    ("ExperimentalComputablePermissions", ExperimentalComputablePermissionsRequest),
]
DEPENDENT = [
    ("DependentRelations", DependentRelationsRequest),
    ("ExperimentalDependentRelations", ExperimentalDependentRelationsRequest),
]
DIFF = [("DiffSchema", DiffSchemaRequest), ("ExperimentalDiffSchema", ExperimentalDiffSchemaRequest)]
UNMET, INVALID = "FAILED_PRECONDITION", "INVALID_ARGUMENT"

# What is changed in the schema above, and what is said of it.
CHANGES = [
    ("", "", []),
    ("definition user {}", "definition user {}\ndefinition robot {}", ["definition_added robot"]),
    ("\n\trelation parent: agent\n", "\n", ["relation_removed parent"]),
    ("parent->see", "parent->run", ["permission_expr_changed see"]),
    ("\tpermission run = operator", "\tpermission run = operator\n\tpermission stop = run", ["permission_added stop"]),
    ("who runs it", "who starts it", ["relation_doc_comment_changed operator"]),
    ("to run it", "to start it", ["permission_doc_comment_changed run"]),
    ("a person", "someone", ["definition_doc_comment_changed user"]),
    ("is it time?", "is it day?", ["caveat_doc_comment_changed awake"]),
    ("hour >= 7", "hour >= 8", ["caveat_expr_changed awake"]),
    (
        "hour int, zones list<string>) {\n\thour >= 7",
        "hour double, zones list<string>) {\n\thour >= 7.0",
        ["caveat_parameter_type_changed hour", "caveat_expr_changed awake"],
    ),
    (
        "awake(hour int, zones",
        "awake(day int, hour int, zones",
        ["caveat_parameter_added day", "caveat_expr_changed awake"],
    ),
    ("user | user with awake", "user", ["relation_subject_type_removed operator"]),
    ("viewer: user:*", "viewer: user | user:*", ["relation_subject_type_added viewer"]),
]


def kind_of_subject(reference) -> str:
    """`user with awake`, `group#member`, `user:*`."""
    form = reference.WhichOneof("typeref")
    text = reference.subject_definition_name
    if form == "optional_relation_name":
        text += f"#{reference.optional_relation_name}"
    elif form == "is_public_wildcard":
        assert reference.is_public_wildcard
        text += ":*"
    else:
        assert form == "is_terminal_subject", form
    caveat = reference.optional_caveat_name
    return f"{text} with {caveat}" if caveat else text


def diff_text(diff) -> str:
    """`relation_added viewer`: what changed, and the name of what it changed in."""
    kind = diff.WhichOneof("diff")
    changed = getattr(diff, kind)
    if kind.startswith("relation_subject_type"):
        return f"{kind} {changed.relation.name}"
    if kind == "caveat_parameter_type_changed":
        return f"{kind} {changed.parameter.name}"
    return f"{kind} {changed.name}"


class SchemasCase(ServerCase):
    schema = SCHEMA

    def ask(self, name: str, request):
        answer = getattr(self.client, name)(request)
        self.assertTrue(answer.read_at.token)
        return answer


class Reflection(SchemasCase):
    def test_everything_is_told(self):
        for name, request, _ in REFLECT:
            with self.subTest(name):
                answer = self.ask(name, request(consistency=FULLY_CONSISTENT))
                self.assertEqual(sorted(one.name for one in answer.definitions), ["agent", "group", "user"])
                [agent] = [one for one in answer.definitions if one.name == "agent"]
                self.assertIn("an agent", agent.comment)
                relations = {
                    one.name: sorted(map(kind_of_subject, one.subject_types)) for one in agent.relations
                }
                expected = {
                    "operator": ["user", "user with awake"],
                    "viewer": ["group#member", "user:*"],
                    "parent": ["agent"],
                }
                self.assertEqual(relations, expected)
                self.assertEqual({one.parent_definition_name for one in agent.relations}, {"agent"})
                self.assertIn("who runs it", [one for one in agent.relations if one.name == "operator"][0].comment)
                self.assertEqual(sorted(one.name for one in agent.permissions), ["run", "see"])
                self.assertEqual({one.parent_definition_name for one in agent.permissions}, {"agent"})
                [caveat] = answer.caveats
                self.assertEqual((caveat.name, "is it time?" in caveat.comment), ("awake", True))
                parameters = sorted((one.name, one.type, one.parent_caveat_name) for one in caveat.parameters)
                self.assertEqual(parameters, [("hour", "int", "awake"), ("zones", "list<string>", "awake")])
                self.assertIn("hour >= 7", caveat.expression)

    def test_filters_are_prefixes_of_which_one_suffices(self):
        for fields, definitions, caveats in [
            ([{"optional_definition_name_filter": "a"}], ["agent"], []),
            ([{"optional_definition_name_filter": "gro"}], ["group"], []),
            ([{"optional_caveat_name_filter": "aw"}], [], ["awake"]),
            ([{"optional_caveat_name_filter": "aw"}, {"optional_definition_name_filter": "user"}], ["user"], ["awake"]),
            ([{"optional_definition_name_filter": "none"}], [], []),
            ([{"optional_definition_name_filter": "agent", "optional_relation_name_filter": "op"}], ["agent"], []),
        ]:
            for name, request, filter in REFLECT:
                with self.subTest(f"{name} {fields}"):
                    filters = [filter(**one) for one in fields]
                    answer = self.ask(name, request(consistency=FULLY_CONSISTENT, optional_filters=filters))
                    self.assertEqual(sorted(one.name for one in answer.definitions), definitions)
                    self.assertEqual([one.name for one in answer.caveats], caveats)

    def test_a_relation_or_permission_filter_shows_that_alone_of_its_kind(self):
        for name, request, filter in REFLECT:
            filters = [filter(optional_definition_name_filter="agent", optional_relation_name_filter="op")]
            [agent] = self.ask(name, request(consistency=FULLY_CONSISTENT, optional_filters=filters)).definitions
            self.assertEqual([one.name for one in agent.relations], ["operator"])
            filters = [filter(optional_definition_name_filter="agent", optional_permission_name_filter="se")]
            [agent] = self.ask(name, request(consistency=FULLY_CONSISTENT, optional_filters=filters)).definitions
            self.assertEqual([one.name for one in agent.permissions], ["see"])

    def test_filters_that_make_no_sense_are_refused(self):
        for fields in [
            {"optional_definition_name_filter": "agent", "optional_caveat_name_filter": "awake"},
            {"optional_relation_name_filter": "operator"},
            {"optional_permission_name_filter": "run"},
            {
                "optional_definition_name_filter": "agent",
                "optional_relation_name_filter": "operator",
                "optional_permission_name_filter": "run",
            },
        ]:
            for name, request, filter in REFLECT:
                with self.subTest(f"{name} {fields}"):
                    call = lambda: self.ask(name, request(optional_filters=[filter(**fields)]))
                    self.assert_fails(INVALID, call, "INVALID_FILTER")

    def test_the_past_stays_what_it_was(self):
        before = self.write_schema(SCHEMA)
        self.write_schema("definition user {}")
        for name, request, _ in REFLECT:
            answers = [self.ask(name, request(consistency=one)) for one in (exactly(before), FULLY_CONSISTENT)]
            self.assertEqual([len(answer.definitions) for answer in answers], [3, 1])


class Dependencies(SchemasCase):
    def test_what_can_be_computed_from_a_relation(self):
        for definition, relation, expected in [
            ("agent", "operator", ["agent#run", "agent#see"]),
            ("agent", "run", ["agent#see"]),
            ("group", "member", ["agent#see", "agent#viewer"]),
        ]:
            for name, request in COMPUTABLE:
                with self.subTest(f"{name} {definition}#{relation}"):
                    asked = request(
                        consistency=FULLY_CONSISTENT, definition_name=definition, relation_name=relation
                    )
                    found = [f"{one.definition_name}#{one.relation_name}" for one in self.ask(name, asked).permissions]
                    self.assertEqual([one for one in found if one in expected], expected)

    def test_what_a_permission_depends_on(self):
        for permission, expected in [
            ("run", ["agent#operator"]),
            ("see", ["agent#operator", "agent#parent", "agent#run", "agent#viewer", "group#member"]),
        ]:
            for name, request in DEPENDENT:
                with self.subTest(f"{name} {permission}"):
                    asked = request(
                        consistency=FULLY_CONSISTENT, definition_name="agent", permission_name=permission
                    )
                    answer = self.ask(name, asked)
                    found = [f"{one.definition_name}#{one.relation_name}" for one in answer.relations]
                    self.assertEqual(found, sorted(found))
                    self.assertEqual([one for one in found if one in expected], expected)
                    kinds = {one.relation_name: one.is_permission for one in answer.relations}
                    self.assertEqual(kinds["operator"], False)
                    self.assertEqual(kinds.get("run", True), True)

    def test_errors(self):
        for name, request in COMPUTABLE:
            call = lambda: self.ask(name, request(definition_name="robot", relation_name="run"))
            self.assert_fails(UNMET, call, "SCHEMA_TYPE_ERROR", definition_name="robot")
            call = lambda: self.ask(name, request(definition_name="agent", relation_name="fly"))
            self.assert_fails(UNMET, call, "UNKNOWN_RELATION_OR_PERMISSION", relation_or_permission_name="fly")
        for name, request in DEPENDENT:
            call = lambda: self.ask(name, request(definition_name="robot", permission_name="run"))
            self.assert_fails(UNMET, call, "SCHEMA_TYPE_ERROR", definition_name="robot")
            call = lambda: self.ask(name, request(definition_name="agent", permission_name="operator"))
            self.assert_fails(INVALID, call, "UNKNOWN_RELATION_OR_PERMISSION")


class Differences(SchemasCase):
    def test_every_change_is_named(self):
        for before, after, expected in CHANGES:
            comparison = SCHEMA.replace(before, after, 1) if before else SCHEMA
            if expected:
                self.assertNotEqual(comparison, SCHEMA)
            if "day int" in comparison:
                comparison = comparison.replace("hour >= 7 &&", "hour >= 7 && day > 0 &&")
            for name, request in DIFF:
                with self.subTest(f"{name} {expected}"):
                    asked = request(consistency=FULLY_CONSISTENT, comparison_schema=comparison)
                    found = [diff_text(diff) for diff in self.ask(name, asked).diffs]
                    self.assertEqual(sorted(found), sorted(expected))

    def test_what_is_added_one_way_is_removed_the_other(self):
        more = SCHEMA + "definition robot {\nrelation owner: user\n}\ncaveat never(xxx int) { xxx == 1 }"
        for name, request in DIFF:
            asked = request(consistency=FULLY_CONSISTENT, comparison_schema=more)
            found = sorted(map(diff_text, self.ask(name, asked).diffs))
            self.assertEqual(found, ["caveat_added never", "definition_added robot"])
        self.write_schema(more)
        for name, request in DIFF:
            asked = request(consistency=FULLY_CONSISTENT, comparison_schema=SCHEMA)
            found = sorted(map(diff_text, self.ask(name, asked).diffs))
            self.assertEqual(found, ["caveat_removed never", "definition_removed robot"])

    def test_a_schema_that_is_none_cannot_be_compared(self):
        for name, request in DIFF:
            call = lambda: self.ask(name, request(comparison_schema="definition user"))
            self.assert_fails(INVALID, call, "SCHEMA_PARSE_ERROR")
