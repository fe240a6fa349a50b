//! Every kind of NAT, measured often, with and without loss.

use std::fmt::Write;

use swarmscope_probes::nat::LegacyType;
use swarmscope_probes::nat::lab::{Kind, Lab};

use crate::child::{Coturn, Running, Told};
use crate::{lab, say};

/// A row of the matrix: its name, the NATs from the outermost, and what must be found.
struct Row {
    name: &'static str,
    kinds: &'static [Kind],
    legacy: LegacyType,
    mapping: &'static str,
    filtering: &'static str,
    hairpin: &'static str,
    ports: &'static str,
}

const INDEPENDENT: &str = "endpoint-independent";
const BY_ADDRESS: &str = "address-dependent";
const BY_BOTH: &str = "address-and-port-dependent";
const NOTHING: &str = "inconclusive";

const fn row(
    name: &'static str,
    kinds: &'static [Kind],
    legacy: LegacyType,
    filtering: &'static str,
) -> Row {
    Row { name, kinds, legacy, mapping: INDEPENDENT, filtering, hairpin: "fails", ports: "always" }
}

const ROWS: [Row; 12] = [
    Row { hairpin: NOTHING, ..row("no NAT", &[], LegacyType::OpenInternet, INDEPENDENT) },
    Row {
        hairpin: NOTHING,
        ..row(
            "no NAT, firewall by address",
            &[Kind::RestrictedFirewall],
            LegacyType::RestrictedConeFirewall,
            BY_ADDRESS,
        )
    },
    Row {
        hairpin: NOTHING,
        ..row(
            "no NAT, firewall by address and port",
            &[Kind::PortRestrictedFirewall],
            LegacyType::PortRestrictedConeFirewall,
            BY_BOTH,
        )
    },
    row("full cone", &[Kind::FullCone], LegacyType::FullConeNat, INDEPENDENT),
    Row {
        hairpin: "works",
        ..row(
            "full cone, hairpinning",
            &[Kind::FullConeHairpin],
            LegacyType::FullConeNat,
            INDEPENDENT,
        )
    },
    row("restricted", &[Kind::Restricted], LegacyType::RestrictedConeNat, BY_ADDRESS),
    row("port-restricted", &[Kind::PortRestricted], LegacyType::PortRestrictedConeNat, BY_BOTH),
    Row {
        mapping: BY_BOTH,
        ports: "never",
        ..row("symmetric", &[Kind::Symmetric], LegacyType::SymmetricNat, BY_BOTH)
    },
    Row {
        mapping: NOTHING,
        hairpin: NOTHING,
        ports: NOTHING,
        ..row("UDP blocked", &[Kind::Blocked], LegacyType::Blocked, NOTHING)
    },
    row(
        "full cone behind full cone",
        &[Kind::FullCone, Kind::FullCone],
        LegacyType::FullConeNat,
        INDEPENDENT,
    ),
    row(
        "restricted behind full cone",
        &[Kind::FullCone, Kind::Restricted],
        LegacyType::RestrictedConeNat,
        BY_ADDRESS,
    ),
    Row {
        mapping: BY_BOTH,
        ports: "never",
        ..row(
            "full cone behind symmetric",
            &[Kind::Symmetric, Kind::FullCone],
            LegacyType::SymmetricNat,
            BY_BOTH,
        )
    },
];

fn runs() -> usize {
    std::env::var("NAT_LAB_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(20)
}

/// Our own server, in the core.
fn server(lab: &Lab) -> Running {
    let mut server = Running::start(lab.core(), "server", &[]);
    assert_eq!(server.line().as_deref(), Some("ready"), "the STUN server starts");
    server
}

/// All rows measured at the same time: in each row's order, what each run told.
fn measure_all(lab: &mut Lab, runs: usize) -> Vec<Vec<Told>> {
    let clients: Vec<_> = ROWS.iter().map(|row| lab.client(row.kinds).expect("a client")).collect();
    let start = |client: &swarmscope_probes::nat::lab::Client| {
        Running::start(
            &client.namespace,
            "measure",
            &[("RUNS", runs.to_string()), ("LADDER", String::new())],
        )
    };
    let running: Vec<_> = clients.iter().map(start).collect();
    running
        .into_iter()
        .map(|running| running.rest().iter().map(|line| Told::read(line)).collect())
        .collect()
}

/// How many runs told this, and how many told something else than that or nothing.
fn right_and_wrong(all: &[Told], name: &str, expected: &str, unknown: &str) -> (usize, usize) {
    let right = all.iter().filter(|told| told.get(name) == expected).count();
    let open = all.iter().filter(|told| told.get(name) == unknown && expected != unknown).count();
    (right, all.len() - right - open)
}

/// Prints the table, and gives how many runs were not right, and how many were wrong.
fn judge(title: &str, results: &[Vec<Told>]) -> (usize, usize) {
    let mut table = format!(
        "\n{title}\n{:<38} {:<30} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>6}\n",
        "NAT", "type", "type", "mapping", "filtering", "hairpin", "ports", "s", "sent"
    );
    let (mut not_right, mut wrong_at_all) = (0, 0);
    for (row, told) in ROWS.iter().zip(results) {
        let columns = [
            right_and_wrong(told, "type", row.legacy.text(), "Unknown"),
            right_and_wrong(told, "mapping", row.mapping, NOTHING),
            right_and_wrong(told, "filtering", row.filtering, NOTHING),
            right_and_wrong(told, "hairpin", row.hairpin, NOTHING),
            right_and_wrong(told, "ports", row.ports, NOTHING),
        ];
        let cell = |(right, wrong): (usize, usize)| {
            let wrong = if wrong > 0 { format!(" !{wrong}") } else { String::new() };
            format!("{right}/{}{wrong}", told.len())
        };
        let longest = told
            .iter()
            .filter_map(|told| told.get("seconds").parse::<f64>().ok())
            .fold(0.0, f64::max);
        let most =
            told.iter().filter_map(|told| told.get("sent").parse::<u32>().ok()).max().unwrap_or(0);
        let [legacy, mapping, filtering, hairpin, ports] = columns.map(cell);
        writeln!(
            table,
            "{:<38} {:<30} {legacy:>9} {mapping:>9} {filtering:>9} {hairpin:>9} {ports:>9} {longest:>7.1} {most:>6}",
            row.name,
            row.legacy.text()
        )
        .expect("a string takes a line");
        for told in told.iter().filter(|told| told.get("type") != row.legacy.text()) {
            writeln!(table, "    {}", told.get("whole")).expect("a string takes a line");
        }
        not_right += columns.iter().map(|(right, _)| told.len() - right).sum::<usize>();
        wrong_at_all += columns.iter().map(|(_, wrong)| wrong).sum::<usize>();
    }
    say(&table);
    (not_right, wrong_at_all)
}

#[test]
fn every_nat_is_told_right_every_time() {
    let Some(mut lab) = lab() else { return };
    let runs = runs();
    let _server = server(&lab);
    let results = measure_all(&mut lab, runs);
    assert!(results.iter().all(|told| told.len() == runs), "every run tells");
    let (not_right, _) = judge("without loss", &results);
    assert_eq!(not_right, 0, "runs that were not right; see the table");
    for told in results.iter().flatten().filter(|told| told.get("type") != "Blocked") {
        assert!(told.get("external").starts_with("198.51.100."), "{told:?}");
    }
}

#[test]
fn no_nat_is_told_wrong_with_a_tenth_of_the_packets_lost() {
    let Some(mut lab) = lab() else { return };
    lab.lose(10).expect("packets are dropped");
    let runs = runs();
    let _server = server(&lab);
    let results = measure_all(&mut lab, runs);
    assert!(results.iter().all(|told| told.len() == runs), "every run tells");
    let (not_right, wrong) = judge("10 % of the packets dropped, each way", &results);
    assert_eq!(wrong, 0, "runs that were wrong; see the table");
    let verdicts = runs * ROWS.len() * 5;
    assert!(
        not_right * 20 <= verdicts,
        "{not_right} of {verdicts} verdicts are missing: more than 5 %"
    );
}

/// The same NATs through coturn's eyes: nothing depends on what only our own server does.
#[test]
fn every_nat_is_told_right_by_coturn_s_server_too() {
    let Some(mut lab) = lab() else { return };
    let Some(_coturn) = Coturn::start(&lab) else { return };
    let runs = runs().min(3);
    let results = measure_all(&mut lab, runs);
    assert!(results.iter().all(|told| told.len() == runs), "every run tells");
    let (not_right, _) = judge("against coturn's server", &results);
    assert_eq!(not_right, 0, "runs that were not right; see the table");
}

/// The lifetime of a mapping, with a NAT that forgets within seconds and rungs to match.
#[test]
fn the_lifetime_of_a_mapping_is_bracketed() {
    let Some(mut lab) = lab() else { return };
    let _server = server(&lab);
    for (kind, expected) in [
        (Kind::PortRestrictedForgets(8), "between 3 and 14 s"),
        (Kind::PortRestricted, "at least 14 s"),
    ] {
        let client = lab.client(&[kind]).expect("a client");
        let settings = [("RUNS", "3".to_owned()), ("LADDER", "1500,3000,14000".to_owned())];
        let told = Running::start(&client.namespace, "measure", &settings).rest();
        assert_eq!(told.len(), 3);
        for told in told.iter().map(|line| Told::read(line)) {
            assert_eq!(told.get("lifetime"), expected, "{told:?}");
        }
    }
}
