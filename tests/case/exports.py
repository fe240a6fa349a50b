#!/usr/bin/env python3
"""Exports of a case and of a store, read back by the programs they are meant for: the OASIS validator takes the STIX bundle, DuckDB and
pandas count the same questions and outcomes in CSV, JSON lines and Parquet. Usage: exports.py SWARMSCOPE; needs stix2-validator, duckdb,
pandas and pyarrow from PyPI, and a build with --features parquet."""

import collections
import json
import os
import subprocess
import sys
import tempfile

import duckdb
import pandas
from stix2validator import ValidationOptions, validate_file

QUESTIONS = ["natcheck", "77", "database", "repex", "78", "natcheck"]
# of the demo's open client and of its node; each query of the lookup is a question, too
OTHERS = {"bt": ["reach", "hello"], "dht": ["ping", "find_node", "canary", "sample", "lookup"]}


def run(program, home, *args, code=0):
    env = {"HOME": home, "PATH": os.environ["PATH"]}
    done = subprocess.run([program, *args], env=env, cwd=home, capture_output=True, text=True, check=False)
    assert code is None or done.returncode == code, (args, done)
    return done.stdout


def outcomes(rows):
    """By network, question, outcome and error; a failure has no error."""

    def error(row):
        return None if pandas.isna(row["error"]) else int(row["error"])

    return collections.Counter((row["network"], row["question"], row["outcome"], error(row)) for row in rows)


def ask_others(program, home):
    """Questions to simulated BitTorrent clients and nodes of the DHT."""
    command = [program, "demo", "--scenario", "bittorrent", "--simulated", "--headless", "--peers", "1"]
    demo = subprocess.Popen(command, env={"HOME": home, "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, text=True)
    try:
        targets, infohash = [], None
        while infohash is None:
            line = demo.stdout.readline()
            targets += [line.split()[0]] if "://" in line else []
            if line.startswith("# the torrent of the clients: "):
                infohash = line.split()[-1]
        about = {"hello": ["--infohash", infohash], "find_node": [infohash], "lookup": [infohash, "--allow-range", "127.0.0.0/8"]}
        for network, questions in OTHERS.items():
            target = next(target for target in targets if target.startswith(network))
            for question in questions:
                run(program, home, "request", target, question, *about.get(question, []), "--case", "a.case", code=None)
    finally:
        demo.terminate()
        demo.wait()


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as other:
        permid = run(program, home, "key", "show").splitlines()[0]
        command = [program, "peer", "--listen", "127.0.0.1:0", "--allow", permid, "--json"]
        peer = subprocess.Popen(command, env={"HOME": other}, stdout=subprocess.PIPE, text=True)
        try:
            address = json.loads(peer.stdout.readline())["addr"]
            run(program, home, "case", "new", "a.case", "--why", "exports are read back")
            for question in QUESTIONS:
                run(program, home, "request", address, question, "--case", "a.case", code=None)
            run(program, home, "crawl", address, "--probe", "channel,database,usereventlog,natcheck", "--every", "1", "--rounds", "1", "--store", "c.sqlite")
        finally:
            peer.terminate()
            peer.wait()
        ask_others(program, home)
        for name, ending in [("jsonl", "jsonl"), ("csv", "csv"), ("parquet", "parquet"), ("stix", "json")]:
            run(program, home, "case", "export", "a.case", "--format", name, "--out", f"a.{ending}")
        for name in ["jsonl", "csv", "parquet"]:
            run(program, home, "store", "export", "c.sqlite", "--format", name, "--out", f"c.{name}")
        check(lambda name: os.path.join(home, name))
        check_store(lambda name: os.path.join(home, name))


def check(path):
    with open(path("a.jsonl"), encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["record"] == "question"]
    expected = outcomes(rows)
    named = [row for row in rows if row["part_of"] is None]
    assert len(named) == len(QUESTIONS) + sum(map(len, OTHERS.values())), named
    assert len(rows) > len(named) + 8 and "open" not in {row["outcome"] for row in rows}, rows
    for name in ["a.csv", "a.parquet"]:
        table = duckdb.sql(f"SELECT network, question, outcome, error FROM '{path(name)}'").fetchall()
        read = outcomes(dict(zip(["network", "question", "outcome", "error"], row)) for row in table)
        assert read == expected, (name, read, expected)
    for name, frame in [("a.csv", pandas.read_csv(path("a.csv"))), ("a.parquet", pandas.read_parquet(path("a.parquet")))]:
        assert outcomes(frame.to_dict("records")) == expected, name
        assert frame["reply_bytes"].sum() == sum(row["reply_bytes"] or 0 for row in rows), name
        for column in ["reply_sha256", "peer", "node", "client", "reply_decoded", "reply_summary", "content", "shape"]:
            assert list(frame[column].astype(object).where(frame[column].notna(), None)) == [row[column] for row in rows], (name, column)
    payloads = duckdb.sql(f"SELECT octet_length(reply_payload), reply_bytes FROM '{path('a.parquet')}' WHERE reply_payload IS NOT NULL").fetchall()
    assert len(payloads) == sum(row["reply_payload_base64"] is not None for row in rows), payloads
    assert all(length == said for length, said in payloads), payloads
    # our own port of a connection is not kept, and none is made up for the validator
    options = ValidationOptions(strict=True, version="2.1", disabled=["network-traffic-ports"])
    result = validate_file(path("a.json"), options)
    assert result.is_valid, [str(error) for each in result.object_results for error in each.errors]
    networks = ", ".join(sorted({row["network"] for row in rows}))
    print(f"{len(rows)} questions ({networks}), the same in JSON lines, CSV and Parquet; the STIX bundle is valid")


def check_store(path):
    """The table of CSV and Parquet has a row for each visit, each cell of a reply, and each reply without any."""
    expected = collections.Counter()
    with open(path("c.jsonl"), encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["event"] == "visit":
                expected[("visit", None, row["outcome"], row["ms"], None)] += 1
            elif row["event"] == "reply":
                cells = [name for cells in row["rows"] for name in cells] or [None]
                for name in cells:
                    expected[("reply", row["question"], row["outcome"], row["ms"], name)] += 1
    columns = 'kind, question, outcome, ms, "column"'
    for name in ["c.csv", "c.parquet"]:
        assert collections.Counter(duckdb.sql(f"SELECT {columns} FROM '{path(name)}'").fetchall()) == expected, (name, expected)
    csv, parquet = pandas.read_csv(path("c.csv")), pandas.read_parquet(path("c.parquet"))
    assert list(csv.columns) == list(parquet.columns) and len(csv) == len(parquet) == expected.total()
    assert list(csv["value"].dropna()) == list(parquet["value"].dropna())
    assert csv["bytes"].sum() == parquet["bytes"].sum() and parquet["round"].dtype.kind == "i"
    print(f"{len(csv)} rows of a store, the same in JSON lines, CSV and Parquet")


if __name__ == "__main__":
    main()
