//! Counts of a crawl in the text format that Prometheus reads. Labels hold networks, questions and
//! outcome codes; no address and no permid.

mod server;

use std::fmt::Write as _;

use swarmscope_peer::limits::Reading;
use swarmscope_store::Network;

use crate::progress::{Dropped, LATENCY_BOUNDS, Progress};
pub use server::serve;

/// The names of all metrics, for the checks of dashboards and alert rules.
pub const NAMES: &[&str] = &[
    "swarmscope_visits_total",
    "swarmscope_questions_total",
    "swarmscope_rounds_total",
    "swarmscope_written_results_total",
    "swarmscope_counted_elsewhere_total",
    "swarmscope_not_permitted_total",
    "swarmscope_opted_out_total",
    "swarmscope_store_troubles_total",
    "swarmscope_dropped_total",
    "swarmscope_known_peers",
    "swarmscope_due_peers",
    "swarmscope_in_flight_visits",
    "swarmscope_in_flight_limit",
    "swarmscope_visit_queue_length",
    "swarmscope_write_queue_length",
    "swarmscope_running_round_seconds",
    "swarmscope_visits_per_second",
    "swarmscope_store_bytes",
    "swarmscope_round_reached_peers",
    "swarmscope_round_duration_seconds",
    "swarmscope_round_coverage_ratio",
    "swarmscope_round_distortion_ratio",
    "swarmscope_round_hearsay_ratio",
    "swarmscope_dial_duration_seconds",
    "swarmscope_limit_refused_total",
    "swarmscope_limit_used",
    "swarmscope_limit_most_used",
    "swarmscope_limit_allowed",
    "swarmscope_resident_memory_bytes",
    "swarmscope_open_files",
];

/// Writes one scrape. `limit`: visits that may be in flight.
#[must_use]
pub fn render(progress: &Progress, limit: usize) -> String {
    let mut text = Text { out: String::with_capacity(8 * 1024), network: progress.network.name() };
    let visits = progress
        .visits
        .iter()
        .map(|(outcome, count)| (format!(",outcome=\"{outcome}\""), *count as f64));
    text.family("visits_total", "counter", "Visits that ended, by outcome", visits);
    let questions = progress.questions.iter();
    let questions = questions.map(|((name, outcome), count)| {
        (format!(",question=\"{name}\",outcome=\"{outcome}\""), *count as f64)
    });
    text.family("questions_total", "counter", "Questions that ended, by outcome", questions);
    for (name, help, value) in [
        ("rounds_total", "Rounds that ended", progress.rounds),
        ("written_results_total", "Visits on disk", progress.written),
        (
            "counted_elsewhere_total",
            "Visits that another Crawler had counted in the same round",
            progress.again,
        ),
        (
            "not_permitted_total",
            "Questions not sent because their frequency had not passed",
            progress.not_permitted,
        ),
        ("opted_out_total", "Peers skipped because they opted out", progress.opted_out),
        (
            "store_troubles_total",
            "Store failures that were recovered from",
            progress.store_troubles,
        ),
    ] {
        text.one(name, "counter", help, Some(value as f64));
    }
    let of_all = |why: &Dropped| progress.network == Network::Dht || *why == Dropped::StoreBehind;
    let dropped = Dropped::ALL.into_iter().filter(of_all).map(|why| {
        let count = progress.dropped.get(&why).copied().unwrap_or(0);
        (format!(",why=\"{}\"", why.name()), count as f64)
    });
    text.family("dropped_total", "counter", "What a crawl did not take, by why", dropped);
    let last = progress.last.as_ref();
    for (name, help, value) in [
        ("known_peers", "Peers ever heard of", Some(progress.known as f64)),
        ("due_peers", "Peers of the running round that are still due", Some(progress.due as f64)),
        ("in_flight_visits", "Visits in flight", Some(progress.in_flight as f64)),
        ("in_flight_limit", "Visits that may be in flight", Some(limit as f64)),
        ("visit_queue_length", "Peers leased but not started", Some(progress.queued as f64)),
        ("write_queue_length", "Visits not on disk yet", Some(progress.unwritten as f64)),
        ("running_round_seconds", "Since the running round began", Some(progress.round_seconds)),
        ("visits_per_second", "Over the last seconds", Some(progress.visits_per_second)),
        ("store_bytes", "Size of the store on disk", Some(progress.store_bytes as f64)),
        (
            "round_reached_peers",
            "Peers that the last round reached",
            last.map(|it| it.reached() as f64),
        ),
        ("round_duration_seconds", "How long the last round took", last.map(|it| it.seconds)),
        (
            "round_coverage_ratio",
            "Share of the peers that can be reached, as estimated, which the last round reached",
            last.and_then(swarmscope_store::Figures::coverage).map(|it| it.mid),
        ),
        (
            "round_distortion_ratio",
            "Share of the peers of the last two rounds that are in only one of them",
            last.and_then(swarmscope_store::Figures::distortion),
        ),
        (
            "round_hearsay_ratio",
            "Share of the known peers that no visit ever reached",
            last.and_then(swarmscope_store::Figures::hearsay_share),
        ),
    ] {
        text.one(name, "gauge", help, value);
    }
    text.latency(progress);
    text.limits(progress);
    text.plain("resident_memory_bytes", "Memory of this process", resident());
    text.plain("open_files", "Open files and sockets of this process", open_files());
    text.out
}

struct Text {
    out: String,
    network: &'static str,
}

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ =
            writeln!(self.out, "# HELP swarmscope_{name} {help}\n# TYPE swarmscope_{name} {kind}");
    }

    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        values: impl Iterator<Item = (String, f64)>,
    ) {
        self.head(name, kind, help);
        for (labels, value) in values {
            let _ = writeln!(
                self.out,
                "swarmscope_{name}{{network=\"{}\"{labels}}} {value}",
                self.network
            );
        }
    }

    /// A figure that cannot be had yet is left out: no number is better than a wrong one.
    fn one(&mut self, name: &str, kind: &str, help: &str, value: Option<f64>) {
        self.family(name, kind, help, value.map(|value| (String::new(), value)).into_iter());
    }

    /// What peers take of this process. `used` is left out where each source, permid or connection is
    /// counted by itself.
    fn limits(&mut self, progress: &Progress) {
        let all = &progress.limits;
        let label = |reading: &Reading| format!(",limit=\"{}\"", reading.limit.key());
        let refused = all.iter().map(|it| (label(it), it.refused as f64));
        self.family("limit_refused_total", "counter", "How often a limit was reached", refused);
        let used = all.iter().filter_map(|it| Some((label(it), it.used? as f64)));
        self.family("limit_used", "gauge", "What is in use of a limit", used);
        let most = all.iter().map(|it| (label(it), it.most as f64));
        self.family("limit_most_used", "gauge", "The most that ever was", most);
        let allowed = all.iter().map(|it| (label(it), it.allowed as f64));
        self.family("limit_allowed", "gauge", "What a limit allows", allowed);
    }

    fn plain(&mut self, name: &str, help: &str, value: Option<f64>) {
        self.head(name, "gauge", help);
        if let Some(value) = value {
            let _ = writeln!(self.out, "swarmscope_{name} {value}");
        }
    }

    fn latency(&mut self, progress: &Progress) {
        let name = "dial_duration_seconds";
        self.head(name, "histogram", "From the beginning of a dial to an authenticated connection");
        let mut sum = 0;
        let bounds = LATENCY_BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(progress.latency) {
            sum += count;
            let _ = writeln!(
                self.out,
                "swarmscope_{name}_bucket{{network=\"{}\",le=\"{bound}\"}} {sum}",
                self.network
            );
        }
        let network = self.network;
        let _ = writeln!(
            self.out,
            "swarmscope_{name}_sum{{network=\"{network}\"}} {}",
            progress.latency_sum
        );
        let _ = writeln!(self.out, "swarmscope_{name}_count{{network=\"{network}\"}} {sum}");
    }
}

/// Where the system tells: Linux.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? * 1024.0)
}

fn open_files() -> Option<f64> {
    std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use swarmscope_peer::limits::{Limit, Limits, Meter};

    use super::*;

    #[test]
    fn every_metric_is_there_with_help_and_type_and_nothing_else() {
        let mut progress = Progress::default();
        progress.ended("reached");
        progress.ended("tcp.timeout");
        progress.asked("NATCHECK", "answered");
        progress.dialled_in(Duration::from_millis(30));
        let (limits, refused) = (Limits::default(), Limit::ReplyBytesInAll);
        let meter = Meter::new(&limits);
        meter.uses(refused, 5000);
        meter.refused(refused);
        progress.limits = meter.read();
        let text = render(&progress, 256);
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        assert_eq!(names, NAMES);
        assert!(
            text.contains(
                "swarmscope_visits_total{network=\"overlay\",outcome=\"tcp.timeout\"} 1\n"
            ),
            "{text}"
        );
        assert!(text.contains("dial_duration_seconds_bucket{network=\"overlay\",le=\"0.05\"} 1\n"));
        assert!(!text.contains("round_coverage_ratio{"), "not known, not said");
        let limit = "{network=\"overlay\",limit=\"reply-bytes-in-all\"}";
        assert!(text.contains(&format!("swarmscope_limit_refused_total{limit} 1\n")), "{text}");
        assert!(text.contains(&format!("swarmscope_limit_used{limit} 5000\n")), "{text}");
        assert!(!text.contains("limit_used{network=\"overlay\",limit=\"queued-bytes\"}"));
    }

    #[test]
    fn what_a_crawl_drops_is_counted_by_why() {
        let mut progress = Progress { network: Network::Dht, ..Progress::default() };
        progress.dropped(Dropped::SystemPort, 3);
        let text = render(&progress, 256);
        for line in ["why=\"system_port\"} 3", "why=\"host\"} 0", "why=\"stray\"} 0"] {
            let line = format!("swarmscope_dropped_total{{network=\"dht\",{line}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        let mut overlay = Progress::default();
        overlay.dropped(Dropped::StoreBehind, 7);
        let text = render(&overlay, 256);
        let all: Vec<_> = text.lines().filter(|line| line.contains("dropped_total{")).collect();
        let behind = "swarmscope_dropped_total{network=\"overlay\",why=\"store_behind\"} 7";
        assert_eq!(all, [behind], "the others are of the DHT alone");
        let written = Dropped::ALL.map(|why| serde_json::to_value(why).unwrap());
        assert_eq!(written, Dropped::ALL.map(Dropped::name), "one word everywhere");
    }
}
