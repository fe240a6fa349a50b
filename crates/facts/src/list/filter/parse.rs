//! From words to conditions. Recursive descent; what is nested is bounded, so that no text can
//! exhaust the stack.

use std::ops::Range;

use super::field::{Field, Kind as Holds};
use super::lex::{Kind, Text, Token, error, tokens};
use super::matching::{Needle, Pattern};
use super::{Expr, FilterError, LONGEST, Term, Value, number};

/// Brackets in brackets.
const DEEPEST: usize = 40;

/// The condition that a text means; `None` for the empty one.
pub fn parse(text: &str) -> Result<Option<Expr>, FilterError> {
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        return Err(error(
            at..text.len(),
            format!("a filter has at most {LONGEST} characters"),
            "",
        ));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, text };
    let expr = parser.any(0)?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(token) => Err(error(
            token.at.clone(),
            "no bracket is open here",
            "remove it, or write ( before it",
        )),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    text: &'t str,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let taken = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(taken);
        taken
    }

    /// The end of the text, where something is missing.
    fn end(&self) -> Range<usize> {
        self.text.len()..self.text.len()
    }

    fn any(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut list = vec![self.all(depth)?];
        while self.take(&Kind::Or) {
            list.push(self.all(depth)?);
        }
        Ok(if list.len() == 1 { list.swap_remove(0) } else { Expr::Any(list) })
    }

    fn all(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut list = vec![self.one(depth)?];
        loop {
            let and = self.take(&Kind::And);
            match self.peek().map(|token| &token.kind) {
                None | Some(Kind::Or | Kind::Close) if !and => break,
                _ => list.push(self.one(depth)?),
            }
        }
        Ok(if list.len() == 1 { list.swap_remove(0) } else { Expr::All(list) })
    }

    fn one(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut not = false;
        while self.take(&Kind::Not) {
            not = !not;
        }
        let expr = self.plain(depth)?;
        Ok(if not { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn plain(&mut self, depth: usize) -> Result<Expr, FilterError> {
        const CONDITION: &str = "a word, field:value, /pattern/ or ( )";
        let Some(token) = self.peek() else {
            return Err(error(self.end(), "a term is missing here", CONDITION));
        };
        self.at += 1;
        match &token.kind {
            Kind::Open if depth >= DEEPEST => Err(error(
                token.at.clone(),
                "brackets nested too deep",
                format!("{DEEPEST} at most"),
            )),
            Kind::Open => {
                let expr = self.any(depth + 1)?;
                if self.take(&Kind::Close) {
                    Ok(expr)
                } else {
                    Err(error(token.at.clone(), "this bracket is not closed", "add a closing )"))
                }
            }
            Kind::Word(word) => Ok(Expr::Term(Term::Word(Needle::new(&word.plain)))),
            Kind::Pattern(pattern) => {
                Ok(Expr::Term(Term::Pattern(compile(pattern, token.at.clone())?)))
            }
            Kind::Field { name, values } => self.field(name, values).map(Expr::Term),
            Kind::Close | Kind::And | Kind::Or | Kind::Not => {
                Err(error(token.at.clone(), "a term is missing before this", CONDITION))
            }
        }
    }

    fn field(&self, name: &Range<usize>, values: &[Text]) -> Result<Term, FilterError> {
        let word = &self.text[name.clone()];
        let field = Field::named(word).ok_or_else(|| {
            let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
            let possible =
                format!("{}; or \"{word}:…\" in quotes for the text itself", names.join(" "));
            error(name.clone(), format!("no field {word}"), possible)
        })?;
        let values = values.iter().map(|value| read(field, value)).collect::<Result<_, _>>()?;
        Ok(Term::Field(field, values))
    }
}

fn compile(pattern: &str, at: Range<usize>) -> Result<Pattern, FilterError> {
    Pattern::new(pattern).map_err(|why| error(at, format!("not a pattern: {why}"), ""))
}

/// One value of a field.
fn read(field: Field, value: &Text) -> Result<Value, FilterError> {
    let wrong = |what: String| error(value.at.clone(), what, field.possible());
    if value.pattern {
        let texts = matches!(field.holds(), Holds::Text | Holds::NumberOrText(_));
        let compiled = compile(&value.plain, value.at.clone())?;
        return if texts {
            Ok(Value::Pattern(compiled))
        } else {
            Err(wrong(format!("{} has no text", field.name())))
        };
    }
    if value.plain.is_empty() {
        return Err(wrong(format!("{}: and what?", field.name())));
    }
    if !value.quoted && !matches!(field.holds(), Holds::Words(_)) {
        match value.plain.to_ascii_lowercase().as_str() {
            "none" => return Ok(Value::None),
            "any" => return Ok(Value::Any),
            _ => {}
        }
    }
    let number = |units| number::read(&value.plain, units).map(Value::Number);
    match field.holds() {
        Holds::Text => Ok(Value::Text(Needle::new(&value.plain))),
        Holds::Words(words) => {
            let wanted = value.plain.to_ascii_lowercase();
            let exact = words.iter().position(|(word, _)| *word == wanted);
            let mask = match exact {
                Some(at) => words[at].1,
                None => words
                    .iter()
                    .filter(|(word, _)| word.starts_with(&wanted))
                    .fold(0, |all, (_, mask)| all | mask),
            };
            if mask == 0 {
                Err(wrong(format!("no such {}", field.name())))
            } else {
                Ok(Value::Words(mask))
            }
        }
        Holds::Number(units) => number(units).map_err(wrong),
        Holds::NumberOrText(units) => {
            let numeric =
                value.plain.starts_with(|c: char| c.is_ascii_digit() || "<>=!".contains(c))
                    && !value.quoted;
            if numeric {
                number(units).map_err(wrong)
            } else {
                Ok(Value::Text(Needle::new(&value.plain)))
            }
        }
    }
}
