"""Starts the built server on a free port, and says requests and errors shortly."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import grpc
from authzed.api.v1 import (
    CheckPermissionRequest,
    CheckPermissionResponse,
    Client,
    Consistency,
    ContextualizedCaveat,
    ObjectReference,
    Relationship,
    RelationshipFilter,
    RelationshipUpdate,
    SubjectFilter,
    SubjectReference,
    WriteRelationshipsRequest,
    WriteSchemaRequest,
    ZedToken,
)
from google.protobuf.struct_pb2 import Struct
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpcutil import insecure_bearer_token_credentials

PACKAGE = Path(__file__).resolve().parents[3]
SCHEMAS = PACKAGE / "schema"
KEY = "a-key-for-tests"

# Long enough for a busy machine; a start takes a fraction of a second.
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30

FULLY_CONSISTENT = Consistency(fully_consistent=True)
CREATE = RelationshipUpdate.OPERATION_CREATE
TOUCH = RelationshipUpdate.OPERATION_TOUCH
DELETE = RelationshipUpdate.OPERATION_DELETE

READY = re.compile(
    r"arrowroot ready grpc=(?P<address>\S+)( http=(?P<http>\S+))? journal=(?P<journal>\S+)( path=(?P<path>.*?))?"
    r" revision=(?P<revision>\d+)( tls=\S+)?"
)


def binary() -> str:
    """The built `arrowroot`."""
    return os.environ["ARROWROOT_BINARY"]


class Server:
    """A running `arrowroot serve`."""

    def __init__(self, directory: Path, *flags: str, keys: Iterable[str] = (KEY,)):
        command = [binary(), "serve", "--grpc-addr", "127.0.0.1:0", "--datastore-path", str(directory)]
        for key in keys:
            command += ["--grpc-preshared-key", key]
        self._log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=self._log, text=True)
        timer = threading.Timer(START_TIMEOUT_S, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        ready = READY.fullmatch(line.strip())
        if not ready:
            self.kill()
            raise AssertionError(f"the server is not ready; it said {line!r} and logged:\n{self.log()}")
        self.address = ready["address"]
        self.http_address = ready["http"]
        self.journal = ready["journal"]
        self.path = ready["path"]
        self.revision = int(ready["revision"])

    def stop(self) -> int:
        """Ends the server as an operator does. Returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server as a crash does."""
        self._end(signal.SIGKILL)

    def log(self) -> str:
        """What the server has logged."""
        self._log.seek(0)
        return self._log.read()

    def _end(self, how: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end; it logged:\n{self.log()}") from None
        finally:
            self.process.stdout.close()


class ServerCase(unittest.TestCase):
    """Tests that each have a server over an empty store of their own, and a client of it."""

    flags: tuple[str, ...] = ()
    schema: str | None = None

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="arrowroot-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.start()
        self.addCleanup(lambda: self.server.kill())
        if self.schema is not None:
            self.write_schema(self.schema)

    def start(self, **arguments) -> None:
        """Starts the server over the test's store, and connects to it."""
        self.server = Server(self.directory / "data", *self.flags, **arguments)
        self.client = connect(self.server)

    def restart(self) -> None:
        """Stops the server and starts it over the same store."""
        self.assertEqual(self.server.stop(), 0)
        self.start()

    def write_schema(self, text: str) -> ZedToken:
        return self.client.WriteSchema(WriteSchemaRequest(schema=text)).written_at

    def write(self, operation: int, *texts: str) -> ZedToken:
        """Writes relationships in one call."""
        return self.client.WriteRelationships(writing(operation, *texts)).written_at

    def touch(self, *texts: str) -> ZedToken:
        return self.write(TOUCH, *texts)

    def delete(self, *texts: str) -> ZedToken:
        return self.write(DELETE, *texts)

    def grant(self, *granted: Relationship, operation: int = TOUCH) -> ZedToken:
        """Writes relationships with conditions or ends in one call."""
        updates = [RelationshipUpdate(operation=operation, relationship=one) for one in granted]
        return self.client.WriteRelationships(WriteRelationshipsRequest(updates=updates)).written_at

    def is_allowed(self, text: str, consistency: Consistency = FULLY_CONSISTENT) -> bool:
        """The answer to a check such as `agent:planner#read@user:ana`."""
        answer = self.client.CheckPermission(checking(text, consistency))
        self.assertTrue(answer.checked_at.token)
        return has_permission(answer.permissionship)

    def assert_allowed(self, *texts: str, consistency: Consistency = FULLY_CONSISTENT) -> None:
        for text in texts:
            self.assertTrue(self.is_allowed(text, consistency), f"{text} is denied")

    def assert_denied(self, *texts: str, consistency: Consistency = FULLY_CONSISTENT) -> None:
        for text in texts:
            self.assertFalse(self.is_allowed(text, consistency), f"{text} is allowed")

    def assert_fails(self, code: str, call: Callable[[], object], reason: str = "", **metadata: str) -> "Failure":
        """Asserts that a call fails with a code, and with an ErrorInfo if a reason is given."""
        failure = failure_of(call)
        self.assertEqual((failure.code, failure.reason), (code, reason), failure.message)
        self.assertEqual({key: failure.metadata.get(key) for key in metadata}, metadata, failure.message)
        self.assertTrue(failure.message)
        return failure


@dataclass
class Failure:
    """How a call failed. The reason is that of its ErrorInfo, without the prefix; empty if it has none."""

    code: str
    message: str
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


def failure_of(call: Callable[[], object]) -> Failure:
    """The failure of a call that has to fail; streams are read to their end."""
    try:
        answer = call()
        if hasattr(answer, "__next__"):
            answer = list(answer)
    except grpc.RpcError as error:
        return failure(error)
    raise AssertionError(f"the call did not fail: {answer}")


def failure(error: grpc.RpcError) -> Failure:
    found = Failure(error.code().name, error.details())
    trailers = dict(error.trailing_metadata() or ())
    serialized = trailers.get("grpc-status-details-bin")
    if serialized:
        status = Status.FromString(serialized)
        assert status.code == error.code().value[0], "the status in the trailer has another code"
        assert status.message == error.details(), "the status in the trailer has another message"
        found.reason, found.metadata = error_info(status)
    return found


def error_info(status: Status) -> tuple[str, dict[str, str]]:
    """The reason and metadata of a status, if it has an ErrorInfo."""
    for detail in status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            assert info.domain == "authzed.com", info.domain
            return info.reason.removeprefix("ERROR_REASON_"), dict(info.metadata)
    return "", {}


def connect(server: Server, key: str = KEY) -> Client:
    return Client(server.address, insecure_bearer_token_credentials(key))


def reference(text: str) -> ObjectReference:
    object_type, object_id = text.split(":", 1)
    return ObjectReference(object_type=object_type, object_id=object_id)


def subject(text: str) -> SubjectReference:
    text, _, relation = text.partition("#")
    return SubjectReference(object=reference(text), optional_relation=relation)


def relationship(text: str) -> Relationship:
    resource, relation, who = parts(text)
    return Relationship(resource=reference(resource), relation=relation, subject=subject(who))


def struct(values: dict) -> Struct:
    made = Struct()
    made.update(values)
    return made


def granting(text: str, caveat: str = "", context: dict | None = None, ends: datetime | None = None) -> Relationship:
    """A relationship under a condition, or with an end."""
    granted = relationship(text)
    if caveat:
        granted.optional_caveat.CopyFrom(ContextualizedCaveat(caveat_name=caveat, context=struct(context or {})))
    if ends:
        granted.optional_expires_at.FromDatetime(ends)
    return granted


def text_of(found: Relationship) -> str:
    """The text form of a relationship."""
    who = f"{found.subject.object.object_type}:{found.subject.object.object_id}"
    if found.subject.optional_relation:
        who += f"#{found.subject.optional_relation}"
    return f"{found.resource.object_type}:{found.resource.object_id}#{found.relation}@{who}"


def parts(text: str) -> tuple[str, str, str]:
    resource, rest = text.split("#", 1)
    relation, who = rest.split("@", 1)
    return resource, relation, who


def writing(operation: int, *texts: str, **fields) -> WriteRelationshipsRequest:
    updates = [RelationshipUpdate(operation=operation, relationship=relationship(text)) for text in texts]
    return WriteRelationshipsRequest(updates=updates, **fields)


def checking(text: str, consistency: Consistency | None = FULLY_CONSISTENT) -> CheckPermissionRequest:
    resource, permission, who = parts(text)
    return CheckPermissionRequest(
        consistency=consistency, resource=reference(resource), permission=permission, subject=subject(who)
    )


def has_permission(permissionship: int) -> bool:
    """Whether an answer is a yes; it may only be a yes or a no."""
    named = CheckPermissionResponse.Permissionship.Name(permissionship)
    return {"PERMISSIONSHIP_HAS_PERMISSION": True, "PERMISSIONSHIP_NO_PERMISSION": False}[named]


def at_least(token: ZedToken) -> Consistency:
    return Consistency(at_least_as_fresh=token)


def exactly(token: ZedToken) -> Consistency:
    return Consistency(at_exact_snapshot=token)


def filtering(
    resource_type: str = "",
    *,
    resource_id: str = "",
    prefix: str = "",
    relation: str = "",
    subject_type: str = "",
    subject_id: str = "",
    subject_relation: str | None = None,
) -> RelationshipFilter:
    """A filter; a subject relation of "" means subjects without one."""
    of_subject = None
    if subject_type:
        of_subject = SubjectFilter(subject_type=subject_type, optional_subject_id=subject_id)
        if subject_relation is not None:
            of_subject.optional_relation.CopyFrom(SubjectFilter.RelationFilter(relation=subject_relation))
    return RelationshipFilter(
        resource_type=resource_type,
        optional_resource_id=resource_id,
        optional_resource_id_prefix=prefix,
        optional_relation=relation,
        optional_subject_filter=of_subject,
    )


def agentex() -> str:
    """The schema of agents that we ship."""
    return (SCHEMAS / "agentex.zed").read_text()
