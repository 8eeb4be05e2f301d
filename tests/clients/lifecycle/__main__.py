"""Runs the tests of the resource lifecycle: `python tests/clients/lifecycle --binary target/debug/arrowroot`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The second one for what starts the server.
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "python")]

from runner import main

sys.exit(main(HERE, "Tests a built arrowroot as an application that keeps its resources in it."))
