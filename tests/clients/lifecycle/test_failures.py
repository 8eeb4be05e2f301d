"""What is left of resources when requests are lost, processes die, or the application's own database fails."""

import asyncio
import itertools

from application import Killed
from case import LifecycleCase, service, user
from database import Row
from provider import UnavailableError, resource
from proxy import Fault

ANA = user("ana", "acct-a")
BOB = user("bob", "acct-a")
CI = service("ci", "acct-a")
EVE = user("eve", "acct-b")
KINDS_BELOW_AN_AGENT = ["task", "api_key", "schedule"]
# The server has seen nothing of the request.
LOST_REQUESTS = [Fault.UNAVAILABLE, Fault.DROP_REQUEST]
SHORT_READ_TIMEOUT_S = 0.5
CRASH_ROUNDS = 4
REGISTRATIONS_BEFORE_CRASH = 60


class FailureCase(LifecycleCase):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.agent = await self.application.register_build("planner", ANA)
        self.proxy.calls()

    async def create(self, kind: str, pod=None) -> Row:
        pod = pod or self.application
        if kind == "agent":
            return await pod.register_build("second", ANA)
        return await getattr(pod, f"create_{kind}")(self.agent.id, ANA)

    def registered(self) -> str:
        """The selector of the one registration that was sent."""
        (sent,) = [one.json() for one in self.proxy.seen if one.path == "/v1/authz/register"]
        return sent["resource"]["selector"]

    def verbs(self) -> list[str]:
        """What was asked, by the verb alone, since the last time."""
        return [call.split(" ")[0] for call in self.proxy.calls()]

    def assert_gone(self, kind: str, selector: str) -> None:
        """No relationship is left, and the name is not to be used again."""
        self.assertEqual(self.graph.edges(kind, selector), set())
        self.assertIn(f"tombstone:{kind}/{selector}#deregistered@tenant:acct-a", self.graph.all())

    async def kill_all(self, _: Row) -> None:
        """Both the server and the application die."""
        self.server.kill()
        raise Killed


class Registering(FailureCase):
    async def test_05_nothing_is_stored_that_could_not_be_registered(self):
        for kind in ["agent", *KINDS_BELOW_AN_AGENT]:
            before, rows = self.graph.all(), self.database.ids(kind)
            for fault in LOST_REQUESTS:
                with self.subTest(kind=kind, fault=fault):
                    self.proxy.break_next("register", fault)
                    await self.assert_raises(503, self.create(kind))
                    self.assertEqual(self.verbs()[-1], "register")
                    self.assertEqual(self.database.ids(kind), rows)
                    self.assertEqual(self.graph.all(), before)
            await self.assert_owned(ANA, kind, (await self.create(kind)).id)
            self.proxy.calls()

    async def test_05_nothing_is_stored_while_the_server_is_dead(self):
        before, rows = self.graph.all(), dict(self.database.tables)
        self.server.kill()
        for kind in ["agent", *KINDS_BELOW_AN_AGENT]:
            await self.assert_raises(503, self.create(kind))
        self.assertEqual(self.database.tables, rows)
        self.start()
        self.assertEqual(self.graph.all(), before)

    async def test_06_what_could_not_be_stored_is_taken_back(self):
        for kind in ["agent", "task"]:
            with self.subTest(kind=kind):
                self.proxy.calls()
                self.database.failing[kind] = RuntimeError("the disk is full")
                with self.assertRaisesRegex(RuntimeError, "the disk is full"):
                    await self.create(kind)
                selector = self.registered()
                self.assertEqual(self.verbs()[-2:], ["register", "deregister"])
                self.assert_gone(kind, selector)
                await self.assert_hidden(ANA, kind, selector)

    async def test_06_a_schedule_that_does_not_start_is_taken_back(self):
        async def fail(_: Row) -> None:
            raise RuntimeError("no worker")

        self.application.start_schedule = fail
        with self.assertRaisesRegex(RuntimeError, "no worker"):
            await self.create("schedule")
        selector = self.registered()
        self.assertEqual(self.verbs()[-4:], ["register", "grant", "revoke", "deregister"])
        self.assertEqual(self.database.ids("schedule"), [])
        self.assert_gone("schedule", selector)

    async def test_06_if_taking_back_fails_too_it_is_done_later(self):
        self.database.failing["task"] = RuntimeError("the disk is full")
        self.proxy.break_next("deregister", Fault.UNAVAILABLE)
        with self.assertRaises(UnavailableError):
            await self.create("task")
        task = resource("task", self.registered())
        await self.assert_owned(ANA, "task", task["selector"])
        self.assertEqual(await self.application.tasks(ANA), [])
        await self.provider.deregister(ANA, task)
        self.assert_gone("task", task["selector"])

    async def test_08_a_registration_outlives_a_crash_of_everything(self):
        for kind in ["agent", *KINDS_BELOW_AN_AGENT]:
            with self.subTest(kind=kind):
                self.proxy.calls()
                pod = self.pod()
                pod.before_storing = self.kill_all
                with self.assertRaises(Killed):
                    await self.create(kind, pod)
                selector = self.registered()
                self.start()
                # A schedule's row comes first.
                self.database.delete(kind, selector)
                await self.assert_owned(ANA, kind, selector)
                self.assertNotIn(selector, await getattr(self.pod(), f"{kind}s")(ANA))
                await self.provider.deregister(ANA, resource(kind, selector))
                self.crash()
                await self.assert_hidden(ANA, kind, selector)
                self.assert_gone(kind, selector)

    async def test_08_a_crash_in_the_middle_leaves_nothing_half_done(self):
        registered, deregistered = set(), set()

        async def work(worker: str) -> None:
            """Registers two keys and deregisters the first, until nobody answers any more."""
            for number in itertools.count():
                first, second = f"{worker}-{number}-first", f"{worker}-{number}-second"
                try:
                    for key in [first, second]:
                        await self.provider.register(ANA, resource("api_key", key), resource("agent", self.agent.id))
                        registered.add(key)
                    await self.provider.deregister(ANA, resource("api_key", first))
                    deregistered.add(first)
                except UnavailableError:
                    return

        for round_number in range(CRASH_ROUNDS):
            enough = len(registered) + REGISTRATIONS_BEFORE_CRASH
            working = [asyncio.create_task(work(f"{round_number}-{number}")) for number in range(8)]
            while len(registered) < enough:
                await asyncio.wait(working, timeout=0.001)
            self.server.kill()
            await asyncio.wait(working)
            self.start()
            edges = self.graph.all()
            objects = {edge.split("#")[0] for edge in edges}
            known = {one.removeprefix("api_key:") for one in objects if one.startswith("api_key:")}
            buried = {one.removeprefix("tombstone:api_key/") for one in objects if one.startswith("tombstone:")}
            self.assertLessEqual(registered - deregistered, known | buried)
            self.assertLessEqual(deregistered, buried)
            self.assertEqual(known & buried, set())
            wanted = ["owner@user:ana", "tenant@tenant:acct-a", f"parent_agent@agent:{self.agent.id}"]
            found = {edge for edge in edges if edge.startswith("api_key:")}
            self.assertEqual(found, {f"api_key:{key}#{relation}" for key in known for relation in wanted})

    async def test_09_a_lost_reply_leaves_an_orphan_and_no_row(self):
        for fault in [Fault.DROP_REPLY, Fault.HOLD_REPLY]:
            pod = self.pod(read_timeout_s=SHORT_READ_TIMEOUT_S if fault is Fault.HOLD_REPLY else 30)
            for kind in ["agent", *KINDS_BELOW_AN_AGENT]:
                with self.subTest(fault=fault, kind=kind):
                    self.proxy.calls()
                    rows = self.database.ids(kind)
                    rule = self.proxy.break_next("register", fault)
                    await self.assert_raises(503, self.create(kind, pod))
                    await rule.answered.wait()
                    orphan = self.registered()
                    self.assertEqual(self.verbs()[-1], "register")
                    self.assertEqual(self.database.ids(kind), rows)
                    await self.assert_owned(ANA, kind, orphan)
                    # A second attempt has a new id, and the orphan is not in its way.
                    row = await self.create(kind)
                    self.assertNotEqual(row.id, orphan)
                    await self.assert_owned(ANA, kind, row.id)
                    await getattr(self.application, f"delete_{kind}")(row.id, ANA)

    async def test_09_a_late_reply_is_waited_for_and_holds_up_nobody_else(self):
        for kind in KINDS_BELOW_AN_AGENT:
            self.proxy.calls()
            rule = self.proxy.break_next("register", Fault.DELAY_REPLY)
            creating = asyncio.create_task(self.create(kind))
            await rule.answered.wait()
            # It is registered, and another pod may see it before its own pod knows.
            await self.assert_owned(ANA, kind, self.registered())
            await self.assert_owned(ANA, "agent", self.agent.id)
            self.assertFalse(creating.done())
            rule.released.set()
            row = await creating
            self.assertIn(row.id, await getattr(self.application, f"{kind}s")(ANA))

    async def test_09_what_was_lost_and_is_sent_again_is_there_once(self):
        of = resource("task", "sent-twice")
        self.proxy.break_next("register", Fault.DROP_REPLY)
        with self.assertRaises(UnavailableError):
            await self.provider.register(ANA, of, resource("agent", self.agent.id))
        after_first = self.graph.all()
        await self.provider.register(ANA, of, resource("agent", self.agent.id))
        self.assertEqual(self.graph.all(), after_first)

    async def test_10_a_key_that_could_not_be_stored_is_in_no_list(self):
        self.database.failing["api_key"] = RuntimeError("the disk is full")
        with self.assertRaises(RuntimeError):
            await self.create("api_key")
        orphan = self.registered()
        self.assertEqual(self.verbs()[-1], "register")
        await self.assert_owned(ANA, "api_key", orphan)
        self.assertEqual(await self.application.api_keys(ANA), [])
        self.assertEqual(await self.provider.search(ANA, "api_key"), [orphan])

    async def test_20_a_grant_is_tried_again_while_nobody_can_answer(self):
        for fault in [Fault.UNAVAILABLE, Fault.DROP_REQUEST, Fault.DROP_REPLY]:
            with self.subTest(fault=fault):
                self.proxy.calls()
                self.proxy.break_next("grant", fault, times=2)
                task = await self.create("task")
                self.assertEqual(self.verbs()[-4:], ["register", "grant", "grant", "grant"])
                await self.assert_owned(ANA, "task", task.id)


class Deregistering(FailureCase):
    async def test_11_a_delete_succeeds_although_it_could_not_be_deregistered(self):
        for kind in ["api_key", "schedule"]:
            for fault in [*LOST_REQUESTS, Fault.DROP_REPLY]:
                with self.subTest(kind=kind, fault=fault):
                    row = await self.create(kind)
                    self.application.swallowed.clear()
                    self.proxy.break_next("deregister", fault)
                    await getattr(self.application, f"delete_{kind}")(row.id, ANA)
                    self.assertEqual(self.application.swallowed, [f"deregister {kind}:{row.id}"])
                    self.assertEqual(self.database.ids(kind), [])
                    parent = f"{kind}:{row.id}#parent_agent@agent:{self.agent.id}"
                    self.assertEqual(parent in self.graph.all(), fault is not Fault.DROP_REPLY)
                    await self.provider.deregister(ANA, resource(kind, row.id))
                    self.assert_gone(kind, row.id)
                    await self.assert_hidden(ANA, kind, row.id)

    async def test_11_an_agent_is_deleted_although_it_could_not_be_deregistered(self):
        self.proxy.break_next("deregister", Fault.DROP_REQUEST)
        await self.application.delete_agent(self.agent.id, ANA)
        # The revocation that follows has at least taken the owner away.
        await self.assert_hidden(ANA, "agent", self.agent.id)
        await self.provider.deregister(ANA, resource("agent", self.agent.id))
        self.assert_gone("agent", self.agent.id)

    async def test_12_revoking_and_deregistering_what_is_gone_succeeds(self):
        task = await self.create("task")
        for kind, selector in [("task", task.id), ("agent", self.agent.id)]:
            of = resource(kind, selector)
            await self.provider.check(ANA, of, "delete")
            await self.provider.deregister(ANA, of)
            self.crash()
            await self.provider.revoke(ANA, of)
            after = self.graph.all()
            for _ in range(2):
                for somebody in [ANA, BOB, CI]:
                    await self.provider.deregister(somebody, of)
                    await self.provider.revoke(somebody, of)
            self.assertEqual(self.graph.all(), after)
            self.assert_gone(kind, selector)

    async def test_12_so_does_it_for_what_never_was(self):
        never = resource("task", "never-registered")
        for _ in range(2):
            await self.provider.revoke(ANA, never)
            await self.provider.deregister(ANA, never)
        await self.assert_hidden(ANA, "task", "never-registered")
        # It is not in the way of a first registration.
        await self.provider.register(ANA, never, resource("agent", self.agent.id))
        await self.assert_owned(ANA, "task", "never-registered")

    async def test_12_another_account_changes_nothing_of_what_is_gone(self):
        task = await self.create("task")
        await self.application.delete_task(task.id, ANA)
        before = self.graph.all()
        # To them it is as if it had never been.
        await self.provider.deregister(EVE, resource("task", task.id))
        await self.provider.revoke(EVE, resource("task", task.id))
        await self.assert_raises(403, self.provider.grant(EVE, resource("task", task.id)))
        await self.assert_raises(403, self.provider.register(EVE, resource("task", task.id), None))
        self.assertEqual(self.graph.all(), before)

    async def test_13_children_stay_closed_when_their_agent_is_gone(self):
        rows = {kind: await self.create(kind) for kind in KINDS_BELOW_AN_AGENT}
        child = resource("agent", "sub-agent")
        await self.provider.register(ANA, child, resource("agent", self.agent.id))
        self.graph.touch(f"agent:{self.agent.id}#viewer@user:bob", f"api_key:{rows['api_key'].id}#viewer@user:bob")
        for kind, selector in [("agent", "sub-agent"), ("api_key", rows["api_key"].id)]:
            self.assertEqual(await self.allowed(BOB, kind, selector), {"read"})
        await self.provider.deregister(ANA, resource("agent", self.agent.id))

        async def assert_closed() -> None:
            for kind, selector in [("agent", "sub-agent"), ("api_key", rows["api_key"].id)]:
                await self.assert_hidden(BOB, kind, selector)
            for kind in ["api_key", "schedule"]:
                await self.assert_hidden(ANA, kind, rows[kind].id)
            # Their owners do not need the agent for these.
            await self.assert_owned(ANA, "task", rows["task"].id)
            await self.assert_owned(ANA, "agent", "sub-agent")
            await self.assert_hidden(ANA, "agent", self.agent.id)
            self.assert_gone("agent", self.agent.id)

        await assert_closed()
        self.crash()
        await assert_closed()
        await self.assert_raises(409, self.provider.register(ANA, resource("agent", self.agent.id), None))
        await self.assert_raises(409, self.provider.register(BOB, resource("agent", self.agent.id), None))
        await self.assert_raises(403, self.provider.register(EVE, resource("agent", self.agent.id), None))
        self.database.delete("agent", self.agent.id)
        await self.application.register_build("planner", ANA)
        await assert_closed()

    async def test_13_a_child_that_comes_while_its_agent_goes_is_refused_or_closed(self):
        for round_number in range(20):
            agent, child = resource("agent", f"agent-{round_number}"), resource("api_key", f"key-{round_number}")
            await self.provider.register(ANA, agent, None)
            coming = asyncio.create_task(self.provider.register(ANA, child, agent))
            going = asyncio.create_task(self.provider.deregister(ANA, agent))
            await asyncio.wait([coming, going])
            self.assertIsNone(going.exception())
            if refused := coming.exception():
                self.assertEqual(refused.code, 403)
            self.assert_gone("agent", agent["selector"])
            self.assertEqual(self.graph.edges("api_key", child["selector"]) == set(), refused is not None)
            await self.assert_hidden(ANA, "api_key", child["selector"])

    async def test_13_a_deregistered_agent_takes_nothing_new_below_it(self):
        await self.provider.deregister(ANA, resource("agent", self.agent.id))
        before = self.graph.all()
        for kind in KINDS_BELOW_AN_AGENT:
            late = self.provider.register(ANA, resource(kind, "late"), resource("agent", self.agent.id))
            await self.assert_raises(403, late)
        self.assertEqual(self.graph.all(), before)
