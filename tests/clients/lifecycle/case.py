"""What the tests have in common: servers, pods of the application, and a look into the store."""

import asyncio
import http.client
import json
import shutil
import tempfile
import time
import unittest
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from authzed.api.v1 import InsecureClient, ObjectReference, Relationship, RelationshipUpdate, SubjectReference
from authzed.api.v1 import WatchRequest, WriteRelationshipsRequest
from authzed.api.v1.permission_service_pb2 import ExportBulkRelationshipsRequest

from application import Application
from database import Database
from provider import ApplicationError, DeniedError, Operation, Principal, Provider, resource
from proxy import Proxy
from support import DELETE, FULLY_CONSISTENT, SCHEMAS, START_TIMEOUT_S, TOUCH, Server, text_of

# Long enough for a busy machine; what is waited for comes at once.
WAIT_TIMEOUT_S = 60
POLL_INTERVAL_S = 0.02
LIFECYCLE_FLAGS = (
    "--grpc-no-auth",
    "--datastore-bootstrap-files",
    str(SCHEMAS / "agentex.zed"),
    "--lifecycle-profile",
    str(SCHEMAS / "agentex.yaml"),
    "--http-addr",
    "127.0.0.1:0",
)
OPERATIONS_OF = {
    "agent": [Operation.READ, Operation.UPDATE, Operation.EXECUTE, Operation.DELETE],
    "task": [Operation.READ, Operation.UPDATE, Operation.EXECUTE, Operation.CANCEL, Operation.DELETE],
    "api_key": [Operation.READ, Operation.UPDATE, Operation.DELETE],
    "schedule": [Operation.READ, Operation.UPDATE, Operation.DELETE],
}
# What object ids are made of; every other byte of a selector is escaped.
ID_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_|-=+.:@~,")


def user(name: str, account: str, **more) -> dict:
    """A person's principal, as the identity service gives it."""
    ids = {"principal_type": "user", "user_id": name, "service_account_id": None, "account_id": account}
    return {**ids, "metadata": {}, **more}


def service(name: str, account: str, **more) -> dict:
    """A program's principal."""
    ids = {"principal_type": "service_account", "user_id": None, "service_account_id": name, "account_id": account}
    return {**ids, "metadata": {}, **more}


def new_account(name: str = "acct") -> str:
    """An account that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


def object_id(selector: str) -> str:
    """The object id that stands for a selector in the graph."""
    return "".join(chr(byte) if byte in ID_BYTES else f"%{byte:02X}" for byte in selector.encode())


def replace_file(path: Path, text: str) -> None:
    """Replaces a file's content in one step, as those do who change what is being read."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text)
    beside.replace(path)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        assert self.headers["content-type"].startswith("application/json"), self.headers
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return self.json()["message"]

    @property
    def token(self) -> str | None:
        return self.headers.get("x-consistency-token")


class Wire:
    """One connection, on which bytes are sent as they are given."""

    def __init__(self, server: Server):
        self._connection = http.client.HTTPConnection(server.http_address, timeout=WAIT_TIMEOUT_S)
        self._connection.connect()
        self._socket = self._connection.sock

    def close(self) -> None:
        self._connection.close()

    @property
    def is_kept(self) -> bool:
        """Whether all requests so far went over one connection, and the next will."""
        return self._connection.sock is self._socket

    def send(
        self, path: str, body: bytes | Iterator[bytes] | None = None, method: str = "POST", **headers: str
    ) -> Answer:
        """Headers' underscores stand for hyphens. Without any, the body is said to be JSON."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and "content-type" not in given:
            given["content-type"] = "application/json"
        self._connection.request(method, path, body, {name: value for name, value in given.items() if value})
        response = self._connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())

    def ask(self, verb: str, asked, **headers: str) -> Answer:
        """Sends a body of compact JSON to a verb of /v1/authz."""
        text = json.dumps(asked, separators=(",", ":"), ensure_ascii=False)
        return self.send(f"/v1/authz/{verb}", text.encode(), **headers)

    def register(self, principal: Principal, of: dict, parent: dict | None = None, **headers: str) -> Answer:
        return self.ask("register", {"principal": principal, "resource": of, "parent": parent}, **headers)

    def deregister(self, principal: Principal, of: dict, **headers: str) -> Answer:
        return self.ask("deregister", {"principal": principal, "resource": of}, **headers)

    def grant(self, principal: Principal, of: dict, **headers: str) -> Answer:
        return self.ask("grant", {"principal": principal, "resource": of, "operation": "create"}, **headers)

    def revoke(self, principal: Principal, of: dict, **headers: str) -> Answer:
        return self.ask("revoke", {"principal": principal, "resource": of, "operation": "delete"}, **headers)

    def check(self, principal: Principal, of: dict, operation: str = "read", **headers: str) -> Answer:
        return self.ask("check", {"principal": principal, "resource": of, "operation": operation}, **headers)

    def search(self, principal: Principal, kind: str, operation: str = "read", **headers: str) -> Answer:
        asked = {"principal": principal, "filter_resource": kind, "filter_operation": operation}
        return self.ask("search", asked, **headers)


class Graph:
    """The store behind a server, read and written over gRPC."""

    def __init__(self, server: Server):
        # No key is asked for, and the client wants to send one.
        self._client = InsecureClient(server.address, "none")

    def all(self) -> set[str]:
        """Every relationship that there is."""
        request = ExportBulkRelationshipsRequest(consistency=FULLY_CONSISTENT)
        return {text_of(one) for page in self._client.ExportBulkRelationships(request) for one in page.relationships}

    def edges(self, kind: str, selector: str) -> set[str]:
        """The relationships of an object, on either side."""
        name = f"{kind}:{object_id(selector)}"
        return {one for one in self.all() if one.startswith(f"{name}#") or one.partition("@")[2].split("#")[0] == name}

    def touch(self, *texts: str) -> str:
        """Returns the token of the write."""
        return self._write(TOUCH, texts)

    def delete(self, *texts: str) -> str:
        return self._write(DELETE, texts)

    def changes(self, after: str, until: str) -> list[set[str]]:
        """What was written between two tokens, one set for each transaction, as in `+task:t#owner@user:ana`."""
        signs = {RelationshipUpdate.OPERATION_TOUCH: "+", RelationshipUpdate.OPERATION_DELETE: "-"}
        request = WatchRequest()
        request.optional_start_cursor.token = after
        call = self._client.Watch(request, timeout=WAIT_TIMEOUT_S)
        found = []
        for response in call:
            found.append({signs[one.operation] + text_of(one.relationship) for one in response.updates})
            if response.changes_through.token == until:
                call.cancel()
                return found
        raise AssertionError("the watch has ended")

    def _write(self, operation: int, texts: tuple[str, ...]) -> str:
        updates = [RelationshipUpdate(operation=operation, relationship=parsed(text)) for text in texts]
        return self._client.WriteRelationships(WriteRelationshipsRequest(updates=updates)).written_at.token


def parsed(text: str) -> Relationship:
    """A relationship without a userset, whose ids may hold what texts are split at."""
    kind, rest = text.split(":", 1)
    name, rest = rest.split("#", 1)
    relation, rest = rest.split("@", 1)
    who, who_name = rest.split(":", 1)
    return Relationship(
        resource=ObjectReference(object_type=kind, object_id=name),
        relation=relation,
        subject=SubjectReference(object=ObjectReference(object_type=who, object_id=who_name)),
    )


class SharedServerCase(unittest.TestCase):
    """Tests that share a server, and meet nobody because each has accounts and ids of its own."""

    flags: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = Path(tempfile.mkdtemp(prefix="arrowroot-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.prepare()
        cls.server = Server(cls.directory / "data", *LIFECYCLE_FLAGS, *cls.flags, keys=())
        cls.addClassCleanup(lambda: cls.server.kill())
        cls.graph = Graph(cls.server)

    @classmethod
    def prepare(cls) -> None:
        """Makes what has to be there before the server starts."""

    def setUp(self) -> None:
        self.account = new_account()
        self.wire = self.connect()

    def connect(self) -> Wire:
        wire = Wire(self.server)
        self.addCleanup(wire.close)
        return wire

    def assert_status(self, expected: int, answer: Answer) -> Answer:
        """Errors have a message, successes are what the client's reader of JSON expects."""
        self.assertEqual(answer.status, expected, answer.body[:1000])
        self.assertIsInstance(answer.json() if expected == 200 else answer.message, (dict, str))
        if expected != 200:
            self.assertTrue(answer.message)
        return answer


class LifecycleCase(unittest.IsolatedAsyncioTestCase):
    """Tests that each have a server over an empty store of their own, and the application's first pod before it."""

    flags: tuple[str, ...] = ()

    async def asyncSetUp(self) -> None:
        # unittest turns it on, and it takes most of the time.
        loop = asyncio.get_running_loop()
        loop.set_debug(False)
        # Still on for this very step, in which a server starts.
        loop.slow_callback_duration = START_TIMEOUT_S
        self.directory = Path(tempfile.mkdtemp(prefix="arrowroot-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        await self.prepare()
        self.start()
        self.addCleanup(lambda: self.server.kill())
        self.proxy = Proxy(lambda: self.server.http_address)
        await self.proxy.start()
        self.addAsyncCleanup(self.proxy.stop)
        self.database = Database()
        self.application = self.pod()

    async def prepare(self) -> None:
        """Makes what has to be there before the server starts."""

    def start(self) -> None:
        """Starts the server over the test's store."""
        self.server = Server(self.directory / "data", *LIFECYCLE_FLAGS, *self.flags, keys=())
        self.graph = Graph(self.server)

    def crash(self) -> None:
        """Ends the server without a warning, and starts it again."""
        self.server.kill()
        self.start()

    def pod(self, **options) -> Application:
        """One more pod of the application, over the same database."""
        provider = Provider(self.proxy.address, **options)
        self.addAsyncCleanup(provider.close)
        return Application(provider, self.database)

    @property
    def provider(self) -> Provider:
        return self.application.provider

    async def allowed(self, principal: Principal, kind: str, selector: str) -> set[str]:
        """The operations on a resource that somebody is allowed."""
        found = set()
        for operation in OPERATIONS_OF[kind]:
            try:
                await self.provider.check(principal, resource(kind, selector), operation)
            except DeniedError:
                continue
            found.add(str(operation))
        return found

    async def assert_owned(self, principal: Principal, kind: str, selector: str) -> None:
        """Everything is allowed, and the resource is found."""
        self.assertEqual(await self.allowed(principal, kind, selector), {str(one) for one in OPERATIONS_OF[kind]})
        self.assertIn(selector, await self.provider.search(principal, kind))

    async def assert_hidden(self, principal: Principal, kind: str, *selectors: str) -> None:
        """Nothing is allowed, and the resource is not found."""
        for selector in selectors:
            self.assertEqual(await self.allowed(principal, kind, selector), set(), f"{kind}:{selector}")
        for operation in OPERATIONS_OF[kind]:
            found = await self.provider.search(principal, kind, operation)
            self.assertEqual(set(found) & set(selectors), set(), operation)

    async def assert_raises(self, code: int, action: Awaitable) -> ApplicationError:
        with self.assertRaises(ApplicationError) as caught:
            await action
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception

    async def eventually(self, what: str, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Waits until something is so."""
        end = time.monotonic() + WAIT_TIMEOUT_S
        while not await is_so():
            self.assertLess(time.monotonic(), end, f"{what}, in vain; the server logged:\n{self.server.log()}")
            await asyncio.sleep(POLL_INTERVAL_S)
