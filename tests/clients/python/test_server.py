"""Who may come in, what is served, and how the server starts and ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import grpc
from authzed.api.v1 import InsecureClient, ReadSchemaRequest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from support import KEY, START_TIMEOUT_S, ServerCase, binary, checking, connect

SCHEMA = """
definition user {}
definition agent {
	relation owner: user
}
"""
CHECK = "agent:planner#owner@user:ana"


class Keys(ServerCase):
    schema = SCHEMA

    def test_a_wrong_key_is_denied(self):
        call = lambda key: lambda: connect(self.server, key).CheckPermission(checking(CHECK))
        for key in [KEY + "x", KEY[:-1], KEY.upper(), "x"]:
            failure = self.assert_fails("PERMISSION_DENIED", call(key))
            self.assertNotIn(KEY, failure.message)
        stream = lambda: connect(self.server, "x").ReadSchema(ReadSchemaRequest())
        self.assert_fails("PERMISSION_DENIED", stream)

    def test_no_key_is_unauthenticated(self):
        with grpc.insecure_channel(self.server.address) as channel:
            call = channel.unary_unary("/authzed.api.v1.SchemaService/ReadSchema")
            self.assert_fails("UNAUTHENTICATED", lambda: call(b""))
            for metadata in [("authorization", KEY), ("authorization", "Basic " + KEY), ("authorization", "Bearer ")]:
                self.assert_fails("UNAUTHENTICATED", lambda: call(b"", metadata=[metadata]))

    def test_keys_can_be_rotated(self):
        self.assertEqual(self.server.stop(), 0)
        self.start(keys=["the-old-one", "the-new-one"])
        for key in ["the-old-one", "the-new-one"]:
            connect(self.server, key).CheckPermission(checking(CHECK))
        self.assert_fails("PERMISSION_DENIED", lambda: connect(self.server, KEY).ReadSchema(ReadSchemaRequest()))
        self.assertEqual(self.server.stop(), 0)
        self.start(keys=["the-new-one"])
        connect(self.server, "the-new-one").CheckPermission(checking(CHECK))
        denied = lambda: connect(self.server, "the-old-one").ReadSchema(ReadSchemaRequest())
        self.assert_fails("PERMISSION_DENIED", denied)

    def test_keys_are_not_logged(self):
        self.assert_fails("PERMISSION_DENIED", lambda: connect(self.server, "guess").ReadSchema(ReadSchemaRequest()))
        self.server.stop()
        self.assertNotIn(KEY, self.server.log())
        self.assertNotIn("guess", self.server.log())

    def test_a_key_may_come_from_the_environment(self):
        self.assertEqual(self.server.stop(), 0)
        with mock.patch.dict(os.environ, ARROWROOT_GRPC_PRESHARED_KEY="from-the-environment"):
            self.start(keys=[])
        connect(self.server, "from-the-environment").CheckPermission(checking(CHECK))
        self.assert_fails("PERMISSION_DENIED", lambda: connect(self.server, KEY).ReadSchema(ReadSchemaRequest()))


class NoAuth(ServerCase):
    flags = ("--grpc-no-auth",)

    def start(self, **arguments) -> None:
        super().start(keys=[], **arguments)

    def test_everybody_may_come_in(self):
        self.write_schema(SCHEMA)
        self.touch(CHECK)
        answer = InsecureClient(self.server.address, "anything").CheckPermission(checking(CHECK))
        self.assertTrue(answer.checked_at.token)


class Memory(ServerCase):
    flags = ("--datastore-engine", "memory")
    schema = SCHEMA

    def test_it_forgets(self):
        self.assertEqual(self.server.journal, "memory")
        self.touch(CHECK)
        self.assert_allowed(CHECK)
        self.restart()
        self.assert_fails("NOT_FOUND", lambda: self.client.ReadSchema(ReadSchemaRequest()))


class Served(ServerCase):
    schema = SCHEMA

    def test_health_is_told_to_everybody(self):
        with grpc.insecure_channel(self.server.address) as channel:
            health = HealthStub(channel)
            names = ["authzed.api.v1.PermissionsService", "authzed.api.v1.SchemaService", "arrowroot.writes"]
            for service in ["", *names]:
                answer = health.Check(HealthCheckRequest(service=service))
                self.assertEqual(answer.status, HealthCheckResponse.SERVING, service)
            unknown = lambda: health.Check(HealthCheckRequest(service="unknown.Service"))
            self.assert_fails("NOT_FOUND", unknown)

    def test_the_api_is_described_as_the_official_client_knows_it(self):
        script = Path(__file__).resolve().parents[1] / "descriptors.py"
        command = [sys.executable, str(script), "--endpoint", self.server.address]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)

    def test_what_is_not_served_says_so(self):
        with grpc.insecure_channel(self.server.address) as channel:
            call = channel.unary_unary("/authzed.api.v1.NoSuchService/Call")
            metadata = [("authorization", f"Bearer {KEY}")]
            self.assert_fails("UNIMPLEMENTED", lambda: call(b"", metadata=metadata))

    def test_bytes_that_are_no_message_do_no_harm(self):
        with grpc.insecure_channel(self.server.address) as channel:
            metadata = [("authorization", f"Bearer {KEY}")]
            for method in ["CheckPermission", "WriteRelationships"]:
                call = channel.unary_unary(f"/authzed.api.v1.PermissionsService/{method}")
                for message in [b"\xff" * 64, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x06\x0a\x04a\xff\xfeb"]:
                    with self.subTest(method=method, message=message):
                        with self.assertRaises(grpc.RpcError) as raised:
                            call(message, metadata=metadata, timeout=10)
                        self.assertIn(raised.exception.code().name, ["INTERNAL", "INVALID_ARGUMENT"])
        self.assert_denied(CHECK)


class StartAndEnd(ServerCase):
    schema = SCHEMA

    def refusal(self, *flags: str, path: Path | None = None) -> str:
        """What the server says when it does not start."""
        command = [binary(), "serve", "--datastore-path", str(path or self.directory / "other"), *flags]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False)
        self.assertNotEqual(finished.returncode, 0)
        self.assertNotIn("ready", finished.stdout)
        self.assertNotIn("panicked", finished.stderr)
        return finished.stderr

    def test_a_signal_ends_it_with_success(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            self.touch(CHECK)
            self.server.process.send_signal(number)
            self.assertEqual(self.server.process.wait(START_TIMEOUT_S), 0)
            self.start()
            self.assert_allowed(CHECK)

    def test_it_does_not_start_without_a_key(self):
        said = self.refusal("--grpc-addr", "127.0.0.1:0")
        self.assertIn("--grpc-preshared-key", said)
        self.assertIn("--grpc-no-auth", said)

    def test_it_does_not_open_its_doors_to_the_world(self):
        self.assertIn("loopback", self.refusal("--grpc-addr", "0.0.0.0:0", "--grpc-no-auth"))

    def test_a_second_server_does_not_open_the_store(self):
        path = self.directory / "data"
        said = self.refusal("--grpc-addr", "127.0.0.1:0", "--grpc-preshared-key", KEY, path=path)
        self.assertIn(str(path), said)
        self.touch(CHECK)
        self.assert_allowed(CHECK)

    def test_a_taken_address_is_named(self):
        said = self.refusal("--grpc-addr", self.server.address, "--grpc-preshared-key", KEY)
        self.assertIn(self.server.address, said)

    def test_a_broken_bootstrap_file_is_named(self):
        file = self.directory / "broken.yaml"
        for text in ["schema: [", "schema: |-\n  definition us {}\n", "relationships: |-\n  nonsense\n"]:
            file.write_text(text)
            flags = ["--grpc-addr", "127.0.0.1:0", "--grpc-preshared-key", KEY]
            said = self.refusal(*flags, "--datastore-bootstrap-files", str(file))
            self.assertIn("broken.yaml", said)

    def test_a_store_that_is_no_directory_is_named(self):
        file = self.directory / "file"
        file.write_text("not a store")
        said = self.refusal("--grpc-addr", "127.0.0.1:0", "--grpc-preshared-key", KEY, path=file)
        self.assertIn(str(file), said)
