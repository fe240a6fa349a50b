//! A payload with places for fields in it.

use swarmscope_peer::crawler::field::{Field, Kind, Value};
use swarmscope_wire::text::read_hex;
use swarmscope_wire::{bencode, encoding_a};

/// What a payload is made of, in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Template(Vec<Piece>);

#[derive(Clone, PartialEq, Debug)]
enum Piece {
    Literal(Vec<u8>),
    /// A field by its place, and how it is written.
    Field(usize, How),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// A number in decimal digits, a text as it is, bytes as they are.
    Plain,
    Bencode,
    A,
    /// A text in quotes.
    Sql,
    /// A number in this many bytes, big-endian.
    Number(usize),
}

/// What stands between the places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Literals {
    Text,
    Hex,
}

impl Template {
    /// # Errors
    /// What is wrong with it, or with the bounds of a field that it uses.
    pub fn parse(template: &str, literals: Literals, fields: &[Field]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..];
            if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                literal.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let place =
                brace.strip_prefix('{').ok_or("a } without its {; a brace is written }}")?;
            let (place, after) =
                place.split_once('}').ok_or("a { without its }; a brace is written {{")?;
            pieces.push(Piece::Literal(bytes(&std::mem::take(&mut literal), literals)?));
            pieces.push(field(place, fields)?);
            rest = after;
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(bytes(&literal, literals)?));
        pieces.retain(|piece| *piece != Piece::Literal(Vec::new()));
        Ok(Self(pieces))
    }

    /// The places of the fields that it uses.
    pub fn uses(&self) -> impl Iterator<Item = usize> {
        self.0
            .iter()
            .filter_map(|piece| if let Piece::Field(at, _) = piece { Some(*at) } else { None })
    }

    /// The payload with these values, one a field.
    pub fn render(&self, values: &[Value]) -> Vec<u8> {
        let mut payload = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(bytes) => payload.extend_from_slice(bytes),
                Piece::Field(at, how) => how.write(&values[*at], &mut payload),
            }
        }
        payload
    }
}

fn bytes(literal: &str, literals: Literals) -> Result<Vec<u8>, String> {
    match literals {
        Literals::Text => Ok(literal.as_bytes().to_vec()),
        Literals::Hex => read_hex(literal),
    }
}

/// `name` or `name:how`.
fn field(place: &str, fields: &[Field]) -> Result<Piece, String> {
    let (name, how) = place.split_once(':').unwrap_or((place, ""));
    let at = fields.iter().position(|field| field.name == name);
    let at =
        at.ok_or_else(|| format!("{{{place}}}: there is no [[field]] with the name {name:?}"))?;
    let kind = fields[at].kind;
    let how = match (how, kind) {
        ("", _) => How::Plain,
        ("bencode", _) => How::Bencode,
        ("a", _) => How::A,
        ("sql", Kind::Text { .. }) => How::Sql,
        ("u8" | "u16" | "u32" | "u64", Kind::Int { min, max }) => {
            let size = how[1..].parse::<usize>().unwrap_or_default() / 8;
            let largest = i64::try_from(u64::MAX >> (64 - 8 * size)).unwrap_or(i64::MAX);
            if min < 0 || max > largest {
                return Err(format!(
                    "{{{place}}}: {how} holds 0 to {largest}; give the field such a min and max"
                ));
            }
            How::Number(size)
        }
        _ => {
            let (int, text, bytes) =
                ("bencode, a, u8, u16, u32, u64", "bencode, a, sql", "bencode, a");
            let known = match kind {
                Kind::Int { .. } => int,
                Kind::Text { .. } | Kind::Choice(_) => text,
                Kind::Bytes { .. } => bytes,
            };
            return Err(format!(
                "{{{place}}}: {how:?} is not a format for {} {}; use {known}",
                article(kind),
                kind.word()
            ));
        }
    };
    Ok(Piece::Field(at, how))
}

const fn article(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Int { .. }) { "an" } else { "a" }
}

impl How {
    fn write(self, value: &Value, payload: &mut Vec<u8>) {
        match (self, value) {
            (Self::Bencode, Value::Int(number)) => bencode::Value::from(*number).encode_to(payload),
            (Self::Bencode, Value::Text(text)) => bencode::encode_bytes(text.as_bytes(), payload),
            (Self::Bencode, Value::Bytes(bytes)) => bencode::encode_bytes(bytes, payload),
            (Self::A, value) => {
                let value = match value {
                    Value::Int(number) => encoding_a::Value::from(*number),
                    Value::Text(text) => encoding_a::Value::from(text.as_str()),
                    Value::Bytes(bytes) => encoding_a::Value::Bytes(bytes.clone()),
                };
                payload.extend_from_slice(&value.encode()[1..]); // the `a` stands once before the whole
            }
            (Self::Sql, Value::Text(text)) => {
                payload.extend_from_slice(format!("'{}'", text.replace('\'', "''")).as_bytes());
            }
            (Self::Number(size), Value::Int(number)) => {
                payload.extend_from_slice(&number.to_be_bytes()[8 - size..]);
            }
            (_, Value::Int(number)) => payload.extend_from_slice(number.to_string().as_bytes()),
            (_, Value::Text(text)) => payload.extend_from_slice(text.as_bytes()),
            (_, Value::Bytes(bytes)) => payload.extend_from_slice(bytes),
        }
    }
}
