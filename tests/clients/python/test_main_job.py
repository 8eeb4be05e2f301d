"""The main job: the schema of agents, tasks, keys and schedules, and answers that cascade from the parent."""

import re

from authzed.api.v1 import ReadSchemaRequest

from support import SCHEMAS, ServerCase, agentex

# What happens, step by step, and who may do what after it. `+` touches, `-` deletes; `yes` and `no` are checks.
SCENARIOS = {
    "whoever registers an agent may do everything with it": """
        + tenant:a#member@user:alice  agent:x#tenant@tenant:a  agent:x#owner@user:alice
        yes tenant:a#create_agent@user:alice  tenant:a#create_task@user:alice
        yes agent:x#read@user:alice  agent:x#update@user:alice  agent:x#execute@user:alice  agent:x#delete@user:alice
        no agent:x#read@user:bob  agent:unknown#read@user:alice
    """,
    "a key cascades from its agent": """
        + tenant:a#member@user:alice  agent:x#tenant@tenant:a  agent:x#owner@user:alice
        + api_key:k#tenant@tenant:a  api_key:k#parent_agent@agent:x  api_key:k#owner@user:alice
        yes api_key:k#read@user:alice  api_key:k#update@user:alice  api_key:k#delete@user:alice
        - agent:x#owner@user:alice
        no api_key:k#read@user:alice  api_key:k#update@user:alice  api_key:k#delete@user:alice
    """,
    "a key without a parent is closed": """
        + tenant:a#member@user:alice  api_key:k#tenant@tenant:a  api_key:k#owner@user:alice
        no api_key:k#read@user:alice  api_key:k#delete@user:alice
    """,
    "an editor of the key needs the agent too": """
        + tenant:a#member@user:bob  agent:x#tenant@tenant:a  agent:x#viewer@user:bob
        + api_key:k#tenant@tenant:a  api_key:k#parent_agent@agent:x  api_key:k#editor@user:bob
        yes api_key:k#read@user:bob
        no api_key:k#delete@user:bob  api_key:k#update@user:bob
        + agent:x#editor@user:bob
        yes api_key:k#delete@user:bob  api_key:k#update@user:bob
    """,
    "keys and schedules of a deregistered agent are closed, and stay so": """
        + tenant:a#member@user:alice  agent:x#tenant@tenant:a  agent:x#owner@user:alice
        + api_key:k#tenant@tenant:a  api_key:k#parent_agent@agent:x  api_key:k#owner@user:alice
        + schedule:s#tenant@tenant:a  schedule:s#parent_agent@agent:x  schedule:s#owner@user:alice
        yes schedule:s#read@user:alice  schedule:s#update@user:alice  schedule:s#delete@user:alice
        - agent:x#tenant@tenant:a  agent:x#owner@user:alice  api_key:k#parent_agent@agent:x
        no agent:x#read@user:alice  api_key:k#read@user:alice  schedule:s#read@user:alice
        + agent:x#tenant@tenant:a  agent:x#owner@user:alice
        no api_key:k#read@user:alice
    """,
    "tenants are apart": """
        + tenant:a#member@user:alice  tenant:b#member@user:mallory
        + agent:x#tenant@tenant:a  agent:x#owner@user:alice  agent:x#owner@user:mallory
        yes agent:x#read@user:alice
        no agent:x#read@user:mallory  tenant:a#create_agent@user:mallory
        + agent:evil#tenant@tenant:b  agent:evil#owner@user:mallory  agent:x#parent_agent@agent:evil
        yes agent:evil#delete@user:mallory
        no agent:x#read@user:mallory  agent:x#delete@user:mallory
    """,
    "leaving the tenant takes every role away": """
        + tenant:a#member@user:alice  agent:x#tenant@tenant:a  agent:x#owner@user:alice
        + task:t#tenant@tenant:a  task:t#owner@user:alice
        yes agent:x#read@user:alice  task:t#read@user:alice
        - tenant:a#member@user:alice
        no agent:x#read@user:alice  task:t#read@user:alice
    """,
    "cancelling a task is the owner's alone": """
        + tenant:a#member@user:alice  tenant:a#member@user:bob  task:t#tenant@tenant:a  task:t#parent_agent@agent:x
        + task:t#owner@user:alice  task:t#editor@user:bob
        yes task:t#update@user:bob  task:t#read@user:bob  task:t#cancel@user:alice  task:t#execute@user:alice
        no task:t#cancel@user:bob  task:t#execute@user:bob  task:t#delete@user:bob
    """,
    "a schedule's creator who lost the agent runs it no longer": """
        + tenant:a#member@service_account:cron  agent:x#tenant@tenant:a  agent:x#executor@service_account:cron
        yes agent:x#execute@service_account:cron  tenant:a#create_task@service_account:cron
        - agent:x#executor@service_account:cron
        no agent:x#execute@service_account:cron
    """,
    "ids may be what the platform makes of them": """
        + tenant:acme.example#member@user:ana@example.com  agent:7b0e#tenant@tenant:acme.example
        + agent:7b0e#owner@user:ana@example.com
        + schedule:run-schedule::7b0e::91ac#tenant@tenant:acme.example
        + schedule:run-schedule::7b0e::91ac#parent_agent@agent:7b0e
        + schedule:run-schedule::7b0e::91ac#owner@user:ana@example.com
        yes schedule:run-schedule::7b0e::91ac#read@user:ana@example.com
        no schedule:run-schedule::7b0e::91a#read@user:ana@example.com
    """,
}

# Far beyond the 50 at which SpiceDB gives up.
CHAIN_LENGTH = 1000


class MainJob(ServerCase):
    schema = agentex()

    def play(self, steps: str) -> None:
        for step in steps.split("\n"):
            verb, *texts = step.split() or [""]
            match verb:
                case "+":
                    self.touch(*texts)
                case "-":
                    self.delete(*texts)
                case "yes":
                    self.assert_allowed(*texts)
                case "no":
                    self.assert_denied(*texts)
                case _:
                    self.assertEqual(step.strip(), "")

    def test_a_cascade_is_as_deep_as_the_data(self):
        self.touch("tenant:a#member@user:ana", "agent:0#tenant@tenant:a", "agent:0#owner@user:ana")
        for first in range(1, CHAIN_LENGTH, 400):
            chain = range(first, min(first + 400, CHAIN_LENGTH))
            self.touch(
                *(f"agent:{agent}#tenant@tenant:a" for agent in chain),
                *(f"agent:{agent}#parent_agent@agent:{agent - 1}" for agent in chain),
            )
        last = f"agent:{CHAIN_LENGTH - 1}"
        self.touch("api_key:k#tenant@tenant:a", f"api_key:k#parent_agent@{last}", "api_key:k#owner@user:ana")
        self.assert_allowed(f"{last}#read@user:ana", "api_key:k#read@user:ana", "api_key:k#delete@user:ana")
        self.assert_denied(f"{last}#read@user:ben")
        self.delete("agent:0#owner@user:ana")
        self.assert_denied(f"{last}#read@user:ana", "api_key:k#read@user:ana")

    def test_agents_that_are_parents_of_each_other_are_answered(self):
        self.touch(
            *("tenant:a#member@user:ana", "tenant:a#member@user:ben"),
            *("agent:x#tenant@tenant:a", "agent:y#tenant@tenant:a", "agent:x#viewer@user:ana"),
            *("agent:x#parent_agent@agent:y", "agent:y#parent_agent@agent:x"),
        )
        self.assert_allowed("agent:x#read@user:ana", "agent:y#read@user:ana")
        self.assert_denied("agent:x#read@user:ben", "agent:y#read@user:ben", "agent:y#update@user:ana")

    def test_the_schema_reads_back(self):
        text = self.client.ReadSchema(ReadSchemaRequest()).schema_text
        for name in ["user", "service_account", "tenant", "agent", "task", "api_key", "schedule"]:
            self.assertRegex(text, rf"definition {name} \{{")
        self.write_schema(text)
        self.assertEqual(self.client.ReadSchema(ReadSchemaRequest()).schema_text, text)


def scenario_test(steps: str):
    return lambda self: self.play(steps)


for title, steps in SCENARIOS.items():
    setattr(MainJob, "test_" + re.sub(r"\W+", "_", title), scenario_test(steps))


class Quickstart(ServerCase):
    flags = ("--datastore-bootstrap-files", str(SCHEMAS / "quickstart.yaml"))

    def test_what_the_file_asserts_is_so(self):
        text = (SCHEMAS / "quickstart.yaml").read_text()
        _, of_true, of_false = re.split(r"assertTrue:|assertFalse:", text)
        allowed, denied = (re.findall(r'- "(.*)"', part) for part in (of_true, of_false))
        self.assertIn("api_key:k1#read@user:ana", allowed)
        self.assertGreater(len(denied), 3)
        self.assert_allowed(*allowed)
        self.assert_denied(*denied)

    def test_it_is_loaded_once(self):
        revision = self.server.revision
        self.restart()
        self.assertEqual(self.server.revision, revision)
        self.delete("api_key:k1#owner@user:ana")
        self.restart()
        self.assert_denied("api_key:k1#read@user:ana")
        self.assertEqual(self.server.revision, revision + 1)
