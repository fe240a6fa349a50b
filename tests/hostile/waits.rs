//! What a peer waits for on somebody's behalf, a lock, another's datagrams or a file, is waited for by
//! nobody else.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::Connection;
use swarmscope_wire::MessageId;
use tempfile::TempDir;

use super::crawlers::{Greedy, HONEST, both};
use super::honest::{Attack, Both, compare, permid};
use super::victim::{Ceilings, Setup, Victim};
use super::{alone, runtime};

const CEILINGS: Ceilings = Ceilings { memory: 32, files: 64 };

#[test]
fn a_database_that_is_locked_holds_nobody_else_up() {
    let (_alone, runtime) = (alone(), runtime());
    let home = TempDir::new().expect("a directory");
    let data = home.path().join("statistics.sqlite");
    let data = data.to_str().expect("a path");
    let options = ["--data", data];
    let mut victim = Victim::start(&both(), Setup { options: &options, ..Setup::default() });
    runtime.block_on(async {
        let both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        let mut greedy = Greedy::connect(victim.address).await;
        let locking = Connection::open(data).expect("a database");
        locking.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        let sql = Bytes::from_static(b"SELECT count(*) FROM Torrent");
        for _ in 0..64 {
            greedy.ask(&victim, MessageId::DATABASE_QUERY, sql.clone());
        }
        greedy.replies(1).await; // those over its share are refused at once
        compare("64 questions to a locked database", Attack::Holds, quiet, both.asks(15).await);
        assert!(victim.limits()["working"]["used"].as_u64() > Some(0), "some wait for the lock");
        locking.execute_batch("COMMIT").expect("free again");
        greedy.replies(63).await; // those that waited, too
    });
    victim.check("64 questions to a locked database", CEILINGS);
}

/// A host that answers each ping, at once, as no rendezvous does; and how many came.
fn answering() -> (u16, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let port = socket.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    let came = Arc::clone(&count);
    thread::spawn(move || {
        while let Ok((_, from)) = socket.recv_from(&mut [0; 64]) {
            came.fetch_add(1, Ordering::Relaxed);
            let _ = socket.send_to(b"pong", from);
        }
    });
    (port, count)
}

#[test]
fn tries_through_a_nat_hold_nobody_else_up_and_flood_nobody() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&both(), Setup::default());
    let (port, came) = answering();
    runtime.block_on(async {
        let both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        let greedy = Greedy::connect(victim.address).await;
        let attack = async {
            for number in 0_usize.. {
                let invitation = format!("try{number}:127.0.0.1:{port}");
                let payload = format!("{}:{invitation}", invitation.len());
                greedy.ask(&victim, MessageId::NATTRAVERSAL, payload.into());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let beside = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            both.asks(15).await
        };
        tokio::select! {
            times = beside => compare("tries through a NAT without end", Attack::Holds, quiet, times),
            () = attack => unreachable!("it has no end"),
        }
    });
    let came = came.load(Ordering::Relaxed);
    // nine tries a minute of one Crawler, three datagrams each; a thousand were asked for
    assert!((1..=27).contains(&came), "{came} datagrams");
    victim.check("tries through a NAT without end", CEILINGS);
}

#[test]
fn an_allow_list_that_becomes_a_pipe_holds_nobody_up() {
    let (_alone, runtime) = (alone(), runtime());
    let home = TempDir::new().expect("a directory");
    let list = home.path().join("crawlers.txt");
    fs::write(&list, permid(HONEST).to_string()).expect("written");
    let path = list.to_str().expect("a path");
    let options = ["--allow-file", path];
    let mut victim = Victim::start(&[], Setup { options: &options, ..Setup::default() });
    runtime.block_on(async {
        let both_listed = both();
        let mut both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        fs::remove_file(&list).expect("removed");
        assert!(Command::new("mkfifo").arg(&list).status().expect("mkfifo").success());
        tokio::time::sleep(Duration::from_secs(3)).await; // it was looked at since
        let times = both.asks(15).await;
        compare("an allow-list that became a pipe", Attack::Holds, quiet, times);
        let visits = both.visits(5).await;
        compare("visits beside that pipe", Attack::Holds, quiet, visits);
        fs::remove_file(&list).expect("removed");
        let listed = both_listed.map(|permid| permid.to_string()).join("\n");
        fs::write(&list, listed).expect("written");
        tokio::time::sleep(Duration::from_secs(3)).await;
        Greedy::connect(victim.address).await; // a list is read again
    });
    victim.check("an allow-list that became a pipe", CEILINGS);
    let (took, code) = victim.end();
    assert!(took < Duration::from_secs(2) && code == Some(0), "{took:?}, {code:?}");
}
