"""Runs the program under test in a directory of its own, with bounded waits, and leaves nothing behind."""

import base64
import json
import os
import pathlib
import queue
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

from crawler17 import Crawler17
from k233 import Key

CHECKS = []
COUNTING = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {}) SELECT {} FROM c"
ROWS_PER_SECOND, CALIBRATING = [], threading.Lock()
RUNNING = set()
RUNNING_LOCK = threading.Lock()
UNKNOWN_ID = 77  # an id without a decoder: any payload is fine


class Lag(threading.Thread):
    """How late a busy machine lets a thread go on that only sleeps: what is measured from outside may be as late."""

    NAP = 0.02

    def __init__(self):
        super().__init__(daemon=True)
        self.total = 0.0

    def run(self):
        while True:
            began = time.monotonic()
            time.sleep(self.NAP)
            self.total += time.monotonic() - began - self.NAP


LAG = Lag()
LAG.start()


class Lateness:
    """What the machine has been late by since this was made."""

    def __init__(self):
        self.before = LAG.total

    @property
    def seconds(self):
        return LAG.total - self.before

    def __str__(self):
        return f"on a machine that was {self.seconds:.1f} s late"


class Failed(Exception):
    """What was expected and did not happen."""


def check(name, slow=False):
    """Registers a function that takes a `Lab` and raises when the program is wrong."""

    def register(function):
        CHECKS.append((name, function, slow))
        return function

    return register


def expect(condition, words, *details):
    if not condition:
        raise Failed(" ".join([words, *(shorten(detail) for detail in details)]))


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {shorten(got)}, wanted {shorten(wanted)}")


def only(peer, name):
    """The one event of that name that a scripted peer saw."""
    found = peer.events(name)
    expect(len(found) == 1, f"the peer saw {len(found)} {name!r} events:", peer.seen)
    return found[0]


def shorten(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 600 else f"{text[:400]} … {text[-150:]}"


def start(command, environment):
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with RUNNING_LOCK:
        RUNNING.add(process)
    return process


def stop(process):
    """Ends the process and what it started; its streams are read by others until they end."""
    with RUNNING_LOCK:
        RUNNING.discard(process)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def stop_all():
    for process in list(RUNNING):
        stop(process)


def peak_memory(process):
    """Kilobytes; 0 where the process is gone."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


class Program:
    """A running program whose lines are collected with the time at which they came."""

    def __init__(self, command, environment):
        self.process = start(command, environment)
        self.lines, self.errors, self.fresh = [], [], queue.Queue()
        self.memory = 0
        self.readers = [
            threading.Thread(target=self.collect, args=(self.process.stdout, self.lines, self.fresh), daemon=True),
            threading.Thread(target=self.collect, args=(self.process.stderr, self.errors, None), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    def collect(self, stream, lines, fresh):
        for raw in stream:
            lines.append((time.monotonic(), raw.decode("utf-8", "replace").rstrip("\n")))
            if fresh is not None:
                fresh.put(lines[-1])
        if fresh is not None:
            fresh.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)

    @property
    def stderr(self):
        return "\n".join(line for _, line in self.errors)

    def event(self, name, timeout):
        """The next line of that event on standard output."""
        end = time.monotonic() + timeout
        while True:
            try:
                line = self.fresh.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Failed(f"no {name!r} event within {timeout} s; standard error: {self.stderr}") from None
            if line is None:
                raise Failed(f"standard output ended before {name!r}; standard error: {self.stderr}")
            event = parse(line[1])
            if event.get("event") == name:
                return event

    def result(self, timeout):
        """Waits for the end, at most `timeout` seconds."""
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            self.memory = max(self.memory, peak_memory(self.process))
            if time.monotonic() > end:
                stop(self.process)
                raise Failed(f"did not end within {timeout:.0f} s; standard error: {self.stderr}")
            time.sleep(0.02)
        for reader in self.readers:
            reader.join(5)
        return Result(self)


def parse(line):
    try:
        event = json.loads(line)
    except ValueError:
        raise Failed(f"standard output has a line that is not JSON: {shorten(line)}") from None
    expect(isinstance(event, dict), "not a JSON object:", line)
    return event


class Result:
    """How a `--json` run ended."""

    def __init__(self, program):
        self.code = program.process.returncode
        self.lines = program.lines
        self.stderr = program.stderr
        self.memory = program.memory

    @property
    def events(self):
        return [parse(line) for _, line in self.lines if line]

    def of(self, name):
        return [event for event in self.events if event.get("event") == name]

    def one(self, name):
        found = self.of(name)
        expect(len(found) == 1, f"{len(found)} {name!r} events in", self.events, self.stderr)
        return found[0]

    def times_of(self, name):
        return [at for at, line in self.lines if line and parse(line).get("event") == name]

    @property
    def payload(self):
        return base64.b64decode(self.one("reply")["payload_base64"])

    def ends(self, *codes):
        words = f"exit code {self.code}, wanted {' or '.join(map(str, codes))};"
        expect(self.code in codes, words, [line for _, line in self.lines], "standard error:", self.stderr)
        return self

    def fails(self, *codes):
        """One of these codes, and a failure event that says what, why and what to do."""
        self.ends(*codes)
        failure = self.one("failure")
        for name in ("phase", "cause", "code", "hint"):
            expect(failure.get(name) not in (None, ""), f"the failure has no {name}:", failure)
        return failure


class Lab:
    """What a check gets: a directory, keys, and the program."""

    def __init__(self, binary):
        self.binary = binary
        self.holder = tempfile.TemporaryDirectory(prefix="foreign-", ignore_cleanup_errors=True)
        self.dir = pathlib.Path(self.holder.name)
        self.programs = []
        self.key = Key()
        self.key_file = self.write("legacy.pem", self.key.to_pem())
        self.key_file.chmod(0o600)
        (self.dir / "home").mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs:
            stop(program.process)
        self.holder.cleanup()

    def no_panic(self):
        for program in self.programs:
            expect("panicked at" not in program.stderr, "a panic:", program.stderr)
            expect("Traceback" not in program.stderr, "an exception:", program.stderr)

    def write(self, name, content):
        path = self.dir / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SWARMSCOPE", "XDG_"))}
        home = self.dir / "home"
        xdg = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        return {**kept, **xdg, "HOME": str(home), "NO_COLOR": "1"}

    def program(self, *arguments):
        program = Program([str(self.binary), *map(str, arguments)], self.environment)
        self.programs.append(program)
        return program

    # --- swarmscope request ---

    def start_request(self, target, message=UNKNOWN_ID, *rest, timeout=10, version=17, legacy=True, json=True):
        arguments = ["request", target, message, *rest, "--timeout", timeout]
        arguments += ["--overlay-version", version] if version else []
        arguments += ["--legacy-identity", self.key_file] if legacy else []
        return self.program(*arguments, *(["--json"] if json else []))

    def request(self, *arguments, timeout=10, patience=30, **options):
        """Runs it to the end; `patience` is what it may take beyond its own `--timeout`."""
        return self.start_request(*arguments, timeout=timeout, **options).result(timeout + patience)

    # --- swarmscope peer ---

    def peer(self, *crawlers, data=None, rest=()):
        """A peer that allows these keys; its address and permid come from its `listening` event."""
        arguments = ["peer", "--listen", "127.0.0.1:0", "--legacy-identity", self.key_file, "--overlay-version", 17]
        for key in crawlers:
            arguments += ["--allow", key.base64]
        arguments += ["--data", data] if data else []
        return Peer(self, self.program(*arguments, *rest, "--json"))

    def slow_sql(self, seconds, columns="count(*)"):
        """A statement for DATABASE that takes a peer of this program about so long."""
        with CALIBRATING:
            if not ROWS_PER_SECOND:
                ROWS_PER_SECOND.append(self.calibrate())
        return COUNTING.format(int(ROWS_PER_SECOND[0] * seconds), columns).encode()

    def calibrate(self):
        """Rows a second at the best of three tries: what is slow now for the load of others may be quick later."""
        key, count, rates = Key(), 100_000, []
        with self.peer(key) as peer, peer.crawler(key, timeout=30).dial() as conn:
            while len(rates) < 3:
                started = time.monotonic()
                reply = conn.read_reply(conn.ask(1, COUNTING.format(count, "count(*)").encode()), 30)
                equal(reply.error, 0, f"the error of a query that counts to {count} ({reply.payload!r})")
                took = time.monotonic() - started
                if took < 0.3 and count < 100_000_000:
                    count *= 3
                else:
                    rates.append(count / took)
        return max(rates)

    def data(self):
        """A statistics database with a table of its own."""
        path = self.dir / "statistics.sqlite"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE Sample (number INTEGER, words TEXT)")
            rows = ((n, f"row {n} " + "x" * 90) for n in range(1000))
            database.executemany("INSERT INTO Sample VALUES (?, ?)", rows)
        database.close()
        return path


class Peer:
    """A running `swarmscope peer`."""

    def __init__(self, lab, program):
        self.lab, self.program = lab, program
        self.listening = program.event("listening", 30)
        host, port = self.listening["addr"].rsplit(":", 1)
        self.address = (host, int(port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.program.process)

    def crawler(self, key=None, timeout=10.0):
        return Crawler17(self.address, key, timeout)

    def is_asked(self):
        """Waits until it tells of its next request."""
        self.program.event("asked", 30)

    def wait_idle(self, seconds, timeout=30):
        """Waits until the process has used no time of the processor for so long."""
        end, since, used = time.monotonic() + timeout, time.monotonic(), None
        while time.monotonic() < min(end, since + seconds):
            now = pathlib.Path(f"/proc/{self.program.process.pid}/stat").read_text().split()[13:15]
            if used is None or sum(map(int, now)) > used + 1:
                since, used = time.monotonic(), sum(map(int, now))
            time.sleep(0.1)

    def lives(self, key):
        """Somebody who is allowed still gets an answer."""
        reply = self.crawler(key).ask(UNKNOWN_ID, timeout=10)
        equal((reply.error, reply.payload), (253, b"unknown message"), "the answer to an unknown id afterwards")
