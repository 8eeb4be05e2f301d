"""The asynchronous client, many calls at once."""

import asyncio

from authzed.api.v1 import AsyncClient, ReadRelationshipsRequest
from grpcutil import insecure_bearer_token_credentials

from support import CREATE, KEY, ServerCase, agentex, at_least, checking, filtering, has_permission, text_of, writing

TASKS = 200


class Async(ServerCase):
    schema = agentex()

    def test_writes_checks_and_reads_at_once(self):
        self.touch("tenant:a#member@user:ana")

        async def register(client: AsyncClient, task: int) -> bool:
            texts = [f"task:{task}#tenant@tenant:a", f"task:{task}#owner@user:ana"]
            written_at = (await client.WriteRelationships(writing(CREATE, *texts))).written_at
            answer = await client.CheckPermission(checking(f"task:{task}#cancel@user:ana", at_least(written_at)))
            denied = await client.CheckPermission(checking(f"task:{task}#read@user:ben", at_least(written_at)))
            return has_permission(answer.permissionship) and not has_permission(denied.permissionship)

        async def main() -> None:
            client = AsyncClient(self.server.address, insecure_bearer_token_credentials(KEY))
            answers = await asyncio.gather(*(register(client, task) for task in range(TASKS)))
            self.assertEqual(answers, [True] * TASKS)
            request = ReadRelationshipsRequest(relationship_filter=filtering("task", relation="owner"))
            found = [text_of(answer.relationship) async for answer in client.ReadRelationships(request)]
            self.assertEqual(sorted(found), sorted(f"task:{task}#owner@user:ana" for task in range(TASKS)))

        asyncio.run(main())
        self.assertEqual(self.server.stop(), 0)
        self.start()
        # One revision each for the schema, the membership, and every task.
        self.assertEqual(self.server.revision, TASKS + 2)
