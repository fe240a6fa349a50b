//! What a crawl says: a line that follows it on a terminal, events for programs, a paragraph at the
//! end of each round.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use swarmscope_crawl::{Dropped, Progress, RoundReport};
use swarmscope_store::statistics::Estimate;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::output::json_line;
use super::super::printed::Printed;
use swarmscope_wire::text::clean_lines;

/// How often the line on a terminal changes at most.
const REDRAW: Duration = Duration::from_millis(500);

/// An event of `--json` (cli.md). Fields are written in this order.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line {
    /// A round has ended.
    Round {
        round: i64,
        network: &'static str,
        known: u64,
        heard: u64,
        hearsay: u64,
        dialled: u64,
        reached: u64,
        answered: BTreeMap<String, u64>,
        outcomes: BTreeMap<String, u64>,
        coverage: Option<f64>,
        distortion: Option<f64>,
        estimate: Option<[f64; 3]>,
        zone_bits: Option<u8>,
        network_estimate: Option<[f64; 3]>,
        seconds: f64,
        visits_per_s: Option<f64>,
        dropped: BTreeMap<&'static str, u64>,
    },
    /// A round goes on.
    Progress {
        round: i64,
        network: &'static str,
        known: u64,
        dialled: u64,
        reached: u64,
        in_flight: u64,
        due: u64,
        unwritten: u64,
        visits_per_s: f64,
        remaining_s: Option<f64>,
        dropped: BTreeMap<&'static str, u64>,
    },
}

impl Line {
    pub fn round(report: &RoundReport) -> Self {
        let figures = &report.figures;
        let rounded = |size: Estimate| [size.low, size.mid, size.high].map(f64::round);
        let whole = report.zone.and_then(|bits| Some(figures.estimate()?.of_whole(bits)));
        Self::Round {
            round: report.round,
            network: report.network.name(),
            known: figures.known,
            heard: figures.heard,
            hearsay: figures.hearsay,
            dialled: figures.dialled,
            reached: figures.reached(),
            answered: figures.answered.clone(),
            outcomes: figures.outcomes.clone(),
            coverage: figures.coverage().map(|share| share.mid),
            distortion: figures.distortion(),
            estimate: figures.estimate().map(rounded),
            zone_bits: report.zone,
            network_estimate: whole.map(rounded),
            seconds: figures.seconds,
            visits_per_s: figures.visits_per_second(),
            dropped: words(&report.dropped),
        }
    }

    fn progress(progress: &Progress) -> Self {
        Self::Progress {
            round: progress.round,
            network: progress.network.name(),
            known: progress.known,
            dialled: progress.dialled,
            reached: progress.reached,
            in_flight: progress.in_flight,
            due: progress.due,
            unwritten: progress.unwritten,
            visits_per_s: progress.visits_per_second,
            remaining_s: progress.remaining().map(|left| left.as_secs_f64()),
            dropped: words(&progress.dropped),
        }
    }

    /// As it is printed: for programs, or in words.
    pub fn bytes(&self, json: bool) -> io::Result<Vec<u8>> {
        if json {
            return json_line(self);
        }
        Ok(clean_lines(&format!("{}\n", self.words())).into_owned().into_bytes())
    }

    fn words(&self) -> String {
        match self {
            Self::Round {
                round,
                known,
                dialled,
                reached,
                answered,
                coverage,
                distortion,
                estimate,
                zone_bits,
                network_estimate,
                seconds,
                visits_per_s,
                dropped,
                ..
            } => {
                let percent = |share: &Option<f64>| {
                    share.map_or("not known yet".to_owned(), |it| format!("{:.1} %", it * 100.0))
                };
                let answered: Vec<String> =
                    answered.iter().map(|(name, count)| format!("{count} {name}")).collect();
                let size = |estimate: &Option<[f64; 3]>| {
                    estimate.map_or(
                        "not known (it takes two complete rounds of everybody)".to_owned(),
                        |[low, mid, high]| format!("{mid:.0} (95 %: {low:.0} to {high:.0})"),
                    )
                };
                let zone = zone_bits.map_or(String::new(), |bits| {
                    format!(
                        "\n  all figures are of one zone, 1 in {} of the network; the whole, as estimated: {}",
                        1_u32 << bits,
                        size(network_estimate)
                    )
                });
                let dropped: Vec<String> =
                    dropped.iter().map(|(why, count)| format!("{count} {why}")).collect();
                let dropped = if dropped.is_empty() {
                    String::new()
                } else {
                    format!("\n  not taken: {}", dropped.join(", "))
                };
                let size = size(estimate);
                format!(
                    "round {round}: {reached} of {dialled} visits reached their peer, {known} peers known, answered: {}\n  \
                     {seconds:.0} s, {:.0} visits/s; peers that can be reached, as estimated: {size}\n  \
                     coverage of those: {}; in only one of two rounds (distortion): {}{dropped}{zone}",
                    if answered.is_empty() { "none".to_owned() } else { answered.join(", ") },
                    visits_per_s.unwrap_or(0.0),
                    percent(coverage),
                    percent(distortion),
                )
            }
            Self::Progress {
                round,
                known,
                dialled,
                reached,
                in_flight,
                due,
                visits_per_s,
                remaining_s,
                ..
            } => {
                let left =
                    remaining_s.map_or(String::new(), |left| format!(", {}", remaining(left)));
                format!(
                    "round {round}: {reached} reached of {dialled} visited, {known} known, {due} due, {in_flight} in flight, \
                     {visits_per_s:.0}/s{left}"
                )
            }
        }
    }
}

fn words(dropped: &BTreeMap<Dropped, u64>) -> BTreeMap<&'static str, u64> {
    dropped.iter().map(|(why, count)| (why.name(), *count)).collect()
}

/// `about 3 min left`.
fn remaining(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("about {s:.0} s left"),
        s if s < 5400.0 => format!("about {:.0} min left", s / 60.0),
        s => format!("about {:.0} h left", s / 3600.0),
    }
}

/// The line that follows a crawl.
pub struct Live(Option<JoinHandle<()>>);

impl Live {
    /// On a terminal one line that changes; with `json` an event from time to time; else nothing.
    #[allow(clippy::disallowed_methods, reason = "follows the clock")]
    pub fn start(
        mut progress: watch::Receiver<Progress>,
        json: Option<Arc<Printed>>,
        every: Duration,
    ) -> Self {
        let follows = io::stderr().is_terminal();
        if json.is_none() && !follows {
            return Self(None);
        }
        let wait = if json.is_some() { every } else { REDRAW };
        Self(Some(tokio::spawn(async move {
            while progress.changed().await.is_ok() {
                let line = Line::progress(&progress.borrow());
                if let Some(printed) = &json {
                    // what is not said now the end of the round says
                    let _ = line.bytes(true).and_then(|line| printed.part(line));
                } else {
                    let _ = write!(io::stderr().lock(), "\r\x1b[K{}", line.words());
                }
                tokio::time::sleep(wait).await;
            }
        })))
    }

    /// Takes the line away.
    pub fn end(self) {
        if let Some(task) = self.0 {
            task.abort();
            if io::stderr().is_terminal() {
                let _ = write!(io::stderr().lock(), "\r\x1b[K");
            }
        }
    }
}
