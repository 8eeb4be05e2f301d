"""Finding and removing what failures have left behind."""

from application import Killed
from case import user
from operations import Operations
from provider import UnavailableError, resource
from proxy import Fault
from test_failures import KINDS_BELOW_AN_AGENT, FailureCase

ANA = user("ana", "acct-a")
EVE = user("eve", "acct-b")
HOUR_S = 3_600


class ReconcilingCase(FailureCase):
    def operations(self) -> Operations:
        operations = Operations(self.server)
        self.addCleanup(operations.close)
        return operations

    async def assert_reconciled(self, kind: str, orphan: str) -> None:
        """It is told and removed, not before its time, and nothing else is."""
        operations = self.operations()
        await self.assert_owned(ANA, kind, orphan)
        living = self.database.ids(kind)
        self.assertEqual(operations.orphans(kind, living), {orphan: "NOT_LIVING"})
        self.assertEqual(operations.orphans(kind, living, "acct-a"), {orphan: "NOT_LIVING"})
        self.assertEqual(operations.orphans(kind, living, "acct-b"), {})
        self.assertEqual(operations.orphans(kind, [*living, orphan]), {})
        # What is young may still be on its way into the database.
        self.assertEqual(operations.orphans(kind, living, older_than_s=HOUR_S), {})
        self.assertEqual(operations.reconcile(kind, [orphan], HOUR_S), [])
        await self.assert_owned(ANA, kind, orphan)
        self.assertEqual(operations.reconcile(kind, [orphan, "never-was"]), [orphan])
        self.assert_gone(kind, orphan)
        await self.assert_hidden(ANA, kind, orphan)
        self.assertEqual(operations.orphans(kind, living), {})
        self.assertEqual(operations.reconcile(kind, [orphan]), [])
        for selector in living:
            await self.assert_owned(ANA, kind, selector)


class Orphans(ReconcilingCase):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        # They are not orphans, and stay.
        for kind in KINDS_BELOW_AN_AGENT:
            await self.create(kind)
        await self.application.register_build("of another account", EVE)
        self.proxy.calls()

    async def test_08_what_a_crash_has_left_is_found(self):
        for kind in ["task", "api_key"]:
            self.proxy.calls()
            pod = self.pod()
            pod.before_storing = self.kill_all
            with self.assertRaises(Killed):
                await self.create(kind, pod)
            self.start()
            await self.assert_reconciled(kind, self.registered())

    async def test_09_what_a_lost_reply_has_left_is_found(self):
        for kind in KINDS_BELOW_AN_AGENT:
            self.proxy.calls()
            self.proxy.break_next("register", Fault.DROP_REPLY)
            with self.assertRaises(UnavailableError):
                await self.create(kind)
            await self.assert_reconciled(kind, self.registered())

    async def test_10_what_a_failing_database_has_left_is_found(self):
        self.database.failing["api_key"] = RuntimeError("the disk is full")
        with self.assertRaises(RuntimeError):
            await self.create("api_key")
        await self.assert_reconciled("api_key", self.registered())

    async def test_11_what_could_not_be_deregistered_is_found(self):
        for kind, fault in [("api_key", Fault.UNAVAILABLE), ("task", Fault.DROP_REQUEST)]:
            row = await self.create(kind)
            self.proxy.break_next("deregister", fault)
            # The revocation that follows would take the owner, by whom the test sees that it is still there.
            self.application.provider.revoke = self.nothing
            await getattr(self.application, f"delete_{kind}")(row.id, ANA)
            await self.assert_reconciled(kind, row.id)

    async def nothing(self, *_) -> None:
        pass

    async def test_13_children_of_what_is_gone_are_found(self):
        keys, schedules = self.database.ids("api_key"), self.database.ids("schedule")
        operations = self.operations()
        for kind in ["agent", *KINDS_BELOW_AN_AGENT]:
            self.assertEqual(operations.orphans(kind, None), {})
        await self.provider.deregister(ANA, resource("agent", self.agent.id))
        self.assertEqual(operations.orphans("api_key", None), {keys[0]: "PARENT_GONE"})
        self.assertEqual(operations.orphans("schedule", schedules), {schedules[0]: "PARENT_GONE"})
        # A task is open without its agent.
        self.assertEqual(operations.orphans("task", self.database.ids("task")), {})
        self.assertEqual(operations.reconcile("api_key", keys), keys)
        self.assertEqual(operations.orphans("api_key", None), {})

    async def test_08_odd_selectors_are_told_as_they_are(self):
        odd = [f"{one} 100% grün" for one in ["run-schedule::a::b", "a/b", " ", "#@"]]
        for selector in odd:
            await self.provider.register(ANA, resource("task", selector), resource("agent", self.agent.id))
        operations, living = self.operations(), self.database.ids("task")
        self.assertEqual(set(operations.orphans("task", [*living, *odd])), set())
        self.assertEqual(set(operations.orphans("task", [*living, odd[0]])), set(odd[1:]))
        self.assertEqual(operations.reconcile("task", odd[1:]), odd[1:])
        await self.assert_owned(ANA, "task", odd[0])
