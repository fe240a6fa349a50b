//! The words of a filter, each with its place.

use std::ops::Range;

use super::FilterError;

/// A word, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub at: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    Open,
    Close,
    And,
    Or,
    /// `not`, or the `-` before something.
    Not,
    Word(Text),
    /// `/…/`
    Pattern(String),
    /// `name:value,value`; `name>value` means `name:>value`.
    Field {
        name: Range<usize>,
        values: Vec<Text>,
    },
}

/// A piece of text as it is meant: without its quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    pub at: Range<usize>,
    pub plain: String,
    /// It stood in quotes: it is no keyword, no number, no comparison.
    pub quoted: bool,
    /// It stood in slashes.
    pub pattern: bool,
}

/// All words of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

/// What ends a word that is not in quotes.
fn ends(c: char) -> bool {
    c.is_whitespace() || c == '(' || c == ')'
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Result<Option<Token>, FilterError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(c) = self.peek() else { return Ok(None) };
        let single = match c {
            '(' => Some(Kind::Open),
            ')' => Some(Kind::Close),
            '-' if self.rest()[1..].starts_with(|c: char| !c.is_whitespace() && c != ')') => {
                Some(Kind::Not)
            }
            _ => None,
        };
        let kind = match single {
            Some(kind) => {
                self.at += 1;
                kind
            }
            None if c == '/' => Kind::Pattern(self.pattern()?),
            None => match self.name() {
                Some(name) => self.field(name)?,
                None => word(self.piece(|_| false)?),
            },
        };
        Ok(Some(Token { at: start..self.at, kind }))
    }

    /// The name of a field, if one stands here: letters, then `:` or a comparison.
    fn name(&self) -> Option<Range<usize>> {
        let length =
            self.rest().find(|c: char| !c.is_ascii_alphabetic()).filter(|length| *length > 0)?;
        let after = &self.rest()[length..];
        after.starts_with([':', '<', '>', '=', '!']).then(|| self.at..self.at + length)
    }

    fn field(&mut self, name: Range<usize>) -> Result<Kind, FilterError> {
        self.at = name.end;
        if self.peek() == Some(':') {
            self.at += 1;
        }
        let mut values = Vec::new();
        loop {
            if self.peek() == Some('/') {
                let start = self.at;
                let text = self.pattern()?;
                values.push(Text { at: start..self.at, plain: text, quoted: false, pattern: true });
            } else {
                values.push(self.piece(|c| c == ',')?);
            }
            if self.peek() != Some(',') {
                return Ok(Kind::Field { name, values });
            }
            self.at += 1;
        }
    }

    /// A text up to a blank, a bracket, or what `also` ends it; in quotes up to their end.
    fn piece(&mut self, also: impl Fn(char) -> bool) -> Result<Text, FilterError> {
        let start = self.at;
        let (mut text, mut quoted) = (String::new(), false);
        while let Some(c) = self.peek().filter(|c| !ends(*c) && !also(*c)) {
            if c == '"' {
                quoted = true;
                self.quotes(&mut text)?;
            } else {
                text.push(c);
                self.at += c.len_utf8();
            }
        }
        Ok(Text { at: start..self.at, plain: text, quoted, pattern: false })
    }

    fn quotes(&mut self, text: &mut String) -> Result<(), FilterError> {
        let start = self.at;
        let inner = &self.text[start + 1..];
        let mut escaped = false;
        for (at, c) in inner.char_indices() {
            match c {
                '"' if !escaped => {
                    self.at = start + 1 + at + 1;
                    return Ok(());
                }
                '\\' if !escaped => escaped = true,
                _ => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        Err(error(
            start..self.text.len(),
            "the quotes are not closed",
            "write \" at the end of the text",
        ))
    }

    fn pattern(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let inner = &self.text[start + 1..];
        let (mut pattern, mut escaped) = (String::new(), false);
        for (at, c) in inner.char_indices() {
            match c {
                '/' if !escaped => {
                    self.at = start + 1 + at + 1;
                    return Ok(pattern);
                }
                '\\' if !escaped => escaped = true,
                _ => {
                    if escaped && c != '/' {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                    escaped = false;
                }
            }
        }
        Err(error(start..self.text.len(), "the pattern is not closed", "write / at its end"))
    }
}

fn word(text: Text) -> Kind {
    if text.quoted {
        return Kind::Word(text);
    }
    match text.plain.to_ascii_lowercase().as_str() {
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        _ => Kind::Word(text),
    }
}

pub fn error(
    at: Range<usize>,
    what: impl Into<String>,
    possible: impl Into<String>,
) -> FilterError {
    FilterError { at, what: what.into(), possible: possible.into() }
}
