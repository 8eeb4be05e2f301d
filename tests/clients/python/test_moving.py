"""Moving a graph from one server to another by the calls that zed's backups make: both may be SpiceDB or arrowroot."""

from authzed.api.v1 import (
    BulkExportRelationshipsRequest,
    BulkImportRelationshipsRequest,
    ReadSchemaRequest,
)

from support import Server, ServerCase, connect, exactly, granting, relationship, text_of

SCHEMA = """
use expiration

/** whoever asks */
definition user {}

caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}

definition agent {
	relation owner: user | user with in_tier // kept, too
	relation guest: user with expiration
	permission read = owner + guest
}
"""
# What zed sends in one message, and in one transaction.
BATCH, BATCHES = 1_000, 10


class Moving(ServerCase):
    schema = SCHEMA

    def backup(self, client) -> tuple[str, list]:
        """The schema, and relationships at exactly the revision that it was read at."""
        read = client.ReadSchema(ReadSchemaRequest())
        request = BulkExportRelationshipsRequest(consistency=exactly(read.read_at))
        pages = client.BulkExportRelationships(request)
        return read.schema_text, [row for page in pages for row in page.relationships]

    def restore(self, client, rows: list) -> list[int]:
        """Imports them, transaction by transaction, of which the last may be empty; what each has loaded."""
        batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        transactions = [batches[start : start + BATCHES] for start in range(0, len(batches), BATCHES)]
        loaded = []
        for transaction in [*transactions, []]:
            requests = (BulkImportRelationshipsRequest(relationships=batch) for batch in transaction)
            loaded.append(client.BulkImportRelationships(requests).num_loaded)
        return loaded

    def test_a_graph_moves_over_and_back(self):
        self.touch(*(f"agent:a{number}#owner@user:u{number % 7}" for number in range(900)))
        ending = granting("agent:a1#guest@user:zoe")
        ending.optional_expires_at.seconds = 4_102_444_800
        self.grant(granting("agent:a0#owner@user:max", "in_tier", {"tiers": ["pro"]}), ending)
        many = [relationship(f"agent:b{number}#owner@user:u{number % 7}") for number in range(10_100)]
        requests = (BulkImportRelationshipsRequest(relationships=part) for part in [many])
        self.client.BulkImportRelationships(requests)

        schema, rows = self.backup(self.client)
        self.assertEqual(len(rows), 11_002)
        other = Server(self.directory / "other")
        self.addCleanup(other.kill)
        there = connect(other)
        self.client, here = there, self.client
        self.write_schema(schema)
        self.assertEqual(self.restore(there, rows), [10_000, 1_002, 0])
        again = self.backup(there)
        self.assertEqual(again[0], schema)
        self.assertEqual(sorted(again[1], key=text_of), sorted(rows, key=text_of))
        # A token of the one says nothing to the other.
        token = here.ReadSchema(ReadSchemaRequest()).read_at
        self.assert_fails("INVALID_ARGUMENT", lambda: list(self.exported_at(token)))

    def exported_at(self, token):
        return self.client.BulkExportRelationships(BulkExportRelationshipsRequest(consistency=exactly(token)))
