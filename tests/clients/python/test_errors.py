"""What a client is told when a request is wrong: the code, and the ErrorInfo."""

from collections.abc import Callable

from authzed.api.v1 import (
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    CheckPermissionRequest,
    Consistency,
    DeleteRelationshipsRequest,
    ErrorReason,
    LookupResourcesRequest,
    Precondition,
    ReadRelationshipsRequest,
    ReadSchemaRequest,
    RelationshipFilter,
    RelationshipUpdate,
    WriteRelationshipsRequest,
    WriteSchemaRequest,
)
from authzed.api.v1.experimental_service_pb2 import (
    ExperimentalCountRelationshipsRequest,
    ExperimentalRegisterRelationshipCounterRequest,
)

from support import (
    CREATE,
    DELETE,
    TOUCH,
    ServerCase,
    checking,
    failure_of,
    filtering,
    granting,
    reference,
    subject,
    writing,
)

SCHEMA = """
definition user {}
definition group {
	relation member: user | group#member
}
definition document {
	relation viewer: user | group#member
	relation owner: user
	relation reader: user | user:*
	permission view = viewer + owner
}
"""
INVALID, UNMET = "INVALID_ARGUMENT", "FAILED_PRECONDITION"
PARSE, TYPE = "SCHEMA_PARSE_ERROR", "SCHEMA_TYPE_ERROR"
NO_RELATION = "UNKNOWN_RELATION_OR_PERMISSION"


def row(request, code: str, reason: str = "", **metadata: str) -> tuple:
    """A request, and how it fails."""
    return request, code, reason, metadata


def document(member: str) -> str:
    """A schema of one definition with one member, and of users."""
    return f"definition user {{}}\ndefinition document {{\n{member}\n}}"


SCHEMAS = [
    row("definition user", INVALID, PARSE, start_line_number="0"),
    row("definition user {}\ndefinition doc { relation viewer: user }", INVALID, PARSE, start_line_number="1"),
    row("definition us {}", INVALID, PARSE),
    row("definition user {}\ndefinition user {}", INVALID, PARSE, source_code="user"),
    row("use nothing\ndefinition user {}", INVALID, PARSE),
    row("use import\nimport 'x.zed'\n", INVALID, PARSE),
    row(document("permission view = " + "(" * 100_000 + "viewer" + ")" * 100_000), INVALID, PARSE),
    row(document("relation viewer: usr"), UNMET, TYPE, definition_name="usr"),
    row(document("permission view = owner"), UNMET, TYPE, relation_or_permission_name="owner"),
    row(document("relation vie: user\nrelation vie: user"), UNMET, TYPE, relation_or_permission_name="vie"),
    row(document("relation all: user:*\npermission view = all->x1x"), UNMET, TYPE, accessed_relation_name="all"),
    row("definition user {}\ncaveat cav(x int) { x }", INVALID, PARSE, start_line_number="1"),
    row("definition user {}\ncaveat cav(x int) { x == 'a' }", INVALID, PARSE, source_code="x == 'a'"),
    row("definition user {}\ncaveat cav(x int, y int) { x == 1 }", UNMET, TYPE, caveat_name="cav", parameter_name="y"),
    row(document("relation viewer: user with cav"), UNMET, TYPE, caveat_name="cav"),
    row(document("relation viewer: user with expiration"), UNMET, TYPE, caveat_name="expiration"),
    row("definition user {} //" + "x" * 4_200_000, "RESOURCE_EXHAUSTED"),
]

# Changes of the schema above while `document:1#viewer@group:eng#member` is there.
VIEWER = "relation viewer: user | group#member"
CHANGES = [
    row(
        "definition user {}\ndefinition group {\nrelation member: user\n}",
        *(INVALID, TYPE),
        operation="delete_object_definition",
        resource_type="document",
    ),
    row(
        SCHEMA.replace(VIEWER, "").replace("viewer + owner", "owner"),
        *(INVALID, TYPE),
        operation="delete_relation",
        relation="viewer",
    ),
    row(
        SCHEMA.replace(VIEWER, "relation viewer: user"),
        *(INVALID, TYPE),
        operation="remove_allowed_type",
        allowed_type="group#member",
    ),
]


def touching(*texts: str) -> WriteRelationshipsRequest:
    return writing(TOUCH, *texts)


def conditional(*filters: RelationshipFilter) -> WriteRelationshipsRequest:
    conditions = [Precondition(operation=Precondition.OPERATION_MUST_MATCH, filter=filter) for filter in filters]
    return writing(TOUCH, optional_preconditions=conditions)


WRITES = [
    row(touching("robot:r2#owner@user:ana"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(touching("document:1#owner@robot:r2"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(touching("document:1#editor@user:ana"), UNMET, NO_RELATION, relation_or_permission_name="editor"),
    row(touching("document:1#viewer@group:eng#admin"), UNMET, NO_RELATION, definition_name="group"),
    row(touching("document:1#view@user:ana"), INVALID, "CANNOT_UPDATE_PERMISSION", permission_name="view"),
    row(touching("document:1#viewer@group:eng"), INVALID, "INVALID_SUBJECT_TYPE", subject_type="group"),
    row(touching("document:1#owner@user:*"), INVALID, "INVALID_SUBJECT_TYPE", subject_type="user:*"),
    row(
        writing(DELETE, "document:1#owner@document:1"),
        *(INVALID, "INVALID_SUBJECT_TYPE"),
        definition_name="document",
        relation_name="owner",
        subject_type="document",
    ),
    row(
        touching("document:1#owner@user:ana", "document:1#owner@user:ana"),
        *(INVALID, "UPDATES_ON_SAME_RELATIONSHIP"),
        definition_name="document",
        relationship="document:1#owner@user:ana",
    ),
    row(
        touching(*(f"document:{number}#owner@user:ana" for number in range(1001))),
        *(INVALID, "TOO_MANY_UPDATES_IN_REQUEST"),
        update_count="1001",
        maximum_updates_allowed="1000",
    ),
    row(
        conditional(*[filtering("document")] * 1001),
        *(INVALID, "TOO_MANY_PRECONDITIONS_IN_REQUEST"),
        precondition_count="1001",
    ),
    row(conditional(RelationshipFilter()), INVALID, "INVALID_FILTER", filter=""),
    row(conditional(filtering("robot")), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(touching("document:1#owner@user:a b"), INVALID),
    row(touching("document:1#owner@user:"), INVALID),
    row(touching("document:*#owner@user:ana"), INVALID),
    row(touching("document:1#viewer@group:*#member"), INVALID),
    row(touching("document:" + "x" * 1025 + "#owner@user:ana"), INVALID),
    row(touching("Document:1#owner@user:ana"), INVALID),
    row(writing(RelationshipUpdate.OPERATION_UNSPECIFIED, "document:1#owner@user:ana"), INVALID),
    row(WriteRelationshipsRequest(updates=[RelationshipUpdate()]), INVALID),
]

CHECKS = [
    row(checking("robot:r2#view@user:ana"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(checking("document:1#view@robot:r2"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(checking("document:1#edit@user:ana"), UNMET, NO_RELATION, relation_or_permission_name="edit"),
    row(checking("document:1#view@group:eng#admin"), UNMET, NO_RELATION, definition_name="group"),
    row(checking("document:1#@user:ana"), UNMET, NO_RELATION, relation_or_permission_name=""),
    row(checking("document:1#reader@user:*"), INVALID, "WILDCARD_NOT_ALLOWED", field="subject.object_id"),
    row(checking("document:*#view@user:ana"), INVALID),
    row(checking("document:1#view@user:"), INVALID),
    row(checking("document:1#View@user:ana"), INVALID),
    row(CheckPermissionRequest(), INVALID),
]

# For a read and a delete alike.
FILTERS = [
    row(filtering(), INVALID, "INVALID_FILTER", filter=""),
    row(filtering("robot"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(filtering("document", relation="editor"), UNMET, NO_RELATION, relation_or_permission_name="editor"),
    row(filtering("document", resource_id="1", prefix="1"), INVALID, "INVALID_FILTER"),
    row(filtering("document", subject_type="robot"), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
    row(filtering("document", resource_id="*"), INVALID),
    row(filtering("document", resource_id="a b"), INVALID),
]


class Errors(ServerCase):
    schema = SCHEMA

    def setUp(self) -> None:
        super().setUp()
        self.touch("document:1#viewer@group:eng#member")

    def assert_table(self, rows: list[tuple], call: Callable) -> None:
        """Asserts how each request fails, and that the server lives on with the data that it had."""
        for request, code, reason, metadata in rows:
            with self.subTest(str(request)[:200]):
                self.assert_fails(code, lambda: call(request), reason, **metadata)
        self.assert_allowed("document:1#view@group:eng#member")
        self.assertEqual(len(list(self.client.ReadRelationships(reading(filtering("document"))))), 1)

    def test_schemas(self):
        call = lambda text: self.client.WriteSchema(WriteSchemaRequest(schema=text))
        self.assert_table(SCHEMAS, call)

    def test_schemas_that_would_orphan_relationships(self):
        orphan = {"relationship": "document:1#viewer@group:eng#member"}
        rows = [(*changed, metadata | orphan) for *changed, metadata in CHANGES]
        self.assert_table(rows, lambda text: self.client.WriteSchema(WriteSchemaRequest(schema=text)))

    def test_the_message_shows_the_line_and_what_was_meant(self):
        text = "definition user {}\ndefinition doc {\n\trelation viewer: usr\n}"
        failure = failure_of(lambda: self.client.WriteSchema(WriteSchemaRequest(schema=text)))
        self.assertIn("object definition `usr` not found", failure.message)
        self.assertIn("relation viewer: usr", failure.message)
        self.assertIn("did you mean `user`?", failure.message)

    def test_writes(self):
        self.assert_table(WRITES, lambda request: self.client.WriteRelationships(request))

    def test_checks(self):
        self.assert_table(CHECKS, lambda request: self.client.CheckPermission(request))

    def test_reads(self):
        permission = row(filtering("document", relation="view"), UNMET, TYPE)
        self.assert_table([*FILTERS, permission], lambda filter: self.client.ReadRelationships(reading(filter)))
        request = reading(filtering("document"), optional_limit=1001)
        self.assert_fails(
            *("INVALID_ARGUMENT", lambda: self.client.ReadRelationships(request), "EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT"),
            **{"limit_provided": "1001", "maximum_limit_allowed": "1000"},
        )
        self.assert_fails("INVALID_ARGUMENT", lambda: self.client.ReadRelationships(ReadRelationshipsRequest()))

    def test_deletes(self):
        call = lambda filter: self.client.DeleteRelationships(DeleteRelationshipsRequest(relationship_filter=filter))
        self.assert_table(FILTERS, call)

    def test_bulks(self):
        def bulk(*texts: str) -> CheckBulkPermissionsRequest:
            items = []
            for text in texts:
                single = checking(text)
                item = CheckBulkPermissionsRequestItem(
                    resource=single.resource, permission=single.permission, subject=single.subject
                )
                items.append(item)
            return CheckBulkPermissionsRequest(items=items)

        good = "document:1#view@user:ana"
        malformed = lambda: self.client.CheckBulkPermissions(bulk(good, "document:a b#view@user:ana"))
        self.assert_fails("INVALID_ARGUMENT", malformed)
        too_many = lambda: self.client.CheckBulkPermissions(bulk(*[good] * 10_001))
        self.assert_fails(
            *("INVALID_ARGUMENT", too_many, "UNSPECIFIED"),
            **{"check_count": "10001", "maximum_checks_allowed": "10000"},
        )

    def test_consistency(self):
        for consistency in [Consistency(), Consistency(fully_consistent=False), Consistency(minimize_latency=False)]:
            request = CheckPermissionRequest(
                consistency=consistency,
                resource=reference("document:1"),
                permission="view",
                subject=subject("user:ana"),
            )
            self.assert_fails("INTERNAL", lambda: self.client.CheckPermission(request))


class Reasons(ServerCase):
    """One failure for each reason that a server of this kind can give, so that none is forgotten."""

    schema = """
        use expiration
        definition user {}
        caveat div(xxx int) { 10 / xxx == 1 }
        definition document {
            relation parent: document
            relation viewer: user | user with div
            permission view = viewer + parent->view
        }
    """
    flags = ("--dispatch-max-depth", "10")
    # The others are of stores and configurations that arrowroot does not have, or stand for no reason.
    ABSENT = {
        "SERVICE_READ_ONLY",
        "UNKNOWN_CAVEAT",
        "SERIALIZATION_FAILURE",
        "TOO_MANY_CHECKS_IN_REQUEST",
        "INMEMORY_TOO_MANY_CONCURRENT_UPDATES",
        "EMPTY_PRECONDITION",
        "DATASTORE_NOT_MIGRATED",
    }

    def failures(self) -> list[tuple]:
        """What is called, and how it fails."""
        client = self.client
        write, check = client.WriteRelationships, client.CheckPermission
        schema = lambda text: lambda: client.WriteSchema(WriteSchemaRequest(schema=text))
        there = "document:1#viewer@user:ana"
        erring = checking("document:err#view@user:ana")
        erring.context.update({"xxx": 0})
        mistyped = checking("document:err#view@user:ana")
        mistyped.context.update({"xxx": "many"})
        unmet = Precondition(operation=Precondition.OPERATION_MUST_MATCH, filter=filtering("document", resource_id="none"))
        metadata = writing(TOUCH, there)
        metadata.optional_transaction_metadata.update({"note": "x" * 65_000})
        large = granting("document:1#viewer@user:ana", "div", {"xxx": "1" * 25_000})
        counter = ExperimentalRegisterRelationshipCounterRequest(name="all_of", relationship_filter=filtering("document"))
        uncounted = ExperimentalCountRelationshipsRequest(name="none_of")
        many = DeleteRelationshipsRequest(relationship_filter=filtering("document"), optional_limit=2)
        lookup = LookupResourcesRequest(
            resource_object_type="document", permission="view", subject=subject("user:*"), optional_limit=7
        )
        beyond = reading(filtering("document"), optional_limit=1001)
        elsewhere = reading(filtering("document"), optional_limit=7)
        elsewhere.optional_cursor.token = "garbage"
        twice = (there, there)
        return [
            row(schema("definition"), INVALID, "SCHEMA_PARSE_ERROR", start_line_number="0"),
            row(schema("definition doc {\nrelation own: usr\n}"), UNMET, "SCHEMA_TYPE_ERROR", definition_name="usr"),
            row(lambda: check(checking("robot:1#view@user:ana")), UNMET, "UNKNOWN_DEFINITION", definition_name="robot"),
            row(
                lambda: check(checking("document:1#fly@user:ana")),
                *(UNMET, "UNKNOWN_RELATION_OR_PERMISSION"),
                definition_name="document",
                relation_or_permission_name="fly",
            ),
            row(
                lambda: write(writing(TOUCH, *([there] * 1001))),
                *(INVALID, "TOO_MANY_UPDATES_IN_REQUEST"),
                update_count="1001",
                maximum_updates_allowed="1000",
            ),
            row(
                lambda: write(writing(TOUCH, optional_preconditions=[unmet] * 1001)),
                *(INVALID, "TOO_MANY_PRECONDITIONS_IN_REQUEST"),
                precondition_count="1001",
                maximum_updates_allowed="1000",
            ),
            row(
                lambda: write(writing(TOUCH, there, optional_preconditions=[unmet])),
                *(UNMET, "WRITE_OR_DELETE_PRECONDITION_FAILURE"),
                precondition_operation="OPERATION_MUST_MATCH",
                precondition_resource_type="document",
                precondition_resource_id="none",
            ),
            row(
                lambda: write(writing(TOUCH, "document:1#viewer@document:2")),
                *(INVALID, "INVALID_SUBJECT_TYPE"),
                definition_name="document",
                relation_name="viewer",
                subject_type="document",
            ),
            row(
                lambda: check(mistyped),
                *(INVALID, "CAVEAT_PARAMETER_TYPE_ERROR"),
                caveat_name="div",
                parameter_name="xxx",
            ),
            row(
                lambda: write(writing(TOUCH, *twice)),
                *(INVALID, "UPDATES_ON_SAME_RELATIONSHIP"),
                definition_name="document",
                relationship=there,
            ),
            row(
                lambda: write(writing(TOUCH, "document:1#view@user:ana")),
                *(INVALID, "CANNOT_UPDATE_PERMISSION"),
                definition_name="document",
                permission_name="view",
            ),
            row(lambda: check(erring), INVALID, "CAVEAT_EVALUATION_ERROR", caveat_name="div"),
            row(lambda: client.ReadRelationships(elsewhere), INVALID, "INVALID_CURSOR"),
            row(
                lambda: client.DeleteRelationships(many),
                *(INVALID, "TOO_MANY_RELATIONSHIPS_FOR_TRANSACTIONAL_DELETE"),
                limit="2",
            ),
            row(
                lambda: self.grant(large),
                *(INVALID, "MAX_RELATIONSHIP_CONTEXT_SIZE"),
                max_allowed_size="25000",
            ),
            row(
                lambda: write(writing(CREATE, there)),
                *("ALREADY_EXISTS", "ATTEMPT_TO_RECREATE_RELATIONSHIP"),
                relationship=there,
                resource_type="document",
                resource_object_id="1",
                resource_relation="viewer",
                subject_type="user",
                subject_object_id="ana",
            ),
            row(lambda: check(checking("document:0#view@user:eve")), UNMET, "MAXIMUM_DEPTH_EXCEEDED"),
            row(
                lambda: client.ReadRelationships(beyond),
                *(INVALID, "EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT"),
                limit_provided="1001",
                maximum_limit_allowed="1000",
            ),
            row(lambda: client.ReadRelationships(reading(filtering())), INVALID, "INVALID_FILTER", filter=""),
            row(
                lambda: client.ExperimentalRegisterRelationshipCounter(counter),
                *(UNMET, "COUNTER_ALREADY_REGISTERED"),
                counter_name="all_of",
            ),
            row(
                lambda: client.ExperimentalCountRelationships(uncounted),
                *(UNMET, "COUNTER_NOT_REGISTERED"),
                counter_name="none_of",
            ),
            row(lambda: client.LookupResources(lookup), INVALID, "WILDCARD_NOT_ALLOWED", field="subject_id"),
            row(lambda: write(metadata), INVALID, "TRANSACTION_METADATA_TOO_LARGE"),
        ]

    def test_each_reason_is_given_with_its_code_and_facts(self):
        self.touch("document:1#viewer@user:ana")
        self.touch(*(f"document:{number}#parent@document:{number + 1}" for number in range(20)))
        self.grant(granting("document:err#viewer@user:ana", "div"))
        counter = ExperimentalRegisterRelationshipCounterRequest(name="all_of", relationship_filter=filtering("document"))
        self.client.ExperimentalRegisterRelationshipCounter(counter)
        given = set()
        for call, code, reason, metadata in self.failures():
            with self.subTest(reason):
                self.assert_fails(code, call, reason, **metadata)
                given.add(reason)
        known = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}
        self.assertEqual(known - given - self.ABSENT, {"UNSPECIFIED"})


class BeforeAnySchema(ServerCase):
    def test_there_is_nothing_to_ask_for(self):
        self.assert_fails("NOT_FOUND", lambda: self.client.ReadSchema(ReadSchemaRequest()))
        unknown = ("FAILED_PRECONDITION", "UNKNOWN_DEFINITION")
        for call in [
            lambda: self.client.CheckPermission(checking("document:1#view@user:ana")),
            lambda: self.client.WriteRelationships(writing(TOUCH, "document:1#owner@user:ana")),
            lambda: self.client.ReadRelationships(reading(filtering("document"))),
        ]:
            self.assert_fails(unknown[0], call, unknown[1], definition_name="document")


class Cycles(ServerCase):
    schema = """
        definition user {}
        definition folder {
            relation parent: folder
            relation viewer: user
            permission view = viewer + parent->view
            permission hidden = viewer - parent->hidden
        }
    """

    def test_a_circle_is_answered(self):
        self.touch("folder:a#parent@folder:b", "folder:b#parent@folder:a", "folder:b#viewer@user:ana")
        self.assert_allowed("folder:a#view@user:ana")
        self.assert_denied("folder:a#view@user:ben")

    def test_a_circle_of_negation_is_named(self):
        self.touch("folder:a#parent@folder:a", "folder:a#viewer@user:ana")
        failure = failure_of(lambda: self.client.CheckPermission(checking("folder:a#hidden@user:ana")))
        self.assertEqual(failure.code, "FAILED_PRECONDITION")
        self.assertIn("folder:a#hidden", failure.message)
        self.assert_denied("folder:a#hidden@user:ben")


def reading(filter: RelationshipFilter, **fields) -> ReadRelationshipsRequest:
    consistency = Consistency(fully_consistent=True)
    return ReadRelationshipsRequest(consistency=consistency, relationship_filter=filter, **fields)
