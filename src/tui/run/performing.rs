//! What the model asks for is done: at the terminal, in files, or by the node.

use super::super::external::External;
use super::super::files;
use super::questions::Told;
use super::{Ended, Running};
use crate::screen::signals::Found;
use crate::screen::{Effect, Msg};
use crossterm::clipboard::CopyToClipboard;
use std::io;
use std::time::Instant;
use swarmscope_facts::networks;
use swarmscope_peer::node::{Ask, Read, read_at_once};

impl Running {
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::CheckedRequest(ask) => self.check(ask),
            Effect::Request(_)
            | Effect::Connect(_)
            | Effect::Question(_)
            | Effect::Examine(..)
            | Effect::Disconnect(_)
            | Effect::Forget(_)
            | Effect::Cancel(_)
            | Effect::Extend(..) => self.for_node(effect),
            Effect::FindSignals(asked) => {
                let found = self.decoded.clone();
                tokio::task::spawn_blocking(move || {
                    let _ = found.blocking_send(Msg::Signals(Found::of(&asked.rounds())));
                });
            }
            Effect::Case(order) => match &mut self.cases {
                Some(cases) => cases.order(order),
                None => self.fold(Msg::NotDone("no case: a replay asks nothing".to_owned())),
            },
            Effect::Freeze => self.freeze(),
            Effect::Record => self.record(),
            Effect::Replay(control) => {
                if let Some(player) = &mut self.player {
                    player.control(&mut self.model, control, Instant::now());
                }
            }
            Effect::Decode { .. } if self.model.showing.written.is_some() => {} // it was read when it was stored
            Effect::Decode { permid, ticket, message, error, payload } => {
                let (registry, told) = (self.model.setup.registry.clone(), self.read.clone());
                let unread = self.node.as_ref().map(|node| node.reads(payload.len()));
                let (readers, of) = (self.readers.clone(), (message, error));
                self.reading += 1;
                tokio::spawn(async move {
                    let msg = move |decoding| Msg::Decoded { permid, ticket, decoding };
                    let read = match read_at_once(&registry, of, &payload, msg) {
                        Some(msg) => Some(Read::at_once(msg)),
                        None => readers.read(registry, of, payload, unread, msg).await,
                    };
                    if let Some(read) = read {
                        let _ = told.send(read).await; // the screen has ended
                    }
                });
            }
            Effect::CheckPayload(message, payload) => {
                let registry = self.model.setup.registry.clone();
                let doubted = self.decoded.clone();
                tokio::task::spawn_blocking(move || {
                    let check = registry.get(message).map(|probe| probe.check(&payload));
                    if let Some(Err(why)) = check {
                        let _ =
                            doubted.blocking_send(Msg::PayloadDoubted { message, payload, why });
                    }
                });
            }
            Effect::Copy(text) => {
                // OSC 52: a terminal that does not know it ignores it
                let _ = self.taken.send(CopyToClipboard::to_clipboard_from(text));
            }
            Effect::Keep(of, text) => self.keep.write(of, text),
            Effect::Save { path, contents, overwrite } => {
                let saved = self.decoded.clone();
                tokio::task::spawn_blocking(move || {
                    let _ =
                        saved.blocking_send(Msg::Saved(files::save(&path, &contents, overwrite)));
                });
            }
            Effect::Open { opener, text } => match External::new(opener, &text) {
                Ok(external) => self.to_open = Some(external),
                Err(why) => self.fold(Msg::Opened(Some(why))),
            },
            Effect::Edit(text) => match External::payload(&text) {
                Ok(external) => self.to_open = Some(external),
                Err(why) => self.fold(Msg::Edited(Err(why))),
            },
            Effect::Mouse(on) => {
                if let Err(error) = self.taken.report_mouse(on) {
                    self.fold(Msg::NotDone(format!("mouse: {error}")));
                }
            }
            Effect::NextTheme => self.next_theme(),
            Effect::Theme(name) => self.theme(&name),
            Effect::Redraw => {
                if let Err(error) = self.taken.start_afresh() {
                    self.fold(Msg::NotDone(format!("redraw: {error}")));
                }
            }
            Effect::Suspend => self.suspend(),
            // a tour that is over, or far behind, needs none
            Effect::Tour(control) => drop(self.tour.try_send(control)),
            Effect::Quit { interrupted } => {
                self.ended = Some(if interrupted { Ended::Interrupted } else { Ended::Quit });
            }
        }
    }

    /// Gives the terminal to another program until that ends. News is folded meanwhile.
    pub(super) fn go_away(&mut self, external: External) {
        self.away = true;
        self.taken.lend();
        let back = self.decoded.clone();
        tokio::spawn(async move {
            let _ = back.send(external.run().await).await;
        });
    }

    pub(super) fn come_back(&mut self) -> io::Result<()> {
        self.away = false;
        self.taken.take_again()
    }

    /// Sends a request, unless something is found wrong with it.
    pub(super) fn check(&mut self, ask: Ask) {
        let (registry, checked) = (self.model.setup.registry.clone(), self.checked.clone());
        tokio::task::spawn_blocking(move || {
            let check = registry.get(ask.message).map_or(Ok(()), |probe| probe.check(&ask.payload));
            let _ = checked.blocking_send((ask, check));
        });
    }

    /// What goes out. In a replay nothing does: its player lets nothing of this through.
    pub(super) fn for_node(&mut self, effect: Effect) {
        if self.model.showing.written.is_some() {
            return self.fold(Msg::NotDone("not sent: a store is only read".to_owned()));
        }
        let Some(node) = &self.node else {
            return self.fold(Msg::NotDone("not possible: the node has stopped".to_owned()));
        };
        match effect {
            Effect::Request(ask) => {
                self.watched.watch(node, Some(ask.to), self.recorder.is_some());
                let ticket = node.request(ask.clone());
                self.fold(Msg::Asked(ask, ticket));
            }
            Effect::Connect(target) => drop(node.connect(target)),
            Effect::Question(question) => match self.questions.ask(&question) {
                Ok(event) => self.question(event),
                Err(failure) => self.fold(Msg::NotDone(format!("not asked: {}", failure.detail))),
            },
            Effect::Examine(peer, target) if self.examines => {
                self.questions.examine(peer, target);
            }
            Effect::Disconnect(permid) => node.disconnect(permid),
            Effect::Forget(key) => {
                node.forget(key.clone());
                self.fold(Msg::Forgotten(key));
            }
            Effect::Cancel(ticket) => {
                node.cancel(ticket);
                if let Some(event) = self.questions.cancel(ticket) {
                    self.question(event);
                }
            }
            Effect::Extend(ticket, by) => node.extend(ticket, by),
            _ => {}
        }
    }

    /// Something becomes known of a question to a peer of BitTorrent or the DHT.
    pub(super) fn network(&mut self, told: Told) {
        match told {
            Told::Event(event) => {
                if let Some(cases) = &mut self.cases {
                    cases.network(&event);
                }
                self.told(Msg::Network(event));
            }
            Told::Exchange(ticket, exchange) => {
                if let Some(cases) = &mut self.cases {
                    cases.exchange(ticket, exchange);
                }
            }
        }
    }

    /// A question was asked or given up here.
    fn question(&mut self, event: networks::Event) {
        if let Some(cases) = &mut self.cases {
            cases.network(&event);
        }
        self.fold(Msg::Network(event));
    }
}
