"""What may have been true while a question was on its way, when several clients change things at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from model import Id, Who, World


@dataclass
class Change:
    """A world that holds from some moment between these two on."""

    begin: float
    end: float
    world: World


class Log:
    """The worlds of one client, which alone changes what is in them, one change after another."""

    def __init__(self):
        self._changes = [Change(-math.inf, -math.inf, World())]

    @property
    def now(self) -> World:
        return self._changes[-1].world

    @property
    def settled(self) -> World:
        """Without a change that is not answered yet."""
        return next(change.world for change in reversed(self._changes) if change.end < math.inf)

    def begin(self, at: float, world: World) -> Change:
        """A change that has been sent. Its end is set when it is answered."""
        self._changes.append(Change(at, math.inf, world))
        return self._changes[-1]

    def possible(self, begin: float, end: float) -> list[World]:
        """The worlds that a question between two moments may have seen, oldest first."""
        ends = [change.end for change in self._changes[1:]] + [math.inf]
        return [one.world for one, until in zip(self._changes, ends) if one.begin <= end and until >= begin]

    def answers(self, begin: float, end: float, ask: Callable[[World], object]) -> set:
        """What a question between two moments may be answered."""
        return {ask(world) for world in self.possible(begin, end)}


@dataclass(frozen=True)
class Event:
    """One call about a resource that all clients fight for."""

    begin: float
    end: float
    who: Who
    verb: str
    # A status; for a search, 200 if the resource was found, else 403.
    status: int


@dataclass
class Dispute:
    """All calls about one such resource.

    A client deregisters or revokes only after an answer has shown that the resource is registered in its account. So
    what has to be true afterwards is certain, although the calls race.
    """

    of: Id
    events: list[Event] = field(default_factory=list)

    def winner(self) -> Who | None:
        """Who has registered it; there must not be two."""
        winners = {event.who for event in self.events if (event.verb, event.status) == ("register", 200)}
        assert len(winners) <= 1, f"{self.of} was given to {winners}"
        return winners.pop() if winners else None

    def world(self) -> World:
        """What has to be true when all calls are answered."""
        winner = self.winner()
        if winner is None:
            return World()
        _, world = World().register(winner, self.of, None)
        for event in self._successes("revoke", "deregister"):
            change = world.revoke if event.verb == "revoke" else world.deregister
            _, world = change(event.who, self.of)
        return world

    def faults(self) -> list[str]:
        """Answers that cannot be true."""
        winner = self.winner()
        found = []
        for event in self.events:
            wrong = self._wrong_without_winner(event) if winner is None else self._wrong(event, winner)
            if wrong:
                found.append(f"{self.of}: {event} although {wrong}")
        return found

    def _wrong_without_winner(self, event: Event) -> str:
        return "nobody has registered it" if event.verb != "deregister" and event.status in [200, 409] else ""

    def _wrong(self, event: Event, winner: Who) -> str:
        first = min(one.begin for one in self._successes("register"))
        ended = min((one.end for one in self._successes("deregister")), default=math.inf)
        ending = min((one.begin for one in self._successes("deregister")), default=math.inf)
        lost = min((one.end for one in self._successes("revoke") if one.who == winner), default=math.inf)
        losing = min((one.begin for one in self._successes("revoke") if one.who == winner), default=math.inf)
        settled = min(one.end for one in self._successes("register"))
        is_ours, is_winner = event.who.account == winner.account, event.who == winner
        if event.status == 200 and event.end < first and event.verb != "deregister":
            return "it was not registered yet"
        if event.verb in ["register", "check", "grant", "search"] and event.status == 200 and not is_winner:
            return f"it is {winner}'s"
        if event.verb in ["check", "grant", "search"] and event.status == 200 and event.begin > min(ended, lost):
            return "it had been taken away"
        if event.verb in ["check", "grant", "search"] and event.status != 200 and is_winner:
            return "its owner had it" if event.begin > settled and event.end < min(ending, losing) else ""
        if event.verb == "register" and event.status == 200 and event.begin > min(ended, lost):
            return "it had been deregistered"
        if event.verb == "register" and event.status != 200 and not (is_winner and event.end < min(ending, losing)):
            return "" if event.status == (409 if is_ours else 403) else "this is not the status of that"
        if event.verb == "register" and event.status != 200:
            return "its owner registered it"
        if event.verb in ["deregister", "revoke"] and event.status != 200 and (is_ours or event.status != 403):
            return "this is not the status of that"
        return ""

    def _successes(self, *verbs: str) -> list[Event]:
        found = [event for event in self.events if event.verb in verbs and event.status == 200]
        return sorted(found, key=lambda event: event.begin)
