//! One line of an export, as names and values, and how each format writes it. There is one list of
//! fields: what one format has, every other one has too.

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Serialize, Serializer};
use swarmscope_wire::{csv, text};

use super::format::Format;

/// A value.
pub enum Field {
    /// Nothing is known, or there is nothing.
    None,
    /// A whole number.
    Number(u64),
    /// Clean text.
    Text(String),
    /// Bytes: base64 in JSON; hexadecimal in a table, because base64 may begin with a plus.
    Bytes(Option<Bytes>),
    /// Names.
    Names(Vec<&'static str>),
}

/// Names and values, in the order in which they are written.
pub struct Fields(pub Vec<(&'static str, Field)>);

impl Fields {
    /// The line of headings, where the format has one.
    pub fn headings(&self, format: Format) -> String {
        match format {
            Format::JsonLines => String::new(),
            Format::Csv => csv::row(self.0.iter().map(|(name, field)| match field {
                Field::Bytes(_) => format!("{name}_hex"),
                _ => (*name).to_owned(),
            })),
        }
    }

    /// The line and its end.
    pub fn line(&self, format: Format) -> String {
        match format {
            Format::JsonLines => {
                text::json(self).map_or_else(|_| String::new(), |line| line + "\n")
            }
            Format::Csv => csv::row(self.0.iter().map(|(_, field)| field.cell())),
        }
    }
}

impl Field {
    /// What there is of it.
    pub fn of<T>(value: Option<T>) -> Self
    where
        Self: From<T>,
    {
        value.map_or(Self::None, Self::from)
    }

    fn cell(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Bytes(None) | Self::None => String::new(),
            Self::Bytes(Some(bytes)) => HEXLOWER.encode(bytes),
            Self::Names(names) => names.join(" "),
        }
    }
}

impl From<u64> for Field {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None | Self::Bytes(None) => to.serialize_none(),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::Bytes(Some(bytes)) => to.serialize_str(&BASE64.encode(bytes)),
            Self::Names(names) => names.serialize(to),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, field)| match field {
            Field::Bytes(_) => (format!("{name}_base64"), field),
            _ => ((*name).to_owned(), field),
        }))
    }
}
