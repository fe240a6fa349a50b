//! How one answer differs from the one that most peers gave, value by value at its top.

use super::sample::{Sample, same};
use swarmscope_wire::tree::Node;

/// How many places are named; the rest is counted.
const NAMED: usize = 6;

/// What two answers have in common and what not, in a line each.
#[must_use]
pub fn lines(one: &Sample, usual: &Sample) -> Vec<(&'static str, String)> {
    if one.error != usual.error {
        return vec![(
            "differs",
            format!("error {} where most say error {}", one.error, usual.error),
        )];
    }
    if one.total == 0 || usual.total == 0 {
        return scalars(one, usual);
    }
    let (mut equal, mut differs, mut extra) = (Vec::new(), Vec::new(), Vec::new());
    for child in &one.tree.children {
        match usual.tree.children.iter().find(|other| other.label == child.label) {
            Some(other) if same(child, other) => equal.push(child.label.clone()),
            Some(other) => {
                differs.push(format!("{}: {}, most: {}", child.label, child.value, other.value));
            }
            None => extra.push(child.label.clone()),
        }
    }
    let absent = |child: &&Node| !one.tree.children.iter().any(|other| other.label == child.label);
    let mut missing: Vec<String> =
        usual.tree.children.iter().filter(absent).map(|child| child.label.clone()).collect();
    let (from_one, from_usual) = (one.tree.children.len(), usual.tree.children.len());
    if from_one < one.total {
        extra.retain(|_| from_usual == usual.total);
        missing.clear();
    }
    if from_usual < usual.total {
        extra.clear();
    }
    let mut lines = Vec::new();
    let mut add = |label, text: String| {
        if !text.is_empty() {
            lines.push((label, text));
        }
    };
    add("same", ranges(&equal, None));
    for difference in differs.iter().take(3) {
        add("differs", difference.clone());
    }
    if differs.len() > 3 {
        add("differs", format!("{} values more", differs.len() - 3));
    }
    add(
        "extra",
        ranges(
            &extra,
            Some(one.total).filter(|total| from_one < *total && from_usual == usual.total),
        ),
    );
    add(
        "missing",
        ranges(
            &missing,
            Some(usual.total).filter(|total| from_usual < *total && from_one == one.total),
        ),
    );
    let cut = from_one < one.total && from_usual < usual.total;
    add(
        "compared",
        if cut {
            format!("the first {} values: more are not kept", from_one.min(from_usual))
        } else {
            String::new()
        },
    );
    lines
}

fn scalars(one: &Sample, usual: &Sample) -> Vec<(&'static str, String)> {
    let says = |sample: &Sample| {
        if sample.tree.value.is_empty() { "nothing".to_owned() } else { sample.line.clone() }
    };
    vec![("differs", format!("{}; most: {}", says(one), says(usual)))]
}

/// `0, 3 to 5`: labels, numbers in a row as a range. `total`: the last of them is the one before
/// that, though it is not kept.
fn ranges(labels: &[String], total: Option<usize>) -> String {
    let numbers: Option<Vec<usize>> = labels.iter().map(|label| label.parse().ok()).collect();
    let Some(mut numbers) = numbers else { return listed(labels) };
    numbers.extend(
        total
            .and_then(|total| total.checked_sub(1))
            .filter(|last| numbers.last().is_some_and(|n| n < last)),
    );
    let jump = numbers.len().checked_sub(1).filter(|_| total.is_some());
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (place, number) in numbers.into_iter().enumerate() {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == number || jump == Some(place) => *end = number,
            _ => parts.push((number, number)),
        }
    }
    let text = |(start, end): &(usize, usize)| {
        let number = |n: &usize| crate::format::thousands(*n as u64);
        if start == end { number(start) } else { format!("{} to {}", number(start), number(end)) }
    };
    listed(&parts.iter().map(text).collect::<Vec<_>>())
}

fn listed(names: &[String]) -> String {
    match names.len() {
        0..=NAMED => names.join(", "),
        many => format!("{} and {} more", names[..NAMED].join(", "), many - NAMED),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::{rows, sample};
    use super::*;

    fn against(one: &[&str], usual: &[&str]) -> Vec<String> {
        let lines = lines(&sample(0, &rows(one)), &sample(0, &rows(usual)));
        lines.into_iter().map(|(label, text)| format!("{label} {text}")).collect()
    }

    #[test]
    fn rows_are_the_same_extra_missing_or_different() {
        assert_eq!(against(&["a"; 5], &["a"]), ["same 0", "extra 1 to 4"]);
        assert_eq!(against(&["a"], &["a"; 3]), ["same 0", "missing 1 to 2"]);
        assert_eq!(
            against(&["a", "x", "c"], &["a", "b", "c"]),
            ["same 0, 2", "differs 1: x, most: b"]
        );
        assert_eq!(against(&[], &["5.3.9"]), ["differs no rows; most: one row: 5.3.9"]);
    }

    #[test]
    fn what_is_not_kept_is_counted_not_compared() {
        assert_eq!(against(&vec!["5.3.9"; 221_000], &["5.3.9"]), ["same 0", "extra 1 to 220 999"]);
        assert_eq!(
            against(&["5.3.9"], &vec!["5.3.9"; 221_000]),
            ["same 0", "missing 1 to 220 999"]
        );
        let both = against(&vec!["a"; 1000], &vec!["a"; 2000]);
        assert!(
            both[0].starts_with("same 0 to ") && both[1].contains("more are not kept"),
            "{both:?}"
        );
    }

    #[test]
    fn an_error_against_answers_is_told_as_that() {
        let error = lines(&sample(253, b"unknown message"), &sample(0, &rows(&["a"])));
        assert_eq!(error, [("differs", "error 253 where most say error 0".to_owned())]);
    }
}
