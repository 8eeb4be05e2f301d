"""What a subject may reach, and who may reach a resource: whole, in pages, under conditions, and with everyone."""

from authzed.api.v1 import (
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    CheckPermissionResponse,
    Consistency,
    Cursor,
    LookupResourcesRequest,
    LookupResourcesResponse,
    LookupSubjectsRequest,
    LookupSubjectsResponse,
)
from authzed.api.v1.permission_service_pb2 import LookupPermissionship

from support import FULLY_CONSISTENT, ServerCase, exactly, granting, reference, struct, subject

SCHEMA = """
use self
definition user {}

caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}

caveat awake(hour int) {
	hour >= 7
}

definition group {
	relation member: user | group#member | user with awake
	permission itself = self
}

definition agent {
	relation viewer: user | user:* | group#member | user with in_tier | user:* with in_tier
	relation banned: user | user with awake
	relation parent: agent
	permission see = viewer - banned
	permission below = see + parent->below
}
"""
UNMET, INVALID = "FAILED_PRECONDITION", "INVALID_ARGUMENT"

# What is granted, and to whom what is answered.
GRANTS = [
    granting("agent:direct#viewer@user:ana"),
    granting("agent:group#viewer@group:eng#member"),
    granting("agent:public#viewer@user:*"),
    granting("agent:public#banned@user:ben"),
    granting("agent:public#banned@user:eve", "awake"),
    granting("agent:paid#viewer@user:ana", "in_tier", {"tiers": ["pro"]}),
    granting("agent:trial#viewer@user:*", "in_tier", {"tiers": ["free"]}),
    granting("agent:trial#viewer@user:ana"),
    granting("agent:child#parent@agent:direct"),
    granting("agent:grandchild#parent@agent:child"),
    granting("group:eng#member@group:ops#member"),
    granting("group:ops#member@user:ana"),
    granting("group:ops#member@user:eve", "awake"),
]
YES = "yes"
RESOURCES = [
    (
        "agent see user:ana",
        None,
        {"direct": YES, "group": YES, "public": YES, "paid": "depends on tier", "trial": YES},
    ),
    (
        "agent see user:ana",
        {"tier": "pro"},
        {"direct": YES, "group": YES, "public": YES, "paid": YES, "trial": YES},
    ),
    ("agent see user:ben", None, {"trial": "depends on tier"}),
    ("agent see user:ben", {"tier": "pro"}, {}),
    (
        "agent see user:eve",
        None,
        {"group": "depends on hour", "public": "depends on hour", "trial": "depends on tier"},
    ),
    ("agent see user:eve", {"hour": 3, "tier": "free"}, {"public": YES, "trial": YES}),
    ("agent see user:nobody-knows", None, {"public": YES, "trial": "depends on tier"}),
    ("agent see group:ops#member", None, {"group": YES}),
    ("agent see group:ops", None, {}),
    (
        "agent below user:ana",
        {"tier": "none"},
        {"direct": YES, "child": YES, "grandchild": YES, "group": YES, "public": YES, "trial": YES},
    ),
    ("agent viewer user:ben", {"tier": "none"}, {"public": YES}),
    ("group member user:ana", None, {"eng": YES, "ops": YES}),
    ("group member group:new#member", None, {"new": YES}),
    ("group itself group:ops", None, {"ops": YES}),
]
SUBJECTS = [
    ("agent:direct see user", None, {"ana": YES}),
    ("agent:group see user", None, {"ana": YES, "eve": "depends on hour"}),
    ("agent:group see group#member", None, {"eng": YES, "ops": YES}),
    ("agent:group see group", None, {}),
    ("agent:public see user", None, {"*": YES, "not ben": YES, "not eve": "depends on hour"}),
    ("agent:public see user", {"hour": 8}, {"*": YES, "not ben": YES, "not eve": YES}),
    ("agent:public see user", {"hour": 6}, {"*": YES, "not ben": YES}),
    ("agent:trial see user", None, {"*": "depends on tier", "ana": YES}),
    ("agent:trial see user", {"tier": "none"}, {"ana": YES}),
    ("agent:paid see user", {"tier": "free"}, {}),
    ("agent:grandchild below user", None, {"ana": YES}),
    ("agent:unknown see user", None, {}),
    ("group:eng member group#member", None, {"eng": YES, "ops": YES}),
    ("group:new member group#member", None, {"new": YES}),
    ("group:ops itself group", None, {"ops": YES}),
]


def said(item) -> str:
    """`yes`, or what the answer depends on, as in `depends on tier`."""
    named = LookupPermissionship.Name(item.permissionship).removeprefix("LOOKUP_PERMISSIONSHIP_")
    missing = sorted(item.partial_caveat_info.missing_required_context)
    return {"HAS_PERMISSION": "yes", "CONDITIONAL_PERMISSION": f"depends on {', '.join(missing)}"}[named]


def resources(text: str, context: dict | None = None, **fields) -> LookupResourcesRequest:
    """The request that `agent see user:ana` stands for."""
    kind, permission, who = text.split()
    fields.setdefault("consistency", FULLY_CONSISTENT)
    request = LookupResourcesRequest(resource_object_type=kind, permission=permission, subject=subject(who), **fields)
    if context is not None:
        request.context.CopyFrom(struct(context))
    return request


def subjects(text: str, context: dict | None = None, **fields) -> LookupSubjectsRequest:
    """The request that `agent:a see group#member` stands for."""
    resource, permission, kind = text.split()
    kind, _, relation = kind.partition("#")
    fields.setdefault("consistency", FULLY_CONSISTENT)
    request = LookupSubjectsRequest(
        resource=reference(resource),
        permission=permission,
        subject_object_type=kind,
        optional_subject_relation=relation,
        **fields,
    )
    if context is not None:
        request.context.CopyFrom(struct(context))
    return request


def found_resources(responses: list[LookupResourcesResponse]) -> dict[str, str]:
    return {response.resource_object_id: said(response) for response in responses}


def found_subjects(responses: list[LookupSubjectsResponse]) -> dict[str, str]:
    """Those found, and `not ben` for whom a wildcard leaves out."""
    found = {}
    for response in responses:
        found[response.subject.subject_object_id] = said(response.subject)
        found |= {f"not {one.subject_object_id}": said(one) for one in response.excluded_subjects}
    return found


class LookupsCase(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.granted = self.grant(*GRANTS)

    def look_up(self, request) -> list:
        method = {LookupResourcesRequest: "LookupResources", LookupSubjectsRequest: "LookupSubjects"}[type(request)]
        return list(getattr(self.client, method)(request))


class Resources(LookupsCase):
    def test_each_resource_is_found_once_with_what_it_depends_on(self):
        for text, context, expected in RESOURCES:
            with self.subTest(f"{text} {context}"):
                responses = self.look_up(resources(text, context))
                self.assertEqual(found_resources(responses), expected)
                self.assertEqual(len(responses), len(expected))
                self.assertTrue(all(response.looked_up_at.token for response in responses))
                self.assertTrue(all(response.after_result_cursor.token for response in responses))

    def test_a_large_context_is_no_hindrance(self):
        found = found_resources(self.look_up(resources("agent see user:ben", {"tier": "x", "more": "x" * 100_000})))
        self.assertEqual(found, {})

    def test_the_past_stays_what_it_was(self):
        self.delete("agent:direct#viewer@user:ana")
        for consistency, is_there in [(exactly(self.granted), True), (FULLY_CONSISTENT, False)]:
            request = resources("agent see user:ana", consistency=consistency)
            self.assertEqual("direct" in found_resources(self.look_up(request)), is_there)

    def test_more_debugging_changes_no_answer(self):
        request = resources("agent see user:ben", with_debug=True)
        self.assertEqual(found_resources(self.look_up(request)), {"trial": "depends on tier"})


class ResourcesInPages(LookupsCase):
    def setUp(self) -> None:
        super().setUp()
        self.ids = sorted(f"many-{number * 7919 % 1000:03}" for number in range(100))
        self.touch(*(f"agent:{one}#viewer@user:max" for one in self.ids[:50]))
        self.touch(*(f"agent:{one}#viewer@group:maxes#member" for one in self.ids[25:]), "group:maxes#member@user:max")
        self.ids = sorted([*self.ids, "public"])
        self.context = {"tier": "none"}

    def pages(self, limit: int, **fields):
        """The ids, page by page, each asked for with the last one's cursor."""
        cursor = None
        while True:
            request = resources("agent see user:max", self.context, optional_limit=limit, **fields)
            if cursor:
                request.optional_cursor.CopyFrom(cursor)
            responses = self.look_up(request)
            if not responses:
                return
            self.assertLessEqual(len(responses), limit)
            cursor = responses[-1].after_result_cursor
            yield [response.resource_object_id for response in responses]

    def test_pages_are_the_whole_in_order_of_ids(self):
        for limit in [1, 3, 101, 1000]:
            with self.subTest(limit):
                self.assertEqual([one for page in self.pages(limit) for one in page], self.ids)

    def test_what_is_written_meanwhile_changes_no_page(self):
        found = []
        for number, page in enumerate(self.pages(9)):
            found += page
            self.touch(f"agent:{page[-1]}-new#viewer@user:max", f"agent:zz-{number}#viewer@user:max")
            self.delete(f"agent:{self.ids[-2 - number]}#viewer@group:maxes#member")
            if number == 5:
                self.write_schema(SCHEMA.replace("see = viewer - banned", "see = nil"))
        self.assertEqual(found, self.ids)

    def test_a_cursor_outlives_a_restart(self):
        pages = self.pages(30)
        found = next(pages)
        self.restart()
        self.assertEqual([*found, *(one for page in pages for one in page)], self.ids)

    def test_a_cursor_belongs_to_its_call(self):
        text, limit = "agent see user:max", {"optional_limit": 2}
        request = resources(text, self.context, **limit)
        cursor = {"optional_cursor": self.look_up(request)[-1].after_result_cursor}
        latest = Consistency(minimize_latency=True)
        for other in [
            resources("agent see user:ana", self.context, **limit, **cursor),
            resources("agent below user:max", self.context, **limit, **cursor),
            resources("group member user:max", self.context, **limit, **cursor),
            resources(text, self.context, optional_limit=3, **cursor),
            resources(text, self.context, **cursor),
            resources(text, **limit, **cursor),
            resources(text, self.context, **limit, **cursor, consistency=latest),
            resources(text, self.context, **limit, optional_cursor=Cursor(token="garbage")),
        ]:
            with self.subTest(str(other)):
                self.assert_fails(INVALID, lambda: self.look_up(other), "INVALID_CURSOR")
        again = resources(text, self.context, **limit, **cursor)
        self.assertEqual(list(found_resources(self.look_up(again))), self.ids[2:4])


class Subjects(LookupsCase):
    def test_each_subject_is_found_once_with_what_it_depends_on(self):
        for text, context, expected in SUBJECTS:
            with self.subTest(f"{text} {context}"):
                responses = self.look_up(subjects(text, context))
                self.assertEqual(found_subjects(responses), expected)
                self.assertEqual(len(responses), len([one for one in expected if not one.startswith("not ")]))

    def test_the_deprecated_fields_say_the_same(self):
        for text, context, _ in SUBJECTS:
            for response in self.look_up(subjects(text, context)):
                found = response.subject
                self.assertEqual(response.subject_object_id, found.subject_object_id)
                self.assertEqual(said(response), said(found))
                self.assertEqual(response.HasField("partial_caveat_info"), found.HasField("partial_caveat_info"))
                excluded = [one.subject_object_id for one in response.excluded_subjects]
                self.assertEqual(list(response.excluded_subject_ids), excluded)
                self.assertTrue(response.looked_up_at.token)

    def test_lookups_say_what_checks_say(self):
        asked = ["ana", "ben", "eve", "nobody-knows"]
        for agent in ["direct", "group", "public", "paid", "trial", "grandchild"]:
            for context in [None, {"hour": 8}, {"tier": "free"}]:
                items = []
                for who in asked:
                    item = CheckBulkPermissionsRequestItem(
                        resource=reference(f"agent:{agent}"), permission="see", subject=subject(f"user:{who}")
                    )
                    if context is not None:
                        item.context.CopyFrom(struct(context))
                    items.append(item)
                request = CheckBulkPermissionsRequest(consistency=FULLY_CONSISTENT, items=items)
                pairs = self.client.CheckBulkPermissions(request).pairs
                denied = CheckPermissionResponse.PERMISSIONSHIP_NO_PERMISSION
                allowed = {who for who, pair in zip(asked, pairs) if pair.item.permissionship != denied}
                found = found_subjects(self.look_up(subjects(f"agent:{agent} see user", context)))
                everyone = {who for who in asked if "*" in found and found.get(f"not {who}") != "yes"}
                self.assertEqual(everyone | (set(asked) & set(found)), allowed, f"agent:{agent} {context}")
                for who in asked:
                    reached = found_resources(self.look_up(resources(f"agent see user:{who}", context)))
                    self.assertEqual(agent in reached, who in allowed, f"agent:{agent} {who} {context}")


class Errors(LookupsCase):
    def test_resources(self):
        no_relation = "UNKNOWN_RELATION_OR_PERMISSION"
        for request, code, reason, metadata in [
            (resources("robot see user:ana"), UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            (resources("agent fly user:ana"), UNMET, no_relation, {"relation_or_permission_name": "fly"}),
            (resources("agent see robot:r2"), UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            (resources("agent see group:ops#boss"), UNMET, no_relation, {"definition_name": "group"}),
            (resources("agent see user:*"), INVALID, "WILDCARD_NOT_ALLOWED", {"field": "subject_id"}),
            (
                resources("agent see user:*", optional_limit=1001),
                *(INVALID, "EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT"),
                {"limit_provided": "1001", "maximum_limit_allowed": "1000"},
            ),
            (
                resources("agent see user:ana", {"tier": 7}),
                *(INVALID, "CAVEAT_PARAMETER_TYPE_ERROR"),
                {"caveat_name": "in_tier", "parameter_name": "tier"},
            ),
            (resources("agent see user:a#b#c"), INVALID, "", {}),
            (resources("Agent see user:ana"), INVALID, "", {}),
            (LookupResourcesRequest(), INVALID, "", {}),
        ]:
            with self.subTest(str(request)[:200]):
                self.assert_fails(code, lambda: self.look_up(request), reason, **metadata)

    def test_subjects(self):
        no_relation = "UNKNOWN_RELATION_OR_PERMISSION"
        for request, code, reason, metadata in [
            (subjects("robot:r2 see user"), UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            (subjects("agent:a fly user"), UNMET, no_relation, {"relation_or_permission_name": "fly"}),
            (subjects("agent:a see robot"), UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            (subjects("agent:a see group#boss"), UNMET, no_relation, {"definition_name": "group"}),
            (
                subjects("agent:paid see user", {"tier": 7}),
                *(INVALID, "CAVEAT_PARAMETER_TYPE_ERROR"),
                {"caveat_name": "in_tier", "parameter_name": "tier"},
            ),
            (subjects("agent:a see user", {"tier": "x" * 5000}), INVALID, "", {}),
            (subjects("agent:a see user", optional_cursor=Cursor(token="garbage")), INVALID, "INVALID_CURSOR", {}),
            (subjects("agent:é see user"), INVALID, "", {}),
            (subjects("agent:a see User"), INVALID, "", {}),
            (LookupSubjectsRequest(), INVALID, "", {}),
        ]:
            with self.subTest(str(request)[:200]):
                self.assert_fails(code, lambda: self.look_up(request), reason, **metadata)

    def test_an_erring_caveat_is_named(self):
        caveat = "caveat div(xxx int) { 10 / xxx == 1 }"
        self.write_schema(f"{SCHEMA}{caveat}\ndefinition doc {{\nrelation own: user with div\n}}")
        self.grant(granting("doc:a#own@user:ana", "div"))
        for request in [resources("doc own user:ana", {"xxx": 0}), subjects("doc:a own user", {"xxx": 0})]:
            self.assert_fails(INVALID, lambda: self.look_up(request), "CAVEAT_EVALUATION_ERROR", caveat_name="div")
