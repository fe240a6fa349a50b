//! What was measured, beside its floor and its goal.

use serde_json::json;

/// Prints rows as a table or as JSON.
pub struct Report {
    json: bool,
}

/// A figure.
pub struct Row<'a> {
    pub what: &'a str,
    pub unit: &'a str,
    pub value: f64,
    /// What it is, and how much.
    pub floor: (&'a str, f64),
    pub goal: Goal,
}

/// What the figure should be.
pub enum Goal {
    /// At least so much of the floor.
    OfFloor(f64),
    /// At most so many times the floor.
    TimesFloor(f64),
    AtLeast(f64),
    AtMost(f64),
    None,
}

impl Report {
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// One figure.
    pub fn row(&self, row: &Row<'_>) {
        let Row { what, unit, value, floor: (floor_is, floor), goal } = row;
        let ratio = value / floor;
        let (wanted, met) = match goal {
            Goal::OfFloor(share) => (format!("at least {share} of the floor"), ratio >= *share),
            Goal::TimesFloor(times) => {
                (format!("at most {times} times the floor"), ratio <= *times)
            }
            Goal::AtLeast(least) => (format!("at least {least}"), value >= least),
            Goal::AtMost(most) => (format!("at most {most}"), value <= most),
            Goal::None => (String::new(), true),
        };
        if self.json {
            let line = json!({
                "what": what, "unit": unit, "value": value, "floor_is": floor_is, "floor": floor,
                "ratio": ratio, "goal": wanted, "met": met,
            });
            println!("{line}");
            return;
        }
        let word = match (wanted.is_empty(), met) {
            (true, _) => String::new(),
            (false, true) => format!("; {wanted}: yes"),
            (false, false) => format!("; {wanted}: NO"),
        };
        println!(
            "{what:<42} {} {unit}; {floor_is} {}; ratio {ratio:.2}{word}",
            short(*value),
            short(*floor)
        );
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Ours and the floor's in turn, so often; the pair whose ratio is the middle one.
///
/// # Errors
/// Those of the measurements.
pub fn pairs<E>(
    times: usize,
    mut ours: impl FnMut() -> Result<f64, E>,
    mut floor: impl FnMut() -> Result<f64, E>,
) -> Result<(f64, f64), E> {
    let mut all = Vec::new();
    for _ in 0..times {
        let floor = floor()?;
        all.push((ours()?, floor));
    }
    all.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    Ok(all[all.len() / 2])
}
