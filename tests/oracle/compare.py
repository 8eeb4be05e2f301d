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
from render import answers_text, step_text
from replay import continue_case, run_case
from servers import ARROWROOT, ARROWROOT_COMMAND, GrpcServer, OwnServer, OwnSpiceDB
from shrink import Shrinker
from unsteady import can_continue, excuse

CASES_PER_CHUNK = 50  # after which SpiceDB starts afresh: its memory store never forgets
KINDS = ("code", "reason", "metadata", "position", "answer", "schema-text", "message", "paging",
         "agreement")
SHRUNK_PER_CHUNK_MAX = 2
CONDITIONAL_SHARE = 0.6


@dataclass
class Tally:
    """What a number of cases came to; `checks` counts SpiceDB's answers in the cases with caveats."""

    passed: int = 0
    failed: list = field(default_factory=list)
    questions: int = 0
    forgiven: Counter = field(default_factory=Counter)
    checks: Counter = field(default_factory=Counter)
    lookups: Counter = field(default_factory=Counter)
    schemas: Counter = field(default_factory=Counter)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.questions += other.questions
        self.forgiven += other.forgiven
        self.checks += other.checks
        self.lookups += other.lookups
        self.schemas += other.schemas


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
    if tally.checks:
        print("checks with caveats: " + ", ".join(f"{name} {count}" for name, count in tally.checks.most_common())
              + f"; first schemas accepted: {tally.schemas['accepted']} of {tally.schemas.total()}")
    if tally.lookups:
        print("found by lookups: " + ", ".join(f"{name} {count}" for name, count in tally.lookups.most_common()))
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
    parser.add_argument("--caveats", type=float, default=CONDITIONAL_SHARE, metavar="SHARE",
                        help=f"share of cases with caveats or expiring relationships ({CONDITIONAL_SHARE})")
    parser.add_argument("--jobs", type=int, default=2, help="processes, each with its own servers")
    parser.add_argument("--arrowroot", metavar="HOST:PORT", help="a running server; its data is deleted")
    parser.add_argument("--key", default="", help="its preshared key")
    parser.add_argument("--self-test", action="store_true", help="SpiceDB in place of arrowroot")
    parser.add_argument("--ignore", action="append", default=[], choices=KINDS, metavar="KIND",
                        help=f"do not count differences of a kind: {', '.join(KINDS)}")
    parser.add_argument("--messages", action="store_true",
                        help="count errors that differ only in their text")
    parser.add_argument("--verbose", action="store_true",
                        help="show each difference that was forgiven after asking SpiceDB again")
    parser.add_argument("--quick", action="store_true", help="codes and answers only, no ErrorInfo")
    parser.add_argument("--no-shrink", action="store_true")
    options = parser.parse_args()
    if not options.messages:
        options.ignore.append("message")
    if options.quick:
        options.ignore += ["reason", "metadata", "position"]
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
    tally, spicedb, subject = Tally(), OwnSpiceDB(not options.quick), connect(options)
    try:
        for number in numbers:
            run_one(options, random_case(options.seed, number, options.caveats), spicedb, subject, tally)
    finally:
        subject.close()
        spicedb.close()
    return tally


def connect(options):
    """The server under test."""
    if options.self_test:
        return OwnSpiceDB(not options.quick)
    return GrpcServer(options.arrowroot, options.key) if options.arrowroot else OwnServer(ARROWROOT_COMMAND)


def run_one(options, case, spicedb, subject, tally):
    outcome = run_case(spicedb, subject, case.steps, options.ignore)
    while outcome.failed_at >= 0:
        name = excuse(spicedb, case.steps, options.ignore, outcome)
        if not name:
            break
        outcome.forgiven.append(name)
        if options.verbose:
            print(excused_text(case, outcome, name), flush=True)
        if not can_continue(spicedb, case.steps, outcome):
            outcome.failed_at = -1
            break
        continue_case(spicedb, subject, case.steps, options.ignore, outcome)
    count(case, outcome, tally)
    if outcome.failed_at >= 0:
        tally.failed.append(case.number)
        print(report(options, case, outcome, spicedb, subject, len(tally.failed)), flush=True)


def count(case, outcome, tally):
    tally.passed += outcome.failed_at < 0
    tally.questions += outcome.questions
    tally.forgiven.update(outcome.forgiven)
    tally.lookups.update(outcome.lookups)
    if case.is_conditional and outcome.codes:
        tally.schemas["refused" if outcome.codes[0] else "accepted"] += 1
        tally.checks.update(outcome.checks)


def report(options, case, outcome, spicedb, subject, failures):
    """The difference; for the first few with the smallest case found that still shows it."""
    share = "" if options.caveats == CONDITIONAL_SHARE else f" --caveats {options.caveats}"
    title = f"=== {outcome.kind} differs; again with: --seed {case.seed} --only {case.number}{share}"
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


def excused_text(case, outcome, name):
    step = case.steps[outcome.failed_at]
    return (f"--- case {case.number}, {step.method}, {outcome.kind}: {name}\n"
            + answers_text(step, outcome.expected, outcome.actual))


if __name__ == "__main__":
    main()
