//! docs/events.schema.json, and whether an event is as it says. Every event that a program prints
//! in a test passes here, whether the test looks at it or not.
//!
//! The few keywords of JSON Schema that the file uses are understood; any other is a failure, so
//! that none is ignored.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.schema.json");
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON")
    })
}

/// Fails where a line that a program printed is an event, and not one of the schema's.
pub fn check_line(line: &str) {
    if let Ok(value) = serde_json::from_str::<Value>(line)
        && value.get("event").is_some()
    {
        check(&value);
    }
}

/// Fails where the event is not one of the schema's.
pub fn check(event: &Value) {
    let alternatives = schema()["oneOf"].as_array().expect("alternatives");
    let named = |it: &&Value| it["properties"]["event"]["const"] == event["event"];
    let faults: Vec<String> =
        alternatives.iter().filter(named).map(|it| fault(it, event, "")).collect();
    let fitting = faults.iter().filter(|fault| fault.is_empty()).count();
    assert_eq!(fitting, 1, "not as docs/events.schema.json says: {event}\n{}", faults.join("\n"));
}

/// What is wrong with the value, or nothing.
fn fault(schema: &Value, value: &Value, place: &str) -> String {
    let rules = schema.as_object().expect("a schema is an object");
    let number = value.as_f64();
    let faults = rules.iter().map(|(keyword, rule)| match keyword.as_str() {
        "title" | "description" => String::new(),
        "type" => wrong(types(rule).any(|name| is_a(name, value)), place, &format!("is no {rule}")),
        "const" => wrong(value == rule, place, &format!("is not {rule}")),
        "enum" => wrong(
            rule.as_array().is_some_and(|all| all.contains(value)),
            place,
            &format!("is not of {rule}"),
        ),
        // of numbers alone: whether it must be one, "type" says
        "minimum" => wrong(number.is_none() || number >= rule.as_f64(), place, "is too small"),
        "maximum" => wrong(number.is_none() || number <= rule.as_f64(), place, "is too large"),
        "pattern" => {
            let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a pattern");
            wrong(
                value.as_str().is_some_and(|text| pattern.is_match(text)),
                place,
                "does not match its pattern",
            )
        }
        "items" => all(value.as_array().into_iter().flatten().map(|item| fault(rule, item, place))),
        "properties" => all(rule.as_object().expect("properties").iter().map(|(name, rule)| {
            value
                .get(name)
                .map(|value| fault(rule, value, &format!("{place}.{name}")))
                .unwrap_or_default()
        })),
        "required" => all(types(rule)
            .map(|name| wrong(value.get(name).is_some(), place, &format!("lacks {name}")))),
        "additionalProperties" => all(value.as_object().into_iter().flatten().map(|(name, _)| {
            wrong(
                rules["properties"].get(name).is_some(),
                place,
                &format!("has {name}, which is not described"),
            )
        })),
        other => panic!("this test does not know the keyword {other}"),
    });
    all(faults)
}

/// One name, or a list of them.
fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let list = rule.as_array().map_or_else(|| std::slice::from_ref(rule), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("this test does not know the type {other}"),
    }
}

fn wrong(holds: bool, place: &str, what: &str) -> String {
    if holds { String::new() } else { format!("{place} {what}") }
}

fn all(faults: impl Iterator<Item = String>) -> String {
    faults.filter(|fault| !fault.is_empty()).collect::<Vec<_>>().join("; ")
}

#[test]
fn an_event_that_is_not_described_is_found() {
    let part =
        serde_json::json!({"event": "part", "index": 0, "bytes": 5, "parts_left": 0, "at_ms": 1.5});
    check(&part);
    for (name, value) in [
        ("index", Value::from("0")),
        ("parts_left", 256.into()),
        ("more", 1.into()),
        ("at_ms", Value::Null),
    ] {
        let mut event = part.clone();
        event[name] = value;
        let found = std::panic::catch_unwind(|| check(&event));
        assert!(found.is_err(), "{event}");
    }
}
