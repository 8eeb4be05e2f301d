"""What the audit log tells of writes and decisions, and what it must not tell."""

import json
from pathlib import Path

from case import LifecycleCase, user
from operations import Operations, existing
from provider import resource

SECRETS = {"api_key": "s3cret-of-ana", "token": "eyJhbGciOi", "metadata": {"password": "hunter2"}}
ANA = user("ana", "acct-a", **SECRETS)
BOB = user("bob", "acct-a")
EVE = user("eve", "acct-b")
SHOWN_ANA = {"type": "user", "id": "ana", "account": "acct-a"}
SMALL_FILE_BYTES = 4_096


class AuditCase(LifecycleCase):
    more: tuple[str, ...] = ("--audit-decision-rate", "1")

    async def prepare(self) -> None:
        self.path = self.directory / "audit.log"
        self.flags = ("--audit-log", str(self.path), *self.more)

    def files(self) -> list[Path]:
        """Oldest first."""
        numbered = sorted(self.directory.glob("audit.log.*"), key=lambda path: -int(path.suffix[1:]))
        return [*numbered, self.path]

    def entries(self) -> list[dict]:
        return [json.loads(line) for path in self.files() for line in path.read_text().splitlines()]

    async def logged(self, kind: str, **wanted) -> dict:
        """The one entry with these fields. The log is written a moment after the answer."""
        fits = lambda: [one for one in self.entries() if one["kind"] == kind and wanted.items() <= one.items()]

        async def is_there() -> bool:
            return bool(fits())

        await self.eventually(f"{kind} {wanted} is logged", is_there)
        (found,) = fits()
        return found


class Writes(AuditCase):
    async def test_a_write_is_told_with_what_was_before_and_after(self):
        agent = await self.application.register_build("planner", ANA)
        name = f"agent:{agent.id}"
        edges = {f"{name}#owner@user:ana", f"{name}#tenant@tenant:acct-a"}
        registered = await self.logged("write", verb="register", resource=name)
        self.assertEqual((registered["principal"], registered["outcome"]), (SHOWN_ANA, "applied"))
        self.assertEqual((set(registered["before"]), set(registered["after"])), (set(), edges))
        self.assertRegex(registered["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        granted = await self.logged("write", verb="grant", resource=name)
        self.assertEqual((granted["outcome"], granted["revision"]), ("unchanged", None))
        await self.provider.deregister(ANA, resource("agent", agent.id))
        deregistered = await self.logged("write", verb="deregister", resource=name)
        self.assertEqual(set(deregistered["before"]), edges)
        self.assertFalse(set(deregistered["after"]) & edges)
        self.assertGreater(deregistered["revision"], registered["revision"])

    async def test_a_revocation_is_told_with_what_it_took(self):
        agent = await self.application.register_build("planner", ANA)
        await self.provider.revoke(ANA, resource("agent", agent.id))
        revoked = await self.logged("write", verb="revoke", resource=f"agent:{agent.id}")
        self.assertEqual((revoked["before"], revoked["after"]), ([f"agent:{agent.id}#owner@user:ana"], []))

    async def test_what_is_refused_is_told_as_well(self):
        agent = await self.application.register_build("planner", ANA)
        of = resource("agent", agent.id)
        await self.assert_raises(403, self.provider.grant(EVE, of))
        refused = await self.logged("write", verb="grant", outcome="refused")
        self.assertEqual(refused["principal"], {"type": "user", "id": "eve", "account": "acct-b"})
        self.assertEqual((refused["before"], refused["after"], refused["revision"]), ([], [], None))
        self.assertTrue(refused["reason"])
        await self.assert_raises(409, self.provider.register(BOB, of, None))
        await self.logged("write", verb="register", outcome="refused")

    async def test_what_is_done_about_the_past_is_told_by_its_own_name(self):
        operations = Operations(self.server)
        self.addCleanup(operations.close)
        row = existing(ANA, resource("agent", "old"))
        self.assertEqual(operations.backfill(row, dry_run=True), ["REGISTERED"])
        self.assertEqual(operations.backfill(row), ["REGISTERED"])
        edges = {"agent:old#owner@user:ana", "agent:old#tenant@tenant:acct-a"}
        registered = await self.logged("write", verb="backfill", outcome="applied")
        self.assertEqual((registered["principal"], set(registered["after"])), (SHOWN_ANA, edges))
        self.assertEqual(operations.reconcile("agent", ["old"]), ["old"])
        removed = await self.logged("write", verb="reconcile", resource="agent:old")
        self.assertEqual(set(removed["before"]), edges)
        self.assertEqual(removed["principal"]["account"], "acct-a")

    async def test_a_write_that_was_answered_is_in_the_log_after_a_stop(self):
        for number in range(30):
            await self.provider.register(ANA, resource("agent", f"agent {number}"), None)
        self.assertEqual(self.server.stop(), 0)
        told = [one["resource"] for one in self.entries() if one["kind"] == "write"]
        self.assertEqual(told, [f"agent:agent {number}" for number in range(30)])


class Decisions(AuditCase):
    async def test_a_decision_is_told_with_what_decided(self):
        agent = await self.application.register_build("planner", ANA)
        key = await self.application.create_api_key(agent.id, ANA)
        await self.provider.check(ANA, resource("api_key", key.id), "delete")
        allowed = await self.logged("decision", resource=f"api_key:{key.id}", operation="delete", allowed=True)
        self.assertEqual(allowed["principal"], SHOWN_ANA)
        deciding = {f"api_key:{key.id}#owner@user:ana", f"agent:{agent.id}#owner@user:ana"}
        self.assertLessEqual(deciding, set(allowed["relationships"]))
        self.assertTrue(allowed["revision"] and allowed["reason"])

    async def test_a_denial_is_told_with_its_reason(self):
        agent = await self.application.register_build("planner", ANA)
        of = resource("agent", agent.id)
        reasons = set()
        for who, what in [(BOB, of), (EVE, of), (ANA, resource("agent", "absent"))]:
            await self.assert_raises(403, self.provider.check(who, what, "update"))
            who = {"type": "user", "id": who["user_id"], "account": who["account_id"]}
            name = f"agent:{what['selector']}"
            denied = await self.logged("decision", resource=name, principal=who, operation="update")
            self.assertFalse(denied["allowed"])
            self.assertEqual(denied["relationships"], [])
            reasons.add(denied["reason"])
        self.assertEqual(len(reasons), 2, "no permission and not registered")

    async def test_no_secret_is_told_anywhere(self):
        agent = await self.application.register_build("planner", ANA)
        await self.application.create_task(agent.id, ANA)
        await self.application.delete_agent(agent.id, ANA)
        await self.logged("write", verb="revoke")
        self.assertEqual(self.server.stop(), 0)
        told = "".join(path.read_text() for path in self.files()) + self.server.log()
        for secret in ["s3cret-of-ana", "eyJhbGciOi", "hunter2", "metadata"]:
            self.assertNotIn(secret, told)


class NoDecisions(AuditCase):
    more = ()

    async def test_without_a_rate_only_writes_are_told(self):
        for number in range(20):
            await self.application.register_build(f"agent {number}", ANA)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual({one["kind"] for one in self.entries()}, {"write"})


class Rotation(AuditCase):
    more = ("--audit-log-max-bytes", str(SMALL_FILE_BYTES), "--audit-log-keep", "3")

    async def test_full_files_give_way_and_the_oldest_go(self):
        for number in range(100):
            await self.provider.register(ANA, resource("agent", f"agent {number}"), None)
        self.assertEqual(self.server.stop(), 0)
        names = [path.name for path in self.files()]
        self.assertEqual(names, ["audit.log.3", "audit.log.2", "audit.log.1", "audit.log"])
        for path in self.files():
            self.assertLessEqual(path.stat().st_size, SMALL_FILE_BYTES)
        told = [one["resource"] for one in self.entries()]
        self.assertEqual(told, [f"agent:agent {number}" for number in range(100 - len(told), 100)])
        self.assertLess(len(told), 100)
