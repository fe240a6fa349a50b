//! A researcher's whole study: an id of one's own, the rows that its replies yield, a crawl, and a
//! query of what came. `study STORE TARGET...` asks every peer that can be found from the targets
//! how long it has been running; the store is a file, or `postgres://...`. Its key, which peers
//! allow, is `study.pem`, and its permid the first line; `store.key` hashes peers. Both are made
//! on first use.
use std::{env, error::Error, future::pending};

use swarmscope_crawl::{Crawl, Settings};
use swarmscope_peer::crawler::{Recipient, Registry};
use swarmscope_peer::identity::{Identities, key_file};
use swarmscope_peer::question::Question;
use swarmscope_peer::{MessageId, NodeConfig};
use swarmscope_store::{Place, Store, StoreKey};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};

struct Uptime;

impl Question for Uptime {
    fn id(&self) -> MessageId {
        MessageId(200)
    }
    fn name(&self) -> &'static str {
        "UPTIME"
    }
    fn doc(&self) -> &'static str {
        "how long the program has been running, and whose it is"
    }
    fn initiate(&self, _to: &Recipient) -> bytes::Bytes {
        bytes::Bytes::new() // sent on connection, and every frequency seconds
    }
    /// Of a reply such as `d5:owner3:Ada7:secondsi7ee`: bencode is read without a decoder of ours.
    fn rows(&self) -> Rows {
        let seconds = Column::new("seconds", ColumnKind::Int).volatile(); // differs each time
        let owner = Column::new("owner", ColumnKind::Text).sensitive(); // kept as a keyed digest
        Rows::of(vec![seconds, owner])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let place: Place = args.next().ok_or("write: STORE TARGET...")?.parse()?;
    let targets = args.map(|target| target.parse()).collect::<Result<_, _>>()?;
    let identity = key_file::ed25519_or_new("study.pem".as_ref())?.key;
    println!("{}", identity.permid());
    let store_key = StoreKey::from_file("store.key".as_ref())?;
    let (questions, registry) = (vec![MessageId(200)], Registry::default().with_question(Uptime));
    let settings = Settings { targets, questions, rounds: Some(1), ..Settings::new(registry) };
    let identities = Identities { current: Some(identity.into()), legacy: None };
    let config = NodeConfig { identities, limits: settings.limits(), ..NodeConfig::default() };
    let store = Store::crawl(&place, &store_key)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let (crawl, _) = Crawl::start(store, store_key, config, settings).await?;
        crawl.run(pending(), |round| println!("{} reached", round.figures.reached())).await
    })?;
    let sql = "SELECT count(DISTINCT owner), max(seconds) FROM reply_uptime";
    Store::read(&place)?.query(sql, &mut |row| println!("owners, longest: {row:?}"))?;
    Ok(())
}
