//! The fields of a payload: their types, and how values are typed in by people.

use std::borrow::Cow;

use swarmscope_wire::text::{self, read_hex};

/// The longest text or bytes of a field whose file says nothing.
pub const LONGEST: usize = 64 << 10;

/// One field of a payload.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// What it is called in a form.
    pub name: Cow<'static, str>,
    /// What may be filled in.
    pub kind: Kind,
    /// What stands there where nobody fills it in.
    pub default: Value,
}

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A whole number of 64 bits.
    Int {
        /// The least.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// At most this many bytes, as UTF-8.
    Text {
        /// The most bytes.
        longest: usize,
    },
    /// Bytes, typed in hexadecimal.
    Bytes {
        /// The most bytes.
        longest: usize,
    },
    /// One of these, each with what it means in a line.
    Choice(&'static [(&'static str, &'static str)]),
}

/// What a field is filled with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A whole number of 64 bits.
    Int(i64),
    /// Also of a choice: its name.
    Text(String),
    /// Bytes, typed in hexadecimal.
    Bytes(Vec<u8>),
}

impl Field {
    /// # Panics
    /// The default does not fit: a mistake in the program.
    #[must_use]
    pub fn new(name: &'static str, kind: Kind, default: &str) -> Self {
        let default =
            kind.read(default).unwrap_or_else(|what| panic!("the default of {name}: {what}"));
        Self { name: name.into(), kind, default }
    }
}

/// A form as it is written in a line: `since=0; who=me`.
#[must_use]
pub fn write_form<'a>(values: impl Iterator<Item = (&'a Field, String)>) -> String {
    values.map(|(field, value)| format!("{}={value}", field.name)).collect::<Vec<_>>().join("; ")
}

impl Kind {
    /// The word for it in a file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Int { .. } => "int",
            Self::Text { .. } => "text",
            Self::Bytes { .. } => "bytes",
            Self::Choice(_) => "choice",
        }
    }

    /// What may be typed, for people: `0 to 86400`.
    #[must_use]
    pub fn says(self) -> String {
        match self {
            Self::Int { min: i64::MIN, max: i64::MAX } => "a whole number".to_owned(),
            Self::Int { min, max: i64::MAX } => format!("a number from {min} on"),
            Self::Int { min, max } => format!("{min} to {max}"),
            Self::Text { longest } => format!("text, at most {longest} bytes"),
            Self::Bytes { longest } => format!("hexadecimal, at most {longest} bytes"),
            Self::Choice(choices) => {
                choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Whether a value is within the bounds.
    ///
    /// # Errors
    /// What it has to be.
    pub fn check(self, value: Value) -> Result<Value, String> {
        match (self, &value) {
            (Self::Int { min, max }, Value::Int(number)) if !(min..=max).contains(number) => {
                Err(format!("{number} is not between {min} and {max}"))
            }
            (Self::Text { longest }, Value::Text(text)) if text.len() > longest => {
                Err(format!("{} bytes of text; the maximum is {longest}", text.len()))
            }
            (Self::Bytes { longest }, Value::Bytes(bytes)) if bytes.len() > longest => {
                Err(format!("{} bytes; the maximum is {longest}", bytes.len()))
            }
            (Self::Choice(choices), Value::Text(name))
                if !choices.iter().any(|(known, _)| known == name) =>
            {
                Err(format!("{name:?} is not one of {}", self.says()))
            }
            _ => Ok(value),
        }
    }

    /// A value as it is typed.
    ///
    /// # Errors
    /// What it has to be.
    pub fn read(self, typed: &str) -> Result<Value, String> {
        let value = match self {
            Self::Int { .. } => Value::Int(
                typed
                    .trim()
                    .parse()
                    .map_err(|_| format!("{typed:?} is not a whole number of 64 bits"))?,
            ),
            Self::Text { .. } => Value::Text(typed.into()),
            Self::Choice(_) => Value::Text(typed.trim().into()),
            Self::Bytes { .. } => Value::Bytes(read_hex(typed)?),
        };
        self.check(value)
    }
}

impl Value {
    /// As it is typed into a field of its own.
    #[must_use]
    pub fn typed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            _ => self.write(),
        }
    }

    /// As it is typed among others, with quotes where something in it would end it.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Bytes(bytes) => text::hex(bytes),
            Self::Text(text) => {
                let is_plain = text.trim() == text
                    && !text.starts_with('"')
                    && !text.contains([';', '\n', '\r']);
                if is_plain {
                    text.clone()
                } else {
                    serde_json::Value::from(text.as_str()).to_string()
                }
            }
        }
    }
}

/// The values of a form: `name=value`, one a line, or several with `;` between them; a value with
/// one of those in it stands in double quotes, as in JSON. What is left out has its default.
///
/// # Errors
/// What is wrong with which field.
pub fn read_form(fields: &[Field], form: &str) -> Result<Vec<Value>, String> {
    let mut values: Vec<Option<Value>> = vec![None; fields.len()];
    let mut rest = form.trim_start_matches(is_between);
    while !rest.is_empty() {
        let (name, after) = rest
            .split_once('=')
            .ok_or_else(|| format!("{:?} is not name=value", first_line(rest)))?;
        let at = fields.iter().position(|field| field.name == name.trim()).ok_or_else(|| {
            let names: Vec<_> = fields.iter().map(|field| &*field.name).collect();
            format!("there is no field {:?}; there are {}", name.trim(), names.join(", "))
        })?;
        let named = |what: String| format!("{}: {what}", fields[at].name);
        let (typed, after) = value(after).map_err(named)?;
        if values[at].is_some() {
            return Err(named("is given twice".into()));
        }
        values[at] = Some(fields[at].kind.read(&typed).map_err(named)?);
        rest = after.trim_start_matches(is_between);
    }
    Ok(fields
        .iter()
        .zip(values)
        .map(|(field, value)| value.unwrap_or_else(|| field.default.clone()))
        .collect())
}

/// A value, and what follows it.
fn value(typed: &str) -> Result<(String, &str), String> {
    let typed = typed.trim_start_matches([' ', '\t']);
    if !typed.starts_with('"') {
        let end = typed.find([';', '\n']).unwrap_or(typed.len());
        return Ok((typed[..end].trim_end().to_owned(), &typed[end..]));
    }
    let mut stream = serde_json::Deserializer::from_str(typed).into_iter::<String>();
    match stream.next() {
        Some(Ok(text)) => {
            let after = &typed[stream.byte_offset()..];
            match after.trim_start_matches([' ', '\t', '\r']).chars().next() {
                None | Some(';' | '\n') => Ok((text, after)),
                Some(_) => Err("something follows the closing quote".into()),
            }
        }
        _ => Err("a quote that is not closed, or not written as in JSON".into()),
    }
}

fn is_between(c: char) -> bool {
    c == ';' || c.is_whitespace()
}

fn first_line(text: &str) -> String {
    text::clip(text.lines().next().unwrap_or_default().as_bytes(), 40)
}
