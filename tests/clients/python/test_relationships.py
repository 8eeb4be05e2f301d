"""Writing, reading and deleting relationships."""

from authzed.api.v1 import (
    DeleteRelationshipsRequest,
    DeleteRelationshipsResponse,
    Precondition,
    ReadRelationshipsRequest,
    RelationshipFilter,
)
from google.protobuf.struct_pb2 import Struct

from support import CREATE, FULLY_CONSISTENT, TOUCH, ServerCase, filtering, text_of, writing

SCHEMA = """
definition user {}
definition group {
	relation member: user | group#member
}
definition folder {
	relation viewer: user
}
definition document {
	relation parent: folder
	relation viewer: user | user:* | group#member
	relation owner: user
	permission view = viewer + owner
}
"""
RELATIONSHIPS = [
    "document:1#owner@user:ana",
    "document:1#parent@folder:plans",
    "document:1#viewer@group:eng#member",
    "document:1#viewer@user:*",
    "document:1#viewer@user:ana",
    "document:2#viewer@user:ana",
    "document:21#viewer@user:ben",
    "folder:plans#viewer@user:ana",
    "group:eng#member@user:ben",
]

# A filter, and which of the relationships it is for.
FILTERS = [
    (filtering("document"), RELATIONSHIPS[:7]),
    (filtering("document", resource_id="1"), RELATIONSHIPS[:5]),
    (filtering("document", resource_id="9"), []),
    (filtering("document", prefix="2"), RELATIONSHIPS[5:7]),
    (filtering(prefix="p"), RELATIONSHIPS[7:8]),
    (filtering(resource_id="1"), RELATIONSHIPS[:5]),
    (filtering("document", relation="viewer"), RELATIONSHIPS[2:7]),
    (filtering(relation="member"), RELATIONSHIPS[8:]),
    (filtering("document", subject_type="user"), [RELATIONSHIPS[0], *RELATIONSHIPS[3:7]]),
    (filtering("document", subject_type="user", subject_id="ana"), [RELATIONSHIPS[at] for at in (0, 4, 5)]),
    (filtering(subject_type="user", subject_id="ana"), [RELATIONSHIPS[at] for at in (0, 4, 5, 7)]),
    (filtering("document", subject_type="user", subject_id="*"), RELATIONSHIPS[3:4]),
    (filtering("document", subject_type="group"), RELATIONSHIPS[2:3]),
    (filtering("document", subject_type="group", subject_relation="member"), RELATIONSHIPS[2:3]),
    (filtering("document", subject_type="group", subject_relation=""), []),
    (filtering("document", subject_type="user", subject_relation=""), [RELATIONSHIPS[0], *RELATIONSHIPS[3:7]]),
    (filtering("document", relation="parent", subject_type="user"), []),
]


class RelationshipsCase(ServerCase):
    schema = SCHEMA

    def read(self, filter: RelationshipFilter, **fields) -> list[str]:
        request = ReadRelationshipsRequest(consistency=FULLY_CONSISTENT, relationship_filter=filter, **fields)
        return [text_of(answer.relationship) for answer in self.client.ReadRelationships(request)]

    def read_all(self) -> list[str]:
        return sorted(text for name in ["document", "folder", "group"] for text in self.read(filtering(name)))

    def pages(self, filter: RelationshipFilter, limit: int):
        """The pages of a read, each asked for with the last one's cursor."""
        cursor = None
        while True:
            request = ReadRelationshipsRequest(
                consistency=FULLY_CONSISTENT,
                relationship_filter=filter,
                optional_limit=limit,
                optional_cursor=cursor,
            )
            answers = list(self.client.ReadRelationships(request))
            if not answers:
                return
            self.assertLessEqual(len(answers), limit)
            yield [text_of(answer.relationship) for answer in answers]
            cursor = answers[-1].after_result_cursor


class Write(RelationshipsCase):
    def test_create_touch_and_delete(self):
        self.write(CREATE, *RELATIONSHIPS)
        self.assertEqual(self.read_all(), RELATIONSHIPS)
        self.touch(*RELATIONSHIPS)
        self.assertEqual(self.read_all(), RELATIONSHIPS)
        self.delete(*RELATIONSHIPS[1:], "document:9#owner@user:ana")
        self.assertEqual(self.read_all(), RELATIONSHIPS[:1])

    def test_create_of_what_is_there_writes_nothing(self):
        self.touch("document:1#owner@user:ana")
        self.assert_fails(
            *("ALREADY_EXISTS", lambda: self.write(CREATE, "document:2#owner@user:ana", "document:1#owner@user:ana")),
            "ATTEMPT_TO_RECREATE_RELATIONSHIP",
            **{"resource_type": "document", "resource_object_id": "1", "resource_relation": "owner"},
            **{"subject_type": "user", "subject_object_id": "ana", "subject_relation": ""},
            relationship="document:1#owner@user:ana",
        )
        self.assertEqual(self.read_all(), ["document:1#owner@user:ana"])

    def test_a_write_is_whole_or_not_at_all(self):
        for bad in ["document:1#view@user:ana", "document:1#owner@folder:plans", "robot:r2#owner@user:ana"]:
            with self.subTest(bad):
                with self.assertRaises(Exception):
                    self.touch(*RELATIONSHIPS, bad)
                self.assertEqual(self.read_all(), [])

    def test_preconditions_hold_a_write_back(self):
        def conditional(operation: int, filter: RelationshipFilter, *texts: str):
            precondition = Precondition(operation=operation, filter=filter)
            return self.client.WriteRelationships(writing(TOUCH, *texts, optional_preconditions=[precondition]))

        owners = filtering("document", resource_id="1", relation="owner")
        must_match, must_not_match = Precondition.OPERATION_MUST_MATCH, Precondition.OPERATION_MUST_NOT_MATCH
        ana, ben = "document:1#owner@user:ana", "document:1#owner@user:ben"
        self.assert_fails(
            *("FAILED_PRECONDITION", lambda: conditional(must_match, owners, ben)),
            "WRITE_OR_DELETE_PRECONDITION_FAILURE",
            precondition_operation="OPERATION_MUST_MATCH",
            precondition_resource_type="document",
            precondition_resource_id="1",
            precondition_relation="owner",
        )
        conditional(must_not_match, owners, ana)
        failing = lambda: conditional(must_not_match, owners, ben)
        self.assert_fails("FAILED_PRECONDITION", failing, "WRITE_OR_DELETE_PRECONDITION_FAILURE")
        self.assertEqual(self.read_all(), [ana])
        conditional(must_match, owners, ben)
        self.assertEqual(self.read_all(), [ana, ben])

    def test_a_transaction_may_carry_metadata(self):
        metadata = Struct()
        metadata.update({"actor": "ana", "ticket": {"number": 7, "tags": ["a", None, True]}})
        request = writing(TOUCH, "document:1#owner@user:ana", optional_transaction_metadata=metadata)
        self.assertTrue(self.client.WriteRelationships(request).written_at.token)
        metadata.update({"note": "x" * 65_000})
        request.optional_transaction_metadata.CopyFrom(metadata)
        too_large = lambda: self.client.WriteRelationships(request)
        self.assert_fails("INVALID_ARGUMENT", too_large, "TRANSACTION_METADATA_TOO_LARGE")


class Read(RelationshipsCase):
    def setUp(self) -> None:
        super().setUp()
        self.touch(*RELATIONSHIPS)

    def test_every_filter_finds_what_it_is_for(self):
        for filter, expected in FILTERS:
            with self.subTest(filter):
                self.assertEqual(sorted(self.read(filter)), sorted(expected))

    def test_pages_are_the_whole_whatever_is_written_meanwhile(self):
        many = [f"folder:{number:03}#viewer@user:u{number % 7}" for number in range(250)]
        self.touch(*many)
        whole = self.read(filtering("folder"))
        self.assertEqual(sorted(whole), sorted([*many, "folder:plans#viewer@user:ana"]))
        found = []
        for number, page in enumerate(self.pages(filtering("folder"), 20)):
            found += page
            self.touch(f"folder:{number:03}-new#viewer@user:ana")
            self.delete(*{whole[-1 - number], page[-1]})
        self.assertEqual(found, whole)

    def test_a_cursor_outlives_a_restart(self):
        pages = self.pages(filtering("document"), 3)
        found = list(next(pages))
        self.restart()
        for page in pages:
            found += page
        self.assertEqual(sorted(found), RELATIONSHIPS[:7])

    def test_a_cursor_belongs_to_its_call(self):
        request = ReadRelationshipsRequest(
            consistency=FULLY_CONSISTENT, relationship_filter=filtering("document"), optional_limit=2
        )
        cursor = list(self.client.ReadRelationships(request))[-1].after_result_cursor
        other = ReadRelationshipsRequest(
            consistency=FULLY_CONSISTENT,
            relationship_filter=filtering("folder"),
            optional_limit=2,
            optional_cursor=cursor,
        )
        self.assert_fails("INVALID_ARGUMENT", lambda: self.client.ReadRelationships(other), "INVALID_CURSOR")
        request.optional_cursor.token = "garbage"
        self.assert_fails("INVALID_ARGUMENT", lambda: self.client.ReadRelationships(request), "INVALID_CURSOR")


class Delete(RelationshipsCase):
    def setUp(self) -> None:
        super().setUp()
        self.touch(*RELATIONSHIPS)

    def bulk_delete(self, filter: RelationshipFilter, **fields) -> tuple[str, int]:
        request = DeleteRelationshipsRequest(relationship_filter=filter, **fields)
        answer = self.client.DeleteRelationships(request)
        self.assertTrue(answer.deleted_at.token)
        progress = DeleteRelationshipsResponse.DeletionProgress.Name(answer.deletion_progress)
        return progress.removeprefix("DELETION_PROGRESS_"), answer.relationships_deleted_count

    def test_every_filter_deletes_what_it_finds(self):
        for filter, expected in FILTERS:
            with self.subTest(filter):
                self.assertEqual(self.bulk_delete(filter), ("COMPLETE", len(expected)))
                left = [text for text in RELATIONSHIPS if text not in expected]
                self.assertEqual(self.read_all(), left)
                self.touch(*RELATIONSHIPS)

    def test_a_limit_allows_parts(self):
        whole, allowed = filtering("document"), {"optional_allow_partial_deletions": True}
        self.assertEqual(self.bulk_delete(whole, optional_limit=4, **allowed), ("PARTIAL", 4))
        self.assertEqual(len(self.read(whole)), 3)
        self.assertEqual(self.bulk_delete(whole, optional_limit=4, **allowed), ("COMPLETE", 3))
        self.assertEqual(self.bulk_delete(whole, optional_limit=4, **allowed), ("COMPLETE", 0))

    def test_partial_is_said_only_if_something_remains(self):
        whole = filtering("document")
        partial = self.bulk_delete(whole, optional_limit=7, optional_allow_partial_deletions=True)
        self.assertEqual(partial, ("COMPLETE", 7))

    def test_a_limit_forbids_more(self):
        request = DeleteRelationshipsRequest(relationship_filter=filtering("document"), optional_limit=3)
        call = lambda: self.client.DeleteRelationships(request)
        self.assert_fails("INVALID_ARGUMENT", call, "TOO_MANY_RELATIONSHIPS_FOR_TRANSACTIONAL_DELETE", limit="3")
        self.assertEqual(self.read_all(), RELATIONSHIPS)
