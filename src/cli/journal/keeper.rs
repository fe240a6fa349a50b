//! The journal of a peer that runs: the log, events for programs and the audit, none of which can
//! hold the peer up or grow with a flood.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::calm::{Calm, Flood, Verdict};
use super::{SEVERAL, line, log, name};
use crate::cli::audit::Audit;
use crate::cli::lines::Lines;
use crate::cli::output::Line;
use swarmscope_peer::node::Event;

/// How long the last lines may take.
const GRACE: Duration = Duration::from_secs(1);

/// All of it.
pub struct Journal {
    calm: Calm,
    lines: Option<Rc<Lines>>,
    audit: Option<Audit>,
}

impl Journal {
    /// `lines`: where events go, if anywhere.
    #[must_use]
    pub fn start(lines: Option<Rc<Lines>>, audit: Option<Audit>) -> Self {
        Self { calm: Calm::default(), lines, audit }
    }

    /// Takes an event.
    ///
    /// # Errors
    /// Standard output or the audit can't be written.
    pub fn take(&mut self, event: Event, now: Instant) -> io::Result<()> {
        let Verdict::Tell(event) = self.calm.take(event, now) else { return Ok(()) };
        log(&event);
        line(&event).map_or(Ok(()), |line| self.write(&line))
    }

    /// Tells the floods whose time is over.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn tell_counts(&mut self, now: Instant) -> io::Result<()> {
        let due = self.calm.due(now);
        self.tell(due)
    }

    fn tell(&mut self, floods: Vec<Flood>) -> io::Result<()> {
        for Flood { last, permid, message, times } in floods {
            let Some(of) = name(&last) else { continue };
            let permid = permid.map(|permid| permid.to_string());
            let who = permid.as_deref().unwrap_or(SEVERAL);
            let what = message.map(super::message_words).unwrap_or_default();
            tracing::info!("{who} {of} {what}: {times} times more");
            let message_id = message.map(|message| message.0);
            self.write(&Line::Repeated { of, permid, message_id, times })?;
        }
        Ok(())
    }

    /// When [`Self::tell_counts`] has something to tell.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.calm.next()
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        if let Some(audit) = &mut self.audit {
            audit.append(line)?;
        }
        self.lines.as_ref().map_or(Ok(()), |lines| lines.print(line))
    }

    /// Nothing more comes: what was only counted is told.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn end(mut self) -> io::Result<()> {
        let rest = self.calm.rest();
        let told = self.tell(rest);
        if let Some(lines) = self.lines {
            lines.end(GRACE);
        }
        told
    }
}
