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


def run(program, home, *args, code=0):
    env = {"HOME": home, "PATH": os.environ["PATH"]}
    done = subprocess.run([program, *args], env=env, cwd=home, capture_output=True, text=True, check=False)
    assert code is None or done.returncode == code, (args, done)
    return done.stdout


def outcomes(rows):
    return collections.Counter((row["question"], row["outcome"], int(row["error"])) for row in rows)


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
    assert len(rows) == len(QUESTIONS), rows
    for name in ["a.csv", "a.parquet"]:
        table = duckdb.sql(f"SELECT question, outcome, error FROM '{path(name)}'").fetchall()
        read = outcomes(dict(zip(["question", "outcome", "error"], row)) for row in table)
        assert read == expected, (name, read, expected)
    for name, frame in [("a.csv", pandas.read_csv(path("a.csv"))), ("a.parquet", pandas.read_parquet(path("a.parquet")))]:
        assert outcomes(frame.to_dict("records")) == expected, name
        assert frame["reply_bytes"].sum() == sum(row["reply_bytes"] for row in rows), name
        assert list(frame["reply_sha256"]) == [row["reply_sha256"] for row in rows], name
    payloads = duckdb.sql(f"SELECT octet_length(reply_payload), reply_bytes FROM '{path('a.parquet')}'").fetchall()
    assert all(length == said for length, said in payloads), payloads
    # our own port of a connection is not kept, and none is made up for the validator
    options = ValidationOptions(strict=True, version="2.1", disabled=["network-traffic-ports"])
    result = validate_file(path("a.json"), options)
    assert result.is_valid, [str(error) for each in result.object_results for error in each.errors]
    print(f"{len(rows)} questions, the same in JSON lines, CSV and Parquet; the STIX bundle is valid")


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
