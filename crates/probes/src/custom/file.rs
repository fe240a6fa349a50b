//! From the text of a file to a probe, or to the line where it goes wrong.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::Custom;
use super::decoder::Decoder;
use super::template::{Literals, Template};
use crate::config_file::line_of;
use swarmscope_peer::crawler::field::{Field, Kind, LONGEST, Value};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::text::read_hex;
use swarmscope_wire::{Frequency, MessageId, OverlayVersion, text};

/// The longest name and the longest line of documentation.
const MAX_NAME: usize = 40;
const MAX_DOC_CHARS: usize = 200;
/// A channel's life (protocol.md §4): nothing can come after it.
const MAX_TIMEOUT: i64 = 3600;
const DEFAULT_TIMEOUT: i64 = 30;

/// Where in the file things stand that can turn out to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lines {
    pub id: usize,
    pub name: usize,
}

/// A line, from 1, and what is wrong with it.
type Wrong = (Option<usize>, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    id: Spanned<i64>,
    name: Spanned<String>,
    doc: Spanned<String>,
    payload: Option<Spanned<String>>,
    payload_hex: Option<Spanned<String>>,
    decoder: Spanned<String>,
    frequency: Option<Spanned<i64>>,
    timeout: Option<Spanned<i64>>,
    min_version: Option<Spanned<i64>>,
    max_version: Option<Spanned<i64>>,
    #[serde(default)]
    consumes: bool,
    #[serde(default)]
    instead_of_built_in: bool,
    #[serde(default)]
    field: Vec<Spanned<FieldForm>>,
    #[serde(default)]
    rows_at: String,
    #[serde(default)]
    row: Vec<RowForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowForm {
    name: Spanned<String>,
    from: Option<String>,
    #[serde(rename = "type")]
    kind: ColumnKind,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    volatile: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldForm {
    name: Spanned<String>,
    #[serde(rename = "type")]
    kind: Spanned<String>,
    default: Spanned<toml::Value>,
    min: Option<Spanned<i64>>,
    max: Option<Spanned<i64>>,
    longest: Option<Spanned<i64>>,
}

/// Reads a file.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<(Custom, Lines), Wrong> {
    let at = |span: Range<usize>| line_of(text, span.start);
    let form: Form = toml::from_str(text)
        .map_err(|error| (error.span().map(at), error.message().replace('\n', " ")))?;
    let wrong = |span: Range<usize>| move |what: String| (Some(at(span.clone())), what);
    let id = number(&form.id, "id", 0..=255).map_err(wrong(form.id.span()))?;
    let name = name(form.name.as_ref()).map_err(wrong(form.name.span()))?;
    let fields =
        form.field.iter().map(|it| field(it.get_ref(), &at)).collect::<Result<Vec<_>, _>>()?;
    let payload = match (&form.payload, &form.payload_hex) {
        (Some(_), Some(hex)) => {
            return Err(wrong(hex.span())("payload and payload_hex: one of the two".into()));
        }
        (Some(text), None) => Some((text, Literals::Text)),
        (None, Some(hex)) => Some((hex, Literals::Hex)),
        (None, None) => None,
    };
    let payload = payload
        .map(|(it, literals)| {
            Template::parse(it.as_ref(), literals, &fields).map_err(wrong(it.span()))
        })
        .transpose()?;
    let used: BTreeSet<usize> = payload.iter().flat_map(Template::uses).collect();
    let mut names = BTreeSet::new();
    for (number, field) in form.field.iter().enumerate() {
        let name = &field.get_ref().name;
        if !names.insert(name.as_ref()) {
            return Err(wrong(name.span())(format!(
                "two fields have the name {:?}",
                name.as_ref()
            )));
        }
        if !used.contains(&number) {
            return Err(wrong(name.span())(format!(
                "the payload does not use {{{}}}",
                name.as_ref()
            )));
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    for row in form.row {
        let taken = columns.iter().any(|column| column.name == *row.name.get_ref());
        if taken || !Column::is_name(row.name.get_ref()) {
            let what =
                if taken { "two rows have that name" } else { "use small letters, digits and _" };
            return Err(wrong(row.name.span())(format!(
                "{:?} cannot be a column: {what}",
                row.name.get_ref()
            )));
        }
        let RowForm { name, from, kind, sensitive, volatile } = row;
        let name = name.into_inner();
        let from = from.unwrap_or_else(|| name.clone()).into();
        columns.push(Column { name: name.into(), from, kind, sensitive, volatile });
    }
    let decoder = Decoder::parse(form.decoder.as_ref()).map_err(wrong(form.decoder.span()))?;
    let or = |it: &Option<Spanned<i64>>,
              word: &str,
              range: std::ops::RangeInclusive<i64>,
              default: i64| match it {
        Some(it) => number(it, word, range).map_err(wrong(it.span())),
        None => Ok(default),
    };
    let frequency =
        or(&form.frequency, "frequency", 0..=i64::from(u16::MAX), i64::from(Frequency::DEFAULT.0))?;
    let timeout = or(&form.timeout, "timeout", 1..=MAX_TIMEOUT, DEFAULT_TIMEOUT)?;
    let lowest = i64::from(OverlayVersion::CRAWLER.0);
    let min = or(&form.min_version, "min_version", lowest..=i64::from(u16::MAX), lowest)?;
    let max = or(&form.max_version, "max_version", min..=i64::from(u16::MAX), i64::from(u16::MAX))?;
    let version = |number: i64| OverlayVersion(u16::try_from(number).unwrap_or(u16::MAX));
    let custom = Custom {
        id: MessageId(u8::try_from(id).unwrap_or_default()),
        name,
        doc: text::clip(form.doc.as_ref().as_bytes(), MAX_DOC_CHARS),
        fields,
        payload,
        decoder,
        frequency: Frequency(u16::try_from(frequency).unwrap_or(u16::MAX)),
        timeout: Duration::from_secs(timeout.unsigned_abs()),
        versions: (version(min), version(max)),
        consumes: form.consumes,
        instead_of_built_in: form.instead_of_built_in,
        rows: Rows { at: form.rows_at.into(), columns: columns.into() },
    };
    Ok((custom, Lines { id: at(form.id.span()), name: at(form.name.span()) }))
}

fn name(name: &str) -> Result<String, String> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if is_word && begins && name.len() <= MAX_NAME {
        Ok(name.to_ascii_uppercase())
    } else {
        Err(format!(
            "{name:?} is not a valid name: a letter, then letters, digits and _, at most {MAX_NAME}"
        ))
    }
}

fn field(form: &FieldForm, at: &impl Fn(Range<usize>) -> usize) -> Result<Field, Wrong> {
    let wrong = |span: Range<usize>| move |what: String| (Some(at(span.clone())), what);
    let name = form.name.as_ref();
    let is_word =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_word || name.is_empty() {
        return Err(wrong(form.name.span())(format!(
            "{name:?} is not a valid field name: small letters, digits and _"
        )));
    }
    let kind = kind(form).map_err(|(span, what)| wrong(span)(what))?;
    let value = match (kind, form.default.as_ref()) {
        (Kind::Int { .. }, toml::Value::Integer(number)) => Ok(Value::Int(*number)),
        (Kind::Text { .. }, toml::Value::String(text)) => Ok(Value::Text(text.clone())),
        (Kind::Bytes { .. }, toml::Value::String(digits)) => read_hex(digits).map(Value::Bytes),
        (Kind::Int { .. }, _) => Err("default is not a whole number".into()),
        (Kind::Text { .. } | Kind::Choice(_), _) => Err("default is not a text in quotes".into()),
        (Kind::Bytes { .. }, _) => Err("default is not a text of hexadecimal digits".into()),
    };
    let default = value.and_then(|value| kind.check(value)).map_err(wrong(form.default.span()))?;
    Ok(Field { name: name.clone().into(), kind, default })
}

fn kind(form: &FieldForm) -> Result<Kind, (Range<usize>, String)> {
    let word = form.kind.as_ref().as_str();
    let misplaced = |bound: &Option<Spanned<i64>>, name: &str| match bound {
        Some(bound) => Err((bound.span(), format!("{name} does not apply to {word}"))),
        None => Ok(()),
    };
    match word {
        "int" => {
            misplaced(&form.longest, "longest")?;
            let bound =
                |it: &Option<Spanned<i64>>, or: i64| it.as_ref().map_or(or, |it| *it.get_ref());
            let (min, max) = (bound(&form.min, i64::MIN), bound(&form.max, i64::MAX));
            match &form.min {
                Some(it) if min > max => Err((it.span(), format!("min {min} is above max {max}"))),
                _ => Ok(Kind::Int { min, max }),
            }
        }
        "text" | "bytes" => {
            misplaced(&form.min, "min")?;
            misplaced(&form.max, "max")?;
            let longest = match &form.longest {
                None => LONGEST,
                Some(it) => usize::try_from(*it.get_ref())
                    .ok()
                    .filter(|longest| (1..=LONGEST).contains(longest))
                    .ok_or_else(|| {
                        (it.span(), format!("longest is not between 1 and {LONGEST}"))
                    })?,
            };
            Ok(if word == "text" { Kind::Text { longest } } else { Kind::Bytes { longest } })
        }
        _ => Err((form.kind.span(), format!("{word:?} is not a type; use int, text or bytes"))),
    }
}

fn number(
    it: &Spanned<i64>,
    word: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, String> {
    let number = *it.get_ref();
    if range.contains(&number) {
        return Ok(number);
    }
    Err(format!("{word} {number} is not between {} and {}", range.start(), range.end()))
}
