//! The message-specific ids that are built in: one file each, and the list of them here.
//!
//! A new one is a file with a [`Question`](swarmscope_peer::crawler::Question) and a
//! [`Probe`](swarmscope_peer::crawler::Probe) in it, and a line in [`registry`]. Ids that are not
//! in the list can be asked all the same, with a payload written by hand; their replies are read by
//! the format they are in.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use crate::nat::NatTester;
use swarmscope_peer::crawler::Registry;

pub mod channel;
pub mod choices;
pub mod config_file;
pub mod custom;
pub mod database;
pub mod desk;
pub mod friendship;
pub mod hand_over;
pub mod nat;
pub mod natcheck;
pub mod nattraversal;
pub mod pseudonyms;
pub mod puncture;
pub mod repex;
pub mod rows;
pub mod seedingstats;
pub mod sql;
pub mod statement;
pub mod statistics;
#[cfg(test)]
mod testing;
pub mod usereventlog;
pub mod videoplayback;

pub use channel::Channel;
pub use database::Database;
pub use desk::Desk;
pub use friendship::Friendship;
pub use natcheck::NatCheck;
pub use nattraversal::NatTraversal;
pub use puncture::Puncture;
pub use repex::Repex;
pub use seedingstats::SeedingStats;
pub use statistics::Statistics;
pub use usereventlog::UserEventLog;
pub use videoplayback::{PlaybackEvent, PlaybackInfo};

/// All built-in probes. They answer from `statistics`, where this is a peer; NATCHECK measures
/// nothing.
#[must_use]
pub fn registry(statistics: Statistics) -> Registry {
    registry_of_peer(statistics, NatTester::default())
}

/// All built-in probes of a peer that can measure the NAT it is behind.
#[must_use]
pub fn registry_of_peer(statistics: Statistics, nat: NatTester) -> Registry {
    let desk = Desk::new(statistics);
    Registry::default()
        .with(Database::new(desk.clone()))
        .with(SeedingStats::new(desk.clone()))
        .with(NatCheck::new(nat))
        .with(Friendship::new(desk.clone()))
        .with(NatTraversal::default())
        .with(PlaybackInfo::new(desk.clone()))
        .with(PlaybackEvent::new(desk.clone()))
        .with(Repex::new(desk.clone()))
        .with(Puncture::new(desk.clone()))
        .with(Channel::new(desk.clone()))
        .with(UserEventLog::new(desk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_peer::crawler::decoding::{Decoding, decode_reply};
    use swarmscope_peer::crawler::field::{Field, Kind, Value};
    use swarmscope_wire::rows::{Cell, Column};
    use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion};

    fn decode(message: MessageId, error: ErrorByte, payload: &[u8]) -> Decoding {
        decode_reply(&registry(Statistics::empty()), message, error, payload)
    }

    #[test]
    fn the_list_is_the_documented_one() {
        let registry = registry(Statistics::empty());
        let names: Vec<_> =
            registry.iter().map(|probe| (probe.id().0, probe.name().to_owned())).collect();
        let expected = [
            (1, "DATABASE"),
            (2, "SEEDINGSTATS"),
            (3, "NATCHECK"),
            (4, "FRIENDSHIP"),
            (5, "NATTRAVERSAL"),
            (6, "VIDEOPLAYBACK_INFO"),
            (7, "VIDEOPLAYBACK_EVENT"),
            (8, "REPEX"),
            (9, "PUNCTURE"),
            (10, "CHANNEL"),
            (11, "USEREVENTLOG"),
        ];
        assert_eq!(names, expected.map(|(id, name)| (id, name.to_owned())));
        for probe in registry.iter() {
            assert_eq!(registry.find(probe.name()), Some(probe.id()));
            assert!(!probe.doc().is_empty());
        }
    }

    /// A peer with something in each table, whatever names a person or a file marked.
    const MARKED: &str = "
        INSERT INTO Peer (permid) VALUES ('marked');
        INSERT INTO ChannelCast VALUES ('marked', 'marked', 3600);
        INSERT INTO VoteCast VALUES ('marked', 'marked', -1, 3600);
        INSERT INTO SeedingStats VALUES (3600, 'marked', 'marked', 7200, 0.5, 0);
        INSERT INTO FriendshipStatistics VALUES ('marked', 'marked', 0, 3600, 7200, 2, 1, 7200);
        INSERT INTO playback_info VALUES ('marked', 3600, 65536, 1024, 131072, 'Unknown');
        INSERT INTO playback_event (key, timestamp, event) VALUES ('marked', 3600, 'play');
        INSERT INTO RepexRecord (infohash, timestamp, endtimestamp) VALUES ('marked', 3600, 7200);
        INSERT INTO RepexPeer (record, peer, last_seen) VALUES (1, 'marked', 3600);
        INSERT INTO PunctureLine (timestamp, line) VALUES (3600, 'marked');
        INSERT INTO UserEventLog VALUES (3600, 2, 'marked');";

    /// What a crawl keeps of the reply of a filled peer, `#` for what it keeps as a digest and `~`
    /// for what it does not compare.
    async fn kept(id: u8) -> Vec<String> {
        let registry = registry(Statistics::filled(MARKED).unwrap());
        let question = registry.get(MessageId(id)).unwrap();
        let probe = registry.probe(MessageId(id)).unwrap();
        let request = question.initiate(&OverlayVersion::CURRENT.into());
        let answer = testing::ask_as(probe, testing::FIRST, request).await;
        let json = question.decode(&answer.payload).unwrap().json;
        let rows = question.rows();
        let cell = |(column, cell): (&Column, &Cell)| {
            let value = match cell {
                Cell::Null => return None,
                Cell::Text(text) => text.clone(),
                Cell::Int(number) => number.to_string(),
                Cell::Real(number) => number.to_string(),
            };
            let value = if column.sensitive { "#".to_owned() } else { value };
            let volatile = if column.volatile { "~" } else { "" };
            Some(format!("{}={volatile}{value}", column.name))
        };
        let read = rows.read(&json);
        let row = |row: &Vec<Cell>| {
            let cells = rows.columns.iter().zip(row).filter_map(cell);
            cells.collect::<Vec<_>>().join(" ")
        };
        read.iter().map(row).collect()
    }

    #[tokio::test]
    async fn every_built_in_question_declares_the_rows_that_a_crawl_keeps() {
        for (id, rows) in [
            (
                1,
                &[
                    "what=peer_count count=1",
                    "what=torrent_count count=0",
                    "what=all_subscriptions count=0",
                    "what=all_negative_votes count=1",
                ][..],
            ),
            (2, &["at=~3600 permid=# infohash=# seconds=7200 reputation=0.5 crawled=0"]),
            (
                4,
                &["source=# target=# is_forwarder=0 request_time=~3600 response_time=~7200 \
                   attempts=2 helpers=1"],
            ),
            (6, &["playback=# at=~3600 piece_size=65536 pieces=1024 bitrate=131072 nat=Unknown"]),
            (7, &["playback=# at=~3600 event=play"]),
            (8, &["infohash=# began=~3600 ended=~7200"]),
            (9, &["at=~3600 line=#"]),
            (
                10,
                &[
                    "what=channel_files subject=# files=1",
                    "what=votes subject=# voter=# vote=-1 at=~3600",
                ],
            ),
            (11, &["at=~3600 type=2 message=#"]),
        ] {
            assert_eq!(kept(id).await, rows, "id {id}");
        }
    }

    #[test]
    fn declared_columns_can_be_asked_for() {
        for question in registry(Statistics::empty()).iter() {
            let columns = question.rows().columns;
            assert!(!columns.is_empty(), "{} declares nothing", question.name());
            let names: std::collections::BTreeSet<&str> =
                columns.iter().map(|column| &*column.name).collect();
            assert_eq!(names.len(), columns.len(), "{}: a name twice", question.name());
            for name in names {
                assert!(Column::is_name(name), "{}: {name}", question.name());
            }
        }
    }

    #[tokio::test]
    async fn whatever_is_asked_by_name_is_answered_and_read() {
        let mut asked = 0;
        let registry = registry(Statistics::empty());
        for probe in registry.iter() {
            let answers = registry.probe(probe.id()).unwrap();
            let [Field { kind: Kind::Choice(choices), .. }] = probe.fields() else { continue };
            for (name, doc) in *choices {
                let request = probe
                    .fill(&[Value::Text((*name).to_owned())], &OverlayVersion::CURRENT.into())
                    .unwrap();
                let answer = testing::ask_as(answers, testing::FIRST, request).await;
                assert_eq!(
                    answer.error,
                    ErrorByte::SUCCESS,
                    "{} {name}: {:?}",
                    probe.name(),
                    answer.payload
                );
                assert!(
                    probe.decode(&answer.payload).is_ok() && !doc.is_empty(),
                    "{} {name}",
                    probe.name()
                );
                asked += 1;
            }
        }
        assert!(asked >= 20, "{asked}");
    }

    #[test]
    fn a_reply_is_read_by_its_probe() {
        let reply = b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee";
        let Decoding { decoded, failed, .. } =
            decode(MessageId::NATCHECK, ErrorByte::SUCCESS, reply);
        assert_eq!((decoded.tree.children[0].label.as_str(), failed), ("type", None));
    }

    #[test]
    fn addresses_and_ports_of_a_natcheck_make_no_kinds() {
        let content = |reply: &[u8]| decode(MessageId::NATCHECK, ErrorByte::SUCCESS, reply).content;
        let one = content(b"l13:Full Cone NATi1ei0e11:203.0.113.1i7760e8:10.0.0.1i7760ee");
        let other = content(b"l13:Full Cone NATi1ei0e11:203.0.113.9i9999e8:10.0.0.7i7761ee");
        let blocked = content(b"l7:Blockedi-1ei0e11:203.0.113.1i7760e8:10.0.0.1i7760ee");
        assert_eq!(one, other);
        assert_ne!(one, blocked);
    }

    #[test]
    fn where_the_probe_fails_the_format_is_shown_and_the_reason() {
        let Decoding { decoded, failed, .. } =
            decode(MessageId::NATCHECK, ErrorByte::SUCCESS, b"li1ei2ee");
        assert_eq!(decoded.format, "bencode");
        assert!(failed.unwrap().contains("2 instead of 7 or 8"));
    }

    #[test]
    fn errors_and_strangers_are_read_by_format() {
        for (message, error, payload, format) in [
            (
                MessageId::DATABASE_QUERY,
                ErrorByte::HANDLER,
                &b"SQLError: no such table: nofoo"[..],
                "text",
            ),
            (MessageId::NATCHECK, ErrorByte::FREQUENCY, b"frequency error", "text"),
            (MessageId::SEEDINGSTATS_QUERY, ErrorByte::HANDLER, b"\x80\x02]q\x01U\x00a.", "pickle"),
            (MessageId::REPEX_QUERY, ErrorByte::SUCCESS, b"a0l", "a"),
            (
                MessageId::PUNCTURE_QUERY,
                ErrorByte::SUCCESS,
                b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D",
                "zlib, text",
            ),
            (MessageId(99), ErrorByte::SUCCESS, b"\xff\x00", "hex"),
        ] {
            let decoding = decode(message, error, payload);
            assert_eq!(
                (decoding.decoded.format.as_str(), decoding.failed),
                (format, None),
                "{message}"
            );
        }
    }
}
