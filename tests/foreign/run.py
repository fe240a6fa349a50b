#!/usr/bin/env python3
"""Checks `swarmscope peer` and `swarmscope request` from outside: see README.md.

    run.py PATH_TO_SWARMSCOPE [--only WORDS]… [--slow] [--jobs N]

prints a line for each check and ends with `N passed, N failed`; exit 1 if one failed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import signal
import sys
import threading
import time
import traceback

import checks_dialback  # noqa: F401 (importing registers the checks)
import checks_peer_odd  # noqa: F401
import checks_peer_replies  # noqa: F401
import checks_request_auth  # noqa: F401
import checks_request_replies  # noqa: F401
import checks_request_sends  # noqa: F401
import harness
import overlay17

KNOWN = (harness.Failed, overlay17.Closed, overlay17.Quiet, overlay17.Violation)


def run(binary, name, function):
    """(name, seconds, what is wrong or None)"""
    started = time.monotonic()
    try:
        with harness.Lab(binary) as lab:
            try:
                function(lab)
            finally:
                lab.no_panic()
        wrong = None
    except KNOWN as error:
        wrong = f"{type(error).__name__}: {error}\n      at {where(error)}"
    except Exception:
        wrong = traceback.format_exc()
    return name, time.monotonic() - started, wrong


def where(error):
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/checks_" in f.filename]
    return " < ".join(f"{pathlib.Path(f.filename).name}:{f.lineno}" for f in reversed(frames))


def give_up(why, code):
    """Leaves at once, and leaves no process behind."""
    print(why, flush=True)
    harness.stop_all()
    os._exit(code)


def watch(seconds):
    """All waits are bounded; this bounds their sum."""
    timer = threading.Timer(seconds, give_up, (f"gave up after {seconds:.0f} s", 1))
    timer.daemon = True
    timer.start()
    signal.signal(signal.SIGTERM, lambda *_: give_up("terminated", 143))
    signal.signal(signal.SIGINT, lambda *_: give_up("interrupted", 130))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="checks whose name has them")
    parser.add_argument("--slow", action="store_true", help="also the checks that wait for long deadlines")
    parser.add_argument("--jobs", type=int, default=4, help="checks at a time")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args()
    chosen = [
        (name, function)
        for name, function, slow in harness.CHECKS
        if (options.slow or not slow) and (not options.only or any(words in name for words in options.only))
    ]
    if options.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    if not options.binary.is_file():
        sys.exit(f"{options.binary} is not there: build it first (cargo build)")
    if not chosen:
        sys.exit(f"no check has {' or '.join(options.only)} in its name; --list prints them")
    watch(180 + 40 * len(chosen) / options.jobs)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run, options.binary, name, function) for name, function in chosen]
        for job in concurrent.futures.as_completed(jobs):
            name, seconds, wrong = job.result()
            failed += wrong is not None
            print(f"{'ok  ' if wrong is None else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
            if wrong is not None:
                print(f"      {wrong}", flush=True)
    harness.stop_all()
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
