//! What waits for a store that does not keep up.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "the store's thread is waited for")]

use std::sync::mpsc;
use std::time::Duration;

use swarmscope_store::writer::{Done, Writer};
use swarmscope_store::{Heard, Network, Place, Store, StoreKey, Time};

const ROOM: u64 = 1 << 20;
const AT_ONCE: u32 = 100;

fn heard(number: u32) -> Heard {
    let peer = StoreKey::new([7; 32]).peer(Network::Overlay, &number.to_be_bytes());
    Heard { peer, address: Some(format!("192.0.2.1:{number}")), version: None, at: Time(1) }
}

#[tokio::test]
async fn gossip_is_left_out_while_the_store_is_away_and_not_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::Sqlite(directory.path().join("store.sqlite"));
    let store = Store::crawl(&place, &StoreKey::new([7; 32])).unwrap();
    let (writer, mut done) =
        Writer::with_room_for(ROOM, store, Network::Overlay, "one".into()).unwrap();
    // as a server that is away: the thread does nothing else until it is back
    let (back, away) = mpsc::channel::<()>();
    let away = std::sync::Mutex::new(away);
    let call = writer.call(move |_| {
        let _ = away.lock().unwrap().recv_timeout(Duration::from_secs(60));
        Ok(())
    });
    let flood = async {
        assert!(writer.has_room());
        let words = |from: u32| (from..from + AT_ONCE).map(heard).collect::<Vec<_>>();
        let mut numbers = (0..).step_by(AT_ONCE as usize);
        let left_out: usize = numbers.by_ref().take(500).map(|from| writer.hear(words(from))).sum();
        assert!(!writer.has_room(), "no visit begins");
        let most = ROOM + u64::from(AT_ONCE) * 200;
        assert!((ROOM..most).contains(&writer.waiting()), "{} bytes wait", writer.waiting());
        back.send(()).unwrap();
        let mut written = 0;
        while writer.waiting() > 0 {
            if let Ok(Some(Done::Heard(fresh))) =
                tokio::time::timeout(Duration::from_millis(20), done.recv()).await
            {
                written += fresh;
            }
        }
        while let Ok(Done::Heard(fresh)) = done.try_recv() {
            written += fresh;
        }
        assert!((1000..50_000).contains(&written), "{written} of 50 000 are written");
        assert_eq!(written + left_out as u64, 50_000, "what is left out is counted");
        assert!(writer.has_room());
        assert_eq!(writer.hear(words(1_000_000)), 0);
        let more = tokio::time::timeout(Duration::from_secs(60), done.recv()).await.unwrap();
        assert!(matches!(more, Some(Done::Heard(100))), "{more:?}");
    };
    let (called, ()) = tokio::join!(call, flood);
    called.unwrap();
    tokio::task::spawn_blocking(move || writer.finish()).await.unwrap();
}
