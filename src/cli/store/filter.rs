//! The filter of `store peers|visits|replies`: words that all have to hold. `field:value` (text
//! contains it, a number equals it), `field>1`, `field>=1`, `field<1`, `field<=1`; `-` before a
//! word turns it round; a word alone is looked for in all fields.

use serde_json::{Map, Value};

use super::CliError;

/// All words of a filter.
#[derive(Debug, Default)]
pub struct Filter(Vec<Word>);

#[derive(Debug)]
struct Word {
    is_not: bool,
    field: Option<String>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Contains(String),
    Above(f64),
    Least(f64),
    Below(f64),
    Most(f64),
}

impl Filter {
    /// Reads the words of a command line.
    ///
    /// # Errors
    /// One of them is none, which is told as a mistake in the command.
    pub fn from_words(words: &[String]) -> Result<Self, CliError> {
        Self::parse(words).map_err(|what| {
            CliError::usage(
                format!("FILTER: {what}"),
                "use field:value or field>number; a leading - negates it",
            )
        })
    }

    /// # Errors
    /// What is wrong with which word.
    fn parse(words: &[String]) -> Result<Self, String> {
        let words = words.iter().flat_map(|argument| argument.split_whitespace());
        words.map(word).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a row passes.
    pub fn passes(&self, row: &Map<String, Value>) -> bool {
        self.0.iter().all(|word| word.holds(row) != word.is_not)
    }
}

fn word(text: &str) -> Result<Word, String> {
    let (is_not, bare) = text.strip_prefix('-').map_or((false, text), |bare| (true, bare));
    let Some(at) = bare.find([':', '>', '<']) else {
        return Ok(Word { is_not, field: None, test: Test::Contains(bare.to_lowercase()) });
    };
    let (field, rest) = bare.split_at(at);
    if field.is_empty() {
        return Err(format!("{text:?} is not a field"));
    }
    let number = |text: &str| text.parse::<f64>().map_err(|_| format!("{text:?} is not a number"));
    let compared = match rest {
        _ if rest.starts_with(">=") => Test::Least(number(&rest[2..])?),
        _ if rest.starts_with("<=") => Test::Most(number(&rest[2..])?),
        _ if rest.starts_with('>') => Test::Above(number(&rest[1..])?),
        _ if rest.starts_with('<') => Test::Below(number(&rest[1..])?),
        _ => Test::Contains(rest[1..].to_lowercase()),
    };
    let field = if field == "net" { "network" } else { field };
    Ok(Word { is_not, field: Some(field.to_lowercase()), test: compared })
}

impl Word {
    fn holds(&self, row: &Map<String, Value>) -> bool {
        match &self.field {
            None => row.values().any(|value| self.test.holds(value)),
            Some(field) => row.get(field).is_some_and(|value| self.test.holds(value)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        let number = value.as_f64();
        match self {
            Self::Contains(part) => match value {
                Value::String(text) => text.to_lowercase().contains(part),
                Value::Null => part == "null",
                Value::Array(_) | Value::Object(_) => {
                    value.to_string().to_lowercase().contains(part)
                }
                Value::Bool(is) => part.parse() == Ok(*is),
                Value::Number(number) => {
                    part.parse().ok().is_some_and(|part: serde_json::Number| part == *number)
                }
            },
            Self::Above(bound) => number.is_some_and(|number| number > *bound),
            Self::Least(bound) => number.is_some_and(|number| number >= *bound),
            Self::Below(bound) => number.is_some_and(|number| number < *bound),
            Self::Most(bound) => number.is_some_and(|number| number <= *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str) -> bool {
        let row = serde_json::json!({"outcome": "tcp.timeout", "network": "overlay", "version": 18, "rows": [["Open"]]});
        Filter::parse(&[filter.to_owned()])
            .expect("reads")
            .passes(row.as_object().expect("an object"))
    }

    #[test]
    fn all_words_have_to_hold() {
        for filter in [
            "",
            "outcome:timeout",
            "net:overlay version:18",
            "version>=18 version<19",
            "-outcome:reached",
            "open",
        ] {
            assert!(passes(filter), "{filter}");
        }
        for filter in
            ["outcome:reached", "-timeout", "version>18", "gone:1", "version:1", "net:dht timeout"]
        {
            assert!(!passes(filter), "{filter}");
        }
        for wrong in [":x", "version>x"] {
            assert!(Filter::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
