"""Stands between the application and the server, and breaks what it is told to break."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from wire import HEAD_BYTES_MAX, Message, answer, read_message


class Fault(Enum):
    """What happens to a request."""

    # The connection closes before the server has seen anything.
    DROP_REQUEST = auto()
    # The server answers, and the connection closes before the client has seen it.
    DROP_REPLY = auto()
    # The server answers, and the client waits for it until it gives up.
    HOLD_REPLY = auto()
    # The server answers, and the client gets it once the rule's `released` is set.
    DELAY_REPLY = auto()
    # The client is told that nobody can answer; the server sees nothing.
    UNAVAILABLE = auto()


@dataclass
class Rule:
    path: str
    fault: Fault
    # How many more requests it is for.
    times: int
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Seen:
    """A request that the application has sent, and the status that it was given, if any."""

    path: str
    body: bytes
    status: int | None = None

    def json(self):
        return json.loads(self.body)

    def __str__(self) -> str:
        """As in `check task:* create`."""
        verb = self.path.rsplit("/", 1)[1]
        asked = self.json() if self.body else {}
        if "resource" not in asked:
            return " ".join([verb, *(asked[key] for key in ["filter_resource", "filter_operation"] if key in asked)])
        resource = f"{asked['resource']['type']}:{asked['resource']['selector']}"
        return " ".join([verb, resource, *([asked["operation"]] if "operation" in asked else [])])


class Proxy:
    """Listens on a port of its own. What it forwards, it forwards byte for byte."""

    def __init__(self, upstream: Callable[[], str]):
        """Forwards to what `upstream` says then, so that the server may move."""
        self._upstream = upstream
        self._rules: list[Rule] = []
        self._connections: set[asyncio.Task] = set()
        self.seen: list[Seen] = []
        self.connection_count = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def stop(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def break_next(self, verb: str, fault: Fault, times: int = 1) -> Rule:
        """Breaks the next requests of a verb, `register` for instance."""
        self._rules.append(Rule(f"/v1/authz/{verb}", fault, times))
        return self._rules[-1]

    def calls(self) -> list[str]:
        """What was asked, in order, since the last time that this was called."""
        calls = [str(one) for one in self.seen]
        self.seen.clear()
        return calls

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        self._connections.add(asyncio.current_task())
        upstream = None
        try:
            while request := await read_message(reader):
                seen = Seen(request.path, request.body)
                self.seen.append(seen)
                rule = self._rule_for(request)
                fault = rule.fault if rule else None
                if fault is Fault.DROP_REQUEST:
                    return
                if fault is Fault.UNAVAILABLE:
                    response = Message("HTTP/1.1 503", answer(503, b'{"message":"broken on purpose"}'), b"")
                else:
                    if upstream is None or upstream.address != self._upstream() or upstream.reader.at_eof():
                        upstream = await self._connect(upstream)
                    response = await upstream.ask(request)
                    if response is None:
                        return
                if rule:
                    rule.answered.set()
                if fault is Fault.DROP_REPLY:
                    return
                if fault is Fault.HOLD_REPLY:
                    await reader.read()
                    return
                if fault is Fault.DELAY_REPLY:
                    await rule.released.wait()
                seen.status = int(response.start.split(" ")[1])
                writer.write(response.all_bytes())
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            if upstream:
                upstream.writer.close()
            self._connections.discard(asyncio.current_task())

    def _rule_for(self, request: Message) -> Rule | None:
        rule = next((one for one in self._rules if one.path == request.path and one.times > 0), None)
        if rule:
            rule.times -= 1
        return rule

    async def _connect(self, previous: "Upstream | None") -> "Upstream":
        if previous:
            previous.writer.close()
        address = self._upstream()
        host, port = address.rsplit(":", 1)
        return Upstream(address, *await asyncio.open_connection(host, int(port), limit=HEAD_BYTES_MAX))


@dataclass
class Upstream:
    """A connection to the server."""

    address: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: Message) -> Message | None:
        self.writer.write(request.all_bytes())
        await self.writer.drain()
        return await read_message(self.reader)
