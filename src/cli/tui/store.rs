//! `tui --store` and `tui --crawl`: the screen on what a crawl has stored. It reads, and sends
//! nothing.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use swarmscope_facts::{Naming, Settings};
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::Ticket;
use swarmscope_store::store::{PeerRow, Selection};
use swarmscope_store::{Network, Store, StoreError, Time};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::text::count;
use tokio::sync::mpsc;

use super::stored::{self, Known};
use super::{TuiArgs, exit_code, identity, need_terminal};
use crate::cli::{CliError, directories, keymap, probes, runtime};
use crate::screen::{Msg, Screen, Setup};
use crate::tui::{self, Look, Options, Others, Source, Stored};

/// Rounds whose visits and replies are shown, the newest.
const ROUNDS: usize = 2;
/// How often a crawl that goes on is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Visits are written some time after they began.
const LATE: Duration = Duration::from_secs(600);
/// What the operator should know of it.
const NOT_KEPT: &str = "a store keeps no addresses, permids, conversations or bytes of replies: \
    peers go by their keyed hashes, and nothing can be sent";
/// Rows that may wait for the screen.
const WAITING: usize = 1024;

/// Shows a store until the operator quits; with `--crawl` as it grows, beginning with the overview.
///
/// # Errors
/// The store can't be read, there is no terminal, or an option needs a node.
pub fn show(args: &TuiArgs, look: Look) -> Result<u8, CliError> {
    let place = args.store.clone().map_or_else(directories::crawl_store, Ok)?;
    let needs_node = !args.connect.is_empty() || args.listen.is_some();
    if needs_node || args.session.record.is_some() || args.replay.is_some() {
        return Err(CliError::usage(
            "--store and --crawl only read a store",
            "omit --connect, --listen, --record and --replay",
        ));
    }
    let store = Store::read(&place)?;
    need_terminal()?;
    let mut files = directories::kept();
    let kept = files.read();
    let registry = probes::registry()?;
    let setup = Setup {
        registry: registry.clone(),
        title: format!("store: {place}"),
        naming: Naming { privacy: true, mask: Mask::of_digests() },
        identity: identity(&args.identity),
        keymap: keymap::load(),
        kept,
    };
    let (told, rows) = mpsc::channel(WAITING);
    let mut reader = Reader { store, registry, told, seen: HashSet::new(), tickets: 0 };
    let follows = args.crawl;
    let name = "store".to_owned();
    thread::Builder::new()
        .name(name)
        .spawn(move || reader.run(follows))
        .map_err(|error| CliError::io(format!("no thread for the store: {error}")))?;
    let (script, recordings) = (args.session.script()?, None);
    let (extra, tour) = (mpsc::channel(1).1, mpsc::channel(1).0);
    let others = Others::default();
    let cases = None; // a store tells of answers, not of what a case keeps of them
    let options = Options {
        setup,
        look,
        extra,
        tour,
        files,
        record: None,
        recordings,
        script,
        others,
        cases,
    };
    let screen = if follows { Screen::Overview } else { Screen::Main };
    exit_code(runtime()?.block_on(tui::run(Source::Store(rows, screen), options)))
}

/// Reads a store, on a thread of its own.
struct Reader {
    store: Store,
    registry: Registry,
    told: mpsc::Sender<Stored>,
    /// Rounds, peers and questions that were told.
    seen: HashSet<(i64, String, String)>,
    tickets: u64,
}

impl Reader {
    fn run(&mut self, follows: bool) {
        let (mut since, mut is_told) = (None, false);
        loop {
            match self.look(since) {
                Ok(newest) => {
                    if !std::mem::replace(&mut is_told, true) {
                        self.say(NOT_KEPT.to_owned()); // after the rows: the newest line is seen
                    }
                    since = newest.or(since);
                }
                Err(error) => self.say(format!("the store can't be read: {error}")),
            }
            if !follows || self.told.is_closed() {
                return;
            }
            thread::sleep(LOOK);
        }
    }

    /// Tells what was written, since a while before that time. Returns when the newest was.
    fn look(&mut self, since: Option<Time>) -> Result<Option<Time>, StoreError> {
        let rounds: Vec<_> = self.store.rounds()?.into_iter().rev().collect();
        let rounds = rounds.iter().filter(|round| round.network == Network::Overlay).take(ROUNDS);
        let since = since.map(|since| Time(since.0.saturating_sub(millis(LATE))));
        let mut known = self.peers(since)?;
        for round in rounds {
            let wanted = Selection { round: Some(round.id.0), since, ..Selection::default() };
            self.visits(wanted, &mut known)?;
            self.replies(wanted, round.every, &mut known)?;
        }
        known.sort_by_key(|(at, _)| *at);
        let newest = known.last().map(|(at, _)| *at);
        for (at, input) in known {
            self.tell(Stored::Told(wall(at), Box::new(input.into())));
        }
        if let Some(last) = self.store.info()?.last {
            self.tell(Stored::Written(wall(last)));
        }
        Ok(newest)
    }

    /// As many peers as the screen has room for.
    fn peers(&mut self, since: Option<Time>) -> Result<Vec<Known>, StoreError> {
        let (mut known, mut others, most) = (Vec::new(), 0, Settings::default().peers);
        let wanted = Selection { since, ..Selection::default() };
        let seen = &mut self.seen;
        self.store.peers(wanted, &mut |row: PeerRow| {
            let told = stored::peer(&row).filter(|_| known.len() < most);
            let is_new = seen.insert((0, row.peer, String::new()));
            match told {
                Some(told) if is_new => known.push(told),
                None if is_new => others += 1,
                _ => {}
            }
            true
        })?;
        if others > 0 {
            let others = count(others, "peer", "peers");
            self.say(format!(
                "{others} of other networks, or beyond {most}: `store peers` lists all"
            ));
        }
        Ok(known)
    }

    fn visits(&mut self, wanted: Selection, known: &mut Vec<Known>) -> Result<(), StoreError> {
        let seen = &mut self.seen;
        self.store.visits(wanted, &mut |row| {
            if seen.insert((row.round, row.peer.clone(), String::new())) {
                known.extend(stored::visit(&row));
            }
            true
        })
    }

    fn replies(
        &mut self,
        wanted: Selection,
        every: Duration,
        known: &mut Vec<Known>,
    ) -> Result<(), StoreError> {
        let Self { store, registry, seen, tickets, .. } = self;
        store.replies(wanted, &mut |row| {
            if seen.insert((row.round, row.peer.clone(), row.question.clone())) {
                *tickets += 1;
                known.extend(
                    stored::reply(&row, every, registry, Ticket(*tickets)).into_iter().flatten(),
                );
            }
            true
        })
    }

    fn say(&self, text: String) {
        self.tell(Stored::Told(wall(Time::now()), Box::new(Msg::Notice(text))));
    }

    fn tell(&self, stored: Stored) {
        let _ = self.told.blocking_send(stored); // the screen is gone
    }
}

fn wall(time: Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time.0).unwrap_or_default())
}

fn millis(duration: Duration) -> i64 {
    swarmscope_store::time::millis(duration)
}
