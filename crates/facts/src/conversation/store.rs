//! All conversations, and how much of them stays in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::channels::Channels;
use super::climb::Climb;
use super::line::Line;
use crate::settings::ConversationSettings;
use swarmscope_peer::crawler::SocketId;
use swarmscope_peer::node::PeerKey;

/// What was said with one peer.
#[derive(Clone, Default, Debug)]
pub struct Conversation {
    lines: VecDeque<Line>,
    bytes: usize,
    /// Older lines that made room.
    pub let_go: u64,
    /// How far its newest connection came.
    pub climb: Climb,
    pub(crate) channels: Channels,
    /// The connection of the newest line, and when it began.
    pub(crate) began: Option<(SocketId, Instant)>,
}

impl Conversation {
    /// Oldest first.
    #[must_use]
    pub const fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    fn pop(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.cost();
        self.let_go += 1;
        Some(line)
    }
}

/// Everybody's. Copies have in common what was not gone on with since.
#[derive(Clone, Debug)]
pub struct Conversations {
    settings: ConversationSettings,
    by_key: HashMap<PeerKey, u32>,
    all: HashMap<u32, Arc<Conversation>>,
    /// Whose line is which, oldest first; some have made room since.
    order: VecDeque<(u32, u64)>,
    lines: usize,
    bytes: usize,
    next_seq: u64,
    next_id: u32,
}

impl Default for Conversations {
    fn default() -> Self {
        Self::new(ConversationSettings::default())
    }
}

impl Conversations {
    /// Nothing was said yet; so much of it will be kept.
    #[must_use]
    pub fn new(settings: ConversationSettings) -> Self {
        Self {
            settings,
            by_key: HashMap::new(),
            all: HashMap::new(),
            order: VecDeque::new(),
            lines: 0,
            bytes: 0,
            next_seq: 0,
            next_id: 0,
        }
    }

    /// What was said with a peer.
    #[must_use]
    pub fn get(&self, peer: &PeerKey) -> Option<&Conversation> {
        self.all.get(self.by_key.get(peer)?).map(|conversation| &**conversation)
    }

    /// The conversation with a peer, made where there is none.
    pub(crate) fn of(&mut self, peer: &PeerKey) -> &mut Conversation {
        let id = self.id(peer);
        Arc::make_mut(self.all.entry(id).or_default())
    }

    fn id(&mut self, peer: &PeerKey) -> u32 {
        if let Some(id) = self.by_key.get(peer) {
            return *id;
        }
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        self.by_key.insert(peer.clone(), id);
        id
    }

    /// Appends a line, and lets old ones go where the budgets are full.
    pub(crate) fn add(&mut self, peer: &PeerKey, mut line: Line) {
        let id = self.id(peer);
        line.seq = self.next_seq;
        self.next_seq += 1;
        let cost = line.cost();
        self.order.push_back((id, line.seq));
        let conversation = Arc::make_mut(self.all.entry(id).or_default());
        conversation.lines.push_back(line);
        conversation.bytes += cost;
        self.lines += 1;
        self.bytes += cost;
        while conversation.lines.len() > self.settings.lines
            || conversation.bytes > self.settings.bytes
        {
            let Some(gone) = conversation.pop() else { break };
            self.lines -= 1;
            self.bytes -= gone.cost();
        }
        self.make_room();
    }

    fn make_room(&mut self) {
        // entries of lines that have gone already may not pile up
        while self.lines > self.settings.lines_in_all
            || self.bytes > self.settings.bytes_in_all
            || self.order.len() > 2 * self.settings.lines_in_all
        {
            let Some((id, seq)) = self.order.pop_front() else { return };
            let Some(conversation) = self.all.get_mut(&id).map(Arc::make_mut) else { continue };
            if conversation.lines.front().is_some_and(|line| line.seq <= seq)
                && let Some(gone) = conversation.pop()
            {
                self.lines -= 1;
                self.bytes -= gone.cost();
            }
        }
    }

    /// Nothing of what was said with a peer is kept.
    pub(crate) fn forget(&mut self, peer: &PeerKey) {
        let Some(id) = self.by_key.remove(peer) else { return };
        let Some(gone) = self.all.remove(&id) else { return };
        self.lines -= gone.lines.len();
        self.bytes -= gone.bytes;
        self.order.retain(|(of, _)| *of != id);
    }

    /// A peer's key has changed: what was said under both is one conversation.
    pub(crate) fn rename(&mut self, was: &PeerKey, now: &PeerKey) {
        let Some(old) = self.by_key.remove(was) else { return };
        let Some(new) = self.by_key.get(now).copied() else {
            self.by_key.insert(now.clone(), old);
            return;
        };
        let Some(mut moved) = self.all.remove(&old).map(Arc::unwrap_or_clone) else { return };
        let kept = Arc::make_mut(self.all.entry(new).or_default());
        moved.lines.append(&mut kept.lines);
        moved.lines.make_contiguous().sort_by_key(|line| line.seq);
        kept.lines = moved.lines;
        kept.bytes += moved.bytes;
        kept.let_go += moved.let_go;
        if moved.began > kept.began {
            // the newest connection began under the old name
            (kept.began, kept.climb, kept.channels) = (moved.began, moved.climb, moved.channels);
        }
        for (id, _) in self.order.iter_mut().filter(|(id, _)| *id == old) {
            *id = new;
        }
    }

    /// Lines and bytes in memory.
    #[must_use]
    pub const fn held(&self) -> (usize, usize) {
        (self.lines, self.bytes)
    }
}
