"""Finds and runs the tests of a directory, and counts them."""

import argparse
import os
import sys
import unittest
from pathlib import Path


class CountingResult(unittest.TextTestResult):
    """Counts the tests, and not their subtests, that passed."""

    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def main(directory: Path, description: str) -> int:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", required=True, help="the built arrowroot")
    parser.add_argument("--match", default="", help="run only tests whose name contains this")
    arguments = parser.parse_args()
    os.environ["ARROWROOT_BINARY"] = str(Path(arguments.binary).resolve())

    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{arguments.match}*"]
    suite = loader.discover(str(directory), pattern="test_*.py")
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=CountingResult).run(suite)
    # A failure outside of a test, such as an import, counts as well.
    failed = result.testsRun - result.passed
    failed = max(failed, len(result.errors) + len(result.failures) and 1, 1 if result.testsRun == 0 else 0)
    print(f"{result.passed} passed, {failed} failed")
    return 1 if failed else 0
