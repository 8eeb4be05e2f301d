"""What SpiceDB does with relationships that have expired but are still stored; to arrowroot they are absent."""
from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions

from answers import Answer, Difference
from spicedb_oracle import CallError

CREATE = core.RelationshipUpdate.OPERATION_CREATE
ALREADY_EXISTS = 6
TOO_MANY = "partial deletion was not requested"
COMPLETE = "DELETION_PROGRESS_COMPLETE"


def alive_count(spicedb, chosen):
    """How many relationships that have not expired match a filter; none if the filter is refused."""
    request = permissions.ReadRelationshipsRequest(relationship_filter=chosen)
    request.consistency.fully_consistent = True
    try:
        return len(spicedb.call("ReadRelationships", request))
    except CallError:
        return 0


def alive_before(spicedb, step):
    """What a delete can meet; to be asked before it."""
    return alive_count(spicedb, step.request.relationship_filter) if step.method == "DeleteRelationships" else 0


def expiry_difference(spicedb, step, expected, actual, alive):
    """The name under which a difference is forgiven because expired relationships are in the way, or none."""
    if step.method == "DeleteRelationships" and is_count_of_alive(step, expected, actual, alive):
        return Difference("answer", forgiven="SpiceDB deletes and counts expired relationships")
    if step.method == "WriteRelationships" and expected.code == ALREADY_EXISTS:
        expired = [not alive_count(spicedb, filter_of(update.relationship))
                   for update in step.request.updates if update.operation == CREATE]
        # SpiceDB names the first that is stored; arrowroot the first that is alive, if there is one.
        if all(expired) and not actual.code or any(expired) and actual.code == ALREADY_EXISTS:
            return Difference("code", forgiven="SpiceDB does not CREATE over an expired relationship")
    return None


def is_count_of_alive(step, expected: Answer, actual: Answer, alive):
    """Whether arrowroot deleted exactly what had not expired, and SpiceDB met more than that."""
    if actual.code:
        return False
    if step.is_drain:
        return sum(actual.value) == alive and not expected.code and sum(expected.value) > alive
    if actual.value != (COMPLETE, alive):
        return False
    if expected.code:
        return TOO_MANY in expected.message and alive <= step.request.optional_limit
    return expected.value[1] > alive


def filter_of(relationship):
    """The filter that matches just this relationship."""
    resource, subject = relationship.resource, relationship.subject
    chosen = permissions.RelationshipFilter(
        resource_type=resource.object_type, optional_resource_id=resource.object_id,
        optional_relation=relationship.relation)
    chosen.optional_subject_filter.subject_type = subject.object.object_type
    chosen.optional_subject_filter.optional_subject_id = subject.object.object_id
    chosen.optional_subject_filter.optional_relation.relation = subject.optional_relation
    return chosen
