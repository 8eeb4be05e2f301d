"""The application's side of the wire: the calls as its HTTP client makes them, and what it makes of the answers."""

import asyncio
import random
import ssl
from enum import StrEnum

import httpx

Principal = dict | None
# What is never passed on of the headers of a request that the application was sent.
NOT_FORWARDED = {"content-length", "host", "connection", "transfer-encoding", "expect"}
GRANT_RETRY_DELAYS_S = (0.2, 0.4, 0.8)
GRANT_RETRY_JITTER_S = 0.1
# Made once: it takes longer than a test, and every client would make its own.
TLS = ssl.create_default_context()


class Operation(StrEnum):
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    EXECUTE = "execute"
    CANCEL = "cancel"


class ApplicationError(Exception):
    """What the application tells its own client, with the status code."""

    code = 500

    def __init__(self, message: str, code: int | None = None):
        super().__init__(message)
        self.code = code or self.code


class UnauthenticatedError(ApplicationError):
    code = 401


class DeniedError(ApplicationError):
    code = 403


class NotFoundError(ApplicationError):
    code = 404


class BadGatewayError(ApplicationError):
    code = 502


class UnavailableError(ApplicationError):
    code = 503


class ServiceError(ApplicationError):
    """Everything else that is wrong; below 500 the application's client is told the code as it is."""


def resource(kind: str, selector: str) -> dict:
    return {"type": kind, "selector": selector}


class Provider:
    """Speaks to the authorization server, over one client with connections that are kept."""

    def __init__(self, address: str, read_timeout_s: float = 30):
        self.http = httpx.AsyncClient(
            base_url=f"http://{address}",
            http2=True,
            verify=TLS,
            follow_redirects=True,
            timeout=httpx.Timeout(connect=10, read=read_timeout_s, write=30, pool=10),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=100, keepalive_expiry=30),
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def authenticate(self, headers: dict[str, str]) -> dict:
        """The principal behind a request's headers. Whatever goes wrong, the request is not authenticated."""
        kept = {name.lower(): value for name, value in headers.items() if name.lower() not in NOT_FORWARDED}
        try:
            return _result(await self.http.post("/v1/authn", headers=kept))
        except (httpx.TransportError, ApplicationError) as error:
            raise UnauthenticatedError(str(error)) from error

    async def check(self, principal: Principal, of: dict, operation: Operation) -> None:
        """Returns if it is allowed."""
        await self._send("check", {"principal": principal, "resource": of, "operation": operation})

    async def search(self, principal: Principal, kind: str, operation: Operation = Operation.READ) -> list[str] | None:
        """The selectors; none if the principal may see everything there is."""
        asked = {"principal": principal, "filter_resource": kind, "filter_operation": operation}
        answer = await self._send("search", asked)
        return None if answer.get("unscoped") is True else answer["items"]

    async def grant(self, principal: Principal, of: dict) -> None:
        await self._send("grant", {"principal": principal, "resource": of, "operation": Operation.CREATE})

    async def grant_with_retry(self, principal: Principal, of: dict) -> None:
        """Tries again if nobody could answer."""
        for delay_s in GRANT_RETRY_DELAYS_S:
            try:
                return await self.grant(principal, of)
            except UnavailableError:
                await asyncio.sleep(delay_s + random.uniform(0, GRANT_RETRY_JITTER_S))
        return await self.grant(principal, of)

    async def revoke(self, principal: Principal, of: dict) -> None:
        await self._send("revoke", {"principal": principal, "resource": of, "operation": Operation.DELETE})

    async def register(self, principal: Principal, of: dict, parent: dict | None) -> None:
        await self._send("register", {"principal": principal, "resource": of, "parent": parent})

    async def deregister(self, principal: Principal, of: dict) -> None:
        await self._send("deregister", {"principal": principal, "resource": of})

    async def _send(self, verb: str, asked: dict) -> dict:
        try:
            response = await self.http.post(f"/v1/authz/{verb}", json=asked)
        except httpx.TransportError as error:
            raise UnavailableError(f"{verb}: {error!r}") from error
        return _result(response)


def _result(response: httpx.Response) -> dict:
    """The body of a success, or the error that the application makes of the answer."""
    if response.status_code == 200:
        try:
            return response.json()
        except ValueError as error:
            raise ServiceError(f"not JSON: {response.text!r}") from error
    try:
        body = response.json()
    except ValueError:
        body = {}
    told = next((body[key] for key in ["message", "error", "detail", "description"] if key in body), response.text)
    known = {401: UnauthenticatedError, 403: DeniedError, 502: BadGatewayError, 503: UnavailableError}
    if response.status_code in known:
        raise known[response.status_code](told)
    raise ServiceError(told, 500 if response.status_code >= 500 else response.status_code)
