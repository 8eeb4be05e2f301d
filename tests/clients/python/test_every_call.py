"""Every call that the asynchronous client has, once: none is missing, and each answers."""

import asyncio

from authzed.api.v1 import (
    AsyncClient,
    BulkCheckPermissionRequest,
    BulkExportRelationshipsRequest,
    BulkImportRelationshipsRequest,
    CheckBulkPermissionsRequest,
    ComputablePermissionsRequest,
    DeleteRelationshipsRequest,
    DependentRelationsRequest,
    DiffSchemaRequest,
    ExpandPermissionTreeRequest,
    LookupResourcesRequest,
    LookupSubjectsRequest,
    ReadRelationshipsRequest,
    ReadSchemaRequest,
    ReflectSchemaRequest,
    WatchRequest,
    WriteSchemaRequest,
    experimental_service_pb2 as experimental,
)
from authzed.api.v1.permission_service_pb2 import ExportBulkRelationshipsRequest, ImportBulkRelationshipsRequest
from grpcutil import insecure_bearer_token_credentials

from support import CREATE, FULLY_CONSISTENT, KEY, ServerCase, checking, filtering, relationship, text_of, writing

SCHEMA = """
definition user {}
definition agent {
	relation owner: user
	permission read = owner
}
"""
TIMEOUT_S = 60


class Calls:
    """The client's methods, each remembered once it was called."""

    def __init__(self, client: AsyncClient):
        self.client = client
        self.called: set[str] = set()

    async def __call__(self, name: str, request):
        """What a call answers: a message, or the list of those of a stream."""
        self.called.add(name)
        call = getattr(self.client, name)(request, timeout=TIMEOUT_S)
        if hasattr(call, "__aiter__"):
            return [response async for response in call]
        return await call

    async def first(self, name: str, request):
        """The first response of a stream that has no end."""
        self.called.add(name)
        call = getattr(self.client, name)(request, timeout=TIMEOUT_S)
        response = await anext(aiter(call))
        call.cancel()
        return response

    def all(self) -> set[str]:
        return {name for name, value in vars(self.client).items() if name[0].isupper() and callable(value)}


class EveryCall(ServerCase):
    def test_the_asynchronous_client_calls_them_all(self):
        asyncio.run(self.call_them_all())

    async def call_them_all(self) -> None:
        call = Calls(AsyncClient(self.server.address, insecure_bearer_token_credentials(KEY)))
        await self.change(call)
        await self.ask(call)
        await self.describe(call)
        await self.move(call)
        await self.count(call)
        deleted = await call("DeleteRelationships", DeleteRelationshipsRequest(relationship_filter=filtering("agent")))
        self.assertEqual(deleted.relationships_deleted_count, 5)
        self.assertEqual(call.called, call.all())

    async def change(self, call: Calls) -> None:
        written = await call("WriteSchema", WriteSchemaRequest(schema=SCHEMA))
        self.assertEqual((await call("ReadSchema", ReadSchemaRequest())).schema_text, SCHEMA)
        await call("WriteRelationships", writing(CREATE, "agent:a#owner@user:ana"))
        watched = await call.first("Watch", WatchRequest(optional_start_cursor=written.written_at))
        self.assertEqual([text_of(one.relationship) for one in watched.updates], ["agent:a#owner@user:ana"])

    async def ask(self, call: Calls) -> None:
        question = checking("agent:a#read@user:ana")
        of = {"resource": question.resource, "permission": "read"}
        allowed = (await call("CheckPermission", question)).permissionship
        for name, request in [
            ("CheckBulkPermissions", CheckBulkPermissionsRequest),
            ("BulkCheckPermission", BulkCheckPermissionRequest),
        ]:
            bulk = request(consistency=FULLY_CONSISTENT, items=[{**of, "subject": question.subject}])
            [pair] = (await call(name, bulk)).pairs
            self.assertEqual(pair.item.permissionship, allowed)
        tree = await call("ExpandPermissionTree", ExpandPermissionTreeRequest(consistency=FULLY_CONSISTENT, **of))
        self.assertEqual(tree.tree_root.expanded_relation, "read")
        read = ReadRelationshipsRequest(consistency=FULLY_CONSISTENT, relationship_filter=filtering("agent"))
        self.assertEqual(len(await call("ReadRelationships", read)), 1)
        resources = LookupResourcesRequest(
            consistency=FULLY_CONSISTENT, resource_object_type="agent", permission="read", subject=question.subject
        )
        self.assertEqual([one.resource_object_id for one in await call("LookupResources", resources)], ["a"])
        subjects = LookupSubjectsRequest(consistency=FULLY_CONSISTENT, subject_object_type="user", **of)
        self.assertEqual([one.subject.subject_object_id for one in await call("LookupSubjects", subjects)], ["ana"])

    async def describe(self, call: Calls) -> None:
        at = {"consistency": FULLY_CONSISTENT}
        for name, request in [
            ("ReflectSchema", ReflectSchemaRequest),
            ("ExperimentalReflectSchema", experimental.ExperimentalReflectSchemaRequest),
        ]:
            self.assertEqual(len((await call(name, request(**at))).definitions), 2)
        for name, request in [
            ("ComputablePermissions", ComputablePermissionsRequest),
            ("ExperimentalComputablePermissions", experimental.ExperimentalComputablePermissionsRequest),
        ]:
            answer = await call(name, request(definition_name="agent", relation_name="owner", **at))
            self.assertEqual([one.relation_name for one in answer.permissions], ["read"])
        for name, request in [
            ("DependentRelations", DependentRelationsRequest),
            ("ExperimentalDependentRelations", experimental.ExperimentalDependentRelationsRequest),
        ]:
            answer = await call(name, request(definition_name="agent", permission_name="read", **at))
            self.assertEqual([one.relation_name for one in answer.relations], ["owner"])
        for name, request in [
            ("DiffSchema", DiffSchemaRequest),
            ("ExperimentalDiffSchema", experimental.ExperimentalDiffSchemaRequest),
        ]:
            answer = await call(name, request(comparison_schema=SCHEMA + "\ndefinition task {}", **at))
            self.assertEqual([one.definition_added.name for one in answer.diffs], ["task"])

    async def move(self, call: Calls) -> None:
        async def batches(request, who: str):
            for number in range(2):
                yield request(relationships=[relationship(f"agent:{number}#owner@user:{who}")])

        imports = [
            ("ImportBulkRelationships", ImportBulkRelationshipsRequest, "ben"),
            ("BulkImportRelationships", BulkImportRelationshipsRequest, "cat"),
        ]
        for name, request, who in imports:
            self.assertEqual((await call(name, batches(request, who))).num_loaded, 2)
        for name, request in [
            ("ExportBulkRelationships", ExportBulkRelationshipsRequest),
            ("BulkExportRelationships", BulkExportRelationshipsRequest),
        ]:
            pages = await call(name, request(consistency=FULLY_CONSISTENT))
            self.assertEqual(sum(len(page.relationships) for page in pages), 5)

    async def count(self, call: Calls) -> None:
        register = experimental.ExperimentalRegisterRelationshipCounterRequest(
            name="agents", relationship_filter=filtering("agent")
        )
        await call("ExperimentalRegisterRelationshipCounter", register)
        counted = await call(
            "ExperimentalCountRelationships", experimental.ExperimentalCountRelationshipsRequest(name="agents")
        )
        self.assertEqual(counted.read_counter_value.relationship_count, 5)
        given_up = experimental.ExperimentalUnregisterRelationshipCounterRequest(name="agents")
        await call("ExperimentalUnregisterRelationshipCounter", given_up)
