//! Filters with a name, kept from one run to the next.

use std::collections::BTreeMap;

use crate::screen::kept::lines::at_line;
use crate::screen::kept::lines::parse;
use swarmscope_facts::list::filter::Filter;

/// Filters kept at most.
const MOST: usize = 200;
/// Characters of a name.
const LONGEST: usize = 40;
/// What stands above them in their file.
const ABOVE: &str =
    "# swarmscope: filters with a name, one a line: \"name\" = 'filter'. F shows them.\n";

/// The filters, by name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Saved {
    by_name: BTreeMap<String, String>,
}

impl Saved {
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Name and text of each, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_name.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Keeps a filter under a name; one of that name before it goes.
    ///
    /// # Errors
    /// The name or the filter is none, in words.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let name = name.trim();
        if name.is_empty() {
            return Err("give it a name".to_owned());
        }
        if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            return Err(format!("a name has at most {LONGEST} plain characters"));
        }
        Filter::parse(text).map_err(|error| format!("the filter: {error}"))?;
        if text.trim().is_empty() {
            return Err("no filter to save".to_owned());
        }
        if self.by_name.len() >= MOST && !self.by_name.contains_key(name) {
            return Err(format!("{MOST} filters are saved already: delete one first"));
        }
        self.by_name.insert(name.to_owned(), text.trim().to_owned());
        Ok(())
    }

    /// Forgets the filter of this name.
    pub fn remove(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    /// The text of their file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let line = |(name, text): (&str, &str)| format!("{} = {}\n", basic(name), quoted(text));
        ABOVE.to_owned() + &self.iter().map(line).collect::<String>()
    }

    /// Reads the text of their file.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let mut saved = Self::default();
        for (name, filter) in parse(text)? {
            let Some(filter) = filter.as_str() else {
                return Err(at_line(text, &name, "a filter is text in quotes"));
            };
            saved.set(&name, filter).map_err(|why| at_line(text, &name, &why))?;
        }
        Ok(saved)
    }
}

/// A key in double quotes.
fn basic(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_come_back_from_their_file() {
        let mut saved = Saved::default();
        saved.set("slow \"ones\" \\", "rtt:>200ms 'x' \"y\"").unwrap();
        saved.set("254", "error:254").unwrap();
        assert_eq!(Saved::from_toml(&saved.to_toml()), Ok(saved.clone()));
        saved.remove("254");
        assert_eq!(saved.len(), 1);
    }

    #[test]
    fn what_is_no_filter_is_not_saved() {
        let mut saved = Saved::default();
        for (name, text, error) in [
            (" ", "nat:sym", "name"),
            ("x", "nat:(", "filter"),
            ("x", " ", "no filter"),
            (&"x".repeat(41), "y", "characters"),
        ] {
            let found = saved.set(name, text).unwrap_err();
            assert!(found.contains(error), "{found}");
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        let found = Saved::from_toml("\"a\" = 'nat:sym'\n\"b\" = 'rtt:>fast'\n").unwrap_err();
        assert!(found.starts_with("line 2: \"b\": the filter: "), "{found}");
        assert!(Saved::from_toml("a = 3").unwrap_err().starts_with("line 1: "));
        assert!(Saved::from_toml("a = 'x'\na = 'y'").unwrap_err().starts_with("line 2: "));
    }
}
