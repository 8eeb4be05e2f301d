#!/usr/bin/env python3
"""Asks a real SpiceDB and arrowroot the same random cases, and reports where they differ.

    python compare.py --seed 1 --cases 2000
    python compare.py --seed 1 --only 17          # one case again
    python compare.py --arrowroot 127.0.0.1:50051 --key secret
    python compare.py --self-test                 # SpiceDB against SpiceDB: shows what it leaves to chance

Without --arrowroot it starts target/release/arrowroot itself. Ends with `N passed, M failed`.
"""
import argparse
import concurrent.futures
import multiprocessing
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from generate import random_case
from replay import Shrinker, is_unsteady, run_case
from render import answers_text, step_text
from servers import ARROWROOT, ARROWROOT_COMMAND, GrpcServer, OwnServer, OwnSpiceDB

CASES_PER_CHUNK = 50  # after which SpiceDB starts afresh: its memory store never forgets
KINDS = ("code", "reason", "metadata", "position", "answer", "schema-text", "message", "paging")
SHRUNK_PER_CHUNK_MAX = 2


@dataclass
class Tally:
    """What a number of cases came to."""

    passed: int = 0
    failed: list = field(default_factory=list)
    questions: int = 0
    forgiven: Counter = field(default_factory=Counter)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.questions += other.questions
        self.forgiven += other.forgiven


def main():
    options = parse_arguments()
    if not (options.arrowroot or options.self_test or ARROWROOT.exists()):
        sys.exit("target/release/arrowroot is missing: run `cargo build --release` first")
    started = time.monotonic()
    numbers = [options.only] if options.only is not None else list(range(options.cases))
    tally = Tally()
    for part in run_chunks(options, numbers):
        tally.add(part)
    seconds = time.monotonic() - started
    print(f"seed {options.seed}: {tally.questions} questions in {seconds:.0f} s; forgiven: "
          + (", ".join(f"{name} {count}" for name, count in sorted(tally.forgiven.items())) or "nothing"))
    if tally.failed:
        print("failed: " + ", ".join(map(str, sorted(tally.failed))))
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    sys.exit(1 if tally.failed else 0)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--only", type=int, help="run the one case of this number")
    parser.add_argument("--jobs", type=int, default=2, help="processes, each with its own servers")
    parser.add_argument("--arrowroot", metavar="HOST:PORT", help="a running server; its data is deleted")
    parser.add_argument("--key", default="", help="its preshared key")
    parser.add_argument("--self-test", action="store_true", help="SpiceDB in place of arrowroot")
    parser.add_argument("--ignore", action="append", default=[], choices=KINDS, metavar="KIND",
                        help=f"do not count differences of a kind: {', '.join(KINDS)}")
    parser.add_argument("--messages", action="store_true",
                        help="count errors that differ only in their text")
    parser.add_argument("--verbose", action="store_true", help="name each unsteady answer that was forgiven")
    parser.add_argument("--no-shrink", action="store_true")
    options = parser.parse_args()
    if not options.messages:
        options.ignore.append("message")
    if options.arrowroot:
        options.jobs = 1  # two cases at a time would see each other's data
    return options


def run_chunks(options, numbers):
    """Shares the cases out among processes."""
    chunks = [numbers[at:at + CASES_PER_CHUNK] for at in range(0, len(numbers), CASES_PER_CHUNK)]
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from pool.map(run_chunk, [options] * len(chunks), chunks)


def run_chunk(options, numbers):
    """Runs some cases, one after another, against one pair of servers."""
    tally, spicedb, subject = Tally(), OwnSpiceDB(), connect(options)
    try:
        for number in numbers:
            run_one(options, random_case(options.seed, number), spicedb, subject, tally)
    finally:
        subject.close()
        spicedb.close()
    return tally


def connect(options):
    """The server under test."""
    if options.self_test:
        return OwnSpiceDB()
    return GrpcServer(options.arrowroot, options.key) if options.arrowroot else OwnServer(ARROWROOT_COMMAND)


def run_one(options, case, spicedb, subject, tally):
    outcome = run_case(spicedb, subject, case.steps, options.ignore)
    tally.questions += outcome.questions
    tally.forgiven.update(outcome.forgiven)
    if outcome.failed_at < 0:
        tally.passed += 1
    elif is_unsteady(spicedb, case.steps, outcome):
        tally.passed += 1
        tally.forgiven["SpiceDB is unsteady"] += 1
        if options.verbose:
            print(unsteady_text(case, outcome), flush=True)
    else:
        tally.failed.append(case.number)
        print(report(options, case, outcome, spicedb, subject, len(tally.failed)), flush=True)


def report(options, case, outcome, spicedb, subject, failures):
    """The difference; for the first few with the smallest case found that still shows it."""
    title = f"=== {outcome.kind} differs; again with: --seed {case.seed} --only {case.number}"
    steps = case.steps[:outcome.failed_at + 1]
    if options.no_shrink:
        shown = steps
    elif failures > SHRUNK_PER_CHUNK_MAX:
        title, shown = f"{title} (not shrunk)", steps[-1:]
    else:
        shown = Shrinker(spicedb, subject, options.ignore, outcome.kind).shrink(steps)
        again = run_case(spicedb, subject, shown, options.ignore)
        shown, outcome = (shown, again) if again.failed_at == len(shown) - 1 else (steps, outcome)
    return "\n".join([title, *map(step_text, shown),
                      answers_text(shown[-1], outcome.expected, outcome.actual)])


def unsteady_text(case, outcome):
    step = case.steps[outcome.failed_at]
    return (f"--- unsteady: case {case.number}, {step.method}, {outcome.kind}\n"
            + answers_text(step, outcome.expected, outcome.actual))


if __name__ == "__main__":
    main()
