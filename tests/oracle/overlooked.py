"""Checks in which SpiceDB overlooks a caveat or an expiration.

Where a relation admits, say, `user#parent` plainly and `user` only with a condition, SpiceDB may look for
`user:a` as if there were no condition: it then misses a caveated relationship, or finds an expired one. So
it is asked about the same relationships once more, now all of them with a caveat, which is true where
there was none, and with an expiration far ahead.
"""
import re

from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas
from google.protobuf import timestamp_pb2

from answers import observe
from spicedb_oracle import CallError

ALWAYS = "oracle/always"
ALWAYS_TEXT = f"caveat {ALWAYS}(oracle_parameter int) {{\n\toracle_parameter == 1\n}}"
FAR_AHEAD = timestamp_pb2.Timestamp(seconds=4102444800)  # 2100
UPDATES_MAX = 1000


def answer_with_conditions(spicedb, step):
    """What SpiceDB, which holds the data of the case and loses it, answers once all is conditional; or None."""
    try:
        text = read_schema(spicedb)
        rows = all_rows(spicedb, text)
        spicedb.reset()
        spicedb.call("WriteSchema", schemas.WriteSchemaRequest(schema=with_conditions(text)))
        for start in range(0, len(rows), UPDATES_MAX):
            request = permissions.WriteRelationshipsRequest()
            for row in rows[start:start + UPDATES_MAX]:
                request.updates.add(operation=core.RelationshipUpdate.OPERATION_TOUCH,
                                    relationship=with_condition(row))
            spicedb.call("WriteRelationships", request)
    except CallError:
        return None
    return observe(spicedb, step)


def read_schema(spicedb):
    """The schema in SpiceDB's own layout: one line for each relation."""
    return spicedb.call("ReadSchema", schemas.ReadSchemaRequest()).schema_text


def all_rows(spicedb, text):
    """All relationships that have not expired; there is no filter for everything, but each has a definition."""
    rows = []
    for name in re.findall(r"^definition ([\w/]+)", text, re.M):
        request = permissions.ReadRelationshipsRequest()
        request.relationship_filter.resource_type = name
        request.consistency.fully_consistent = True
        rows += [item.relationship for item in spicedb.call("ReadRelationships", request)]
    return rows


def with_conditions(text):
    """A schema in which every allowed type has an expiration and any of the caveats."""
    caveats = [ALWAYS, *re.findall(r"^caveat ([\w/]+)", text, re.M)]

    def conditional(found):
        shapes = dict.fromkeys(name.split(" with ")[0] for name in found[2].split(" | "))
        return found[1] + " | ".join(f"{shape} with {caveat} and expiration"
                                     for shape in shapes for caveat in caveats)

    text = re.sub(r"^(\trelation \w+: )(.*)$", conditional, text, flags=re.M)
    return f"use expiration\n\n{text}\n\n{ALWAYS_TEXT}\n"


def with_condition(row):
    copy = core.Relationship()
    copy.CopyFrom(row)
    copy.optional_expires_at.CopyFrom(FAR_AHEAD)
    if not copy.HasField("optional_caveat"):
        copy.optional_caveat.caveat_name = ALWAYS
        copy.optional_caveat.context.update({"oracle_parameter": 1})
    return copy
