"""Calls of SpiceDB that its library does not offer, made through the one of ReadSchema.

The library's function for ReadSchema decodes a request, hands it to its gRPC client, and encodes the response. What it
is made for stands in four places of this process's memory: the type of the request, which method of the client it
calls, and how request and response are reflected upon. For the time of a call these are changed to those of another
method of one request and one response; the client's code for all methods is in the library. Linux on x86-64 only; the
places are found by the library's symbols.
"""
import os
import struct
import subprocess
from contextlib import contextmanager
from functools import cache

from authzed.api.v1 import experimental_service_pb2 as experimental
from authzed.api.v1 import schema_service_pb2 as schemas

from spicedb_oracle import Method

API = "github.com/authzed/authzed-go/proto/authzed/api/v1."
MESSAGE = ",google.golang.org/protobuf/reflect/protoreflect.ProtoMessage"
DECODING = "main.spicedb_schema_read_schema.func2"
CALLING = "main.spicedb_schema_read_schema.func3"
CALLED = API + "(*schemaServiceClient).ReadSchema"
CODE_BYTES = 512  # more than any of the functions has
LOAD_FIRST = b"\x48\x8d\x05"  # lea rax, [rip + …]: here the type of what is made next
LOAD_REQUEST_TYPE = b"\x4c\x8d\x05"  # lea r8, [rip + …]: the pointer type of the request, in a method of a client
CALL = b"\xe8"
ELEMENT_OFFSET = 48  # of a Go pointer type: what it points to
FUNCTION_OFFSET = 24  # of a Go interface table: its first function, which is ProtoReflect

SERVICES = {"SchemaService": ("schemaServiceClient", schemas),
            "ExperimentalService": ("experimentalServiceClient", experimental)}
NAMES = ["ReflectSchema", "ComputablePermissions", "DependentRelations", "DiffSchema"]


def method_of(service, name):
    module = SERVICES[service][1]
    return Method(f"authzed.api.v1.{service}", getattr(module, f"{name}Request"), getattr(module, f"{name}Response"))


METHODS = {name: method_of("SchemaService", name) for name in NAMES} | {
    f"Experimental{name}": method_of("ExperimentalService", f"Experimental{name}") for name in NAMES}


def call(spicedb, name, request):
    """Calls one of METHODS on a `spicedb_oracle.SpiceDB` of this process; errors are as of its own calls."""
    method = METHODS[name]
    spicedb.known_details.clear()  # what a filter or a text is refused with does not follow from the message
    with redirected(method, name):
        through = Method(method.service, method.request, method.response, "spicedb_schema_read_schema")
        return spicedb.call_unary(through, request)


@contextmanager
def redirected(method, name):
    """Makes ReadSchema be another method, and undoes it."""
    client = SERVICES[method.service.rpartition(".")[2]][0]
    function = f"{API}(*{client}).{name}"
    with open("/proc/self/mem", "r+b", 0) as memory:
        changes = [
            relative(memory, DECODING, LOAD_FIRST, request_type(memory, function)),
            relative(memory, CALLING, call_of(CALLED), address(function)),
            reflection(memory, "ReadSchemaRequest", method.request.DESCRIPTOR.name),
            reflection(memory, "ReadSchemaResponse", method.response.DESCRIPTOR.name),
        ]
        originals = [(at, read(memory, at, len(change))) for at, change in changes]
        try:
            for at, change in changes:
                write(memory, at, change)
            yield
        finally:
            for at, original in originals:
                write(memory, at, original)


def relative(memory, function, instruction, target):
    """The change of an instruction of a function so that its operand, which is relative, is another address."""
    code = read(memory, address(function), CODE_BYTES)
    at = instruction(memory, code) if callable(instruction) else code.index(instruction)
    length = 1 if callable(instruction) else len(instruction)
    operand = address(function) + at + length
    return operand, struct.pack("<i", target - (operand + 4))


def call_of(called):
    """Finds the call of a function among the calls of another."""
    def find(_memory, code):
        start = address(CALLING)
        places = (at for at in range(len(code) - 5) if code[at:at + 1] == CALL)
        return next(at for at in places
                    if start + at + 5 + struct.unpack_from("<i", code, at + 1)[0] == address(called))
    return find


def reflection(memory, message, other):
    """The change of how a message is reflected upon."""
    table = address(f"go:itab.*{API}{message}{MESSAGE}")
    return table + FUNCTION_OFFSET, struct.pack("<Q", address(f"{API}(*{other}).ProtoReflect"))


def request_type(memory, function):
    """The Go type of the request that a method of a client takes."""
    code = read(memory, address(function), CODE_BYTES)
    at = code.index(LOAD_REQUEST_TYPE) + len(LOAD_REQUEST_TYPE)
    pointer_type = address(function) + at + 4 + struct.unpack_from("<i", code, at)[0]
    return struct.unpack("<Q", read(memory, pointer_type + ELEMENT_OFFSET, 8))[0]


def address(symbol):
    return base() + symbols()[symbol]


@cache
def base():
    """Where the library is loaded."""
    with open("/proc/self/maps", encoding="ascii") as maps:
        return min(int(line.partition("-")[0], 16) for line in maps if library() in line)


@cache
def symbols():
    """The offset of every symbol in the library."""
    listing = subprocess.run(["nm", library()], capture_output=True, text=True, check=True).stdout
    lines = (line.split(" ", 2) for line in listing.splitlines() if not line.startswith(" "))
    return {name: int(offset, 16) for offset, _kind, name in lines}


@cache
def library():
    return os.path.realpath(os.environ["SPICEDB_LIBRARY_PATH"])


def read(memory, at, length):
    memory.seek(at)
    return memory.read(length)


def write(memory, at, change):
    memory.seek(at)
    memory.write(change)
