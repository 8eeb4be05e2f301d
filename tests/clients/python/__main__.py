"""Runs the tests with the official Python client: `python tests/clients/python --binary target/debug/arrowroot`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from runner import main

sys.exit(main(HERE, "Tests a built arrowroot with the official Python client."))
