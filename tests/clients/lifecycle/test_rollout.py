"""Moving accounts from the old backend to the graph, one after another, and back."""

import asyncio
import json
import signal
from contextlib import contextmanager

import httpx

from application import Application
from case import LifecycleCase, Wire, user
from legacy import Grant, Legacy
from operations import Operations, existing
from provider import resource

ANA = user("ana", "acct-a")
BOB = user("bob", "acct-a")
BEA = user("bea", "acct-b")
ABSENT = resource("agent", "absent")


class RolloutCase(LifecycleCase):
    modes: dict[str, str] = {}

    async def prepare(self) -> None:
        self.legacy = Legacy()
        await self.legacy.start()
        self.addAsyncCleanup(self.legacy.stop)
        self.accounts = self.directory / "accounts.yaml"
        self.reload_count = 0
        self.write_modes(self.modes)
        self.flags = ("--lifecycle-accounts", str(self.accounts), "--legacy-upstream", self.legacy.url)

    def write_modes(self, modes: dict[str, str]) -> None:
        self.accounts.write_text("accounts:\n" + "".join(f"  {account}: {mode}\n" for account, mode in modes.items()))

    async def set_modes(self, **modes: str) -> None:
        """Changes the file, and waits until it is in force: an account that is new in it shows that."""
        self.reload_count += 1
        witness = user("witness", f"reload-{self.reload_count}")
        named = {account.replace("_", "-"): mode for account, mode in modes.items()}
        self.write_modes({**named, witness["account_id"]: "off"})

        async def is_in_force() -> bool:
            return (await self.ask("check", witness, ABSENT, "read")).headers.get("x-answered-by") == "legacy"

        self.assertFalse(await is_in_force())
        self.server.process.send_signal(signal.SIGHUP)
        await self.eventually("the modes are in force", is_in_force)
        self.legacy.verbs()

    async def ask(self, verb: str, principal: dict, of: dict, operation: str) -> httpx.Response:
        asked = {"principal": principal, "resource": of, "operation": operation}
        return await self.provider.http.post(f"/v1/authz/{verb}", json=asked)

    async def is_answered_by_legacy(self, principal: dict) -> bool:
        answer = await self.ask("check", principal, ABSENT, "read")
        self.assertEqual(answer.status_code, 403)
        return answer.headers.get("x-answered-by") == "legacy"

    def assert_granted(self, who: dict, kind: str, selector: str) -> None:
        self.assertIn(Grant(who["account_id"], who["user_id"], kind, selector), self.legacy.grants)

    async def answers(self, *principals: dict) -> dict:
        """What everybody is told about everything that has ever been."""
        found = {}
        for principal in principals:
            name = principal["user_id"]
            for kind in ["agent", "task"]:
                found[name, kind] = sorted(await self.provider.search(principal, kind))
                for selector in sorted(self.ever[kind]):
                    found[name, kind, selector] = await self.allowed(principal, kind, selector)
        return found

    async def shadow_counts(self) -> dict:
        async with httpx.AsyncClient(base_url=f"http://{self.server.http_address}") as http:
            return (await http.get("/v1/authz/shadow")).json()

    @contextmanager
    def everything_fails_there(self):
        self.legacy.is_down = True
        yield
        self.legacy.is_down = False


class Off(RolloutCase):
    modes = {"acct-a": "off", "acct-b": "off"}

    async def test_18_off_writes_nothing_and_lets_the_old_backend_decide(self):
        empty = self.graph.all()
        agent = await self.application.register_build("planner", ANA)
        self.assertEqual(self.legacy.verbs(), ["check", "grant"])
        task = await self.application.create_task(agent.id, ANA)
        self.assertEqual(self.legacy.verbs(), ["check", "check", "grant"])
        self.assert_granted(ANA, "agent", agent.id)
        await self.assert_owned(ANA, "task", task.id)
        await self.assert_hidden(BOB, "task", task.id)
        # A grant needs nothing else there.
        await self.provider.grant(BOB, resource("task", task.id))
        await self.assert_owned(BOB, "task", task.id)
        await self.application.delete_task(task.id, ANA)
        await self.assert_hidden(ANA, "task", task.id)
        self.assertEqual(self.graph.all(), empty)

    async def test_18_what_is_forwarded_arrives_byte_for_byte(self):
        wire = Wire(self.server)
        self.addCleanup(wire.close)
        principal = json.dumps(user('änna "x"', "acct-a", api_key="s3cret"), ensure_ascii=False)
        of = '"resource": {"selector":"a:b/c",  "type":"task"}'
        bodies = {
            "grant": f'{{"principal" : {principal},{of},"operation":"create"}}',
            "check": f'{{ "operation":"read","principal":{principal}, {of} }}',
            "search": f'{{"filter_resource":"task","principal":{principal},\t"filter_operation":"read","x":[1.0,1e2]}}',
            "revoke": f'{{{of},"principal":{principal},"operation":"delete"}}\n',
        }
        for verb, body in bodies.items():
            headers = {"x_api_key": "kept", "x_odd": "a  b"}
            answer = await asyncio.to_thread(wire.send, f"/v1/authz/{verb}", body.encode(), **headers)
            (received,) = self.legacy.received
            self.assertEqual(received.body, body.encode())
            self.assertEqual((received.method, received.path), ("POST", f"/v1/authz/{verb}"))
            self.assertEqual(received.header("x-api-key"), "kept")
            self.assertEqual(received.header("x-odd"), "a  b")
            self.assertEqual(received.header("host"), self.legacy.url.removeprefix("http://"))
            self.assertEqual(answer.status, 200)
            expected = b'{"items" :  ["a:b/c"]}' if verb == "search" else b'{"success" :  true}'
            self.assertEqual(answer.body, expected)
            self.assertEqual(answer.headers["x-answered-by"], "legacy")
            self.legacy.verbs()
        denied = await asyncio.to_thread(wire.send, "/v1/authz/check", bodies["check"].encode())
        self.assertEqual((denied.status, denied.body), (403, b'{"error" :  "the old backend says no"}'))

    async def test_18_a_batch_is_put_together_from_single_checks(self):
        for selector in ["a", "b", "c"]:
            await self.provider.grant(ANA if selector != "b" else BOB, resource("task", selector))
        self.legacy.verbs()
        asked = {"principal": ANA, "resource_type": "task", "selectors": ["a", "b", "c", "d"], "operation": "read"}
        answer = await self.provider.http.post("/v1/authz/check_batch", json=asked)
        self.assertEqual(answer.json()["authorized_selectors"], ["a", "c"])
        self.assertEqual(self.legacy.verbs(), ["check"] * 4)

    async def test_18_what_only_the_old_backend_understands_is_its_business(self):
        self.legacy.grants.add(Grant("acct-a", "ana", "planet", "mars"))
        for operation in ["read", "fly"]:
            answer = await self.ask("check", ANA, resource("planet", "mars"), operation)
            self.assertEqual((answer.status_code, answer.headers.get("x-answered-by")), (200, "legacy"))

    async def test_18_without_a_principal_nobody_is_asked(self):
        for verb in ["check", "grant", "revoke", "register", "deregister"]:
            for principal in [None, {}, user("ana", ""), {**ANA, "service_account_id": "ci"}]:
                answer = await self.ask(verb, principal, ABSENT, "read")
                self.assertEqual(answer.status_code, 422, (verb, principal))
        self.assertEqual(self.legacy.verbs(), [])

    async def test_18_no_answer_from_the_old_backend_is_unavailable(self):
        agent = await self.application.register_build("planner", ANA)
        await self.legacy.stop()
        await self.assert_raises(503, self.provider.check(ANA, resource("agent", agent.id), "read"))
        await self.assert_raises(503, self.provider.grant(ANA, resource("agent", agent.id)))
        await self.assert_raises(503, self.provider.search(ANA, "agent"))

    async def test_18_deregistering_removes_what_was_registered_in_another_mode(self):
        await self.set_modes(acct_a="read", acct_b="off")
        agent = await self.application.register_build("planner", ANA)
        await self.set_modes(acct_a="off", acct_b="off")
        self.assertNotEqual(self.graph.edges("agent", agent.id), set())
        await self.application.delete_agent(agent.id, ANA)
        self.assertEqual(self.graph.edges("agent", agent.id), set())
        await self.set_modes(acct_a="read", acct_b="off")
        await self.assert_hidden(ANA, "agent", agent.id)


class DualWrite(RolloutCase):
    modes = {"acct-a": "dual_write"}

    async def test_18_both_stores_hold_what_is_made(self):
        await self.set_modes(acct_a="off")
        old = await self.application.register_build("old", ANA)
        await self.set_modes(acct_a="dual_write")
        agent = await self.application.register_build("planner", ANA)
        tasks = [await self.application.create_task(one.id, ANA) for one in [old, agent]]
        for kind, row in [("agent", agent), ("task", tasks[0]), ("task", tasks[1])]:
            self.assert_granted(ANA, kind, row.id)
            edges = self.graph.edges(kind, row.id)
            self.assertLessEqual({f"{kind}:{row.id}#owner@user:ana", f"{kind}:{row.id}#tenant@tenant:acct-a"}, edges)
        # Its agent is not registered yet, and will be by a backfill.
        self.assertIn(f"task:{tasks[0].id}#parent_agent@agent:{old.id}", self.graph.all())
        self.assertNotIn(f"agent:{old.id}#owner@user:ana", self.graph.all())
        self.assertTrue(await self.is_answered_by_legacy(ANA))
        await self.assert_owned(ANA, "agent", old.id)
        await self.application.delete_task(tasks[1].id, ANA)
        self.assertEqual(self.graph.edges("task", tasks[1].id), set())
        self.assertNotIn(Grant("acct-a", "ana", "task", tasks[1].id), self.legacy.grants)

    async def test_18_a_revocation_reaches_both_once_the_old_backend_took_it(self):
        agent = await self.application.register_build("planner", ANA)
        of, owner = resource("agent", agent.id), f"agent:{agent.id}#owner@user:ana"
        with self.everything_fails_there():
            await self.assert_raises(503, self.provider.revoke(ANA, of))
        self.assertIn(owner, self.graph.all())
        await self.provider.revoke(ANA, of)
        self.assertNotIn(owner, self.graph.all())
        # A grant is no registration, and the graph does not take one for it.
        await self.provider.grant(BOB, of)
        self.assert_granted(BOB, "agent", agent.id)
        self.assertEqual(self.graph.edges("agent", agent.id), {f"agent:{agent.id}#tenant@tenant:acct-a"})

    async def test_18_a_backfill_adds_what_is_old_and_leaves_what_is_new(self):
        await self.set_modes(acct_a="off")
        old = [await self.application.register_build(f"old {number}", ANA) for number in range(3)]
        task, deleted = [await self.application.create_task(old[0].id, ANA) for _ in range(2)]
        # What the application has at this time; it goes on meanwhile.
        rows = [existing(ANA, resource("agent", row.id)) for row in old]
        rows += [existing(ANA, resource("task", one.id), resource("agent", old[0].id)) for one in [task, deleted]]
        await self.set_modes(acct_a="dual_write")
        await self.application.delete_task(deleted.id, ANA)
        await self.application.delete_agent(old[1].id, ANA)
        newer = existing(BOB, resource("agent", (await self.application.register_build("new", ANA)).id))
        foreign = existing(BEA, resource("agent", old[0].id))
        rows += [newer]
        wanted = ["REGISTERED", "DEREGISTERED", "REGISTERED", "REGISTERED", "DEREGISTERED", "KEPT"]
        operations, before = Operations(self.server), self.graph.all()
        self.addCleanup(operations.close)
        self.assertEqual(operations.backfill(*rows, dry_run=True), wanted)
        self.assertEqual(self.graph.all(), before)
        self.assertEqual(operations.backfill(*rows), wanted)
        after = self.graph.all()
        again = ["UNCHANGED" if outcome == "REGISTERED" else outcome for outcome in wanted]
        self.assertEqual(operations.backfill(*rows, foreign), [*again, "REFUSED"])
        self.assertEqual(self.graph.all(), after)
        self.ever = {"agent": {row.id for row in old} | {newer["resource"]["selector"]}, "task": {task.id, deleted.id}}
        by_legacy = await self.answers(ANA, BOB)
        await self.set_modes(acct_a="read")
        self.assertEqual(await self.answers(ANA, BOB), by_legacy)
        await self.assert_owned(ANA, "task", task.id)
        await self.assert_hidden(ANA, "task", deleted.id)

    async def test_18_accounts_stay_apart(self):
        agent = await self.application.register_build("planner", ANA)
        await self.set_modes(acct_a="dual_write", acct_b="dual_write")
        await self.assert_raises(403, self.provider.register(BEA, resource("agent", agent.id), None))
        stolen = self.provider.register(BEA, resource("task", "stolen"), resource("agent", agent.id))
        await self.assert_raises(403, stolen)
        await self.assert_raises(403, self.provider.deregister(BEA, resource("agent", agent.id)))


class Reading(RolloutCase):
    modes = {"acct-a": "read", "acct-b": "off"}

    async def test_19_one_process_answers_one_account_itself_and_the_other_from_the_old_backend(self):
        for principal, is_legacy in [(ANA, False), (BEA, True)]:
            self.assertEqual(await self.is_answered_by_legacy(principal), is_legacy)
            agent = await self.application.register_build(f"of {principal['user_id']}", principal)
            self.assertEqual(self.graph.edges("agent", agent.id) == set(), is_legacy)
            await self.assert_owned(principal, "agent", agent.id)
            # Also what the graph answers is told there, or going back would lose it.
            self.assert_granted(principal, "agent", agent.id)
        # What only the old backend was told means nothing where the graph answers.
        self.legacy.grants.add(Grant("acct-a", "bob", "agent", "planted"))
        await self.assert_hidden(BOB, "agent", "planted")

    async def test_19_what_is_not_in_the_file_is_answered_by_the_graph(self):
        self.assertFalse(await self.is_answered_by_legacy(user("zoe", "acct-z")))
        await self.set_modes(default_stays="off")
        self.assertFalse(await self.is_answered_by_legacy(BEA))

    async def test_19_what_cannot_be_told_there_fails(self):
        agent = await self.application.register_build("planner", ANA)
        with self.everything_fails_there():
            for action in [self.provider.grant, self.provider.revoke]:
                await self.assert_raises(503, action(ANA, resource("agent", agent.id)))
            await self.provider.search(ANA, "agent")

    async def test_19_going_back_loses_nothing(self):
        await self.set_modes(acct_a="dual_write", acct_b="off")
        self.ever = {"agent": set(), "task": set()}

        async def live(name: str) -> None:
            """Makes, shares nothing, and deletes: one of each stays, one of each goes."""
            for who in [ANA, BOB]:
                rows = [await self.application.register_build(f"{name} {who['user_id']} {n}", who) for n in range(2)]
                tasks = [await self.application.create_task(rows[0].id, who) for _ in range(3)]
                await self.application.delete_task(tasks[1].id, who)
                await self.provider.revoke(who, resource("task", tasks[2].id))
                await self.application.delete_agent(rows[1].id, who)
                self.ever["agent"] |= {row.id for row in rows}
                self.ever["task"] |= {row.id for row in tasks}

        await live("before")
        before = await self.answers(ANA, BOB)
        await self.set_modes(acct_a="read", acct_b="off")
        self.assertFalse(await self.is_answered_by_legacy(ANA))
        self.assertEqual(await self.answers(ANA, BOB), before)
        await live("while")
        while_on = await self.answers(ANA, BOB)
        self.assertEqual(sum(len(while_on[who, kind]) for who in ["ana", "bob"] for kind in self.ever), 8)
        await self.assert_no_difference("read")
        await self.set_modes(acct_a="dual_write", acct_b="off")
        self.assertTrue(await self.is_answered_by_legacy(ANA))
        self.assertEqual(await self.answers(ANA, BOB), while_on)
        await live("after")
        await self.assert_no_difference("dual_write")
        # And on again.
        after = await self.answers(ANA, BOB)
        await self.set_modes(acct_a="read", acct_b="off")
        self.assertEqual(await self.answers(ANA, BOB), after)

    async def assert_no_difference(self, mode: str) -> None:
        """Both sides say the same to every question, now that nothing changes any more."""
        await self.set_modes(acct_a=f"{{mode: {mode}, shadow: true}}", acct_b="off")
        compared = (await self.shadow_counts())["compared"]
        self.proxy.calls()
        await self.answers(ANA, BOB)
        asked = len(self.proxy.calls())

        async def are_compared() -> bool:
            counts = await self.shadow_counts()
            return counts["compared"] + counts["dropped"] >= compared + asked

        await self.eventually("all is compared", are_compared)
        counts = await self.shadow_counts()
        self.assertEqual({kind: count for kind, count in counts["mismatches"].items() if count}, {})
        self.assertEqual((counts["graph_failed"], counts["legacy_failed"]), (0, 0))
        self.assertGreater(counts["compared"], compared)

    async def test_19_a_difference_is_counted_by_its_kind_and_changes_no_answer(self):
        await self.set_modes(acct_a="{mode: read, shadow: true}")
        agent = await self.application.register_build("planner", ANA)
        self.legacy.grants.discard(Grant("acct-a", "ana", "agent", agent.id))
        self.legacy.grants.add(Grant("acct-a", "ana", "agent", "planted"))
        await self.assert_hidden(ANA, "agent", "planted")
        await self.assert_owned(ANA, "agent", agent.id)
        wanted = {"unregistered", "extra_graph_grant", "search_only_legacy", "search_only_graph"}

        async def are_counted() -> bool:
            mismatches = (await self.shadow_counts())["mismatches"]
            return wanted == {kind for kind, count in mismatches.items() if count}

        await self.eventually("the differences are counted", are_counted)

    async def test_19_a_slow_or_dead_old_backend_delays_no_answer(self):
        await self.set_modes(acct_a="{mode: read, shadow: true}")
        agent = await self.application.register_build("planner", ANA)

        async def is_counted(what: str) -> bool:
            return (await self.shadow_counts())[what] > 0

        self.legacy.is_answering.clear()
        await self.assert_owned(ANA, "agent", agent.id)
        self.legacy.is_answering.set()
        await self.eventually("the late answers are compared", lambda: is_counted("compared"))
        await self.legacy.stop()
        await self.assert_owned(ANA, "agent", agent.id)
        await self.eventually("the failure is counted", lambda: is_counted("legacy_failed"))

    async def test_19_nobody_notices_a_switch(self):
        agent = await self.application.register_build("planner", ANA)
        is_over, sides = False, set()

        async def use(pod: Application) -> None:
            while not is_over:
                await pod.provider.grant(ANA, resource("agent", agent.id))
                answer = await self.ask("check", ANA, resource("agent", agent.id), "read")
                self.assertEqual(answer.status_code, 200)
                sides.add(answer.headers.get("x-answered-by"))
                self.assertEqual(await pod.agents(ANA), [agent.id])

        using = [asyncio.create_task(use(self.pod())) for _ in range(3)]
        for mode in ["dual_write", "off", "read"] * 2:
            await self.set_modes(acct_a=mode)
        is_over = True
        await asyncio.gather(*using)
        self.assertEqual(sides, {"legacy", None})

    async def test_19_a_file_that_is_wrong_changes_nothing(self):
        for text in ["accounts: {acct-a: sometimes}", "accounts: [", "account: {acct-a: off}", "accounts: {'': off}"]:
            refused = self.server.log().count("accounts.yaml")
            self.accounts.write_text(text)
            self.server.process.send_signal(signal.SIGHUP)

            async def is_logged() -> bool:
                return self.server.log().count("accounts.yaml") > refused

            await self.eventually("the refusal is logged", is_logged)
            self.assertFalse(await self.is_answered_by_legacy(ANA))
            self.assertTrue(await self.is_answered_by_legacy(BEA))
