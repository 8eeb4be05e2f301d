"""Many relationships at once: in by one stream, out by pages; also under the names that these calls had before."""

from authzed.api.v1 import (
    BulkCheckPermissionRequest,
    BulkCheckPermissionRequestItem,
    BulkExportRelationshipsRequest,
    BulkImportRelationshipsRequest,
    Consistency,
    Cursor,
    RelationshipFilter,
)
from authzed.api.v1.permission_service_pb2 import (
    ExportBulkRelationshipsRequest,
    ImportBulkRelationshipsRequest,
)

from support import (
    FULLY_CONSISTENT,
    ServerCase,
    exactly,
    filtering,
    granting,
    has_permission,
    parts,
    reference,
    relationship,
    subject,
    text_of,
)

SCHEMA = """
use expiration
definition user {}
caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}
definition agent {
	relation owner: user | user with in_tier
	relation guest: user with expiration
	permission read = owner
}
definition task {
	relation agent: agent
	relation owner: user
}
"""
AGENTS, TASKS = 250, 130
# The names of the calls, before and since.
IMPORTS = [
    ("ImportBulkRelationships", ImportBulkRelationshipsRequest),
    ("BulkImportRelationships", BulkImportRelationshipsRequest),
]
EXPORTS = [
    ("ExportBulkRelationships", ExportBulkRelationshipsRequest),
    ("BulkExportRelationships", BulkExportRelationshipsRequest),
]
INVALID, UNMET = "INVALID_ARGUMENT", "FAILED_PRECONDITION"


class BulkCase(ServerCase):
    schema = SCHEMA

    def load(self, *batches, name: str = "ImportBulkRelationships") -> int:
        """Imports batches, and says how many relationships were."""
        request = dict(IMPORTS)[name]
        requests = (request(relationships=batch) for batch in batches)
        return getattr(self.client, name)(requests).num_loaded

    def fill(self) -> list[str]:
        """Imports agents and tasks; their text in order."""
        texts = [f"agent:a{number}#owner@user:u{number % 7}" for number in range(AGENTS)]
        texts += [f"task:t{number}#owner@user:u{number % 3}" for number in range(TASKS)]
        rows = [relationship(text) for text in texts]
        batches = [rows[start : start + 100] for start in range(0, len(rows), 100)]
        self.assertEqual(self.load(*batches), len(texts))
        return sorted(texts)

    def export(self, name: str = "ExportBulkRelationships", **fields) -> list[list[str]]:
        """The pages of one call."""
        fields.setdefault("consistency", FULLY_CONSISTENT)
        request = dict(EXPORTS)[name](**fields)
        return [[text_of(row) for row in page.relationships] for page in getattr(self.client, name)(request)]

    def whole(self, name: str = "ExportBulkRelationships", **fields) -> list[str]:
        return sorted(text for page in self.export(name, **fields) for text in page)


class Import(BulkCase):
    def test_what_is_imported_is_there_and_durable(self):
        for name, _ in IMPORTS:
            with self.subTest(name):
                texts = [f"agent:{name}-{number}#owner@user:ana" for number in range(2500)]
                rows = [relationship(text) for text in texts]
                self.assertEqual(self.load(rows[:1000], rows[1000:2000], rows[2000:], name=name), 2500)
                self.assert_allowed(texts[0], texts[-1])
                self.server.kill()
                self.start()
                self.assert_allowed(texts[0], texts[1234], texts[-1])

    def test_conditions_and_ends_come_along(self):
        rows = [
            granting("agent:a#owner@user:ana", "in_tier", {"tiers": ["pro"]}),
            granting("agent:a#guest@user:ben"),
        ]
        rows[1].optional_expires_at.seconds = 4_102_444_800
        self.assertEqual(self.load(rows), 2)
        for name, request in EXPORTS:
            [page] = getattr(self.client, name)(request(consistency=FULLY_CONSISTENT))
            self.assertEqual(sorted(page.relationships, key=text_of), sorted(rows, key=text_of))

    def test_nothing_is_an_import_too(self):
        self.assertEqual(self.load(), 0)
        self.assertEqual(self.load([], []), 0)

    def test_one_bad_relationship_spoils_all(self):
        self.touch("agent:there#owner@user:ana")
        good = [relationship(f"agent:new{number}#owner@user:ana") for number in range(1500)]
        no_relation = "UNKNOWN_RELATION_OR_PERMISSION"
        for bad, code, reason, metadata in [
            ("agent:there#owner@user:ana", "ALREADY_EXISTS", "ATTEMPT_TO_RECREATE_RELATIONSHIP", {}),
            ("agent:new7#owner@user:ana", "ALREADY_EXISTS", "ATTEMPT_TO_RECREATE_RELATIONSHIP", {}),
            ("robot:a#owner@user:ana", UNMET, "UNKNOWN_DEFINITION", {"definition_name": "robot"}),
            ("agent:a#boss@user:ana", UNMET, no_relation, {"relation_or_permission_name": "boss"}),
            ("agent:a#read@user:ana", INVALID, "CANNOT_UPDATE_PERMISSION", {"permission_name": "read"}),
            ("agent:a#owner@agent:b", INVALID, "INVALID_SUBJECT_TYPE", {"relation_name": "owner"}),
            ("agent:a#owner@user:a b", INVALID, "", {}),
        ]:
            for name, _ in IMPORTS:
                with self.subTest(f"{name} {bad}"):
                    call = lambda: self.load(good[:1000], [*good[1000:], relationship(bad)], name=name)
                    self.assert_fails(code, call, reason, **metadata)
                    self.assertEqual(self.whole(), ["agent:there#owner@user:ana"])


class Export(BulkCase):
    def test_everything_comes_out_once(self):
        texts = self.fill()
        for name, _ in EXPORTS:
            with self.subTest(name):
                self.assertEqual(self.whole(name), texts)
                pages = self.export(name, optional_limit=50)
                self.assertTrue(all(len(page) <= 50 for page in pages))
                self.assertEqual(sorted(text for page in pages for text in page), texts)

    def test_filters_choose(self):
        texts = self.fill()
        for filter, chosen in [
            (filtering("agent"), lambda text: text.startswith("agent:")),
            (filtering("task", relation="owner"), lambda text: text.startswith("task:")),
            (filtering("agent", prefix="a1"), lambda text: text.startswith("agent:a1")),
            (filtering("agent", resource_id="a17"), lambda text: text.startswith("agent:a17#")),
            (filtering(subject_type="user", subject_id="u2"), lambda text: text.endswith("@user:u2")),
            (filtering("task", relation="agent"), lambda text: False),
            (filtering("robot"), lambda text: False),
        ]:
            for name, _ in EXPORTS:
                with self.subTest(f"{name} {filter}"):
                    found = self.whole(name, optional_relationship_filter=filter)
                    self.assertEqual(found, [text for text in texts if chosen(text)])

    def test_a_broken_stream_goes_on_at_its_cursor(self):
        texts = self.fill()
        for name, request in EXPORTS:
            with self.subTest(name):
                found, cursor = [], None
                for number in range(len(texts)):
                    asked = request(consistency=FULLY_CONSISTENT, optional_limit=40)
                    if cursor:
                        asked.optional_cursor.CopyFrom(cursor)
                    stream = getattr(self.client, name)(asked)
                    page = next(stream, None)
                    stream.cancel()
                    if page is None or not page.relationships:
                        break
                    found += [text_of(row) for row in page.relationships]
                    cursor = page.after_result_cursor
                    self.touch(f"agent:meanwhile{number}#owner@user:ana")
                self.assertEqual(sorted(found), texts)
                self.delete(*(text for text in self.whole() if "meanwhile" in text))

    def test_the_past_stays_what_it_was(self):
        before = self.touch("agent:a#owner@user:ana")
        self.delete("agent:a#owner@user:ana")
        for name, _ in EXPORTS:
            self.assertEqual(self.whole(name, consistency=exactly(before)), ["agent:a#owner@user:ana"])
            self.assertEqual(self.whole(name), [])

    def test_errors(self):
        for fields, code, reason, metadata in [
            ({"optional_limit": 10_001}, INVALID, "EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT", {"limit_provided": "10001"}),
            ({"optional_cursor": Cursor(token="garbage")}, INVALID, "INVALID_CURSOR", {}),
            ({"optional_relationship_filter": RelationshipFilter(resource_type="Agent")}, INVALID, "", {}),
            ({"consistency": Consistency(at_exact_snapshot={"token": "garbage"})}, INVALID, "", {}),
        ]:
            for name, _ in EXPORTS:
                with self.subTest(f"{name} {fields}"):
                    self.assert_fails(code, lambda: self.export(name, **fields), reason, **metadata)


class Checks(BulkCase):
    def test_the_former_bulk_check_answers_as_the_present_one(self):
        self.touch("agent:a#owner@user:ana")
        texts = ["agent:a#read@user:ana", "agent:a#read@user:ben", "robot:r2#read@user:ana"]
        items = []
        for text in texts:
            resource, permission, who = parts(text)
            items.append(
                BulkCheckPermissionRequestItem(
                    resource=reference(resource), permission=permission, subject=subject(who)
                )
            )
        answer = self.client.BulkCheckPermission(
            BulkCheckPermissionRequest(consistency=FULLY_CONSISTENT, items=items)
        )
        self.assertTrue(answer.checked_at.token)
        self.assertEqual([pair.request for pair in answer.pairs], items)
        self.assertEqual([pair.WhichOneof("response") for pair in answer.pairs], ["item", "item", "error"])
        self.assertEqual([has_permission(pair.item.permissionship) for pair in answer.pairs[:2]], [True, False])
        self.assertEqual(answer.pairs[2].error.code, 9)
