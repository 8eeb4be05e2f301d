"""The official client under TLS, with certificates that change, and with certificates of clients."""

import shutil
import signal
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import grpc
from authzed.api.v1 import Client, ReadSchemaRequest, WriteSchemaRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpcutil import bearer_token_credentials

from support import KEY, Server, failure_of

TARGET_NAME = [("grpc.ssl_target_name_override", "localhost")]


class Authority:
    """Signs certificates for localhost."""

    def __init__(self, name: str):
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._build(self.name, self.key).add_extension(basic, critical=True)
        self.certificate = self.certificate.sign(self.key, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self) -> tuple[bytes, bytes]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        certificate = self._build(subject, key).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate.public_bytes(serialization.Encoding.PEM), private

    def _build(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )


class Tls(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="arrowroot-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.authority = Authority("ours")
        self.write(*self.authority.sign())

    def write(self, certificate: bytes, key: bytes) -> None:
        for name, content in (("tls.crt", certificate), ("tls.key", key)):
            (self.directory / (name + ".new")).write_bytes(content)
            (self.directory / (name + ".new")).rename(self.directory / name)

    def start(self, *flags: str) -> Server:
        certificate, key = str(self.directory / "tls.crt"), str(self.directory / "tls.key")
        paths = ["--grpc-tls-cert-path", certificate, "--grpc-tls-key-path", key]
        server = Server(self.directory / "data", *paths, *flags)
        self.addCleanup(server.kill)
        return server

    def test_the_client_talks_under_tls(self):
        server = self.start()
        client = Client(server.address, bearer_token_credentials(KEY, self.authority.pem()), TARGET_NAME)
        client.WriteSchema(WriteSchemaRequest(schema="definition user {}"))
        self.assertIn("user", client.ReadSchema(ReadSchemaRequest()).schema_text)
        wrong = Client(server.address, bearer_token_credentials("wrong", self.authority.pem()), TARGET_NAME)
        self.assertEqual(failure_of(lambda: wrong.ReadSchema(ReadSchemaRequest())).code, "PERMISSION_DENIED")
        stranger = Client(server.address, bearer_token_credentials(KEY, Authority("other").pem()), TARGET_NAME)
        self.assertEqual(failure_of(lambda: stranger.ReadSchema(ReadSchemaRequest())).code, "UNAVAILABLE")

    def test_a_client_shows_its_certificate(self):
        authority = self.directory / "ca.crt"
        authority.write_bytes(self.authority.pem())
        server = self.start("--grpc-tls-client-ca-path", str(authority))

        def client(certificate: bytes | None, key: bytes | None) -> Client:
            ssl = grpc.ssl_channel_credentials(self.authority.pem(), key, certificate)
            credentials = grpc.composite_channel_credentials(ssl, grpc.access_token_call_credentials(KEY))
            return Client(server.address, credentials, TARGET_NAME)

        client(*self.authority.sign()).WriteSchema(WriteSchemaRequest(schema="definition user {}"))
        for identity in [(None, None), Authority("other").sign()]:
            failure = failure_of(lambda: client(*identity).ReadSchema(ReadSchemaRequest()))
            self.assertEqual(failure.code, "UNAVAILABLE")

    def test_a_client_outlives_a_change_of_the_certificate(self):
        server = self.start()
        old = Client(server.address, bearer_token_credentials(KEY, self.authority.pem()), TARGET_NAME)
        old.WriteSchema(WriteSchemaRequest(schema="definition user {}"))
        authority = Authority("new")
        self.write(*authority.sign())
        server.process.send_signal(signal.SIGHUP)
        new = Client(server.address, bearer_token_credentials(KEY, authority.pem()), TARGET_NAME)
        # A channel that was refused tries again by itself.
        schema = new.ReadSchema(ReadSchemaRequest(), wait_for_ready=True, timeout=30).schema_text
        self.assertIn("user", schema)
        self.assertIn("user", old.ReadSchema(ReadSchemaRequest()).schema_text)
