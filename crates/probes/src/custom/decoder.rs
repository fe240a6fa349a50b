//! How the reply to a probe of the operator's is read: in the format that its file names, and in no
//! other.

use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_wire::encoding_a::{self, Value};
use swarmscope_wire::formats::{self, Format};
use swarmscope_wire::inflate;
use swarmscope_wire::integer::Integer;
use swarmscope_wire::limits::MAX_VALUES;
use swarmscope_wire::text::{self, count};
use swarmscope_wire::tree;
use swarmscope_wire::{Decoded, Note, NoteKind};

use super::twice;

/// What a file may name, besides `zlib+` before each.
const FORMATS: [(&str, Inner); 6] = [
    ("bencode", Inner::Format(Format::Bencode)),
    ("a", Inner::Format(Format::A)),
    ("pickle", Inner::Format(Format::Pickle)),
    ("json", Inner::Json),
    ("utf8", Inner::Format(Format::Text)),
    ("hex", Inner::Format(Format::Hex)),
];
/// How much of a text is its summary, in characters.
const MAX_SUMMARY_CHARS: usize = 60;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoder {
    zlib: bool,
    inner: Inner,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inner {
    Format(Format),
    Json,
}

impl Decoder {
    /// # Errors
    /// What there is, where the word is none of it.
    pub fn parse(word: &str) -> Result<Self, String> {
        let (zlib, name) = word.strip_prefix("zlib+").map_or((false, word), |name| (true, name));
        let found = FORMATS.iter().find(|(known, _)| *known == name);
        let (_, inner) = found.ok_or_else(|| {
            let known = FORMATS.map(|(known, _)| known).join(", ");
            format!("{word:?} is not a decoder; use {known}, each optionally with zlib+ in front")
        })?;
        Ok(Self { zlib, inner: *inner })
    }

    /// # Errors
    /// Why the payload is not in this format.
    pub fn decode(self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        if !self.zlib {
            return self.inner.decode(payload);
        }
        let inflated = inflate::inflate(payload, inflate::max_output())
            .map_err(|error| ReplyDecodeError(error.to_string()))?;
        let cut = formats::what_was_cut(&inflated, payload.len());
        let mut decoded =
            self.inner.decode(&inflated.bytes).map_err(|ReplyDecodeError(what)| {
                ReplyDecodeError(cut.iter().fold(what, |what, cut| format!("{what} ({cut})")))
            })?;
        decoded.tree.forget_spans(); // they are of the inflated bytes
        decoded.format = format!("zlib, {}", decoded.format);
        decoded.notes.splice(0..0, cut);
        Ok(decoded)
    }
}

impl Inner {
    fn decode(self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        match self {
            Self::Format(format) => formats::decode_as(format, payload)
                .map_err(|error| ReplyDecodeError(error.to_string())),
            Self::Json => json(payload),
        }
    }
}

fn json(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    // each value but the first stands behind one of these; those inside texts are counted too,
    // which is no harm
    let at_most =
        1 + payload.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':')).count();
    if at_most > MAX_VALUES {
        return Err(ReplyDecodeError(format!("json: more than {MAX_VALUES} values")));
    }
    let json: serde_json::Value = serde_json::from_slice(payload)
        .map_err(|error| ReplyDecodeError(format!("json: {error}")))?;
    let mut notes = Vec::new();
    let twice = twice::names(payload);
    if twice > 0 {
        let names = count(twice, "name occurs", "names occur");
        notes.push(Note::new(
            NoteKind::DuplicateKey,
            format!("{names} twice in an object: only the last value is shown"),
        ));
    }
    let parsed = encoding_a::Parsed { value: shape(&json), spans: Vec::new(), unsorted_dicts: 0 };
    let mut tree = tree::build(parsed.source(), &mut notes);
    tree.forget_spans(); // the reader gives none
    let summary = text::clip(tree.value.as_bytes(), MAX_SUMMARY_CHARS);
    Ok(Decoded { format: "json".into(), summary, tree, json, notes })
}

/// The same value with the types that trees are made of; true and false are words.
fn shape(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(value) => Value::Text(value.to_string()),
        serde_json::Value::Number(number) => {
            let integer = Integer::parse(number.to_string().as_bytes());
            integer.map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(shape).collect()),
        serde_json::Value::Object(members) => Value::Dict(
            members.iter().map(|(name, value)| (Value::Text(name.clone()), shape(value))).collect(),
        ),
    }
}
