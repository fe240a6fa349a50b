-- Version 1. Times are milliseconds since 1970-01-01 UTC; networks: 1 overlay, 2 dht, 3 bt.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Outcome codes, written once.
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE round (
    id INTEGER PRIMARY KEY, network INTEGER NOT NULL, state TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
    every INTEGER NOT NULL, program TEXT NOT NULL, settings TEXT NOT NULL, figures TEXT) STRICT;
CREATE UNIQUE INDEX round_running ON round (network) WHERE state = 'running';
-- Whoever was heard of. `due`: not before; while a Crawler holds the peer, when its lease ends.
CREATE TABLE peer (
    id INTEGER PRIMARY KEY, network INTEGER NOT NULL, hash BLOB NOT NULL, first_heard INTEGER NOT NULL,
    last_heard INTEGER NOT NULL, version INTEGER, tried_at INTEGER, outcome INTEGER, reached_at INTEGER,
    online_since INTEGER, failures INTEGER NOT NULL, round INTEGER, due INTEGER NOT NULL, holder TEXT,
    UNIQUE (network, hash)) STRICT;
CREATE INDEX peer_due ON peer (network, due);
CREATE INDEX peer_held ON peer (holder, due) WHERE holder IS NOT NULL;
-- Where peers are dialled, sealed with the operator's key.
CREATE TABLE address (peer INTEGER PRIMARY KEY, sealed BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
-- Before when a message must not be sent to a peer again.
CREATE TABLE clock (
    peer INTEGER NOT NULL, message INTEGER NOT NULL, not_before INTEGER NOT NULL,
    PRIMARY KEY (peer, message)) STRICT, WITHOUT ROWID;
CREATE TABLE visit (
    round INTEGER NOT NULL, peer INTEGER NOT NULL, at INTEGER NOT NULL, took INTEGER NOT NULL,
    outcome INTEGER NOT NULL, version INTEGER, rtt INTEGER, listed INTEGER NOT NULL,
    PRIMARY KEY (round, peer)) STRICT, WITHOUT ROWID;
CREATE TABLE question (
    id INTEGER PRIMARY KEY, network INTEGER NOT NULL, message INTEGER NOT NULL, name TEXT NOT NULL,
    declared TEXT NOT NULL, UNIQUE (network, message, name, declared)) STRICT;
-- `rows` is a JSON array of rows, each an array with a cell for each declared column.
CREATE TABLE reply (
    round INTEGER NOT NULL, peer INTEGER NOT NULL, question INTEGER NOT NULL, at INTEGER NOT NULL,
    took INTEGER NOT NULL, outcome INTEGER NOT NULL, bytes INTEGER NOT NULL, parts INTEGER NOT NULL,
    content BLOB, rows TEXT, raw BLOB, PRIMARY KEY (round, peer, question)) STRICT, WITHOUT ROWID;
