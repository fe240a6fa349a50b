//! A payload as a form: a line for each field, as it is typed.

use super::input::Input;
use crate::screen::keys::key::Key;
use crossterm::event::KeyCode;
use swarmscope_peer::crawler::Question;
use swarmscope_peer::crawler::field::{Field, Kind, Value, write_form};

/// What is typed into the fields of a probe.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Form {
    pub inputs: Vec<Input>,
    /// The field that is typed into.
    pub at: usize,
}

impl Form {
    /// With what is sent where nobody says otherwise.
    #[must_use]
    pub fn new(fields: &[Field]) -> Self {
        Self {
            inputs: fields.iter().map(|field| Input::new(field.default.typed())).collect(),
            at: 0,
        }
    }

    /// Takes a key into the current field. Returns whether anything changed.
    pub fn key(&mut self, fields: &[Field], key: Key) -> bool {
        let (Some(field), Some(input)) = (fields.get(self.at), self.inputs.get_mut(self.at)) else {
            return false;
        };
        let Kind::Choice(choices) = field.kind else { return input.key(key) };
        let at = choices.iter().position(|(name, _)| *name == input.text()).unwrap_or(0);
        let next = match key.code {
            KeyCode::Left => at + choices.len() - 1,
            KeyCode::Right | KeyCode::Char(' ') => at + 1,
            _ => return false,
        };
        *input = Input::new(choices[next % choices.len()].0);
        true
    }

    /// Types text into the current field, if it takes any.
    pub fn type_in(&mut self, fields: &[Field], text: &str) -> bool {
        let is_choice =
            fields.get(self.at).is_none_or(|field| matches!(field.kind, Kind::Choice(_)));
        !is_choice && self.inputs.get_mut(self.at).is_some_and(|input| input.type_in(text))
    }

    /// What is wrong with one of the fields.
    #[must_use]
    pub fn wrong(&self, fields: &[Field], at: usize) -> Option<String> {
        fields.get(at)?.kind.read(self.inputs.get(at)?.text()).err()
    }

    /// The values.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn values(&self, fields: &[Field]) -> Result<Vec<Value>, String> {
        let value = |(field, input): (&Field, &Input)| {
            field.kind.read(input.text()).map_err(|what| format!("{}: {what}", field.name))
        };
        fields.iter().zip(&self.inputs).map(value).collect()
    }

    /// `since=0; who=me`, as the command line takes it.
    #[must_use]
    pub fn line(&self, probe: &dyn Question) -> String {
        self.lines(probe).join("; ")
    }

    /// `since=0` and `who=me`: each field as it is written out.
    #[must_use]
    pub fn lines(&self, probe: &dyn Question) -> Vec<String> {
        let written = |(field, input): (&'_ Field, &Input)| match field.kind.read(input.text()) {
            Ok(value) => value.write(),
            Err(_) => input.text().to_owned(),
        };
        let line = |(field, input)| write_form(std::iter::once((field, written((field, input)))));
        probe.fields().iter().zip(&self.inputs).map(line).collect()
    }
}

/// Whether a probe's request is typed into a form first; where all there is are requests to choose
/// from, it is text first.
#[must_use]
pub fn is_first(fields: &[Field]) -> bool {
    fields.iter().any(|field| !matches!(field.kind, Kind::Choice(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICES: &[(&str, &str)] = &[("one", "the first"), ("two", "the second")];

    fn fields() -> [Field; 2] {
        [
            Field::new("n", Kind::Int { min: 0, max: 9 }, "5"),
            Field::new("ask", Kind::Choice(CHOICES), "one"),
        ]
    }

    #[test]
    fn fields_are_typed_and_choices_go_round() {
        let (fields, mut form) = (fields(), Form::new(&fields()));
        assert!(form.key(&fields, Key::char('0')));
        assert_eq!(form.wrong(&fields, 0).as_deref(), Some("50 is not between 0 and 9"));
        assert_eq!(form.values(&fields), Err("n: 50 is not between 0 and 9".into()));
        form.key(&fields, Key::named(KeyCode::Backspace));
        form.at = 1;
        assert!(!form.key(&fields, Key::char('x')) && !form.type_in(&fields, "x"));
        for expected in ["two", "one"] {
            form.key(&fields, Key::char(' '));
            assert_eq!(form.values(&fields), Ok(vec![Value::Int(5), Value::Text(expected.into())]));
        }
        form.key(&fields, Key::named(KeyCode::Left));
        assert_eq!(form.inputs[1].text(), "two");
    }
}
