"""`arrowroot lifecycle …`, as those run it who run the application."""

import json
import subprocess
from pathlib import Path

from case import WAIT_TIMEOUT_S, user
from provider import resource
from support import binary
from test_failures import FailureCase

ANA = user("ana", "acct-a")


class Commands(FailureCase):
    def run_command(self, *arguments: str, status: int = 0) -> str:
        """What it prints."""
        command = [binary(), "lifecycle", *arguments, "--endpoint", f"http://{self.server.address}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_TIMEOUT_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def file_of(self, name: str, *lines: str) -> Path:
        path = self.directory / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    async def test_18_a_backfill_may_be_repeated_and_brings_nothing_back(self):
        task = await self.create("task")
        await self.application.delete_task(task.id, ANA)
        owned = {"owner": {"type": "user", "id": "ana"}, "account": "acct-a"}
        parent = resource("agent", "old agent")
        rows = [
            # The child comes first, as it may in a table.
            {"resource": resource("api_key", "run::old/key"), **owned, "parent": parent},
            {"resource": parent, **owned, "parent": None},
            {"resource": resource("task", task.id), **owned, "parent": resource("agent", self.agent.id)},
        ]
        before = self.graph.all()
        file = str(self.file_of("rows.jsonl", *map(json.dumps, rows)))
        self.run_command("backfill", "--dry-run", file)
        self.assertEqual(self.graph.all(), before)
        self.run_command("backfill", file)
        await self.assert_owned(ANA, "agent", "old agent")
        await self.assert_owned(ANA, "api_key", "run::old/key")
        await self.assert_owned(ANA, "agent", self.agent.id)
        self.assert_gone("task", task.id)
        after = self.graph.all()
        self.run_command("backfill", "--from-start", file)
        self.assertEqual(self.graph.all(), after)
        foreign = {"resource": parent, **owned, "account": "acct-b", "parent": None}
        file = str(self.file_of("foreign.jsonl", json.dumps(foreign)))
        self.assertIn("foreign.jsonl:1", self.run_command("backfill", file, status=1))
        self.assertEqual(self.graph.all(), after)

    async def test_08_an_orphan_is_told_and_removed(self):
        living = await self.create("task")
        orphan = "left::behind by a crash"
        await self.provider.register(ANA, resource("task", orphan), resource("agent", self.agent.id))
        file = str(self.file_of("living.txt", living.id))
        told = ["orphans", "--type", "task", "--living", file, "--older-than", "0s", "--output", "json"]

        async def is_told() -> bool:
            # What was registered in the very second in which the file was written may be in it later.
            self.file_of("living.txt", living.id)
            return bool(self.run_command(*told))

        await self.eventually("the orphan is told", is_told)
        self.assertEqual(self.run_command("orphans", "--type", "task", "--living", file), "", "it is young")
        await self.assert_owned(ANA, "task", orphan)
        (removed,) = self.run_command(*told, "--remove").splitlines()
        self.assertEqual(json.loads(removed)["resource"], resource("task", orphan))
        self.assert_gone_as("task", "left::behind%20by%20a%20crash")
        await self.assert_owned(ANA, "task", living.id)
        self.assertEqual(self.run_command(*told), "")

    def assert_gone_as(self, kind: str, object_id: str) -> None:
        self.assertEqual({one for one in self.graph.all() if one.startswith(f"{kind}:{object_id}#")}, set())
        self.assertIn(f"tombstone:{kind}/{object_id}#deregistered@tenant:acct-a", self.graph.all())
