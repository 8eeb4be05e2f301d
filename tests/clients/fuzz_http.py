"""Starts a server with a schema and relationships, and runs schemathesis against its HTTP API; see `fuzz_http`."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = HERE.parents[1] / ".venv-fuzz/bin/schemathesis"
# What must hold whatever is sent. A stream that has no end cannot be read to it, so that Watch is left out.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
]
ENDLESS = "/v1/watch"
REQUEST_TIMEOUT_S = "60"
SCHEMA = """
use expiration
definition user {}
caveat only_if(flag bool, count int) { flag && count > 0 }
definition doc {
	relation parent: doc
	relation viewer: user | user:* | user with only_if | user with expiration
	permission view = viewer + parent->view
}
"""

sys.path.insert(0, str(HERE / "python"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzzes the HTTP API of a built arrowroot.")
    parser.add_argument("--binary", required=True, help="the built arrowroot")
    parser.add_argument("--examples", type=int, default=50, help="requests to a path, at the most")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["ARROWROOT_BINARY"] = str(Path(arguments.binary).resolve())

    from authzed.api.v1 import WriteSchemaRequest
    from support import KEY, TOUCH, Server, connect, writing

    with tempfile.TemporaryDirectory(prefix="arrowroot-fuzz-") as directory:
        server = Server(Path(directory) / "data", "--http-enabled", "--http-addr", "127.0.0.1:0")
        try:
            client = connect(server)
            client.WriteSchema(WriteSchemaRequest(schema=SCHEMA))
            client.WriteRelationships(writing(TOUCH, "doc:a#viewer@user:*", "doc:b#parent@doc:a"))
            command = [str(SCHEMATHESIS), "run", f"http://{server.http_address}/openapi.json"]
            command += ["--header", f"Authorization: Bearer {KEY}", "--exclude-path", ENDLESS]
            command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"]
            command += ["--max-examples", str(arguments.examples), "--seed", str(arguments.seed)]
            command += ["--request-timeout", REQUEST_TIMEOUT_S, "--workers", "1"]
            hooks = {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(HERE)}
            result = subprocess.run(command, cwd=directory, env=os.environ | hooks, check=False).returncode
            if server.process.poll() is not None:
                print(f"the server has ended; it logged:\n{server.log()}")
                return 1
            if "panicked" in server.log():
                print(f"the server has panicked; it logged:\n{server.log()}")
                return 1
            return result
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
