"""A thousand operations of eight clients in three accounts, in whatever order they come, against a model.

Each client changes resources of its own, so that the model follows it exactly; what the others are told about them has
to be true of some moment while they were asking. Besides, all fight for a few resources. `ARROWROOT_TEST_SEED` repeats
a run's choices, though not its timing.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from case import LifecycleCase, object_id, service, user
from history import Dispute, Event, Log
from model import ASKED_OF_PARENT, ROLES, Id, Who, World
from provider import ApplicationError, Provider, resource

SEED_VARIABLE = "ARROWROOT_TEST_SEED"
OPERATION_COUNT = 1_000
DISPUTE_COUNT = 12
# How often who has changed something looks at it at once.
READ_AFTER_WRITE_RATE = 0.5
CLIENTS = [
    Who("user", "ana", "acct-a"),
    Who("user", "bob", "acct-a"),
    Who("service_account", "ci", "acct-a"),
    # The same people and programs act in a second account.
    Who("user", "ana", "acct-b"),
    Who("service_account", "ci", "acct-b"),
    Who("user", "eve", "acct-b"),
    Who("user", "ci", "acct-c"),
    Who("user", "dan", "acct-c"),
]
ROLES_TO_SHARE = {
    # Who may update an agent could put something below it; that would be two clients' doing.
    "agent": ["viewer", "executor"],
    "task": ["editor", "viewer"],
    "api_key": ["editor", "viewer"],
    "schedule": ["editor", "viewer"],
}


def principal_of(who: Who) -> dict:
    return user(who.name, who.account) if who.kind == "user" else service(who.name, who.account)


def wire(of: Id | None) -> dict | None:
    return resource(*of) if of else None


async def status_of(action: Awaitable) -> int:
    try:
        await action
    except ApplicationError as error:
        return error.code
    return 200


@dataclass
class Timed:
    """An answer, and the time in which it was given."""

    begin: float
    answer: object
    end: float


async def timed(action: Awaitable) -> Timed:
    begin = time.monotonic()
    answer = await action
    return Timed(begin, answer, time.monotonic())


class Client:
    """One of those who act at once. Whatever it is told, it holds against the model at once."""

    def __init__(self, test: "Interleaving", who: Who, seed: int):
        self.test = test
        self.who = who
        self.principal = principal_of(who)
        self.provider: Provider = test.pod().provider
        self.random = random.Random(f"{seed} {who}")
        self.log = Log()
        self.shared: list[tuple[Id, str, tuple[str, str]]] = []
        self.created_count = 0
        # Disputed resources that are registered in this client's account.
        self.known_ours: set[Id] = set()

    async def act(self, count: int) -> None:
        actions = {
            self.register: 24,
            self.register_again: 6,
            self.deregister: 6,
            self.revoke: 4,
            self.grant: 4,
            self.share: 12,
            self.unshare: 4,
            self.check: 20,
            self.search: 6,
            self.register_below_another: 4,
            self.attack: 8,
            self.fight: 16,
        }
        for action in self.random.choices(list(actions), list(actions.values()), k=count):
            await action()

    # What only this client changes.

    async def change(self, of: Id, what: str, action: Awaitable, expected: tuple[int, World]) -> None:
        status, world = expected
        change = self.log.begin(time.monotonic(), world)
        self.expect(f"{what} {of}", await status_of(action), {status})
        change.end = time.monotonic()
        if self.random.random() < READ_AFTER_WRITE_RATE:
            await self.check_one(self, of)

    async def register(self) -> None:
        self.created_count += 1
        agents = [one for one in self.log.now.resources if one.kind == "agent"]
        kind = self.random.choice(list(ROLES)) if agents else "agent"
        is_root = not agents or (kind == "agent" and self.random.random() < 0.5)
        of = Id(kind, f"{self.who.account}::{self.who.kind}/{self.who.name} #{self.created_count}")
        await self.register_as(of, None if is_root else self.random.choice(agents))

    async def register_again(self) -> None:
        """The same as before, or with something else as its parent, or what has been deregistered."""
        if of := self.pick(self.log.now.resources, self.log.now.gone):
            registered = self.log.now.resources.get(of)
            parent = registered.parent if registered else None
            if parent and parent not in self.log.now.resources:
                # It was registered below another client's agent, whose life this client does not know.
                return
            agents = [one for one in self.log.now.resources if one.kind == "agent"]
            await self.register_as(of, self.random.choice([parent, parent, *agents]))

    async def register_as(self, of: Id, parent: Id | None) -> None:
        action = self.provider.register(self.principal, wire(of), wire(parent))
        await self.change(of, f"register below {parent}", action, self.log.now.register(self.who, of, parent))

    async def deregister(self) -> None:
        if of := self.pick(self.log.now.resources, self.log.now.gone):
            action = self.provider.deregister(self.principal, wire(of))
            await self.change(of, "deregister", action, self.log.now.deregister(self.who, of))

    async def revoke(self) -> None:
        if of := self.pick(self.log.now.resources, self.log.now.gone):
            action = self.provider.revoke(self.principal, wire(of))
            await self.change(of, "revoke", action, self.log.now.revoke(self.who, of))

    async def grant(self) -> None:
        if of := self.pick(self.log.now.resources, self.log.now.gone):
            action = self.provider.grant(self.principal, wire(of))
            await self.change(of, "grant", action, self.log.now.grant(self.who, of))

    async def share(self) -> None:
        """Gives somebody a role, also to people of other accounts: that must not open anything there."""
        if of := self.pick(self.log.now.resources):
            one = (of, self.random.choice(ROLES_TO_SHARE[of.kind]), self.random.choice(CLIENTS).subject)
            self.shared.append(one)
            await self.change_role(self.test.graph.touch, one, self.log.now.with_role(*one))

    async def unshare(self) -> None:
        if self.shared:
            one = self.shared.pop(self.random.randrange(len(self.shared)))
            self.shared = [other for other in self.shared if other != one]
            await self.change_role(self.test.graph.delete, one, self.log.now.without_role(*one))

    async def change_role(self, write, one: tuple[Id, str, tuple[str, str]], world: World) -> None:
        of, role, (kind, name) = one
        text = f"{of.kind}:{object_id(of.selector)}#{role}@{kind}:{name}"
        change = self.log.begin(time.monotonic(), world)
        await asyncio.to_thread(write, text)
        change.end = time.monotonic()

    async def register_below_another(self) -> None:
        """Below somebody else's agent, for which it depends on what that one has shared by then."""
        other = self.random.choice(self.test.clients)
        parent = self.pick([one for one in other.log.now.resources if one.kind == "agent"])
        if other is self or parent is None:
            return
        self.created_count += 1
        kind = self.random.choice(list(ROLES))
        of = Id(kind, f"{self.who.account}::{self.who.name}'s {self.created_count} below {parent.selector}")
        may = lambda world: world.is_allowed(self.who, parent, ASKED_OF_PARENT[kind])
        without = self.log.now
        change = self.log.begin(time.monotonic(), without.registered(self.who, of, parent))
        asked = await timed(status_of(self.provider.register(self.principal, wire(of), wire(parent))))
        allowed = {200 if one else 403 for one in other.log.answers(asked.begin, asked.end, may)}
        self.expect(f"register {of} below {parent}", asked.answer, allowed)
        change.end = asked.end
        if asked.answer != 200:
            change.world = without

    # What changes nothing.

    async def check(self) -> None:
        """On anybody's resources."""
        other = self.random.choice(self.test.clients)
        if of := self.pick(other.log.now.resources, other.log.now.gone):
            await self.check_one(other, of)

    async def check_one(self, other: "Client", of: Id) -> None:
        operation = self.random.choice(list(ROLES[of.kind]))
        asked = await timed(status_of(self.provider.check(self.principal, wire(of), operation)))
        may = lambda world: 200 if world.is_allowed(self.who, of, operation) else 403
        allowed = other.log.answers(asked.begin, asked.end, may)
        self.expect(f"check {of} {operation}", asked.answer, allowed)

    async def search(self) -> None:
        """For everything of everybody."""
        kind = self.random.choice(list(ROLES))
        operation = self.random.choice(list(ROLES[kind]))
        asked = await timed(self.provider.search(self.principal, kind, operation))
        found = {Id(kind, selector) for selector in asked.answer}
        assert len(found) == len(asked.answer), asked.answer
        known = {}
        for other in self.test.clients:
            for world in other.log.possible(asked.begin, asked.end):
                known |= {one: other.log for one in world.resources if one.kind == kind}
        for of, log in known.items():
            allowed = log.answers(asked.begin, asked.end, lambda world: world.is_allowed(self.who, of, operation))
            self.expect(f"search for {of} {operation}", of in found, allowed)
        for of in found - known.keys():
            assert of in self.test.disputes, f"{self.who} found {of}"
        for of, dispute in self.test.disputes.items():
            if of.kind == kind:
                status = 200 if of in found else 403
                dispute.events.append(Event(asked.begin, asked.end, self.who, "search", status))

    async def attack(self) -> None:
        """Tries to get hold of what is another client's."""
        other = self.random.choice(self.test.clients)
        # What is still being registered could be had by being quicker.
        of = self.pick(other.log.settled.resources, other.log.settled.gone)
        if other is self or of is None:
            return
        is_neighbour = other.who.account == self.who.account
        # Anyone of the account may deregister; the other client would not know of it.
        verb = self.random.choice(["register", "grant", "revoke"] + ["deregister"] * (not is_neighbour))
        asked = await timed(status_of(self.send(verb, of)))
        self.expect(f"{verb} {of}", asked.answer, other.log.answers(asked.begin, asked.end, self.outcome(verb, of)))

    # What all fight for.

    async def fight(self) -> None:
        dispute = self.test.disputes[self.random.choice(list(self.test.disputes))]
        verbs = ["register", "register", "check", "grant"]
        if dispute.of in self.known_ours and self.random.random() < 0.3:
            verbs = ["revoke", "deregister"]
        verb = self.random.choice(verbs)
        asked = await timed(status_of(self.send(verb, dispute.of)))
        dispute.events.append(Event(asked.begin, asked.end, self.who, verb, asked.answer))
        if verb == "register" and asked.answer in [200, 409]:
            self.known_ours.add(dispute.of)

    def outcome(self, verb: str, of: Id) -> Callable[[World], int]:
        """The status of a write in a world."""
        more = [None] if verb == "register" else []
        return lambda world: getattr(world, verb)(self.who, of, *more)[0]

    def send(self, verb: str, of: Id) -> Awaitable:
        more = {"register": [None], "check": ["delete"]}.get(verb, [])
        return getattr(self.provider, verb)(self.principal, wire(of), *more)

    def pick(self, *ids) -> Id | None:
        """One of several, the same for one seed."""
        found = sorted(one for some in ids for one in some)
        return self.random.choice(found) if found else None

    def expect(self, what: str, answer: object, allowed: set) -> None:
        assert answer in allowed, f"{self.who}: {what}: {answer}, not {allowed}"


class Interleaving(LifecycleCase):
    async def test_a_thousand_operations_at_once_are_what_a_model_says(self):
        seed = int(os.environ.get(SEED_VARIABLE) or random.randrange(1 << 32))
        print(f"{SEED_VARIABLE}={seed} ", end="", flush=True)
        self.disputes = {(of := Id("agent", f"disputed {number}")): Dispute(of) for number in range(DISPUTE_COUNT)}
        self.clients = [Client(self, who, seed) for who in CLIENTS]
        with self.subTest(seed=seed):
            await asyncio.gather(*(client.act(OPERATION_COUNT // len(CLIENTS)) for client in self.clients))
            self.assertEqual([fault for one in self.disputes.values() for fault in one.faults()], [])
            world = World()
            for one in [*(client.log.now for client in self.clients), *(one.world() for one in self.disputes.values())]:
                world = World(world.resources | one.resources, world.gone | one.gone)
            self.assert_varied(world)
            await self.assert_equal(world)
            self.crash()
            await self.assert_equal(world)

    def assert_varied(self, world: World) -> None:
        """A run in which little happens shows little."""
        self.assertGreater(len(world.resources), 100)
        self.assertGreater(len(world.gone), 10)
        self.assertGreaterEqual(sum(1 for one in self.disputes.values() if one.winner()), DISPUTE_COUNT // 2)

    async def assert_equal(self, world: World) -> None:
        """Every check of everybody, and every search, is what the model says; nothing happens meanwhile."""
        for client in self.clients:
            await asyncio.gather(*(self.assert_client_equal(client, world, kind) for kind in ROLES))

    async def assert_client_equal(self, client: Client, world: World, kind: str) -> None:
        ids = sorted(of for of in [*world.resources, *world.gone] if of.kind == kind)
        for operation in ROLES[kind]:
            allowed = {of.selector for of in ids if world.is_allowed(client.who, of, operation)}
            found = await client.provider.search(client.principal, kind, operation)
            self.assertEqual(set(found), allowed, (client.who, kind, operation))
            asked = {"principal": client.principal, "resource_type": kind, "operation": operation}
            batch = await client.provider.http.post(
                "/v1/authz/check_batch", json={**asked, "selectors": [of.selector for of in ids]}
            )
            self.assertEqual(set(batch.json()["authorized_selectors"]), allowed, (client.who, kind, operation))
        for of in ids:
            operation = client.random.choice(list(ROLES[kind]))
            status = await status_of(client.provider.check(client.principal, wire(of), operation))
            self.assertEqual(status == 200, world.is_allowed(client.who, of, operation), (client.who, of, operation))
