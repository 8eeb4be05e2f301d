"""An application that keeps resources in its own database and asks an authorization server who may do what.

Each use case makes the calls of the real application, in its order, with its ways to go on after a failure.
"""

import uuid
from collections.abc import Awaitable, Callable

from database import Database, DuplicateError, Row
from provider import ApplicationError, DeniedError, NotFoundError, Operation, Principal, Provider, UnavailableError
from provider import resource

# What is stored of the principal that a schedule runs as.
STORED_OF_CREATOR = ("principal_type", "user_id", "service_account_id", "account_id")
ANY_AGENT = resource("agent", "*")
ANY_TASK = resource("task", "*")


class Killed(BaseException):
    """The application's process ends here: nothing of it runs any more, no compensation either."""


async def _go_on(_: Row) -> None:
    pass


def has_creator(principal: Principal) -> bool:
    """Whether somebody can own what is created."""
    return bool(principal and (principal.get("user_id") or principal.get("service_account_id")))


class Application:
    """One pod."""

    def __init__(self, provider: Provider, database: Database):
        self.provider = provider
        self.database = database
        # Awaited between registering a resource and storing it.
        self.before_storing: Callable[[Row], Awaitable[None]] = _go_on
        # What starts a schedule; its error is the test's.
        self.start_schedule: Callable[[Row], Awaitable[None]] = _go_on
        # Failures that were logged and no more, as in `deregister agent:…`.
        self.swallowed: list[str] = []

    # Agents.

    async def register_agent(self, name: str, principal: Principal, *, body_principal: Principal = None) -> Row:
        """A pod says that it is there. It may come without a principal, or with one in its manifest."""
        principal = principal or body_principal
        if not has_creator(principal):
            return self.database.agent_named(name) or self._store("agent", Row(_new_id(), name))
        return await self.register_build(name, principal)

    async def register_build(self, name: str, principal: Principal) -> Row:
        """Makes an agent, or adopts the one of that name."""
        await self.provider.check(principal, ANY_AGENT, Operation.CREATE)
        row = self.database.agent_named(name) or await self._create_agent(name, principal)
        await self.provider.grant(principal, resource("agent", row.id))
        return row

    async def _create_agent(self, name: str, principal: Principal) -> Row:
        row = Row(_new_id(), name)
        await self.provider.register(principal, resource("agent", row.id), None)
        try:
            await self.before_storing(row)
            return self._store("agent", row)
        except Exception as error:
            await self._swallow("deregister", principal, resource("agent", row.id))
            if isinstance(error, DuplicateError):
                return self.database.agent_named(name)
            raise

    async def agent(self, agent_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("agent", agent_id), Operation.READ)
        return self._row("agent", agent_id)

    async def agent_named(self, name: str, principal: Principal) -> Row:
        row = self.database.agent_named(name)
        if row is None:
            raise NotFoundError(f"there is no agent {name}")
        return await self.agent(row.id, principal)

    async def agents(self, principal: Principal) -> list[str]:
        return await self._visible("agent", principal)

    async def delete_agent(self, agent_id: str, principal: Principal) -> None:
        await self._delete("agent", agent_id, principal)

    # Tasks.

    async def create_task(self, agent_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("agent", agent_id), Operation.EXECUTE)
        await self.provider.check(principal, ANY_TASK, Operation.CREATE)
        return await self._create_task(agent_id, principal)

    async def _create_task(self, agent_id: str, principal: Principal) -> Row:
        row = Row(_new_id(), agent_id=agent_id)
        of = resource("task", row.id)
        await self.provider.register(principal, of, resource("agent", agent_id))
        try:
            await self.before_storing(row)
            self._store("task", row)
        except Exception:
            # Not guarded: if this fails as well, its error is the one that is told.
            await self.provider.deregister(principal, of)
            raise
        try:
            await self.provider.grant_with_retry(principal, of)
        except UnavailableError:
            raise
        except ApplicationError:
            row.status = "failed"
            raise
        return row

    async def task(self, task_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("task", task_id), Operation.READ)
        return self._row("task", task_id)

    async def tasks(self, principal: Principal) -> list[str]:
        return await self._visible("task", principal)

    async def send_message(self, task_id: str, principal: Principal) -> None:
        await self._require(principal, resource("task", task_id), Operation.UPDATE)

    async def cancel_task(self, task_id: str, principal: Principal) -> None:
        await self._require(principal, resource("task", task_id), Operation.CANCEL)
        self._row("task", task_id).status = "cancelled"

    async def track_task(self, task_id: str, principal: Principal) -> None:
        await self._require(principal, resource("task", task_id), Operation.EXECUTE)

    async def delete_task(self, task_id: str, principal: Principal) -> None:
        await self._delete("task", task_id, principal)

    # API keys.

    async def create_api_key(self, agent_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("agent", agent_id), Operation.UPDATE)
        row = Row(_new_id(), agent_id=agent_id)
        await self.provider.register(principal, resource("api_key", row.id), resource("agent", agent_id))
        # Nothing is made undone if this fails.
        await self.before_storing(row)
        return self._store("api_key", row)

    async def api_key(self, key_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("api_key", key_id), Operation.READ)
        return self._row("api_key", key_id)

    async def api_keys(self, principal: Principal) -> list[str]:
        return await self._visible("api_key", principal)

    async def delete_api_key(self, key_id: str, principal: Principal) -> None:
        of = resource("api_key", key_id)
        await self._require(principal, of, Operation.DELETE)
        self.database.delete("api_key", key_id)
        await self._swallow("deregister", principal, of)

    # Schedules.

    async def create_schedule(self, agent_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("agent", agent_id), Operation.UPDATE)
        creator = {key: principal.get(key) for key in STORED_OF_CREATOR}
        row = Row(f"run-schedule::{agent_id}::{_new_id()}", agent_id=agent_id, creator=creator)
        of = resource("schedule", row.id)
        self._store("schedule", row)
        is_registered = is_granted = False
        try:
            await self.provider.register(principal, of, resource("agent", agent_id))
            is_registered = True
            await self.before_storing(row)
            await self.provider.grant(principal, of)
            is_granted = True
            await self.start_schedule(row)
        except Exception:
            if is_granted:
                await self._swallow("revoke", principal, of)
            if is_registered:
                await self._swallow("deregister", principal, of)
            self.database.delete("schedule", row.id)
            raise
        return row

    async def schedule(self, schedule_id: str, principal: Principal) -> Row:
        await self._require(principal, resource("schedule", schedule_id), Operation.READ)
        return self._row("schedule", schedule_id)

    async def schedules(self, principal: Principal) -> list[str]:
        return await self._visible("schedule", principal)

    async def pause_schedule(self, schedule_id: str, principal: Principal) -> None:
        await self._require(principal, resource("schedule", schedule_id), Operation.UPDATE)

    async def delete_schedule(self, schedule_id: str, principal: Principal) -> None:
        of = resource("schedule", schedule_id)
        await self._require(principal, of, Operation.DELETE)
        self.database.delete("schedule", schedule_id)
        await self._swallow("revoke", principal, of)
        await self._swallow("deregister", principal, of)

    async def fire_schedule(self, schedule_id: str) -> str:
        """Runs a schedule as its creator. What it raises, the worker tries again."""
        row = self._row("schedule", schedule_id)
        try:
            await self.provider.check(row.creator, resource("agent", row.agent_id), Operation.EXECUTE)
            await self.provider.check(row.creator, ANY_TASK, Operation.CREATE)
            task = await self._create_task(row.agent_id, row.creator)
            await self.provider.check(row.creator, resource("task", task.id), Operation.UPDATE)
        except DeniedError:
            return "skipped: permission denied"
        return f"ran {task.id}"

    # What the use cases have in common.

    async def _require(self, principal: Principal, of: dict, operation: Operation) -> None:
        """Tells those who may not even read a resource that there is none."""
        try:
            await self.provider.check(principal, of, operation)
        except DeniedError as denied:
            if operation is not Operation.READ:
                try:
                    await self.provider.check(principal, of, Operation.READ)
                except DeniedError:
                    pass
                else:
                    raise
            raise NotFoundError(f"there is no {of['type']} {of['selector']}") from denied

    async def _visible(self, table: str, principal: Principal) -> list[str]:
        """The ids of the rows that somebody may see."""
        found = await self.provider.search(principal, table)
        return self.database.ids(table) if found is None else [one for one in self.database.ids(table) if one in found]

    async def _delete(self, table: str, row_id: str, principal: Principal) -> None:
        of = resource(table, row_id)
        await self._require(principal, of, Operation.DELETE)
        self.database.delete(table, row_id)
        await self._swallow("deregister", principal, of)
        await self.provider.revoke(principal, of)

    async def _swallow(self, verb: str, principal: Principal, of: dict) -> None:
        try:
            await getattr(self.provider, verb)(principal, of)
        except ApplicationError:
            self.swallowed.append(f"{verb} {of['type']}:{of['selector']}")

    def _store(self, table: str, row: Row) -> Row:
        self.database.insert(table, row)
        return row

    def _row(self, table: str, row_id: str) -> Row:
        row = self.database.tables[table].get(row_id)
        if row is None:
            raise NotFoundError(f"there is no {table} {row_id}")
        return row


def _new_id() -> str:
    return str(uuid.uuid4())
