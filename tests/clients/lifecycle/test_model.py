"""The judges of a run recognise a wrong answer."""

import unittest

from history import Dispute, Event, Log
from model import Id, Who, World

ANA, BOB, EVE = Who("user", "ana", "acct-a"), Who("user", "bob", "acct-a"), Who("user", "eve", "acct-b")
AGENT, KEY = Id("agent", "planner"), Id("api_key", "key")


class Worlds(unittest.TestCase):
    def test_a_world_follows_the_schema(self):
        status, world = World().register(ANA, AGENT, None)
        self.assertEqual(status, 200)
        self.assertEqual(world.register(EVE, KEY, AGENT), (403, world))
        _, world = world.register(ANA, KEY, AGENT)
        self.assertTrue(world.is_allowed(ANA, KEY, "delete"))
        self.assertFalse(world.is_allowed(ANA._replace(account="acct-b"), KEY, "delete"))
        world = world.with_role(KEY, "editor", BOB.subject)
        self.assertFalse(world.is_allowed(BOB, KEY, "read"))
        world = world.with_role(AGENT, "viewer", BOB.subject)
        self.assertTrue(world.is_allowed(BOB, KEY, "read"))
        self.assertFalse(world.is_allowed(BOB, KEY, "delete"))
        _, world = world.deregister(BOB, AGENT)
        self.assertFalse(world.is_allowed(ANA, KEY, "read"))
        self.assertEqual([world.register(who, AGENT, None)[0] for who in [ANA, BOB, EVE]], [409, 409, 403])

    def test_a_question_may_see_any_world_that_it_overlaps(self):
        log = Log()
        for begin, end, name in [(1, 2, "one"), (3, 4, "two")]:
            log.begin(begin, World({Id("task", name): None})).end = end
        name_in = lambda world: next((one.selector for one in world.resources), "")
        names = lambda begin, end: log.answers(begin, end, name_in)
        self.assertEqual(names(0, 0.5), {""})
        self.assertEqual(names(1.5, 1.6), {"", "one"})
        self.assertEqual(names(2.1, 2.9), {"one"})
        self.assertEqual(names(0, 9), {"", "one", "two"})
        self.assertEqual(names(5, 6), {"two"})
        log.begin(7, World())
        self.assertEqual(names(8, 9), {"two", ""})
        self.assertIn(Id("task", "two"), log.settled.resources)


class Disputes(unittest.TestCase):
    def faults(self, *events: tuple[Who, str, int]) -> int:
        """One event after another."""
        timed = [Event(number, number + 0.5, *event) for number, event in enumerate(events)]
        return len(Dispute(AGENT, timed).faults())

    def test_right_histories_have_no_faults(self):
        self.assertEqual(self.faults((ANA, "check", 403), (EVE, "grant", 403)), 0)
        won = [(ANA, "register", 200), (ANA, "check", 200), (BOB, "register", 409), (EVE, "register", 403)]
        self.assertEqual(self.faults(*won, (ANA, "register", 200), (ANA, "search", 200), (EVE, "check", 403)), 0)
        ended = [(BOB, "deregister", 200), (ANA, "check", 403), (ANA, "register", 409), (EVE, "register", 403)]
        self.assertEqual(self.faults(*won, *ended, (BOB, "revoke", 200)), 0)

    def test_wrong_histories_have(self):
        won = (ANA, "register", 200)
        for wrong in [
            [(ANA, "check", 200)],
            [(ANA, "register", 409)],
            [(ANA, "check", 200), won],
            [won, (ANA, "check", 403)],
            [won, (ANA, "search", 403)],
            [won, (BOB, "check", 200)],
            [won, (EVE, "search", 200)],
            [won, (EVE, "register", 409)],
            [won, (BOB, "register", 403)],
            [won, (ANA, "register", 409)],
            [won, (ANA, "check", 503)],
            [won, (EVE, "deregister", 409)],
            [won, (BOB, "deregister", 200), (ANA, "check", 200)],
            [won, (BOB, "deregister", 200), (ANA, "register", 200)],
            [won, (ANA, "revoke", 200), (ANA, "check", 200)],
        ]:
            with self.subTest(wrong):
                self.assertGreater(self.faults(*wrong), 0)
        with self.assertRaisesRegex(AssertionError, "was given to"):
            self.faults(won, (EVE, "register", 200))
