"""What is said around the answers: request ids, the version, and what a call cost."""

from authzed.api.v1 import LookupResourcesRequest, ReadSchemaRequest

from support import FULLY_CONSISTENT, ServerCase, checking, subject

SCHEMA = """
definition user {}
definition agent {
	relation owner: user
	permission read = owner
}
"""
CHECK = "agent:a#read@user:ana"
COST = "io.spicedb.respmeta.dispatchedoperationscount"
VERSION = "io.spicedb.debug.version"


class Metadata(ServerCase):
    schema = SCHEMA

    def trailers(self, *metadata: tuple[str, str]) -> dict[str, str]:
        """The trailers of a check."""
        _, call = self.client.CheckPermission.with_call(checking(CHECK), metadata=metadata)
        return dict(call.trailing_metadata())

    def test_a_request_id_comes_back(self):
        self.assertEqual(self.trailers(("x-request-id", "mine-7"))["x-request-id"], "mine-7")
        given = {self.trailers()["x-request-id"] for _ in range(10)}
        self.assertEqual(len(given), 10)
        self.assertTrue(all(given))

    def test_the_version_is_told_if_asked_for(self):
        self.assertNotIn(VERSION, self.trailers())
        self.assertTrue(self.trailers(("io.spicedb.requestversion", "true"))[VERSION])

    def test_calls_tell_what_they_cost(self):
        self.assertGreaterEqual(int(self.trailers()[COST]), 1)
        _, call = self.client.ReadSchema.with_call(ReadSchemaRequest())
        self.assertEqual(dict(call.trailing_metadata())[COST], "1")
        request = LookupResourcesRequest(
            consistency=FULLY_CONSISTENT,
            resource_object_type="agent",
            permission="read",
            subject=subject("user:ana"),
        )
        stream = self.client.LookupResources(request)
        self.assertEqual(list(stream), [])
        self.assertTrue(dict(stream.trailing_metadata())["x-request-id"])
