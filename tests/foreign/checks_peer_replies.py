"""`swarmscope peer` and a version-17 Crawler: 253, 254, replies in parts, the allow-list."""

import time

import bencode
import encoding_a
import overlay17
from harness import Lateness, check, equal, expect
from k233 import Key
from overlay17 import CRAWLER_REPLY, CRAWLER_REQUEST, PART, Closed, Quiet

DATABASE, NATCHECK = 1, 3


def answer(conn, message_id, payload=b"", frequency=0, timeout=15, **options):
    reply = conn.read_reply(conn.ask(message_id, payload, frequency, **options), timeout)
    return reply.error, reply.payload


def is_254(conn, message_id, payload, frequency):
    started, late = time.monotonic(), Lateness()
    got = answer(conn, message_id, payload, frequency)
    equal(got, (254, b"frequency error"), f"the answer to id {message_id}, frequency {frequency}")
    expect(time.monotonic() - started < 3 + late.seconds, "the 254 did not come at once,", str(late))


def is_served(conn, message_id, payload, frequency):
    error, body = answer(conn, message_id, payload, frequency)
    equal(error, 0, f"the error of id {message_id}, frequency {frequency} ({body[:60]!r})")
    return body


def closes_without_reply(conn, timeout=6.0):
    """The connection ends and no CRAWLER_REPLY came before that."""
    try:
        frames = conn.wait_closed(timeout)
    except Quiet as quiet:
        expect(False, f"still open after {timeout} s: {quiet}")
    equal([body for kind, body in frames if kind == CRAWLER_REPLY], [], "replies before the close")


# --- 253 and the allow-list -----------------------------------------------------------------------------------


@check("peer: 253 for every id nobody registered, and the connection stays")
def unknown(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for message_id in (0, 12, 77, 255):
            for payload in (b"", b"x" * 100):
                request = conn.ask(message_id, payload, 3600)
                [part] = conn.read_reply(request).parts
                equal((part.left, part.error, part.payload), (0, 253, b"unknown message"), f"the reply to {message_id}")


@check("peer: channel 0 is legal, and every channel comes back")
def channels(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for channel in range(256):
            conn.ask(77, channel=channel)
        got = [conn.read_any_part().channel for _ in range(256)]
        equal(got, list(range(256)), "channels answered")


@check("peer: its listening event, its permids, and the permid it proves")
def listening(lab):
    key = Key()
    with lab.peer(key) as peer:
        equal(peer.listening["legacy_permid"], lab.key.base64, "legacy_permid")
        equal(peer.listening["permid"], None, "the permid of a key that is not in use")
        with peer.crawler(key).dial() as conn:
            equal(conn.permid, lab.key.permid, "the permid it authenticates with")
            equal((conn.theirs.lowest, conn.theirs.current), (2, 17), "the versions it presents")


@check("peer: not allowed: authenticates, stays, and the first request closes without a reply")
def not_allowed(lab):
    friend = Key()
    with lab.peer(friend) as peer:
        with peer.crawler().dial() as conn:
            try:
                conn.wait_closed(2.0)
                expect(False, "closed before a request")
            except Quiet:
                pass
            conn.ask(77)
            closes_without_reply(conn)
        for message_id in (DATABASE, NATCHECK):
            with peer.crawler().dial() as conn:
                conn.ask(message_id, b"SELECT 1")
                closes_without_reply(conn)
        with peer.crawler().dial() as conn:  # a request right behind RESPONSE2
            conn.ask(77)
            conn.ask(77)
            closes_without_reply(conn)
        peer.lives(friend)


@check("peer: nobody is allowed by default")
def nobody_allowed(lab):
    with lab.peer() as peer, peer.crawler().dial() as conn:
        conn.ask(77)
        closes_without_reply(conn)


@check("peer: --allow-file, with comments, and read again when it changes")
def allow_file(lab):
    first, second = Key(), Key()
    path = lab.write("crawlers.txt", f"# the first\n\n{first.base64}\n")
    with lab.peer(rest=["--allow-file", path]) as peer:
        peer.lives(first)
        with peer.crawler(second).dial() as conn:
            conn.ask(77)
            closes_without_reply(conn)
        path.write_text(f"{second.base64}  # the second\n")
        end = time.monotonic() + 30
        while not served(peer, second):
            expect(time.monotonic() < end, "the new list is not in force after 30 s:", peer.program.stderr)
            time.sleep(0.5)
        expect(not served(peer, first), "one who was taken off the list is still served")


def served(peer, key):
    try:
        return peer.crawler(key).ask(77, timeout=5).error == 253
    except Closed:
        return False


@check("peer: taken off the list while connected: the next request closes")
def taken_off(lab):
    key = Key()
    path = lab.write("crawlers.txt", key.base64 + "\n")
    with lab.peer(rest=["--allow-file", path]) as peer, peer.crawler(key).dial() as conn:
        equal(answer(conn, 77)[0], 253, "the error before")
        path.write_text("# nobody\n")
        end = time.monotonic() + 30
        try:
            while time.monotonic() < end:
                time.sleep(0.5)
                answer(conn, 77)
        except Closed:
            return
        expect(False, "still served 30 s after the list changed")


@check("peer: a request of fewer than 5 bytes closes, of 5 does not")
def short_requests(lab):
    key = Key()
    with lab.peer(key) as peer:
        for body in (b"", b"\x4d", b"\x4d\x01", b"\x4d\x01\x00"):
            with peer.crawler(key).dial() as conn:
                conn.send_frame(bytes([CRAWLER_REQUEST]) + body)
                closes_without_reply(conn)
        with peer.crawler(key).dial() as conn:
            conn.send_frame(bytes([CRAWLER_REQUEST]) + b"\x4d\x01\x00\x00")
            equal(conn.read_any_part().error, 253, "the error")


@check("peer: below version 7 it authenticates, and a request closes")
def version_6(lab):
    key = Key()
    with lab.peer(key) as peer:
        for current in (3, 6):
            with peer.crawler(key).dial(current=current) as conn:
                conn.ask(77)
                closes_without_reply(conn)
        with peer.crawler(key).dial(current=7) as conn:
            equal(answer(conn, 77), (253, b"unknown message"), "version 7")


# --- 254 ------------------------------------------------------------------------------------------------------


@check("peer: 254 on the same connection, a new one, and from a second Crawler")
def frequency(lab):
    one, two = Key(), Key()
    with lab.peer(one, two) as peer:
        with peer.crawler(one).dial() as conn:
            is_served(conn, NATCHECK, b"", 3600)
            is_254(conn, NATCHECK, b"", 3600)
            is_254(conn, NATCHECK, b"", 60)
            is_served(conn, DATABASE, b"SELECT 1", 3600)  # another id has a gate of its own
            is_254(conn, DATABASE, b"SELECT 1", 65535)
            equal(answer(conn, 77, b"", 3600)[0], 253, "an unknown id has no gate")
            equal(answer(conn, 77, b"", 3600)[0], 253, "an unknown id has no gate")
        with peer.crawler(one).dial() as conn:
            is_254(conn, NATCHECK, b"", 3600)
            is_254(conn, DATABASE, b"SELECT 1", 3600)
        with peer.crawler(two).dial() as conn:
            is_254(conn, NATCHECK, b"", 3600)
            is_254(conn, DATABASE, b"SELECT 1", 3600)
        with peer.crawler().dial() as conn:  # a stranger gets not even that
            conn.ask(NATCHECK, b"", 3600)
            closes_without_reply(conn)


@check("peer: a frequency of 5 or less always passes")
def frequency_5(lab):
    one, two = Key(), Key()
    with lab.peer(one, two) as peer:
        with peer.crawler(one).dial() as conn, peer.crawler(two).dial() as other:
            for frequency in (5, 0, 1, 4, 5, 5):
                is_served(conn, DATABASE, b"SELECT 1", frequency)
                is_served(other, DATABASE, b"SELECT 2", frequency)
            is_254(conn, DATABASE, b"SELECT 1", 60)
            is_served(conn, DATABASE, b"SELECT 1", 5)


@check("peer: the gate opens frequency - 5 s after the last accepted request, whatever was refused since")
def gate_opens(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        is_served(conn, DATABASE, b"SELECT 1", 3600)
        accepted = time.monotonic()
        time.sleep(1.5)
        is_254(conn, DATABASE, b"SELECT 1", 9)  # needs 4 s
        time.sleep(max(0.0, accepted + 3.0 - time.monotonic()))
        is_254(conn, DATABASE, b"SELECT 1", 9)
        time.sleep(max(0.0, accepted + 4.3 - time.monotonic()))
        is_served(conn, DATABASE, b"SELECT 1", 9)
        is_254(conn, DATABASE, b"SELECT 1", 9)


@check("peer: a request whose SQL fails was accepted all the same")
def failed_counts(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        equal(answer(conn, DATABASE, b"FOO BAR", 3600)[0], 1, "the error of FOO BAR")
        is_254(conn, DATABASE, b"SELECT 1", 3600)


# --- replies --------------------------------------------------------------------------------------------------


@check("peer: NATCHECK answers a list of seven")
def natcheck(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        fields = bencode.decode(is_served(conn, NATCHECK, b"", 3600))
        kinds = [type(field) for field in fields]
        equal(kinds, [bytes, int, int, bytes, int, bytes, int], f"the types of {fields}")


def select(conn, statement, **options):
    statement = statement.encode() if isinstance(statement, str) else statement
    reply = conn.read_reply(conn.ask(DATABASE, statement), 30)
    equal(reply.error, 0, f"the error of {statement[:80]} ({reply.payload[:80]!r})")
    return reply


@check("peer: DATABASE gives the original's bytes")
def sql_values(lab):
    vectors = {
        b"": b"a0l",
        b";": b"a0l",
        b"SELECT 1": b"a1l1t1i1",
        b"SELECT 1, -5, 2.5, NULL, 'abc', 1e300, 9223372036854775807, '', char(233), 0.1": b"a1l10t1i12i-53f2.50n"
        b"3sabc6f1e+30019i92233720368547758070s2s\xc3\xa93f0.1",
        b"SELECT 1; SELECT 2, 'b';": b"a2l1t1i12t1i21sb",
        b"SELECT 1 WHERE 0": b"a0l",
        b"SELECT 1.0, 1e15, 12345678901234.5, 0.1 + 0.2, 1e-7": b"a1l5t3f1.05f1e+1517f1.23456789012e+133f0.35f1e-07",
    }
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for statement, payload in vectors.items():
            equal(select(conn, statement).payload, payload, f"the reply to {statement!r}")


@check("peer: SQL errors are error 1 with their text, and the connection stays")
def sql_errors(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for statement, words in (
            (b"FOO BAR", b"syntax error"),
            (b"SELECT * FROM nofoobar", b"no such table"),
            (b"SELECT", b""),
            (b"SELECT 1; SELECT * FROM nofoobar", b"no such table"),
            (b"\xff\xfe", b""),
            (b"SELECT 1\x00; DROP TABLE Peer", b""),
        ):
            error, text = answer(conn, DATABASE, statement)
            equal(error, 1, f"the error of {statement!r} ({text!r})")
            expect(words in text and text, f"{statement!r} is answered with", text)


@check("peer: DATABASE reads and nothing else")
def sql_denied(lab):
    data, key = lab.data(), Key()
    other = lab.dir / "attached.sqlite"
    denied = [
        "INSERT INTO Sample VALUES (1, 'x')",
        "UPDATE Sample SET words = ''",
        "DELETE FROM Sample",
        "DROP TABLE Sample",
        "CREATE TABLE T (a)",
        "CREATE TEMP TABLE T (a)",
        "PRAGMA user_version",
        "PRAGMA user_version = 7",
        "SELECT * FROM pragma_table_info('Sample')",
        f"ATTACH '{other}' AS other",
        f"VACUUM INTO '{other}'",
        "VACUUM",
        "BEGIN",
        "SAVEPOINT a",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "SELECT 1; DELETE FROM Sample",
        "WITH a AS (SELECT 1) DELETE FROM Sample",
        "EXPLAIN DELETE FROM Sample",
        "ANALYZE",
        "DETACH main",
    ]
    with lab.peer(key, data=data) as peer, peer.crawler(key).dial() as conn:
        before = data.read_bytes()  # with the tables that the peer itself adds when it starts
        for statement in denied:
            error, text = answer(conn, DATABASE, statement.encode())
            equal(error, 1, f"the error of {statement!r} ({text!r})")
        equal(select(conn, "SELECT count(*) FROM Sample").payload, b"a1l1t4i1000", "the rows afterwards")
    expect(not other.exists(), "a file was made")
    equal(data.read_bytes() == before, True, "the database file is as before")


@check("peer: --data names a new file: the tables of the original's queries are there, and empty")
def new_data(lab):
    key = Key()
    path = lab.dir / "new.sqlite"
    with lab.peer(key, data=path) as peer, peer.crawler(key).dial() as conn:
        for table in ("Peer", "Torrent", "VoteCast", "ChannelCast"):
            equal(select(conn, f"SELECT count(*) FROM {table}").payload, b"a1l1t1i0", f"rows of {table}")
        select(conn, "SELECT 'channel_files', publisher_id, count(*) FROM ChannelCast group by publisher_id")
    expect(path.exists(), "no file was made")


def text_of(size):
    """SQL for a reply of exactly `size` bytes, as `b_reply_*` of the transcripts have it."""
    for digits in range(1, 9):
        length = size - len("a1l1t") - digits - 1
        if len(str(length)) == digits:
            return f"SELECT substr(hex(zeroblob({length // 2 + 1})), 1, {length})"
    raise ValueError(size)


@check("peer: replies in parts, with the original's parts-left bytes")
def parts(lab):
    key = Key()
    sizes = [PART - 1, PART, PART + 1, 2 * PART, 70000, 3 * PART, 100000, 100 * PART, 300 * PART - 1, 300 * PART]
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for size in sizes:
            reply = select(conn, text_of(size))
            equal(len(reply.payload), size, "the size of the payload")
            equal(reply.left, overlay17.parts_left(size), f"the parts-left bytes of {size} bytes")
            full = {len(part.payload) for part in reply.parts[:-1]}
            equal(full - {PART}, set(), "sizes of the parts but the last")
            expect(set(reply.payload[-1000:]) == set(b"0"), "the payload ends in", reply.payload[-50:])


@check("peer: a reply of many rows, from a table and from a recursive query")
def rows(lab):
    key = Key()
    recursive = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT x, x * 2 FROM c"
    with lab.peer(key, data=lab.data()) as peer, peer.crawler(key).dial() as conn:
        reply = select(conn, "SELECT * FROM Sample ORDER BY number")
        wanted = [(n, f"row {n} " + "x" * 90) for n in range(1000)]
        equal(encoding_a.decode(reply.payload) == wanted, True, "the rows are those of the table")
        equal(reply.left, overlay17.parts_left(len(reply.payload)), "the parts-left bytes")
        reply = select(conn, recursive)
        equal(encoding_a.decode(reply.payload) == [(n, 2 * n) for n in range(1, 20001)], True, "the rows are right")
        equal(reply.left, overlay17.parts_left(len(reply.payload)), "the parts-left bytes")


@check("peer: too many rows, too many bytes, too much time are error 1 with the reason")
def limits(lab):
    key = Key()
    counting = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c{}) SELECT {} FROM c"
    for statement, words in (
        (counting.format(" LIMIT 100001", "x"), "100"),
        (counting.format(" LIMIT 100", "hex(zeroblob(500000))"), "64"),
        ("SELECT hex(zeroblob(500000000))", ""),
        (counting.format("", "count(*)"), "10"),
    ):
        with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
            error, text = answer(conn, DATABASE, statement.encode(), timeout=40)
            equal(error, 1, f"the error of {statement!r} ({text[:80]!r})")
            expect(words.encode() in text, f"{statement!r} is answered with", text)
            peer.lives(key)


@check("peer: requests while a slow one runs are answered meanwhile")
def slow_meanwhile(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        slow = conn.ask(DATABASE, lab.slow_sql(1.5), channel=9)
        quick = conn.ask(77, channel=10)
        first, second = conn.read_any_part(), conn.read_any_part(30)
        equal((first.channel, first.error), (quick.channel, 253), "the reply that came first")
        equal(second.channel, slow.channel, "the channel of the reply that came second")

