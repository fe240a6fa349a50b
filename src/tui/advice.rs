//! What stands in the place of a reply that was refused or failed at the peer: what its error byte
//! means, what is known, and what can be done next.

use ratatui::style::Style;

use super::canvas::{Area, Canvas};
use super::rows::{Rows, plain};
use super::why::{ROOMY, VALUE};
use crate::screen::Model;
use swarmscope_facts::format::{clock, countdown};
use swarmscope_facts::messages::{Known, known};
use swarmscope_facts::peer::Peer;
use swarmscope_facts::request::{Reply, Request};
use swarmscope_facts::words;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_wire::ErrorByte;
use swarmscope_wire::text::clean_bytes;

/// Bytes of an error's text that are shown here; all of it is in the text view.
const MOST_SAID: usize = 400;
/// What peers send with a 253.
const UNKNOWN: &[u8] = b"unknown message";

/// Whether there is something to say of this error beside its bytes.
#[must_use]
pub fn knows(error: ErrorByte) -> bool {
    matches!(error, ErrorByte::FREQUENCY | ErrorByte::UNKNOWN_MESSAGE | ErrorByte::HANDLER)
}

/// Draws it. Returns the first row below.
pub fn draw(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    request: &Request,
    reply: &Reply,
) -> u16 {
    let Some(peer) = model.peer() else { return area.y };
    let of = Of { model, peer, request, reply };
    match reply.error {
        ErrorByte::FREQUENCY => of.not_yet(canvas, area),
        ErrorByte::UNKNOWN_MESSAGE => of.unknown(canvas, area),
        _ => of.failed_there(canvas, area),
    }
}

/// An answer that is an error.
struct Of<'m> {
    model: &'m Model,
    peer: &'m Peer,
    request: &'m Request,
    reply: &'m Reply,
}

impl Of<'_> {
    fn label(&self) -> String {
        self.model.registry().label(self.request.message)
    }

    /// When the peer accepts the same once more.
    fn next(&self) -> Acceptance {
        let request = self.request;
        self.model.present().acceptance(self.peer, request.message, request.frequency)
    }

    fn not_yet(&self, canvas: &mut Canvas, area: Area) -> u16 {
        let theme = canvas.theme;
        let x = canvas.pill(area.x, area.right, area.y);
        let (before, left, why) = match self.next() {
            Acceptance::In(left) => (
                " again in ",
                Some(left),
                "our own request was the last one this peer accepted, so the time is exact",
            ),
            Acceptance::AtMost(left) => (
                " at latest ",
                Some(left),
                "asked from elsewhere at an unknown time, so this is the latest possible time",
            ),
            Acceptance::IfCounted(left) => (
                " again in ",
                Some(left),
                "a later request was lost: the time holds if the peer counted that one",
            ),
            Acceptance::Now | Acceptance::Unknown => {
                let since = "nothing newer; another Crawler may have asked since";
                (" its time has passed", None, since)
            }
        };
        let time = left.map(countdown).unwrap_or_default();
        canvas.pieces(x, area.right, area.y, &[(before, Style::new()), (&time, theme.strong())]);
        let frequency = self.request.frequency;
        let mut rows = rows(canvas, area);
        if area.height >= ROOMY {
            let label = self.label();
            let means = format!(
                "the peer accepted {label} less than {frequency} s ago; it has not looked at this request"
            );
            rows.add("means", &means);
        }
        rows.add("known", why);
        if let Some(at) = left.and_then(|left| self.model.now.wall.checked_add(left)) {
            let bound = if before.contains("latest") { "at latest " } else { "" };
            rows.add("then", &format!("{bound}{}, for frequency {frequency}", clock(at)));
        }
        rows.add("next", "wait; a lower frequency is for peers whose owners agreed to it");
        rows.y
    }

    fn unknown(&self, canvas: &mut Canvas, area: Area) -> u16 {
        let label = self.label();
        self.heading(canvas, area, &format!("{label} is not answered here"));
        let mut rows = rows(canvas, area);
        rows.add("means", &format!("the peer says that it has no handler for {label}"));
        self.said(&mut rows);
        rows.add("known", &self.versions());
        if area.height >= ROOMY {
            rows.add("count", "a 253 is not counted: no time has to pass before the next request");
        }
        let choose = self.model.key_of("request");
        rows.add("next", &format!("{choose} chooses another message"));
        rows.y
    }

    /// What this program knows of the message, and what the peer speaks.
    fn versions(&self) -> String {
        let Known { name, min_version, .. } = known(self.model.registry(), self.request.message);
        let registered = self.model.registry().get(self.request.message).is_some();
        match self.peer.version {
            _ if !registered => "nor is it a message that this program knows".to_owned(),
            Some(version) if version < min_version => {
                format!("{name} is for version {min_version} or later, the peer speaks {version}")
            }
            Some(version) => format!(
                "{name} is for version {min_version} or later, and the peer speaks {version}: it was left out there, or the version is not the peer's own"
            ),
            None => format!("{name} is for version {min_version} or later"),
        }
    }

    fn failed_there(&self, canvas: &mut Canvas, area: Area) -> u16 {
        let label = self.label();
        self.heading(canvas, area, &format!("{label} failed there"));
        let mut rows = rows(canvas, area);
        if area.height >= ROOMY {
            rows.add("means", "the peer took the request, and says that answering it failed");
        }
        self.said(&mut rows);
        let frequency = self.request.frequency;
        let until = |left| self.model.now.wall.checked_add(left).map(clock).unwrap_or_default();
        let known = match self.next() {
            Acceptance::In(left) => {
                let at = until(left);
                format!("the peer has counted it: frequency {frequency} meets 254 until {at}")
            }
            Acceptance::AtMost(left) | Acceptance::IfCounted(left) => {
                let at = until(left);
                format!("frequency {frequency} meets 254 until {at} at the latest")
            }
            Acceptance::Now | Acceptance::Unknown => {
                "the time for which it was counted has passed".to_owned()
            }
        };
        rows.add("known", &known);
        let edit = self.model.key_of("edit and resend");
        rows.add("next", &format!("{edit} edits the request and sends it again"));
        rows.y
    }

    fn heading(&self, canvas: &mut Canvas, area: Area, what: &str) {
        let error = words::error(self.reply.error);
        let strong = canvas.theme.strong();
        let x = canvas.text(area.x, area.right, area.y, &error, strong);
        canvas.text(x, area.right, area.y, &format!(" · {what}"), Style::new());
    }

    /// The peer's own words, where they are more than the name of the error.
    fn said(&self, rows: &mut Rows) {
        let Some(payload) = self.reply.payload.as_ref().filter(|payload| ***payload != *UNKNOWN)
        else {
            return;
        };
        let text = clean_bytes(&payload[..payload.len().min(MOST_SAID)]);
        if !text.trim().is_empty() {
            rows.add("said", &text);
        }
    }
}

fn rows<'c, 'a>(canvas: &'c mut Canvas<'a>, area: Area) -> Rows<'c, 'a> {
    let skip = if area.height >= ROOMY { 2 } else { 1 };
    Rows { canvas, area, y: area.y + skip, value: VALUE, write: plain }
}
