//! What BitTorrent peers and DHT nodes can do to whoever asks them.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use swarmscope_wire::bittorrent::extension::HANDSHAKE_ID;
use swarmscope_wire::bittorrent::{ExtensionHandshake, frame, pex};

use super::asked::{Asked, Asking, Home};
use super::nodes::{Crowd, Nodes, crowd, flood, honest};
use super::pretenders::{Peer, drip, endless, once};
use super::victim::Ceilings;
use super::{alone, runtime};

const INFOHASH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// What the attacks on a question may make of it.
const OF_A_QUESTION: Ceilings = Ceilings { memory: 32, files: 32 };

fn extensions() -> Vec<u8> {
    let extensions = vec![(pex::NAME.as_bytes().to_vec(), 1)];
    let handshake = ExtensionHandshake { extensions, ..Default::default() };
    frame::extended(HANDSHAKE_ID, &handshake.encode())
}

/// A frame of a bitfield that claims 67 million pieces.
fn bitfield() -> Vec<u8> {
    [&(8_u32 << 20).to_be_bytes()[..], &[5], &vec![0xff; (8 << 20) - 1]].concat()
}

/// `request bt://… MESSAGE --timeout 2`, to its end.
fn ask(home: &Home, peer: SocketAddr, message: &str) -> Asked {
    let target = format!("bt://{peer}");
    let args = ["request", &target, message, "--infohash", INFOHASH, "--timeout", "2", "--json"];
    Asking::start(home, &args).whole()
}

/// The code of the failure, or nothing where there was a reply.
fn failure(asked: &Asked) -> &str {
    asked.last["code"].as_str().unwrap_or("")
}

#[test]
fn a_bittorrent_peer_takes_no_more_than_its_time() {
    let (_alone, home) = (alone(), Home::new());
    let friend = once(extensions());
    let quiet = ask(&home, friend, "hello");
    assert_eq!((quiet.code, failure(&quiet)), (0, ""), "{quiet:?}");
    let huge = b"d13:metadata_sizei9223372036854775807e1:md6:ut_pexi1eee".to_vec();
    let long = [b"d1:v65000:".to_vec(), vec![b'x'; 65_000], b"e".to_vec()].concat();
    let cases: [(&str, Peer, &str, &str); 8] = [
        (
            "peer exchanges without end",
            endless(extensions(), &frame::extended(1, b"de")),
            "pex",
            "reply.bt-flood",
        ),
        (
            "bitfields of 8 MiB without end",
            endless(extensions(), &bitfield()),
            "pex",
            "reply.pex-timeout",
        ),
        (
            "haves without end",
            endless(Vec::new(), &[0, 0, 0, 5, 4, 0, 0, 0, 1]),
            "hello",
            "extensions.timeout",
        ),
        ("a frame of 4 GiB", Peer::Once(vec![0xff; 1000]), "hello", "open.malformed"),
        ("an extension handshake of 64 KiB", Peer::Once(frame::extended(0, &long)), "hello", ""),
        ("metadata of 8 EiB", Peer::Once(frame::extended(0, &huge)), "hello", ""),
        (
            "extension handshakes without end",
            endless(Vec::new(), &frame::extended(0, &long)),
            "pex",
            "extensions.none",
        ),
        ("a handshake in drips", Peer::Drip, "hello", "handshake.bt-timeout"),
    ];
    for (attack, peer, message, expected) in cases {
        let address = match peer {
            Peer::Once(frames) => once(frames),
            Peer::Endless(address) => address,
            Peer::Drip => drip(),
        };
        let asking = std::thread::scope(|scope| {
            let attacked = scope.spawn(|| ask(&home, address, message));
            std::thread::sleep(Duration::from_millis(300));
            let meanwhile = ask(&home, friend, "hello");
            assert_eq!(
                meanwhile.code, 0,
                "{attack}: a friend is asked all the same: {meanwhile:?}"
            );
            attacked.join().expect("no panic")
        });
        assert_eq!(failure(&asking), expected, "{attack}: {asking:?}");
        asking.check(attack, &quiet, OF_A_QUESTION);
        // its own two seconds, and what a busy machine takes to start a program
        asking.took_at_most(attack, Duration::from_secs(10));
    }
}

/// Nodes of one address that name one another and places where nobody is, and from their twentieth
/// answer on nodes that have an address each.
const CROWD: Crowd = Crowd { host: [127, 0, 66, 1], nodes: 500, alone: 20 };
const HONEST: u8 = 20;

#[test]
fn a_crowd_of_nodes_at_one_address_holds_no_crawl_up() {
    let (_alone, runtime, home) = (alone(), runtime(), Home::new());
    let (crowd, friends) = runtime.block_on(async {
        let friends = honest(HONEST).await;
        (crowd(CROWD, &friends).await, friends)
    });
    let first = format!("dht://{}", crowd.first());
    let args = ["crawl", &first, "--probe", "find_node", "--allow-range", "127.0.0.0/8", "--json"];
    let mut crawl = Asking::start(&home, &[&args[..], &["--rounds", "1", "--store", "c"]].concat());
    let quick = friends.all_answered(4, Duration::from_secs(20));
    println!("a crowd of 500 nodes at one address: {HONEST} others answered within {quick:?}");
    super::page::keep(
        "a crowd of 500 nodes at one address",
        "others are asked all",
        &format!("within {:.1} of 20 s", quick.as_secs_f64()),
    );
    assert!(crowd.answered() > 20, "the crowd was asked, too");
    let taken = crawl.event_of("progress", |event| event["dropped"]["host"].as_u64() > Some(0));
    assert!(taken["dropped"]["host"].as_u64() > Some(0), "{taken}");
    let stopped = crawl.stop();
    assert_eq!(stopped.code, 0, "{stopped:?}");
    stopped.holds("a crowd of 500 nodes at one address", Ceilings { memory: 128, files: 64 });
}

/// One round among honest nodes while such answers come; how many of them were reached.
fn flooded(runtime: &tokio::runtime::Runtime) -> u64 {
    let home = Home::new();
    let friends = runtime.block_on(honest(HONEST));
    friends.on_first_query(flood);
    let first = format!("dht://{}", friends.first());
    let args = ["crawl", &first, "--probe", "find_node", "--allow-range", "127.0.0.0/8", "--json"];
    let crawl = Asking::start(&home, &[&args[..], &["--rounds", "1", "--store", "c"]].concat());
    let ended = crawl.whole();
    assert_eq!(ended.code, 0, "{ended:?}");
    let round: &Value = &ended.last;
    assert!(round["known"].as_u64() <= Some(HONEST.into()), "nobody that the flood named: {round}");
    assert!(round["dropped"]["stray"].as_u64() > Some(100), "{round}");
    ended.holds("a flood of answers of others", Ceilings { memory: 128, files: 64 });
    ended.took_at_most("a flood of answers of others", Duration::from_secs(30));
    round["reached"].as_u64().expect("a number")
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    // on a machine that does other things, the socket's buffer may be full all the same, and drop
    // honest answers: who loses two in a row is not reached
    let (_alone, runtime) = (alone(), runtime());
    let most = (0..4).map(|_| flooded(&runtime)).find(|reached| *reached >= u64::from(HONEST) - 2);
    assert!(most.is_some(), "nodes are lost in each round");
}

#[test]
fn a_lookup_among_nodes_that_name_one_another_without_end_ends() {
    let (_alone, runtime, home) = (alone(), runtime(), Home::new());
    let crowd = runtime.block_on(crowd(CROWD, &Nodes::default()));
    let target = format!("dht://{}", crowd.first());
    let args = ["request", &target, "lookup", INFOHASH, "--allow-range", "127.0.0.0/8"];
    let asking = Asking::start(&home, &[&args[..], &["--timeout", "5", "--json"]].concat());
    let ended = asking.whole();
    assert_eq!(ended.code, 0, "{ended:?}");
    let closest = ended.last["decoded"]["closest"].as_array().map_or(0, Vec::len);
    assert!(closest <= 2, "one counts of a network: {}", ended.last);
    ended.holds("a lookup among 500 nodes of one address", Ceilings { memory: 128, files: 64 });
    ended.took_at_most("a lookup among 500 nodes of one address", Duration::from_secs(13));
}
