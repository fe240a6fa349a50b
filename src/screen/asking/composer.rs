//! The request that is being put together: message, frequency, payload, and what would go out.

use std::borrow::Cow;

use bytes::Bytes;
use tui_textarea::TextArea;

use crate::screen::form::{self, Form};
use crate::screen::input::{Input, with_lf};
use swarmscope_facts::messages::Known;
use swarmscope_facts::messages::{BEFORE_PAYLOAD, known};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::FORM;
use swarmscope_peer::crawler::field::read_form;
use swarmscope_peer::crawler::{Recipient, Registry};
use swarmscope_wire::crawler::CrawlerRequest;
use swarmscope_wire::krpc::{NodeId, Target};
use swarmscope_wire::text::{clean, hex, read_hex};
use swarmscope_wire::{ChannelId, Frequency, MessageId, OverlayVersion};

/// The most a payload field takes in, so that a paste can't stall the editor. A file is the way for
/// more.
pub(super) const MOST_PAYLOAD: usize = 256 * 1024;

/// The request in the composer.
#[derive(Clone, Debug)]
pub struct Composer {
    /// Peers of which network it asks.
    pub network: Network,
    pub message: MessageId,
    pub frequency: Input,
    payload: TextArea<'static>,
    /// The payload as a form, where the message has one.
    form: Option<Form>,
    /// The payload is typed as text all the same.
    raw: bool,
    /// The payload as it would go out; `None` where it has changed since it was put together.
    made: Option<Made>,
    /// The payload is the operator's own; otherwise it follows the message's default for the
    /// peer.
    pub edited: bool,
    /// The payload before the last edit in another editor.
    before: Option<Box<Before>>,
    default_for: Option<(MessageId, Recipient)>,
    /// The message has just been chosen.
    is_new: bool,
}

/// A payload that was put together.
#[derive(Clone, Debug)]
struct Made {
    bytes: Result<Bytes, String>,
    /// The same as the command line takes it.
    argument: String,
}

/// The payload before an edit, and as the edit left it: nothing else may have happened to it since.
#[derive(Clone, Debug)]
struct Before {
    payload: TextArea<'static>,
    form: Option<Form>,
    raw: bool,
    edited: bool,
    after: (Option<Form>, String),
}

impl Composer {
    /// With a message's defaults.
    #[must_use]
    pub fn new(registry: &Registry, message: MessageId) -> Self {
        let mut composer = Self {
            network: Network::Overlay,
            message,
            frequency: Input::default(),
            payload: TextArea::default(),
            form: None,
            raw: true,
            made: None,
            edited: false,
            before: None,
            default_for: None,
            is_new: true,
        };
        composer.choose(registry, message, OverlayVersion::CURRENT.into());
        composer
    }

    /// The same for peers of this network.
    #[must_use]
    pub fn of(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Picks a message: its frequency, and its payload for this peer.
    pub fn choose(&mut self, registry: &Registry, message: MessageId, to: Recipient) {
        let frequency =
            registry.get(message).map_or(Frequency::DEFAULT, |probe| probe.default_frequency());
        self.message = message;
        self.made = None;
        self.frequency = Input::new(frequency.to_string());
        self.is_new = true;
        self.reset(registry, to);
    }

    /// Brings the default payload up to this peer, unless the operator has edited it.
    pub fn follow(&mut self, registry: &Registry, to: Recipient) {
        if self.edited || self.default_for == Some((self.message, to)) {
            return;
        }
        self.default_for = Some((self.message, to));
        self.made = None;
        let probe = registry.get(self.message);
        let fields = probe.map(|probe| probe.fields()).unwrap_or_default();
        if std::mem::take(&mut self.is_new) {
            self.raw = !form::is_first(fields);
        }
        self.form = (!fields.is_empty()).then(|| Form::new(fields));
        self.before = None;
        self.payload = area(&as_text(&probe.map(|probe| probe.initiate(&to)).unwrap_or_default()));
    }

    /// Whether the payload is typed into a form.
    #[must_use]
    pub const fn is_form(&self) -> bool {
        self.form.is_some() && !self.raw
    }

    /// From the form to the text that it makes, or back to the form: that takes over what the text
    /// says of its fields.
    pub fn turn(&mut self, registry: &Registry) {
        if !self.is_form() {
            let text = self.text();
            self.fill_in(registry, &text);
        } else if let Ok(bytes) = self.bytes(registry) {
            self.payload = area(&as_text(&bytes));
        }
        self.raw = !self.raw;
        self.made = None;
    }

    /// Takes the values of a form that is written out. Returns whether it was one, and all of them
    /// fitted.
    fn fill_in(&mut self, registry: &Registry, text: &str) -> bool {
        let fields = registry.get(self.message).map(|probe| probe.fields()).unwrap_or_default();
        let (Some(form), Some(written)) = (&mut self.form, text.strip_prefix(FORM)) else {
            return false;
        };
        let Ok(values) = read_form(fields, written) else { return false };
        form.inputs = values.iter().map(|value| Input::new(value.typed())).collect();
        true
    }

    /// The payload for another editor, without anything that a terminal would not show: then as its
    /// bytes. A form is written out, a field a line.
    #[must_use]
    pub fn to_edit(&self, registry: &Registry) -> String {
        let form = self.form.as_ref().filter(|_| self.is_form()).zip(registry.get(self.message));
        let text = form.map_or_else(
            || self.text(),
            |(form, probe)| format!("{FORM}\n{}", form.lines(&**probe).join("\n")),
        );
        match self.bytes(registry) {
            _ if is_clean(&text) => text,
            Ok(bytes) => format!("hex:{}", hex(&bytes)),
            Err(_) => text.split('\n').map(clean).collect::<Vec<_>>().join("\n"), /* nothing that could be sent */
        }
    }

    /// Takes what another editor left, as one edit. A form stays one where what is left can be read
    /// as one.
    pub fn take_edited(&mut self, registry: &Registry, text: &str) {
        let (payload, form) = (self.payload.clone(), self.form.clone());
        let (raw, edited) = (self.raw, self.edited);
        if !(self.is_form() && self.fill_in(registry, text)) {
            self.raw = true;
            self.payload = area(text);
        }
        self.edited = true;
        self.made = None;
        let after = (self.form.clone(), self.text());
        self.before = Some(Box::new(Before { payload, form, raw, edited, after }));
    }

    /// Takes the last edit of the text, or in another editor, back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        self.made = None;
        let (form, text) = (&self.form, self.text());
        let is_last =
            |before: &mut Box<Before>| (&before.after.0, &before.after.1) == (form, &text);
        if let Some(before) = self.before.take_if(is_last) {
            (self.payload, self.form, self.raw, self.edited) =
                (before.payload, before.form, before.raw, before.edited);
            return true;
        }
        let undone = !self.is_form() && self.payload.undo();
        self.edited |= undone;
        undone
    }

    /// The version that the default payload is for.
    fn recipient(&self) -> Recipient {
        self.default_for.map_or(OverlayVersion::CURRENT.into(), |(_, to)| to)
    }

    /// Takes a request over, to send it again or change it.
    pub fn take_over(&mut self, message: MessageId, frequency: Frequency, payload: &[u8]) {
        self.message = message;
        self.made = None;
        self.frequency = Input::new(frequency.to_string());
        self.payload = area(&as_text(payload));
        self.before = None;
        self.form = None;
        self.raw = true;
        self.edited = true;
    }

    /// Empties the payload.
    pub fn clear(&mut self) {
        self.payload = area("");
        self.made = None;
        self.raw = true;
        self.edited = true;
    }

    /// Brings the default payload back.
    pub fn reset(&mut self, registry: &Registry, to: Recipient) {
        self.edited = false;
        self.default_for = None;
        self.follow(registry, to);
    }

    /// Types or pastes text into the payload. Returns whether it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        let text = &*with_lf(text);
        let fits = self.text().len() + text.len() <= MOST_PAYLOAD;
        if fits && !text.is_empty() {
            self.made = None;
            self.edited |= self.payload.insert_str(text);
        }
        fits
    }

    #[must_use]
    pub fn known(&self, registry: &Registry) -> Known {
        known(registry, self.message)
    }

    /// The payload as it stands in the editor.
    #[must_use]
    pub fn text(&self) -> String {
        self.payload.lines().join("\n")
    }

    /// # Errors
    /// What is wrong with the number that was typed.
    pub fn frequency(&self) -> Result<Frequency, String> {
        let text = self.frequency.text().trim();
        let number = text.parse().map_err(|_| "not a number, 0 to 65535".to_owned());
        number.map(Frequency)
    }

    /// The frequency typed, or the usual one while what is typed is no number.
    #[must_use]
    pub fn frequency_or_default(&self) -> Frequency {
        self.frequency().unwrap_or(Frequency::DEFAULT)
    }

    /// The payload's text in its editor.
    #[must_use]
    pub const fn payload(&self) -> &TextArea<'static> {
        &self.payload
    }

    /// The same, to be edited.
    pub fn payload_mut(&mut self) -> &mut TextArea<'static> {
        self.made = None;
        &mut self.payload
    }

    /// The payload as a form, where the message has one.
    #[must_use]
    pub const fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// The same, to be filled in.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        self.made = None;
        self.form.as_mut()
    }

    /// Puts the payload together, if it has changed: from then on it is at hand for drawing and for
    /// sending.
    pub fn make(&mut self, registry: &Registry) {
        if self.made.is_none() {
            let bytes = self.put_together(registry);
            let argument = self.as_words(registry, &bytes);
            self.made = Some(Made { bytes, argument });
        }
    }

    /// The payload's bytes: `hex:…` as bytes, a form that is filled in, `text:…` and everything
    /// else as the text that it is (cli.md, PAYLOAD).
    ///
    /// # Errors
    /// What is wrong with the hexadecimal digits, or with a field.
    pub fn bytes(&self, registry: &Registry) -> Result<Bytes, String> {
        self.made.as_ref().map_or_else(|| self.put_together(registry), |made| made.bytes.clone())
    }

    /// The target of a question to a node of the DHT, where it is whole.
    #[must_use]
    pub fn target(&self, registry: &Registry) -> Option<Target> {
        if self.network != Network::Dht {
            return None;
        }
        let bytes = self.bytes(registry).ok()?;
        <[u8; NodeId::LEN]>::try_from(&bytes[..]).ok().map(Target)
    }

    fn put_together(&self, registry: &Registry) -> Result<Bytes, String> {
        if !self.known(registry).takes_payload {
            return Ok(Bytes::new());
        }
        let probe = registry.get(self.message);
        if let (Some(form), Some(probe)) = (self.form.as_ref().filter(|_| self.is_form()), probe) {
            return probe.fill(&form.values(probe.fields())?, &self.recipient());
        }
        let text = self.text();
        if let Some(digits) = text.strip_prefix("hex:") {
            return read_hex(digits)
                .map(Bytes::from)
                .map_err(|what| format!("the payload: {what}"));
        }
        if let Some((probe, form)) = probe.and_then(|probe| Some((probe, text.strip_prefix(FORM)?)))
            && !probe.fields().is_empty()
        {
            return probe.fill(&read_form(probe.fields(), form)?, &self.recipient());
        }
        Ok(Bytes::from(text.strip_prefix("text:").map(str::to_owned).unwrap_or(text)))
    }

    /// The frame that would go out, its channel left open: `0000005d e8 01 ·· 0e10 53454c45`, and
    /// how many bytes it has.
    ///
    /// # Errors
    /// What can't be sent, and why.
    pub fn preview(&self, registry: &Registry) -> Result<(String, usize), String> {
        let (frequency, payload) = (self.frequency()?, self.bytes(registry)?);
        let total = BEFORE_PAYLOAD + payload.len();
        let shown = payload.slice(..payload.len().min(64));
        let request = CrawlerRequest {
            message: self.message,
            channel: ChannelId(0),
            frequency,
            payload: shown.clone(),
        };
        let body = request.encode().body;
        let length = u32::try_from(total - 4)
            .map_err(|_| "the payload does not fit in a frame".to_owned())?;
        let parts = [
            hex(&length.to_be_bytes()),
            "e8".to_owned(),
            hex(&body[..1]),
            "··".to_owned(),
            hex(&body[2..4]),
            hex(&shown),
        ];
        Ok((parts.join(" ").trim_end().to_owned(), total))
    }

    /// The same request as a command (cli.md).
    #[must_use]
    pub fn command(&self, registry: &Registry, target: &str) -> String {
        self.command_to(registry, &quoted(target))
    }

    /// The same for a target that is a word of the shell already: `"$peer"`.
    #[must_use]
    pub fn command_to(&self, registry: &Registry, target: &str) -> String {
        let known = self.known(registry);
        let mut words = vec![
            "swarmscope request".to_owned(),
            target.to_owned(),
            quoted(&known.name.to_lowercase()),
        ];
        if self.network != Network::Overlay {
            let about = self.bytes(registry).unwrap_or_default();
            words.extend((!about.is_empty()).then(|| hex(&about)));
            return words.join(" ");
        }
        let is_own = self.edited || registry.get(self.message).is_none();
        if known.takes_payload && is_own && (self.is_form() || !self.payload.is_empty()) {
            words.push(quoted(&self.argument(registry)));
        }
        words.push(format!("--frequency {}", quoted(&clean(self.frequency.text().trim()))));
        words.join(" ")
    }
}

impl Composer {
    /// The payload as the command line takes it, without anything that a terminal would not show:
    /// then as its bytes.
    fn argument(&self, registry: &Registry) -> String {
        let made = self.made.as_ref().map(|made| made.argument.clone());
        made.unwrap_or_else(|| self.as_words(registry, &self.put_together(registry)))
    }

    fn as_words(&self, registry: &Registry, bytes: &Result<Bytes, String>) -> String {
        let form = self.form.as_ref().filter(|_| self.is_form()).zip(registry.get(self.message));
        let text = form
            .map_or_else(|| self.text(), |(form, probe)| format!("{FORM}{}", form.line(&**probe)));
        match bytes {
            Ok(bytes) if !is_clean(&text) => format!("hex:{}", hex(bytes)),
            Err(_) if !is_clean(&text) => clean(&text).into_owned(), // nothing that could be sent
            _ => as_argument(&text),
        }
    }
}

/// An editor that holds this text.
fn area(text: &str) -> TextArea<'static> {
    TextArea::new(text.split('\n').map(str::to_owned).collect())
}

/// A payload in the editor's form: text where it is text, else `hex:…`.
fn as_text(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if is_clean(text) && !is_marked(text) => text.to_owned(),
        Ok(text) if is_clean(text) => format!("text:{text}"),
        _ => format!("hex:{}", hex(payload)),
    }
}

/// Whether all of it can be seen.
fn is_clean(text: &str) -> bool {
    text.split('\n').all(|line| matches!(clean(line), Cow::Borrowed(_)))
}

fn is_marked(text: &str) -> bool {
    text.starts_with("hex:") || text.starts_with("text:") || text.starts_with(FORM)
}

/// The editor's text in the form the command line takes: there `@` and `-` mean something too.
fn as_argument(text: &str) -> String {
    if text.starts_with('@') || text == "-" { format!("text:{text}") } else { text.to_owned() }
}

/// A word as a POSIX shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.contains(['[', ']']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
