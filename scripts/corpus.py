#!/usr/bin/env python3
"""Holds the command line to the conformance corpus, and to the list of the cases that may fail.

    scripts/corpus.py --corpus FOLDER --cli .build/release/martlet [--jobs N] [--family F ...] [--case GLOB ...]

FOLDER holds the checker, `check.py`, and the cases, `public/FAMILY/NAME`. The list, `corpus-expected-failures.txt` beside this
script, has a line `FAMILY/NAME: REASON` for each case that asks for what is not built yet. It only shrinks: exit code 1 not
only for a failure that is not listed, but also for a listed case that passes or does not exist.
"""
import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LIST = Path(__file__).resolve().parent / "corpus-expected-failures.txt"


def listed(path):
    """case -> reason, of the lines that are neither empty nor comments."""
    cases = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        case, colon, reason = (part.strip() for part in line.partition(":"))
        if not re.fullmatch(r"[^/\s]+/[^/\s]+", case) or not colon or not reason:
            sys.exit(f"{path}:{number}: expected FAMILY/NAME: REASON. Received: {line}")
        if case in cases:
            sys.exit(f"{path}:{number}: {case} is listed twice.")
        cases[case] = reason
    return cases


def check(args, expected):
    """case -> whether it passed, as the checker says; its lines are shown as they come."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, args.corpus / "check.py", "--cli", args.cli.resolve(), "--corpus", args.corpus / "public",
                   "--no-keras", "--jobs", str(args.jobs), "--json", report]
        for option, values in (("--family", args.family), ("--case", args.case)):
            for value in values:
                command += [option, value]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            failed = re.match(r"FAIL (\S+)", line)
            print("expected: " + line if failed and failed[1] in expected else line, end="", flush=True)
        code = process.wait()
        # 1 is a case that failed; anything else is the checker's own failure.
        if code not in (0, 1) or not report.exists():
            sys.exit(f"{args.corpus}/check.py: expected exit code 0 or 1 and a report. Received: exit code {code}.")
        return {case: result["ok"] for case, result in json.loads(report.read_text())["results"].items()}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--list", type=Path, default=LIST, help="the cases that may fail")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--family", action="append", default=[], help="only this one; may be repeated")
    parser.add_argument("--case", action="append", default=[], help="only names like this one; may be repeated")
    return parser.parse_args()


def main():
    args = parsed()
    expected = listed(args.list)
    cases = {f"{meta.parent.parent.name}/{meta.parent.name}" for meta in (args.corpus / "public").glob("*/*/meta.json")}
    chosen = {case for case in cases for family, _, name in [case.partition("/")]
              if (not args.family or family in args.family)
              and (not args.case or any(fnmatch.fnmatch(name, glob) for glob in args.case))}
    if not chosen:
        sys.exit(f"{args.corpus}/public: expected cases. Received: none.")
    passed = check(args, expected)
    flaws = [f"{case}: failed, and {args.list.name} does not list it" for case in sorted(chosen)
             if not passed.get(case, True) and case not in expected]
    flaws += [f"{case}: passed; take it off {args.list.name}" for case in sorted(chosen) if passed.get(case) and case in expected]
    flaws += [f"{case}: listed in {args.list.name}, and there is no such case" for case in sorted(expected.keys() - cases)]
    flaws += [f"{case}: not checked" for case in sorted(chosen - passed.keys())]
    print(f"conformance corpus: {sum(passed.values())} of {len(chosen)} cases passed; {len(chosen & expected.keys())} are listed "
          "as those that may fail")
    if flaws:
        sys.exit("\n".join(["conformance corpus: failed", *flaws]))


if __name__ == "__main__":
    main()
