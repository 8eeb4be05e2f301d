"""The servers that are compared: each answers `call(method, request)` and can be made empty again."""
import collections
import re
import subprocess
import sys
import threading
from pathlib import Path

import grpc
from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas

from questions import IDS, ODD_ID
from spicedb_oracle import METHODS, CallError, error_of, stream_call

HERE = Path(__file__).parent
ARROWROOT = HERE.parent.parent / "target/release/arrowroot"
ARROWROOT_COMMAND = [str(ARROWROOT), "serve", "--grpc-addr", "127.0.0.1:0", "--grpc-no-auth",
                     "--datastore-engine", "memory"]
START_LINES_MAX = 1000
CALL_TIMEOUT_SECONDS = 60
SPICEDB_TIMEOUT_SECONDS = 3


class NoAnswer(Exception):
    """SpiceDB was still busy: on some cycles its work doubles with each of its 50 levels."""


class GrpcServer:
    """A server over gRPC; emptied by deleting its relationships and its schema."""

    timeout_seconds = CALL_TIMEOUT_SECONDS
    is_coherent = True  # whether its lookups have pages and agree with its checks
    leftover_ids = ()  # resources of expired relationships that may be left behind

    def __init__(self, address, key=""):
        self.channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", -1)])
        self.metadata = (("authorization", f"Bearer {key}"),) if key else ()
        self.reset()

    def call(self, name, request):
        method = METHODS[name]
        if not method.function:
            return stream_call(self.channel, name, request, self.metadata, self.timeout_seconds)
        call = self.channel.unary_unary(f"/{method.service}/{name}", method.request.SerializeToString,
                                        method.response.FromString)
        try:
            return call(request, metadata=self.metadata, timeout=self.timeout_seconds, wait_for_ready=True)
        except grpc.RpcError as error:
            raise error_of(error) from None

    def reset(self):
        make_empty(self)

    def close(self):
        self.channel.close()


def make_empty(server):
    """Deletes all relationships and then the schema. They belong to its definitions, except for expired ones:
    these do not keep a definition from being removed, and SpiceDB stores them forever."""
    filters = [permissions.RelationshipFilter(resource_type=name) for name in definition_names(server)]
    filters += [permissions.RelationshipFilter(optional_resource_id=identity) for identity in server.leftover_ids]
    for chosen in filters:
        server.call("DeleteRelationships", permissions.DeleteRelationshipsRequest(relationship_filter=chosen))
    server.call("WriteSchema", schemas.WriteSchemaRequest(schema=""))


def definition_names(server):
    """The definitions of the schema in force; none before the first."""
    try:
        text = server.call("ReadSchema", schemas.ReadSchemaRequest()).schema_text
    except CallError as error:
        if error.code == grpc.StatusCode.NOT_FOUND.value[0]:
            return []
        raise
    return re.findall(r"^\s*definition\s+([\w/]+)", text, re.M)


class OwnServer(GrpcServer):
    """A server that this program starts, on a free port, and ends; restarted when it cannot be emptied."""

    def __init__(self, command):
        self.command = command
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        address = ready_address(self.process.stdout)
        threading.Thread(target=collections.deque, args=(self.process.stdout, 0), daemon=True).start()
        super().__init__(address)

    def reset(self):
        try:
            super().reset()
        except CallError as error:
            print(f"restarting a server that cannot be emptied: {error.message}", flush=True)
            self.close()
            self.start()

    def close(self):
        super().close()
        self.process.kill()
        self.process.wait()


class OwnSpiceDB(OwnServer):
    """A real SpiceDB in a process of its own, which ends when a question takes too long."""

    timeout_seconds = SPICEDB_TIMEOUT_SECONDS
    is_coherent = False
    leftover_ids = (*IDS, ODD_ID)

    def __init__(self, has_details=True):
        options = [] if has_details else ["--no-details"]
        super().__init__([sys.executable, str(HERE / "spicedb_oracle.py"), "--port", "0", *options])

    def call(self, name, request):
        try:
            return super().call(name, request)
        except CallError as error:
            if error.code != grpc.StatusCode.DEADLINE_EXCEEDED.value[0]:
                raise
        self.close()
        self.start()
        raise NoAnswer


def ready_address(output):
    """Waits for the line that says where the server listens: it has `ready` and `grpc=127.0.0.1:PORT`."""
    seen = []
    for line in output:
        found = re.search(r"\bgrpc=(127\.0\.0\.1:\d+)", line)
        if found and "ready" in line:
            return found.group(1)
        seen.append(line)
        if len(seen) > START_LINES_MAX:
            break
    raise SystemExit("the server never said that it is ready:\n" + "".join(seen[-20:]))
