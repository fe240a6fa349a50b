//! Every attack that was ever found to do harm: what it did before, what bounds it now, and the tests
//! that fail when it does harm again. docs/hostile.md is made of this.

pub struct Case {
    pub attack: &'static str,
    /// As measured from outside, before its mend.
    pub before: &'static str,
    pub now: &'static str,
    /// File and function of each.
    pub tests: &'static [(&'static str, &'static str)],
}

pub const STRANGERS: &str = "tests/hostile/strangers.rs";
pub const CRAWLERS: &str = "tests/hostile/crawlers.rs";
pub const GOSSIP: &str = "tests/hostile/gossip.rs";
pub const PHASES: &str = "tests/hostile/phases.rs";
pub const OUTPUT: &str = "tests/hostile/output.rs";
pub const NETWORKS: &str = "tests/hostile/networks.rs";
pub const WAITS: &str = "tests/hostile/waits.rs";
pub const CRAWLS: &str = "tests/hostile/replies.rs";
pub const SCREENS: &str = "tests/hostile/screens.rs";
const UNREAD: &str = "tests/program/unread.rs";
const ENDLESS: &str = "crates/networks/src/sockets/tests/endless.rs";
const METRICS: &str = "crates/crawl/src/metrics/server.rs";
const VISITS: &str = "crates/crawl/src/dht/visits/tests.rs";
const REPLIES: &str = "tests/hostile_replies.rs";
const CROWDS: &str = "crates/peer/src/overlay/tests/crowds.rs";
const ASKING: &str = "crates/peer/src/crawler/tests/asking.rs";
const SERVING: &str = "crates/peer/src/crawler/tests/serving.rs";
const SWARM: &str = "crates/peer/src/crawler/tests/swarm.rs";
const SQL: &str = "crates/probes/src/sql/tests.rs";
const HOSTILE_SQL: &str = "crates/probes/tests/hostile_sql.rs";
const NATTRAVERSAL: &str = "crates/probes/src/nattraversal/tests.rs";
const PROXY: &str = "crates/peer/src/overlay/tests/proxy.rs";

/// Those that stopped a peer.
pub const STOPPED: &[Case] = &[
    Case {
        attack: "1 100 strangers with fresh keys from one address",
        before: "all 1 024 places held after 1 s, for 4 bytes a minute; a listed Crawler answered 0 of 30 times",
        now: "`connections-per-source` for strangers; `connections-reserved` for listed Crawlers, who take a stranger's place besides",
        tests: &[
            (STRANGERS, "fresh_keys_from_one_address_do_not_take_all_places"),
            (CROWDS, "where_all_places_are_taken_the_oldest_of_the_largest_crowd_goes"),
        ],
    },
    Case {
        attack: "64 endless SQL questions of one listed Crawler",
        before: "no other Crawler answered for a minute, also after the attacker had gone",
        now: "`questions-per-crawler`, those over it refused at once; Crawlers take turns; a question ends with a Crawler that is gone and cannot be dialled back",
        tests: &[
            (CRAWLERS, "endless_sql_holds_nobody_else_up"),
            (SERVING, "one_crawler_s_questions_leave_room_for_another_s"),
            (SERVING, "a_question_whose_asker_is_gone_and_has_no_address_is_dropped"),
            ("crates/peer/src/node/turns.rs", "crawlers_take_turns_and_no_id_has_all_places"),
            (
                "crates/peer/src/node/tests/asking.rs",
                "one_crawler_s_long_questions_hold_up_nobody_else_s",
            ),
        ],
    },
    Case {
        attack: "four replies of 64 MiB, read in drips",
        before: "a NATCHECK of 48 bytes failed for everybody, as long as it lasted",
        now: "`unsent-bytes-per-crawler`; small replies always pass; a large reply as a whole has a deadline",
        tests: &[
            (CRAWLERS, "large_replies_that_are_hardly_read_hold_nobody_else_up"),
            (SERVING, "large_replies_that_nobody_reads_hold_up_no_small_one"),
            (SERVING, "a_large_reply_that_is_read_in_drips_ends"),
        ],
    },
    Case {
        attack: "10 050 throw-away keys, one BUDDYCAST each",
        before: "discovery off for four hours",
        now: "`exchanges-per-source`: the oldest exchange is forgotten, first that of a source with its share",
        tests: &[
            (GOSSIP, "keys_that_are_thrown_away_do_not_end_discovery"),
            (SWARM, "throw_away_keys_do_not_switch_discovery_off"),
            (
                "crates/peer/src/crawler/blocks.rs",
                "one_network_takes_no_more_than_its_share_and_all_end_in_time",
            ),
        ],
    },
    Case {
        attack: "2 600 throw-away keys that gossip to a screen which listens",
        before: "the list full, and whom the operator dials never in it; one processor busy for 80 s",
        now: "`known-per-teller`, `known-per-source`; hearsay goes first, then strangers",
        tests: &[
            (GOSSIP, "a_list_full_of_hearsay_has_room_for_whom_the_operator_dials"),
            (SWARM, "strangers_never_displace_whom_the_operator_named_or_who_is_connected"),
            (SWARM, "one_source_can_not_fill_the_directory"),
        ],
    },
];

/// Those of BitTorrent peers and DHT nodes on whoever asks them.
pub const ASKERS: &[Case] = &[
    Case {
        attack: "a BitTorrent peer that sends peer exchanges, or anything else, without end",
        before: "`request … pex --timeout 4` still ran after 60 s",
        now: "the clock is looked at before each read; `reply.bt-flood` after 1 440 exchanges; frames are dropped as they come",
        tests: &[
            (NETWORKS, "a_bittorrent_peer_takes_no_more_than_its_time"),
            (ENDLESS, "a_peer_that_never_pauses_ends_with_the_time"),
            (ENDLESS, "exchanges_without_end_are_ended_from_here"),
        ],
    },
    Case {
        attack: "a host whose UDP port floods a `check`",
        before: "held",
        now: "the clock is looked at before each datagram",
        tests: &[(ENDLESS, "reach_ends_where_datagrams_never_do")],
    },
    Case {
        attack: "replies, their parts or rounds of a crawl that nobody reads",
        before: "SIGTERM was ignored",
        now: "a writer of its own; what is to be read waits for its reader, or for a signal",
        tests: &[
            (UNREAD, "a_question_whose_parts_nobody_reads_ends_when_it_is_told_to"),
            (UNREAD, "a_large_reply_that_nobody_reads_ends_when_it_is_told_to"),
            (UNREAD, "a_crawl_whose_rounds_nobody_reads_ends_when_it_is_told_to"),
        ],
    },
    Case {
        attack: "a crowd of DHT nodes at one address, or in one /24",
        before: "64 honest nodes waited 10 to 38 s; 10 000 nodes filled the crawl, and others were dropped uncounted",
        now: "questions wait by address; an address, a /24 and a teller have bounds, and what is beyond is counted",
        tests: &[
            (NETWORKS, "a_crowd_of_nodes_at_one_address_holds_no_crawl_up"),
            (NETWORKS, "a_lookup_among_nodes_that_name_one_another_without_end_ends"),
            (VISITS, "a_crowd_that_is_known_from_before_holds_few_places"),
            (
                VISITS,
                "a_crowd_at_one_address_in_one_network_or_of_one_teller_leaves_room_for_others",
            ),
            (
                "crates/networks/src/dht/tests/turns.rs",
                "an_address_with_many_questions_before_it_holds_up_nobody_else",
            ),
        ],
    },
    Case {
        attack: "answers to nothing that was asked, from other endpoints, and datagrams of all sizes",
        before: "held, but not counted",
        now: "an answer is matched by its endpoint and transaction; others are counted as `stray`",
        tests: &[(NETWORKS, "answers_that_nobody_asked_for_change_nothing")],
    },
    Case {
        attack: "DHT nodes that name services of others: ports 53, 123",
        before: "each was sent up to two queries",
        now: "ports below 1024 are asked only where the operator named them",
        tests: &[
            (
                "crates/networks/src/address.rs",
                "ports_of_the_system_are_asked_only_where_the_operator_named_them",
            ),
            (VISITS, "further_ids_special_addresses_and_ports_of_the_system_are_counted"),
        ],
    },
    Case {
        attack: "900 connections to `--metrics` that say nothing",
        before: "900 open files, for 5 s each; then 16, and a scrape waited 280 s behind the others",
        now: "16 at once; the oldest that has not asked makes room, after 50 ms",
        tests: &[
            (METRICS, "connections_that_say_nothing_take_few_files_and_are_over_in_time"),
            (METRICS, "silent_connections_keep_no_scrape_out"),
        ],
    },
];

/// Those that made it weaker.
pub const WEAKENED: &[Case] = &[
    Case {
        attack: "64 idle handshakes from the honest Crawler's own address",
        before: "it was locked out for up to 300 s",
        now: "`setups-per-source`: the oldest set-up of the source ends; authentication has a deadline",
        tests: &[
            (STRANGERS, "idle_handshakes_lock_nobody_of_their_own_address_out"),
            (CROWDS, "a_flood_from_one_source_leaves_room_for_others"),
            (CROWDS, "every_stage_of_the_authentication_ends_at_the_same_deadline"),
        ],
    },
    Case {
        attack: "more connections than the process may open files",
        before: "not measured: no set-up made room",
        now: "limits follow the files that may be open; a set-up ends where they are used up",
        tests: &[(STRANGERS, "with_few_files_set_ups_make_room")],
    },
    Case {
        attack: "a flood of connections, each worth a signature or a TLS handshake",
        before: "2 700 signatures a second for strangers",
        now: "`attempts-per-source` and `attempts`: closed before anything is computed",
        tests: &[
            (STRANGERS, "a_flood_of_connections_costs_another_address_nothing"),
            ("crates/peer/src/limits/pace.rs", "a_prefix_is_one_source_and_all_share_the_total"),
            ("crates/peer/src/limits/pace.rs", "a_million_sources_take_bounded_memory"),
        ],
    },
    Case {
        attack: "floods that are told of, in the log and with --json",
        before: "7 MB/s of lines",
        now: "a line a second for each peer and kind, with the count; log files and audits are rotated",
        tests: &[
            (
                "crates/peer/src/crawler/tally.rs",
                "a_flood_is_told_once_a_second_and_no_count_is_lost",
            ),
            ("src/cli/journal/calm.rs", "of_a_flood_some_are_told_and_all_are_counted"),
            ("src/cli/journal/calm.rs", "one_peer_fills_no_log_with_all_its_messages"),
            ("src/cli/journal/calm.rs", "many_strangers_fill_no_log_together"),
            ("src/cli/journal/calm.rs", "strangers_crowd_out_nothing_that_a_listed_crawler_gets"),
            (ASKING, "a_flood_of_strays_makes_few_events_and_no_count_is_lost"),
        ],
    },
    Case {
        attack: "a reader of `peer --json`, or of its log, that does not read",
        before: "everybody waited, SIGTERM was ignored, strangers pushed memory to 3.4 GiB",
        now: "a writer of its own with a bounded queue; what has no room is counted",
        tests: &[
            (OUTPUT, "nobody_waits_for_whoever_reads_the_events"),
            (OUTPUT, "nobody_waits_for_whoever_reads_the_log"),
        ],
    },
    Case {
        attack: "a reply that is hardly read, while the peer is to end",
        before: "not measured: a second signal was not looked at",
        now: "5 s for replies on their way, and a second signal ends it at once",
        tests: &[(CRAWLERS, "a_second_signal_does_not_wait_for_a_reply_that_is_hardly_read")],
    },
    Case {
        attack: "one listed Crawler, everything at once; payloads of 7 MiB",
        before: "1.4 GiB",
        now: "a payload over what its id allows is refused on arrival; all that wait share `question-bytes` and the ceiling on memory",
        tests: &[
            (CRAWLERS, "payloads_that_no_message_takes_are_not_kept"),
            (SERVING, "large_replies_that_nobody_reads_hold_up_no_small_one"),
        ],
    },
    Case {
        attack: "48 peers that send a screen 60 MiB each",
        before: "3.4 GiB",
        now: "a reply counts from its first part until it is whole, for its peer, and until it has been read, in all; those of up to 32 KiB have 64 MiB besides",
        tests: &[
            (ASKING, "small_replies_pass_while_large_ones_take_all_that_there_is"),
            (ASKING, "one_peer_can_not_take_the_memory_of_all"),
            (CROWDS, "whole_frames_that_nobody_takes_are_bounded_in_bytes"),
            (CROWDS, "frames_that_are_being_received_share_one_budget"),
            (SCREENS, "replies_of_60_mib_to_a_screen_hold_no_answer_and_no_key_up"),
        ],
    },
    Case {
        attack: "48 peers that send a crawl 60 MiB each",
        before: "1.2 GiB; while two of them were read, no other peer's answer was taken",
        now: "a reply is put together in one piece that grows, and counts until it has been read; the others' answers are taken meanwhile",
        tests: &[
            (CRAWLS, "replies_of_60_mib_hold_no_visit_of_others_up"),
            (ASKING, "replies_that_are_not_read_yet_leave_less_room_for_others"),
        ],
    },
    Case {
        attack: "48 peers whose replies are bombs",
        before: "102 bytes held a crawl up for as long as they took to be read, and 15 s passed instead of 10 until all honest peers were visited; a screen kept 0.9 GiB, because it counted the bytes of replies and not what they became",
        now: "replies that take no time to read are told from those that may; of those, two long ones and one that is neither are read at a time, beside everything else; what they became counts",
        tests: &[
            (CRAWLS, "replies_that_take_long_to_read_hold_no_visit_of_others_up"),
            (SCREENS, "bombs_in_replies_to_a_screen_hold_no_answer_and_no_key_up"),
            ("crates/wire/src/formats/cheap.rs", "what_grows_is_not"),
            ("crates/peer/src/node/readers.rs", "what_takes_no_time_waits_for_nothing_that_does"),
            ("crates/facts/src/held.rs", "what_programs_read_counts_too"),
        ],
    },
    Case {
        attack: "a pickle of MARKs, or of one dict as its own key",
        before: "1.1 GiB for one reply; 1.6 GiB for 102 bytes",
        now: "marks and memos count like values; these are read in less than 32 MiB, one that shares values a thousandfold in 72, one of two million small values, the most that are read, in 320",
        tests: &[
            (REPLIES, "marks_and_memos_of_a_pickle_count"),
            (REPLIES, "a_dict_that_is_its_own_key_is_bounded_as_json"),
            (REPLIES, "a_gibibyte_of_nul_in_a_mebibyte_is_cut"),
            (REPLIES, "nesting_ends_where_a_stack_would"),
            (REPLIES, "very_many_small_values_are_bounded_in_number"),
            (REPLIES, "what_is_shared_is_looked_at_once"),
        ],
    },
    Case {
        attack: "SQL functions that take long over long values, and a database that is locked",
        before: "68 s where the limit is 10 s",
        now: "the clock is read every 25 steps; values of slow functions are short; all waits of a request are in its 10 s",
        tests: &[
            (HOSTILE_SQL, "the_longest_values_of_slow_functions_take_seconds_at_most"),
            (HOSTILE_SQL, "memory_is_limited_over_all_that_a_statement_holds"),
            (SQL, "waiting_for_another_program_is_part_of_the_time"),
            (SQL, "all_waits_of_a_request_are_one"),
            (WAITS, "a_database_that_is_locked_holds_nobody_else_up"),
        ],
    },
    Case {
        attack: "hearsay that makes us dial ports of a system, or our own network",
        before: "dialled; such dials took the places of others",
        now: "never dialled",
        tests: &[
            (SWARM, "hearsay_makes_nobody_dial_a_port_of_the_system"),
            (SWARM, "nobody_from_outside_makes_us_dial_into_our_own_network"),
            (CROWDS, "dials_wait_for_a_place_and_get_it"),
        ],
    },
    Case {
        attack: "NATTRAVERSAL towards a victim that answers",
        before: "574 datagrams a second",
        now: "tries a minute and at a time are limited; a rendezvous can't name just any address",
        tests: &[
            (NATTRAVERSAL, "tries_are_few_a_minute_however_short_they_are"),
            (NATTRAVERSAL, "not_many_tries_run_at_a_time"),
            (WAITS, "tries_through_a_nat_hold_nobody_else_up_and_flood_nobody"),
            (
                "crates/probes/src/nat/rendezvous/puncher.rs",
                "a_rendezvous_can_t_send_us_just_anywhere",
            ),
        ],
    },
    Case {
        attack: "files that are pipes or devices",
        before: "the peer hung, and ignored SIGTERM",
        now: "opened without waiting, and what is open is looked at",
        tests: &[
            ("tests/program/config.rs", "nobody_waits_for_a_pipe_in_the_configuration_directory"),
            ("tests/program/config.rs", "a_probe_that_is_a_device_is_not_read"),
            (WAITS, "an_allow_list_that_becomes_a_pipe_holds_nobody_up"),
        ],
    },
    Case {
        attack: "a disk that is full while a recording is written",
        before: "an end without a word, exit code 0",
        now: "told on the screen, and again with an exit code that says so",
        tests: &[
            ("tests/pty/faults.rs", "a_recording_that_the_disk_has_no_room_for_is_told_of"),
            ("tests/program/outputs.rs", "a_full_disk_is_told_of"),
            ("crates/store/tests/damage.rs", "a_full_disk_loses_nothing_that_was_acknowledged"),
        ],
    },
    Case {
        attack: "control, bidi and line-end characters in JSON",
        before: "U+007F–U+009F, U+2028, U+2029 and overrides of direction came through",
        now: "escaped, as everywhere",
        tests: &[
            ("src/cli/output.rs", "what_would_act_on_a_terminal_is_escaped"),
            ("tests/bad_inputs.rs", "every_bad_input_is_refused_with_what_where_and_what_to_do"),
        ],
    },
];

/// Those that held when they were tried first, and are tried still.
pub const HELD: &[Case] = &[
    Case {
        attack: "bytes that drip, in each phase of a connection",
        before: "a frame could take for ever once a connection was open",
        now: "each phase has its deadline, and so has a frame",
        tests: &[
            (PHASES, "bytes_that_drip_in_any_phase_keep_nobody_waiting"),
            (CROWDS, "a_frame_that_drips_ends_its_connection"),
        ],
    },
    Case {
        attack: "resets and half-closes in each phase",
        before: "held",
        now: "nothing is left of them",
        tests: &[
            (PHASES, "resets_in_any_phase_leave_nothing"),
            (PHASES, "half_closes_in_any_phase_leave_nothing"),
        ],
    },
    Case {
        attack: "an authentication that is replayed, or mirrored",
        before: "held",
        now: "nobody is let in",
        tests: &[(PHASES, "nobody_authenticates_with_what_another_said")],
    },
    Case {
        attack: "a version that is rewritten on the way",
        before: "held",
        now: "every byte of both handshakes is in what is signed",
        tests: &[
            (PROXY, "every_byte_of_both_handshakes_is_protected_in_version_18"),
            (PROXY, "nobody_is_moved_from_18_to_17_on_the_way"),
        ],
    },
    Case {
        attack: "keep-alives, replies that nobody asked for, frames of 8 MiB, without end",
        before: "held",
        now: "dropped as they come",
        tests: &[(STRANGERS, "keep_alives_strays_and_large_frames_are_dropped_as_they_come")],
    },
    Case {
        attack: "lengths that announce gigabytes; parts that are empty, without end",
        before: "held",
        now: "refused before memory is taken; a reply of nothing ends",
        tests: &[
            (CROWDS, "frames_that_are_being_received_share_one_budget"),
            (REPLIES, "a_count_is_believed_only_as_far_as_there_are_bytes"),
            (ASKING, "endless_empty_parts_end"),
        ],
    },
];
