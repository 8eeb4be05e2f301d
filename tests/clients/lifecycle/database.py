"""The application's own database: tables that know nothing of accounts, shared by all its pods."""

from dataclasses import dataclass, field

from provider import ApplicationError


class DuplicateError(ApplicationError):
    """The name is taken, in whichever account."""

    code = 409


@dataclass
class Row:
    id: str
    name: str = ""
    agent_id: str = ""
    status: str = "ready"
    # What a schedule runs as: the part of the principal that is stored.
    creator: dict = field(default_factory=dict)


class Database:
    def __init__(self):
        self.tables: dict[str, dict[str, Row]] = {"agent": {}, "task": {}, "api_key": {}, "schedule": {}}
        # The error that the next insertion into a table ends with.
        self.failing: dict[str, Exception] = {}

    def insert(self, table: str, row: Row) -> None:
        if table in self.failing:
            raise self.failing.pop(table)
        if table == "agent" and self.agent_named(row.name):
            raise DuplicateError(f"there is an agent {row.name}")
        self.tables[table][row.id] = row

    def delete(self, table: str, row_id: str) -> None:
        self.tables[table].pop(row_id, None)

    def agent_named(self, name: str) -> Row | None:
        return next((row for row in self.tables["agent"].values() if row.name == name), None)

    def ids(self, table: str) -> list[str]:
        return sorted(self.tables[table])
