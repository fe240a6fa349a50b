//! The payload in the operator's own editor. What comes back is one edit: it can be undone, and
//! what can't be taken changes nothing.

use crate::screen::actions::{self, Effects, none};
use crate::screen::conditions::{Ready, takes_payload};
use crate::screen::input::with_lf;
use crate::screen::keys::key::Key;
use crate::screen::keys::typing;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::format::{counted, size};
use swarmscope_wire::text::clean;

use super::composer::MOST_PAYLOAD;

/// The most bytes a file may have that comes back: the payload, and the line end that editors put
/// behind it.
pub const MOST_BYTES: usize = MOST_PAYLOAD + 2;

/// # Errors
/// There is no payload, or one that is not to be seen now.
pub fn can_edit(model: &Model) -> Ready {
    takes_payload(model)?;
    let text = model.composer.to_edit(model.registry());
    if text.len() > MOST_PAYLOAD {
        return Err(format!(
            "too long to edit: {}; the maximum is {}",
            size(text.len()),
            size(MOST_PAYLOAD)
        ));
    }
    if model.setup.naming.privacy && *model.setup.naming.mask.text(&text) != *text {
        return Err("it identifies a peer, and identities are hidden".to_owned());
    }
    Ok(())
}

pub fn edit(model: &mut Model) -> Effects {
    vec![Effect::Edit(model.composer.to_edit(model.registry()))]
}

/// What an editor left in its file, as a payload is typed: lines of plain text.
///
/// # Errors
/// Why it can't be one.
pub fn read(bytes: &[u8]) -> Result<String, String> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8 text: write bytes as hex:…")?;
    let text = with_lf(text);
    let text = text.strip_suffix('\n').unwrap_or(&text).replace('\t', " ");
    if text.len() > MOST_PAYLOAD {
        let most = size(MOST_PAYLOAD);
        return Err(format!(
            "{} are too much: it takes {most}; `swarmscope request … @FILE` takes more",
            size(text.len())
        ));
    }
    for (number, line) in text.split('\n').enumerate() {
        if let Some((c, _)) = line.chars().zip(clean(line).chars()).find(|(c, shown)| c != shown) {
            let code = u32::from(c);
            return Err(format!(
                "line {} contains the invisible U+{code:04X}: write the payload as hex:…",
                number + 1
            ));
        }
    }
    Ok(text)
}

/// The editor has ended: what it left, or why there is nothing.
pub fn edited(model: &mut Model, left: Result<String, String>) {
    match left.and_then(|text| read(text.as_bytes())) {
        Ok(text) if text == model.composer.to_edit(model.registry()) => {
            model.say(Kind::Plain, "payload unchanged");
        }
        Ok(text) => {
            let registry = model.setup.registry_of(model.composer.network);
            model.composer.take_edited(registry, &text);
            if model.mode.composes() {
                actions::edit(model);
            }
            let (lines, undo) =
                (counted(text.split('\n').count(), "line"), model.key_of("undo payload"));
            model.say(
                Kind::Done,
                format!("payload updated from the editor, {lines}; {undo} undoes it"),
            );
        }
        Err(why) => model.say(Kind::NotDone, format!("payload unchanged: {}", clean(&why))),
    }
}

/// Takes the last edit back; in a field of a form where there is none, empties what stands before
/// the cursor.
pub fn undo(model: &mut Model) -> Effects {
    if model.composer.undo() {
        actions::edit(model);
    } else if matches!(model.mode, Mode::Form) {
        typing::key_typed(model, Key::ctrl('u'));
    }
    none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_left_is_lines_of_plain_text() {
        for (left, text) in [
            (&b"SELECT 1\n"[..], "SELECT 1"),
            (b"SELECT 1", "SELECT 1"),
            (b"a\r\nb\r\n\n", "a\nb\n"),
            (b"a\rb\r", "a\nb"),
            (b"\tx\n", " x"),
            (b"", ""),
            ("größe 日本".as_bytes(), "größe 日本"),
        ] {
            assert_eq!(read(left).as_deref(), Ok(text), "{left:?}");
        }
        for (left, why) in [
            (&b"a\nb\x1b[2J"[..], "line 2 contains the invisible U+001B"),
            ("x\u{202e}y".as_bytes(), "line 1 contains the invisible U+202E"),
            (b"a\0", "U+0000"),
            (b"\xff\xfe", "not UTF-8 text"),
            (&vec![b'x'; MOST_PAYLOAD + 1], "256 KiB"),
        ] {
            assert!(read(left).unwrap_err().contains(why), "{why}: {:?}", read(left));
        }
        assert!(read(&vec![b'x'; MOST_PAYLOAD]).is_ok());
    }
}
