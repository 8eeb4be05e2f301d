"""What the answers have to be: who may do what, in plain sets, without a graph."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

# The roles that an operation asks for, by kind. Agents pass on every operation to those who have it on the parent.
ROLES = {
    "agent": {
        "read": {"owner", "editor", "viewer", "executor"},
        "update": {"owner", "editor"},
        "execute": {"owner", "editor", "executor"},
        "delete": {"owner"},
    },
    "task": {
        "read": {"owner", "editor", "viewer"},
        "update": {"owner", "editor"},
        "execute": {"owner"},
        "cancel": {"owner"},
        "delete": {"owner"},
    },
    "api_key": {"read": {"owner", "editor", "viewer"}, "update": {"owner", "editor"}, "delete": {"owner", "editor"}},
}
ROLES["schedule"] = ROLES["api_key"]
# What has to be allowed on the parent agent as well.
ALSO_OF_PARENT = {"read": "read", "update": "update", "delete": "update"}
# What registering below an agent asks of the agent.
ASKED_OF_PARENT = {"agent": "update", "task": "execute", "api_key": "update", "schedule": "update"}


class Who(NamedTuple):
    kind: str
    name: str
    account: str

    @property
    def subject(self) -> tuple[str, str]:
        return (self.kind, self.name)


class Id(NamedTuple):
    kind: str
    selector: str


@dataclass(frozen=True)
class Resource:
    account: str
    parent: Id | None
    # Pairs of a role and a subject.
    roles: frozenset[tuple[str, tuple[str, str]]]

    def has(self, subject: tuple[str, str], roles: set[str]) -> bool:
        return any((role, subject) in self.roles for role in roles)


@dataclass(frozen=True)
class World:
    """Everything at one moment. A change makes another world."""

    resources: dict[Id, Resource] = field(default_factory=dict)
    # Who is deregistered, and whose it was.
    gone: dict[Id, str] = field(default_factory=dict)

    def is_allowed(self, who: Who, of: Id, operation: str) -> bool:
        resource = self.resources.get(of)
        if resource is None or resource.account != who.account or operation not in ROLES[of.kind]:
            return False
        return self._has(who.subject, of, operation)

    def _has(self, subject: tuple[str, str], of: Id | None, operation: str) -> bool:
        resource = self.resources.get(of)
        if resource is None:
            return False
        has_role = resource.has(subject, ROLES[of.kind][operation])
        if of.kind == "agent":
            return has_role or self._has(subject, resource.parent, operation)
        if of.kind == "task":
            return has_role
        return has_role and self._has(subject, resource.parent, ALSO_OF_PARENT[operation])

    def register(self, who: Who, of: Id, parent: Id | None) -> tuple[int, "World"]:
        """The status, and the world after it."""
        if of in self.gone:
            return (409 if self.gone[of] == who.account else 403), self
        registered = self.resources.get(of)
        if registered:
            if registered.account != who.account:
                return 403, self
            is_same = registered.parent == parent and registered.has(who.subject, {"owner"})
            return (200 if is_same else 409), self
        if parent and not self.is_allowed(who, parent, ASKED_OF_PARENT[of.kind]):
            return 403, self
        return 200, self.registered(who, of, parent)

    def registered(self, who: Who, of: Id, parent: Id | None) -> "World":
        """With a resource more, whoever may register it."""
        made = Resource(who.account, parent, frozenset({("owner", who.subject)}))
        return replace(self, resources={**self.resources, of: made})

    def deregister(self, who: Who, of: Id) -> tuple[int, "World"]:
        registered = self.resources.get(of)
        if registered is None:
            return 200, self
        if registered.account != who.account:
            return 403, self
        # Children lose their parent, and stay.
        left = {
            one: replace(resource, parent=None) if resource.parent == of else resource
            for one, resource in self.resources.items()
            if one != of
        }
        return 200, World(left, {**self.gone, of: who.account})

    def grant(self, who: Who, of: Id) -> tuple[int, "World"]:
        registered = self.resources.get(of)
        is_owner = registered and registered.account == who.account and registered.has(who.subject, {"owner"})
        return (200 if is_owner else 403), self

    def revoke(self, who: Who, of: Id) -> tuple[int, "World"]:
        registered = self.resources.get(of)
        if registered and registered.account != who.account:
            return 403, self
        return 200, self.without_role(of, "owner", who.subject)

    def with_role(self, of: Id, role: str, subject: tuple[str, str]) -> "World":
        return self._with(of, lambda roles: roles | {(role, subject)})

    def without_role(self, of: Id, role: str, subject: tuple[str, str]) -> "World":
        return self._with(of, lambda roles: roles - {(role, subject)})

    def _with(self, of: Id, change) -> "World":
        registered = self.resources.get(of)
        if registered is None:
            return self
        changed = replace(registered, roles=frozenset(change(registered.roles)))
        return replace(self, resources={**self.resources, of: changed})
