"""What happens to resources from their creation to their end, as the application goes through it."""

import asyncio

from application import Application
from case import LifecycleCase, Wire, service, user
from database import Row
from provider import Operation, UnavailableError, resource
from proxy import Fault

ANA = user("ana", "acct-a")
BOB = user("bob", "acct-a")
CI = service("ci", "acct-a")
EVE = user("eve", "acct-b")


def meeting(*pods: Application) -> None:
    """Lets pods store what they have registered only when all have registered."""
    barrier = asyncio.Barrier(len(pods))

    async def meet(_: Row) -> None:
        await barrier.wait()

    for pod in pods:
        pod.before_storing = meet


class Creation(LifecycleCase):
    async def test_01_a_created_agent_is_its_owners_at_once(self):
        for owner in [ANA, CI]:
            self.proxy.calls()
            agent = await self.application.register_build(f"of {owner['principal_type']}", owner)
            calls = ["check agent:* create", f"register agent:{agent.id}", f"grant agent:{agent.id} create"]
            self.assertEqual(self.proxy.calls(), calls)
            await self.assert_owned(owner, "agent", agent.id)
            self.assertEqual(await self.application.agents(owner), [agent.id])
            self.crash()
            await self.assert_owned(owner, "agent", agent.id)
            await self.assert_hidden(BOB, "agent", agent.id)

    async def test_01_one_pods_agent_is_seen_by_the_other_pods(self):
        pods = [self.pod() for _ in range(5)]
        agent = await pods[0].register_build("planner", ANA)
        await asyncio.gather(*(pod.agent(agent.id, ANA) for pod in pods))
        self.assertEqual(await asyncio.gather(*(pod.agents(ANA) for pod in pods)), [[agent.id]] * 5)

    async def test_02_one_revision_holds_owner_tenant_and_parent(self):
        agent = await self.application.register_build("planner", ANA)
        before = self.graph.touch("tenant:before#member@user:marker")
        key = await self.application.create_api_key(agent.id, ANA)
        until = self.graph.touch("tenant:after#member@user:marker")
        wanted = {
            f"+api_key:{key.id}#owner@user:ana",
            f"+api_key:{key.id}#tenant@tenant:acct-a",
            f"+api_key:{key.id}#parent_agent@agent:{agent.id}",
        }
        self.assertEqual(self.graph.changes(before, until), [wanted, {"+tenant:after#member@user:marker"}])
        await self.assert_owned(ANA, "api_key", key.id)

    async def test_02_every_kind_of_resource_goes_through_its_life(self):
        agent = await self.application.register_build("planner", ANA)
        task = await self.application.create_task(agent.id, ANA)
        key = await self.application.create_api_key(agent.id, ANA)
        schedule = await self.application.create_schedule(agent.id, ANA)
        rows = {"task": task, "api_key": key, "schedule": schedule, "agent": agent}
        for kind, row in rows.items():
            await self.assert_owned(ANA, kind, row.id)
            await self.assert_hidden(BOB, kind, row.id)
        await self.application.send_message(task.id, ANA)
        await self.application.track_task(task.id, ANA)
        await self.application.cancel_task(task.id, ANA)
        await self.application.pause_schedule(schedule.id, ANA)
        self.assertRegex(await self.application.fire_schedule(schedule.id), "^ran ")
        for kind, row in rows.items():
            await getattr(self.application, f"delete_{kind}")(row.id, ANA)
            await self.assert_hidden(ANA, kind, row.id)
            self.assertEqual(self.graph.edges(kind, row.id), set())
        self.assertEqual(self.application.swallowed, [])

    async def test_01_one_connection_is_enough_for_answers_of_every_kind(self):
        agent = await self.application.register_build("planner", ANA)
        task = resource("task", (await self.application.create_task(agent.id, ANA)).id)
        for _ in range(10):
            await self.assert_raises(403, self.provider.check(EVE, task, Operation.READ))
            await self.assert_raises(409, self.provider.register(ANA, task, None))
            await self.assert_raises(422, self.provider.check(None, task, Operation.READ))
            await self.assert_raises(422, self.provider.check(ANA, resource("task", "x" * (1 << 20)), Operation.READ))
            await self.assert_raises(404, self.application.task("absent", ANA))
            await self.provider.check(ANA, task, Operation.READ)
        self.assertEqual(self.proxy.connection_count, 1)

    async def test_03_a_key_without_its_parent_is_closed(self):
        self.graph.touch("api_key:stray#owner@user:ana", "api_key:stray#tenant@tenant:acct-a")
        await self.assert_hidden(ANA, "api_key", "stray")
        # A grant is no registration: it is refused, and opens nothing.
        await self.assert_raises(403, self.provider.grant(ANA, resource("api_key", "granted")))
        await self.assert_hidden(ANA, "api_key", "granted")
        self.assertEqual(self.graph.edges("api_key", "granted"), set())

    async def test_04_a_key_needs_a_role_on_it_and_the_right_on_its_agent(self):
        agent = await self.application.register_build("planner", ANA)
        key = await self.application.create_api_key(agent.id, ANA)
        self.graph.touch(f"api_key:{key.id}#editor@user:bob", f"agent:{agent.id}#viewer@user:bob")
        self.proxy.calls()
        await self.assert_raises(403, self.application.delete_api_key(key.id, BOB))
        self.assertEqual([one.status for one in self.proxy.seen], [403, 200])
        self.assertEqual(self.proxy.calls(), [f"check api_key:{key.id} delete", f"check api_key:{key.id} read"])
        # Who has nothing is told that there is nothing.
        await self.assert_raises(404, self.application.delete_api_key(key.id, CI))
        self.assertEqual([one.status for one in self.proxy.seen], [403, 403])
        self.assertIn(key.id, self.database.ids("api_key"))
        await self.assert_owned(ANA, "api_key", key.id)

    async def test_07_the_loser_of_a_race_takes_back_only_its_own(self):
        pods = [self.pod() for _ in range(6)]
        meeting(*pods)
        rows = await asyncio.gather(*(pod.register_build("planner", ANA) for pod in pods))
        winner = self.database.agent_named("planner")
        self.assertEqual({row.id for row in rows}, {winner.id})
        registered = {one.json()["resource"]["selector"] for one in self.proxy.seen if "/register" in one.path}
        withdrawn = {one.json()["resource"]["selector"] for one in self.proxy.seen if "/deregister" in one.path}
        self.assertEqual((len(registered), withdrawn), (6, registered - {winner.id}))
        await self.assert_owned(ANA, "agent", winner.id)
        await self.assert_hidden(ANA, "agent", *withdrawn)
        self.assertEqual(await self.provider.search(ANA, "agent"), [winner.id])

    async def test_14_a_pod_that_starts_again_changes_nothing(self):
        agent = await self.application.register_agent("planner", ANA)
        before = self.graph.all()
        for pod in [self.application, self.pod(), self.pod()]:
            self.proxy.calls()
            self.assertEqual((await pod.register_agent("planner", ANA)).id, agent.id)
            self.assertEqual(self.proxy.calls(), ["check agent:* create", f"grant agent:{agent.id} create"])
        self.crash()
        await self.application.register_build("planner", ANA)
        self.assertEqual(self.graph.all(), before)

    async def test_14_the_same_registration_again_changes_nothing_another_one_is_refused(self):
        agent, other = [await self.application.register_build(name, ANA) for name in ["planner", "other"]]
        task = await self.application.create_task(agent.id, ANA)
        of, parent = resource("task", task.id), resource("agent", agent.id)
        self.graph.touch(f"agent:{agent.id}#executor@user:bob")
        before = self.graph.all()
        await self.provider.register(ANA, of, parent)
        self.crash()
        await self.provider.register(ANA, of, parent)
        await self.assert_raises(409, self.provider.register(ANA, of, resource("agent", other.id)))
        await self.assert_raises(409, self.provider.register(ANA, of, None))
        await self.assert_raises(409, self.provider.register(BOB, of, parent))
        await self.assert_raises(403, self.provider.register(EVE, of, None))
        self.assertEqual(self.graph.all(), before)

    async def test_17_without_a_principal_nobody_is_asked(self):
        nobody = {"account_id": "acct-a", "user_id": None, "service_account_id": None}
        for name, principal in [("alone", None), ("nameless", nobody), ("empty", {})]:
            agent = await self.application.register_agent(name, principal)
            self.assertEqual(self.proxy.calls(), [])
            self.assertIn(agent.id, self.database.ids("agent"))
            await self.assert_hidden(ANA, "agent", agent.id)
            self.proxy.calls()
        agent = await self.application.register_agent("in the manifest", None, body_principal=CI)
        calls = ["check agent:* create", f"register agent:{agent.id}", f"grant agent:{agent.id} create"]
        self.assertEqual(self.proxy.calls(), calls)
        await self.assert_owned(CI, "agent", agent.id)

    async def test_17_a_null_principal_is_unprocessable_on_every_route(self):
        agent = await self.application.register_build("planner", ANA)
        before = self.graph.all()
        wire = Wire(self.server)
        self.addCleanup(wire.close)
        of = resource("agent", agent.id)
        for nobody in [None, {}]:
            for verb in [wire.check, wire.search, wire.grant, wire.revoke, wire.register, wire.deregister]:
                answer = verb(nobody, "agent" if verb == wire.search else of)
                self.assertEqual(answer.status, 422, (verb, answer.body))
                self.assertIn("principal", answer.message)
        self.assertTrue(wire.is_kept)
        self.assertEqual(self.graph.all(), before)


class Accounts(LifecycleCase):
    async def assert_eve_gets_nothing(self, agent_id: str) -> None:
        """Whoever says that something is theirs does not get it in another account."""
        before = self.graph.all()
        of = resource("agent", agent_id)
        await self.assert_raises(403, self.application.register_build("planner", EVE))
        await self.assert_raises(403, self.provider.grant(EVE, of))
        await self.assert_raises(403, self.provider.register(EVE, of, None))
        await self.assert_raises(403, self.provider.deregister(EVE, of))
        await self.assert_raises(403, self.provider.revoke(EVE, of))
        self.assertEqual(self.graph.all(), before)
        await self.assert_hidden(EVE, "agent", agent_id)
        await self.assert_owned(ANA, "agent", agent_id)

    async def test_15_another_account_does_not_get_an_agent_by_its_name(self):
        agent = await self.application.register_build("planner", ANA)
        await self.assert_eve_gets_nothing(agent.id)
        self.crash()
        await self.assert_eve_gets_nothing(agent.id)

    async def test_15_nor_by_a_race_for_its_name(self):
        for round_number in range(5):
            name = f"racer {round_number}"
            pods = {who["user_id"]: self.pod() for who in [ANA, EVE]}
            meeting(*pods.values())
            racing = (pods[who["user_id"]].register_build(name, who) for who in [ANA, EVE])
            outcomes = await asyncio.gather(*racing, return_exceptions=True)
            winner = self.database.agent_named(name).id
            won = [who for who, outcome in zip([ANA, EVE], outcomes) if isinstance(outcome, Row)]
            lost = [outcome for outcome in outcomes if not isinstance(outcome, Row)]
            self.assertEqual(([one.code for one in lost], len(won)), ([403], 1), outcomes)
            await self.assert_owned(won[0], "agent", winner)
            await self.assert_hidden(EVE if won[0] is ANA else ANA, "agent", winner)

    async def test_15_nor_by_a_race_for_its_id(self):
        racers = [ANA, BOB, EVE, user("ana", "acct-b"), user("ana", "acct-c"), CI]
        pods = [self.pod() for _ in racers]
        for round_number in range(20):
            of = resource("agent", f"disputed-{round_number}")
            racing = (pod.provider.register(racer, of, None) for pod, racer in zip(pods, racers))
            outcomes = await asyncio.gather(*racing, return_exceptions=True)
            winners = [racer for racer, outcome in zip(racers, outcomes) if outcome is None]
            self.assertEqual(len(winners), 1, outcomes)
            for racer, outcome in zip(racers, outcomes):
                if racer is winners[0]:
                    await self.assert_owned(racer, "agent", of["selector"])
                    continue
                is_neighbour = racer["account_id"] == winners[0]["account_id"]
                self.assertEqual(outcome.code, 409 if is_neighbour else 403, (racer, outcome))
                await self.assert_hidden(racer, "agent", of["selector"])

    async def test_16_who_is_in_two_accounts_sees_only_the_selected_one(self):
        here, there = user("uma", "acct-a"), user("uma", "acct-b")
        agent = await self.application.register_build("planner", here)
        task = await self.application.create_task(agent.id, here)
        # Not even by a role, and not as a member of both.
        self.graph.touch(
            f"agent:{agent.id}#editor@user:uma",
            "tenant:acct-a#member@user:uma",
            "tenant:acct-b#admin@user:uma",
        )
        await self.assert_owned(here, "agent", agent.id)
        await self.assert_hidden(there, "agent", agent.id)
        await self.assert_hidden(there, "task", task.id)
        self.assertEqual(await self.application.agents(there), [])
        before = self.graph.all()
        for kind in ["task", "api_key", "schedule", "agent"]:
            stolen = self.provider.register(there, resource(kind, f"stolen-{kind}"), resource("agent", agent.id))
            await self.assert_raises(403, stolen)
            await self.assert_hidden(there, kind, f"stolen-{kind}")
        self.assertEqual(self.graph.all(), before)

    async def test_16_whose_name_is_another_accounts_is_somebody_else(self):
        """A user and a service account of one name, and accounts whose names only look alike."""
        agent = await self.application.register_build("planner", ANA)
        accounts = ["acct-A", "acct-a ", "acct", "acct-ab"]
        strangers = [user("ana", account) for account in accounts] + [service("ana", "acct-a"), user("Ana", "acct-a")]
        for stranger in strangers:
            await self.assert_hidden(stranger, "agent", agent.id)

    async def test_16_a_parent_needs_the_right_that_the_child_asks_for(self):
        agent = await self.application.register_build("planner", ANA)
        parent = resource("agent", agent.id)
        wanted = {
            "viewer": {"agent": 403, "task": 403, "api_key": 403, "schedule": 403},
            "executor": {"agent": 403, "task": 200, "api_key": 403, "schedule": 403},
            "editor": {"agent": 200, "task": 200, "api_key": 200, "schedule": 200},
        }
        for role, statuses in wanted.items():
            self.graph.touch(f"agent:{agent.id}#{role}@user:{role}")
            for kind, status in statuses.items():
                child = resource(kind, f"{kind} of {role}")
                registering = self.provider.register(user(role, "acct-a"), child, parent)
                with self.subTest(role=role, kind=kind):
                    await (registering if status == 200 else self.assert_raises(status, registering))
                    found = await self.provider.search(user(role, "acct-a"), kind)
                    self.assertEqual(child["selector"] in found, status == 200)
        absent = self.provider.register(ANA, resource("task", "orphan"), resource("agent", "absent"))
        await self.assert_raises(403, absent)
        self.assertEqual(self.graph.edges("task", "orphan"), set())


class Roles(LifecycleCase):
    async def test_20_a_schedule_whose_creator_lost_the_agent_is_skipped(self):
        agent = await self.application.register_build("planner", ANA)
        self.graph.touch(f"agent:{agent.id}#editor@user:bob")
        schedule = await self.application.create_schedule(agent.id, user("bob", "acct-a", api_key="secret"))
        self.assertEqual(set(schedule.creator), {"principal_type", "user_id", "service_account_id", "account_id"})
        self.assertRegex(await self.application.fire_schedule(schedule.id), "^ran ")
        self.graph.delete(f"agent:{agent.id}#editor@user:bob")
        self.proxy.calls()
        self.assertEqual(await self.application.fire_schedule(schedule.id), "skipped: permission denied")
        self.assertEqual(self.proxy.calls(), [f"check agent:{agent.id} execute"])

    async def test_20_a_schedule_is_fired_again_when_nobody_could_answer(self):
        agent = await self.application.register_build("planner", ANA)
        schedule = await self.application.create_schedule(agent.id, ANA)
        for fault in [Fault.UNAVAILABLE, Fault.DROP_REQUEST, Fault.DROP_REPLY]:
            self.proxy.break_next("check", fault)
            with self.assertRaises(UnavailableError):
                await self.application.fire_schedule(schedule.id)
        self.server.kill()
        with self.assertRaises(UnavailableError):
            await self.application.fire_schedule(schedule.id)
        self.start()
        self.assertRegex(await self.application.fire_schedule(schedule.id), "^ran ")

    async def test_20_a_tasks_editor_works_on_it_and_does_not_cancel_it(self):
        agent = await self.application.register_build("planner", ANA)
        task = await self.application.create_task(agent.id, ANA)
        self.graph.touch(f"task:{task.id}#editor@user:bob")
        await self.application.send_message(task.id, BOB)
        await self.assert_raises(403, self.application.cancel_task(task.id, BOB))
        self.assertEqual(task.status, "ready")
        await self.application.cancel_task(task.id, ANA)
        self.assertEqual(await self.allowed(BOB, "task", task.id), {"read", "update"})

    async def test_20_what_is_taken_away_is_gone_at_the_next_check(self):
        agent = await self.application.register_build("planner", ANA)
        of = resource("agent", agent.id)
        for _ in range(50):
            self.graph.touch(f"agent:{agent.id}#editor@user:bob")
            await self.provider.check(BOB, of, Operation.UPDATE)
            self.assertEqual(await self.provider.search(BOB, "agent"), [agent.id])
            self.graph.delete(f"agent:{agent.id}#editor@user:bob")
            await self.assert_raises(403, self.provider.check(BOB, of, Operation.UPDATE))
            self.assertEqual(await self.provider.search(BOB, "agent"), [])
