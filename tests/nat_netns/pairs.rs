//! Hole punching between every two kinds of NAT.

use std::collections::HashMap;
use std::fmt::Write;

use swarmscope_probes::nat::lab::{Client, Kind, Lab};

use crate::child::{Running, Told};
use crate::{lab, say};

/// What decides whether a pair can reach each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// One external port for all, and others than the other peer's port may answer.
    Lenient,
    /// One external port for all, and only the very port that was sent to may answer.
    PortRestricted,
    /// Another external port for everybody, and only the very port that was sent to may answer.
    Symmetric,
    Blocked,
}

const SIDES: [(&str, &[Kind], Class); 8] = [
    ("no NAT", &[], Class::Lenient),
    ("full cone", &[Kind::FullCone], Class::Lenient),
    ("restricted", &[Kind::Restricted], Class::Lenient),
    ("port-restricted", &[Kind::PortRestricted], Class::PortRestricted),
    ("symmetric", &[Kind::Symmetric], Class::Symmetric),
    ("UDP blocked", &[Kind::Blocked], Class::Blocked),
    ("restricted behind full cone", &[Kind::FullCone, Kind::Restricted], Class::Lenient),
    ("full cone behind symmetric", &[Kind::Symmetric, Kind::FullCone], Class::Symmetric),
];

/// The textbook's table: whoever doesn't mind the port hears anybody; a symmetric NAT's new port is
/// not the one that a port-restricted one was told of. One that can't get to the rendezvous leaves
/// the other waiting there.
const fn expected(one: Class, other: Class) -> &'static str {
    match (one, other) {
        (Class::Blocked, _) | (_, Class::Blocked) => "ERR",
        (Class::Symmetric, Class::Symmetric | Class::PortRestricted)
        | (Class::PortRestricted, Class::Symmetric) => "NO",
        _ => "YES",
    }
}

/// Opens a rendezvous for each pair, and gives their ports.
fn rendezvous(lab: &Lab, pairs: &[(&Client, &Client)]) -> (Running, Vec<String>) {
    let addresses = pairs.iter().map(|(one, other)| format!("{},{}", one.external, other.external));
    let pairs_setting = addresses.collect::<Vec<_>>().join(" ");
    let mut running = Running::start(lab.core(), "meet", &[("PAIRS", pairs_setting)]);
    let ports = pairs.iter().map(|_| running.line().expect("a port")).collect();
    (running, ports)
}

/// Punches from this side of all pairs that it is in: the result by the rendezvous' port.
fn results(running: Vec<Running>) -> Vec<HashMap<String, String>> {
    let told = |line: &String| {
        let told = Told::read(line);
        (told.get("port").to_owned(), told.get("result").to_owned())
    };
    running.into_iter().map(|running| running.rest().iter().map(told).collect()).collect()
}

#[test]
fn every_pair_reaches_each_other_as_far_as_its_nats_allow() {
    let Some(mut lab) = lab() else { return };
    let mut side = || SIDES.map(|(_, kinds, _)| lab.client(kinds).expect("a client"));
    let (left, right) = (side(), side());
    let pairs: Vec<_> =
        left.iter().flat_map(|one| right.iter().map(move |other| (one, other))).collect();
    let (_meeting, ports) = rendezvous(&lab, &pairs);

    let start = |client: &Client, ports: Vec<&str>| {
        Running::start(&client.namespace, "punch", &[("PORTS", ports.join(" "))])
    };
    let port = |one: usize, other: usize| ports[one * SIDES.len() + other].as_str();
    let all = 0..SIDES.len();
    let mut lefts: Vec<_> = left
        .iter()
        .enumerate()
        .map(|(one, client)| start(client, all.clone().map(|other| port(one, other)).collect()))
        .collect();
    let mut rights: Vec<_> = right
        .iter()
        .enumerate()
        .map(|(other, client)| start(client, all.clone().map(|one| port(one, other)).collect()))
        .collect();
    for running in lefts.iter_mut().chain(&mut rights) {
        assert_eq!(running.line().as_deref(), Some("ready"));
    }
    for running in lefts.iter_mut().chain(&mut rights) {
        running.go();
    }
    let (lefts, rights) = (results(lefts), results(rights));

    let mut table = format!("\nhole punching: what both sides reply\n{:<30}", "");
    let mut wrong = Vec::new();
    table.extend((1..=SIDES.len()).map(|number| format!("{number:>5}")));
    for (one, (name, _, class)) in SIDES.iter().enumerate() {
        write!(table, "\n{} {name:<28}", one + 1).expect("a string takes text");
        for (other, (other_name, _, other_class)) in SIDES.iter().enumerate() {
            let got = [&lefts[one], &rights[other]]
                .map(|side| side.get(port(one, other)).map_or("?", String::as_str));
            let cell = if got[0] == got[1] { got[0].to_owned() } else { got.join("/") };
            write!(table, "{cell:>5}").expect("a string takes text");
            if got != [expected(*class, *other_class); 2] {
                wrong.push(format!("{name} with {other_name}: {got:?}"));
            }
        }
    }
    say(&table);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
