"""The old backend, as far as it matters here: it knows only who was granted what, in which account."""

import asyncio
import json
from dataclasses import dataclass

from wire import HEAD_BYTES_MAX, Message, answer, read_message


@dataclass(frozen=True)
class Grant:
    account: str
    who: str
    kind: str
    selector: str


class Legacy:
    """Listens on a port of its own, and keeps every byte that it was sent."""

    def __init__(self):
        self.grants: set[Grant] = set()
        self.received: list[Message] = []
        # Answers everything with 503.
        self.is_down = False
        # Nothing is answered unless it is set.
        self.is_answering = asyncio.Event()
        self.is_answering.set()
        self._connections: set[asyncio.Task] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def verbs(self) -> list[str]:
        """What it was asked, in order, since the last time that this was called."""
        verbs = [message.path.rsplit("/", 1)[1] for message in self.received]
        self.received.clear()
        return verbs

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.current_task())
        try:
            while request := await read_message(reader):
                self.received.append(request)
                await self.is_answering.wait()
                status, body = (503, {"error": "down"}) if self.is_down else self._answer(request)
                # Spaced as nobody else would, so that it shows whose bytes arrive.
                text = json.dumps(body, separators=(" ,  ", " :  ")).encode()
                writer.write(answer(status, text, ("x-answered-by", "legacy")))
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._connections.discard(asyncio.current_task())

    def _answer(self, request: Message) -> tuple[int, dict]:
        asked = json.loads(request.body)
        principal = asked["principal"]
        account, who = principal["account_id"], principal.get("user_id") or principal.get("service_account_id")
        verb = request.path.rsplit("/", 1)[1]
        if verb == "search":
            mine = (one for one in self.grants if (one.account, one.who) == (account, who))
            return 200, {"items": sorted(one.selector for one in mine if one.kind == asked["filter_resource"])}
        grant = Grant(account, who, asked["resource"]["type"], asked["resource"]["selector"])
        if verb == "grant":
            self.grants.add(grant)
        elif verb == "revoke":
            self.grants.discard(grant)
        elif verb == "check":
            if grant.selector != "*" and grant not in self.grants:
                return 403, {"error": "the old backend says no"}
        else:
            return 404, {"error": f"no such verb: {verb}"}
        return 200, {"success": True}
