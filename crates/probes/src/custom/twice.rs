//! Names that occur twice in an object of a JSON text: values of theirs are lost where it is read.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How many names of a text stand in an object that has them already; 0 where it is no JSON.
pub(super) fn names(text: &[u8]) -> usize {
    let mut counter = Counter(0);
    let mut json = serde_json::Deserializer::from_slice(text);
    (&mut counter).deserialize(&mut json).map_or(0, |()| counter.0)
}

struct Counter(usize);

impl<'de> DeserializeSeed<'de> for &mut Counter {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Counter {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0 += usize::from(!seen.insert(name));
            members.next_value_seed(&mut *self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_that_occur_twice_are_counted_wherever_they_stand() {
        for (text, twice) in [
            (r#"{"a": 1, "b": [true, null, -1, 1.5, "x"]}"#, 0),
            (r#"{"a": 1, "a": 2}"#, 1),
            (r#"[{"a": {"b": 1, "b": 2, "b": 3}}, {"a": 1}]"#, 2),
            (r#"{"a": 1, "\u0061": 2}"#, 1),
            ("no json", 0),
            ("", 0),
        ] {
            assert_eq!(names(text.as_bytes()), twice, "{text}");
        }
    }
}
