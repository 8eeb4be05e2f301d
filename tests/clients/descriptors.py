#!/usr/bin/env python3
"""Compares the descriptors of authzed.api.v1 that arrowroot serves with those of the official Python client.

    pip install authzed==1.25.0 grpcio-reflection
    descriptors.py --endpoint localhost:50051      what a running server tells by gRPC reflection
    descriptors.py --descriptor-set FILE           a serialized google.protobuf.FileDescriptorSet

Every file, message, field, oneof, enum, value, service and method is one comparison; options, comments,
imports, reserved ranges and the order of declarations are left out. Exits with 1 on any difference.
"""

import argparse
import importlib
import importlib.metadata
import pkgutil
import sys

import authzed.api.v1
import grpc
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import status_pb2

PACKAGE = "authzed.api.v1"
REFLECTION_TIMEOUT_S = 10

# The kind and full name of each declaration, and the facts of it that must be equal.
Facts = dict[str, dict[str, object]]

UNPACKABLE = {
    FieldDescriptorProto.TYPE_STRING,
    FieldDescriptorProto.TYPE_BYTES,
    FieldDescriptorProto.TYPE_MESSAGE,
    FieldDescriptorProto.TYPE_GROUP,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our authzed.api.v1 with the official one.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--endpoint", metavar="HOST:PORT", help="a running server with gRPC reflection")
    source.add_argument("--descriptor-set", metavar="FILE", help="a serialized FileDescriptorSet")
    arguments = parser.parse_args()

    print(f"official: authzed {importlib.metadata.version('authzed')}")
    expected_files = official_files()
    if arguments.endpoint:
        actual_files = files_of_server(arguments.endpoint, [file.name for file in expected_files])
    else:
        actual_files = files_of_descriptor_set(arguments.descriptor_set)

    expected, actual = facts_of(expected_files), facts_of(actual_files)
    failed = 0
    for name in sorted(expected | actual):
        difference = difference_of(expected.get(name), actual.get(name))
        if difference:
            failed += 1
            print(f"{name}: {difference}")
    print(f"{len(expected | actual) - failed} passed, {failed} failed")
    return 1 if failed else 0


def official_files() -> list[FileDescriptorProto]:
    """The client's files of the package that declare anything, and the google.rpc.Status that they share."""
    modules = [status_pb2]
    for module in pkgutil.iter_modules(authzed.api.v1.__path__, PACKAGE + "."):
        if module.name.endswith("_pb2"):
            modules.append(importlib.import_module(module.name))
    files = []
    for module in modules:
        file = FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        if file.message_type or file.enum_type or file.service:
            files.append(file)
    return files


def files_of_descriptor_set(path: str) -> list[FileDescriptorProto]:
    """The files of a descriptor set that are compared."""
    with open(path, "rb") as stream:
        files = FileDescriptorSet.FromString(stream.read()).file
    return [file for file in files if file.package == PACKAGE or file.name == status_pb2.DESCRIPTOR.name]


def files_of_server(endpoint: str, names: list[str]) -> list[FileDescriptorProto]:
    """The files of these names, and those of every service of the package, as the server reflects them."""
    # The messages of v1alpha and v1 are the same on the wire.
    from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

    def ask(requests: list[ServerReflectionRequest]) -> list[ServerReflectionResponse]:
        for version in ("v1", "v1alpha"):
            call = channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                request_serializer=ServerReflectionRequest.SerializeToString,
                response_deserializer=ServerReflectionResponse.FromString,
            )
            try:
                return list(call(iter(requests), timeout=REFLECTION_TIMEOUT_S))
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                    sys.exit(f"reflection on {endpoint} failed: {error.code().name}: {error.details()}")
        sys.exit(f"{endpoint} serves no reflection")

    with grpc.insecure_channel(endpoint) as channel:
        [listed] = ask([ServerReflectionRequest(list_services="*")])
        services = [service.name for service in listed.list_services_response.service]
        requests = [ServerReflectionRequest(file_by_filename=name) for name in names]
        for service in services:
            if service.startswith(PACKAGE + "."):
                requests.append(ServerReflectionRequest(file_containing_symbol=service))
        files = {}
        for response in ask(requests):
            # A file that the server does not have is an error response, and shows as missing below.
            for serialized in response.file_descriptor_response.file_descriptor_proto:
                file = FileDescriptorProto.FromString(serialized)
                if file.package == PACKAGE or file.name in names:
                    files[file.name] = file
        return list(files.values())


def facts_of(files: list[FileDescriptorProto]) -> Facts:
    """Every declaration in the files."""
    facts: Facts = {}
    for file in files:
        facts[f"file {file.name}"] = {"package": file.package, "syntax": file.syntax or "proto2"}
        for message in file.message_type:
            facts.update(facts_of_message(file.name, file.package, message))
        for enum in file.enum_type:
            facts.update(facts_of_enum(file.name, file.package, enum))
        for service in file.service:
            service_name = f"{file.package}.{service.name}"
            facts[f"service {service_name}"] = {"file": file.name}
            for method in service.method:
                facts[f"method {service_name}.{method.name}"] = {
                    "input": method.input_type,
                    "output": method.output_type,
                    "client streaming": method.client_streaming,
                    "server streaming": method.server_streaming,
                }
    return facts


def facts_of_message(file_name: str, scope: str, message: DescriptorProto) -> Facts:
    """The message, its fields and oneofs, and what is nested in it."""
    name = f"{scope}.{message.name}"
    facts: Facts = {f"message {name}": {"file": file_name, "map entry": message.options.map_entry}}
    oneofs = [oneof.name for oneof in message.oneof_decl]
    for index, oneof in enumerate(oneofs):
        members = {field.name for field in message.field if in_oneof(field) and field.oneof_index == index}
        facts[f"oneof {name}.{oneof}"] = {"members": sorted(members)}
    for field in message.field:
        facts[f"field {name}.{field.name}"] = {
            "number": field.number,
            "type": FieldDescriptorProto.Type.Name(field.type),
            "type name": field.type_name,
            "label": FieldDescriptorProto.Label.Name(field.label),
            "oneof": oneofs[field.oneof_index] if in_oneof(field) else None,
            "optional": field.proto3_optional,
            "json name": field.json_name or lower_camel_case(field.name),
            "packed": is_packed(field),
            "default": field.default_value,
        }
    for nested in message.nested_type:
        facts.update(facts_of_message(file_name, name, nested))
    for enum in message.enum_type:
        facts.update(facts_of_enum(file_name, name, enum))
    return facts


def facts_of_enum(file_name: str, scope: str, enum: EnumDescriptorProto) -> Facts:
    """The enum and its values."""
    name = f"{scope}.{enum.name}"
    facts: Facts = {f"enum {name}": {"file": file_name}}
    for value in enum.value:
        facts[f"value {name}.{value.name}"] = {"number": value.number}
    return facts


def in_oneof(field: FieldDescriptorProto) -> bool:
    return field.HasField("oneof_index")


def lower_camel_case(name: str) -> str:
    """The JSON name of a field whose descriptor names none."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def is_packed(field: FieldDescriptorProto) -> bool:
    """Whether a proto3 field is written packed: repeated numbers are, unless the file says otherwise."""
    if field.label != FieldDescriptorProto.LABEL_REPEATED or field.type in UNPACKABLE:
        return False
    return field.options.packed if field.options.HasField("packed") else True


def difference_of(expected: dict[str, object] | None, actual: dict[str, object] | None) -> str:
    """What differs in one declaration, in words; empty if nothing does."""
    if actual is None:
        return "missing"
    if expected is None:
        return "not in the official client"
    unequal = [fact for fact in expected if actual[fact] != expected[fact]]
    return "; ".join(f"{fact} is {actual[fact]!r}, not {expected[fact]!r}" for fact in unequal)


if __name__ == "__main__":
    sys.exit(main())
