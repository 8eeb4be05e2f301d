"""Just enough of HTTP/1.1 to stand between two ends or to be one: whole messages, as the bytes that they are."""

import asyncio
from dataclasses import dataclass

# A megabyte of selector and what is around it.
HEAD_BYTES_MAX = 1 << 16


@dataclass
class Message:
    """A request or a response, with every byte of it."""

    start: str
    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        """Of a request."""
        return self.start.split(" ")[1]

    @property
    def method(self) -> str:
        """Of a request."""
        return self.start.split(" ")[0]

    @property
    def headers(self) -> list[tuple[str, str]]:
        """In order, with their names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return [(name.lower(), value.strip()) for name, _, value in pairs]

    def header(self, wanted: str) -> str | None:
        return next((value for name, value in self.headers if name == wanted), None)

    def all_bytes(self) -> bytes:
        return self.head + self.body


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next message; none if the other end has closed the connection before one."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    message = Message(head.split(b"\r\n", 1)[0].decode("latin-1"), head, b"")
    try:
        message.body = await _body(reader, message)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message


async def _body(reader: asyncio.StreamReader, message: Message) -> bytes:
    if "chunked" in (message.header("transfer-encoding") or ""):
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            rest = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            body += size + rest
            if rest == b"\r\n":
                return body
    return await reader.readexactly(int(message.header("content-length") or 0))


def answer(status: int, body: bytes, *headers: tuple[str, str]) -> bytes:
    """A response with a JSON body."""
    lines = [f"HTTP/1.1 {status} Scripted", f"content-length: {len(body)}", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
