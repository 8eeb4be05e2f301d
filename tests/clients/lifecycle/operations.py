"""arrowroot.v1.LifecycleService, as those call it who run the application."""

from collections.abc import Iterable

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from provider import resource
from support import Server

SERVICE = "arrowroot.v1.LifecycleService"
CALL_TIMEOUT_S = 60


class Operations:
    """Requests and answers are what they are in JSON. Their messages are those that the server tells of."""

    def __init__(self, server: Server):
        self._channel = grpc.insecure_channel(server.address)
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self._channel))
        self._service = pool.FindServiceByName(SERVICE)

    def close(self) -> None:
        self._channel.close()

    def orphans(
        self, kind: str, living: Iterable[str] | None, account: str = "", older_than_s: int = 0
    ) -> dict[str, str]:
        """The selectors of registered resources that are not alive, and why."""
        selection = {"resource_type": kind, "account": account, "older_than": f"{older_than_s}s"}
        alive = [] if living is None else [{"living": {"selectors": list(living)}}]
        answers = self.call("ListOrphans", {"selection": selection}, *alive)
        return {answer["resource"]["selector"]: answer["reason"].removeprefix("REASON_") for answer in answers}

    def reconcile(self, kind: str, selectors: Iterable[str], older_than_s: int = 0) -> list[str]:
        """Those that were deregistered."""
        asked = {"resources": [resource(kind, one) for one in selectors], "older_than": f"{older_than_s}s"}
        (answer,) = self.call("Reconcile", asked)
        return [one["selector"] for one in answer["deregistered"]]

    def backfill(self, *existing: dict, dry_run: bool = False) -> list[str]:
        """What became of each."""
        (answer,) = self.call("Backfill", {"resources": existing, "dry_run": dry_run})
        return [result["outcome"].removeprefix("OUTCOME_") for result in answer["results"]]

    def call(self, name: str, *requests: dict) -> list[dict]:
        """One answer, or all of a stream."""
        method = self._service.FindMethodByName(name)
        request_class, response_class = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        kinds = {(False, False): "unary_unary", (False, True): "unary_stream", (True, True): "stream_stream"}
        kind = kinds[method.client_streaming, method.server_streaming]
        stub = getattr(self._channel, kind)(
            f"/{SERVICE}/{name}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        messages = [json_format.ParseDict(request, request_class()) for request in requests]
        answer = stub(iter(messages) if method.client_streaming else messages[0], timeout=CALL_TIMEOUT_S)
        answers = answer if method.server_streaming else [answer]
        options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
        return [json_format.MessageToDict(one, **options) for one in answers]


def existing(principal: dict, of: dict, parent: dict | None = None) -> dict:
    """A resource as a backfill has it."""
    owner = {
        "type": principal["principal_type"],
        "id": principal["user_id"] or principal["service_account_id"],
        "account": principal["account_id"],
    }
    row = {"owner": owner, "resource": of}
    return row | ({"parent": parent} if parent else {})
