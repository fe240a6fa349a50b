//! What the messages of a session hold that says who, where or in which words.

use swarmscope_facts::recording::{Rewrite, Rewritten};

use super::Place;
use crate::screen::msg::{Msg, Saved, TourStep, Unsaved};

impl Rewritten for Msg {
    fn rewrite(&mut self, to: &mut impl Rewrite) {
        match self {
            Msg::Node(node) => node.rewrite(to),
            Msg::Key(_)
            | Msg::Mouse(..)
            | Msg::Resize(..)
            | Msg::Tick
            | Msg::Wake
            | Msg::TourEnded
            | Msg::Figures(_)
            | Msg::Signals(_)
            | Msg::Case(_) => {}
            Msg::Paste(text) | Msg::Edited(Ok(text)) => to.typed(text),
            Msg::Asked(ask, _) => {
                to.permid(&mut ask.to);
                to.question(&mut ask.payload);
            }
            Msg::Doubted(ask, why) => {
                to.permid(&mut ask.to);
                to.question(&mut ask.payload);
                to.typed(why);
            }
            Msg::PayloadDoubted { payload, why, .. } => {
                to.question(payload);
                to.typed(why);
            }
            Msg::Decoded { permid, decoding, .. } => {
                to.permid(permid);
                to.decoding(decoding);
            }
            Msg::Label { permid, label } => {
                to.permid(permid);
                to.text(label);
            }
            Msg::Forgotten(key) => to.key(key),
            Msg::Network(event) => event.rewrite(to),
            Msg::Tour(TourStep { text, show, other, .. }) => {
                to.text(text);
                if let Some(key) = other {
                    to.key(key);
                }
                if let Some((permid, _)) = show {
                    to.permid(permid);
                }
            }
            Msg::Saved(Saved { path, outcome }) => {
                to.text(path);
                if let Err(Unsaved::Failed(why)) = outcome {
                    to.text(why);
                }
            }
            Msg::Opened(why) => why.iter_mut().for_each(|why| to.text(why)),
            Msg::Edited(Err(why)) => to.text(why),
            Msg::Notice(text) | Msg::Done(text) | Msg::NotDone(text) => to.text(text),
            Msg::Place(place) => {
                let Place { selected, marks, filter, frequency, payload, .. } = &mut **place;
                selected.iter_mut().chain(marks).for_each(|key| to.key(key));
                for text in [filter, frequency, payload] {
                    to.typed(text);
                }
            }
        }
    }
}
