-- Version 1. Times are milliseconds since 1970-01-01 UTC; networks: 1 overlay, 2 dht, 3 bt.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- Outcome codes, written once.
CREATE TABLE word (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE round (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, network BIGINT NOT NULL, state TEXT NOT NULL,
    began BIGINT NOT NULL, ended BIGINT, every BIGINT NOT NULL, program TEXT NOT NULL, settings TEXT NOT NULL,
    figures TEXT);
CREATE UNIQUE INDEX round_running ON round (network) WHERE state = 'running';
-- Whoever was heard of. `due`: not before; while a Crawler holds the peer, when its lease ends.
-- Rows change with every visit: room is left in each page, so that most changes stay in it.
CREATE TABLE peer (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, network BIGINT NOT NULL, hash BYTEA NOT NULL,
    first_heard BIGINT NOT NULL, last_heard BIGINT NOT NULL, version BIGINT, tried_at BIGINT, outcome BIGINT,
    reached_at BIGINT, online_since BIGINT, failures BIGINT NOT NULL, round BIGINT, due BIGINT NOT NULL,
    holder TEXT, UNIQUE (network, hash)) WITH (fillfactor = 70);
CREATE INDEX peer_due ON peer (network, due);
CREATE INDEX peer_held ON peer (holder, due) WHERE holder IS NOT NULL;
-- Where peers are dialled, sealed with the operator's key.
CREATE TABLE address (peer BIGINT PRIMARY KEY, sealed BYTEA NOT NULL, at BIGINT NOT NULL);
-- Before when a message must not be sent to a peer again.
CREATE TABLE clock (
    peer BIGINT NOT NULL, message BIGINT NOT NULL, not_before BIGINT NOT NULL, PRIMARY KEY (peer, message));
-- By day: dropping a partition gives its disk back at once.
CREATE TABLE visit (
    round BIGINT NOT NULL, peer BIGINT NOT NULL, at BIGINT NOT NULL, took BIGINT NOT NULL,
    outcome BIGINT NOT NULL, version BIGINT, rtt BIGINT, listed BIGINT NOT NULL,
    PRIMARY KEY (round, peer, at)) PARTITION BY RANGE (at);
CREATE TABLE question (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, network BIGINT NOT NULL, message BIGINT NOT NULL,
    name TEXT NOT NULL, declared TEXT NOT NULL, UNIQUE (network, message, name, declared));
-- `rows` is a JSON array of rows, each an array with a cell for each declared column.
CREATE TABLE reply (
    round BIGINT NOT NULL, peer BIGINT NOT NULL, question BIGINT NOT NULL, at BIGINT NOT NULL,
    took BIGINT NOT NULL, outcome BIGINT NOT NULL, bytes BIGINT NOT NULL, parts BIGINT NOT NULL,
    content BYTEA, rows TEXT, raw BYTEA, PRIMARY KEY (round, peer, question, at)) PARTITION BY RANGE (at);
