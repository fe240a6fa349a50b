//! How values are written into JSON files of this program where serde's own form would be long or
//! lossy: bytes as base64, durations as whole microseconds, permids and causes as the text that
//! stands for them.

use std::fmt::Display;

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// Bytes as base64.
pub mod base64 {
    use bytes::Bytes;
    use data_encoding::BASE64;

    use super::{Deserializer, Serializer, text};

    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    /// # Errors
    /// Text that is not base64.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        text(from, |text| BASE64.decode(text.as_bytes())).map(Bytes::from)
    }
}

/// A duration in whole microseconds: finer than a network tells, and the same number for whoever
/// reads the file.
pub mod micros {
    use std::time::Duration;

    use super::{Deserializer, Serializer};
    use serde::Deserialize as _;

    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// # Errors
    /// Anything but a number.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}

/// A JSON value as a text, so that how deep it is nested is its own affair.
pub mod json {
    use serde_json::Value;

    use super::{Deserializer, Serializer, text};

    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    /// # Errors
    /// Text that is not JSON.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        text(from, |text| serde_json::from_str(text))
    }
}

/// Reads a text by `read`.
///
/// # Errors
/// Anything but a text, or one that `read` refuses.
pub fn text<'de, D, T, E>(from: D, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    let text = String::deserialize(from)?;
    read(&text).map_err(D::Error::custom)
}
