mod world;

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::nat::axis::{Filtering, Hairpin, Lifetime};
use crate::nat::report::LegacyType;
use crate::nat::stun::{self, Route};
use world::{Nat, Noise, Server, World};

const MAPPINGS: [Mapping; 3] =
    [Mapping::EndpointIndependent, Mapping::AddressDependent, Mapping::AddressAndPortDependent];
const FILTERINGS: [Filtering; 3] = [
    Filtering::EndpointIndependent,
    Filtering::AddressDependent,
    Filtering::AddressAndPortDependent,
];

fn kinds() -> impl Iterator<Item = (Mapping, Filtering)> {
    MAPPINGS
        .into_iter()
        .flat_map(|mapping| FILTERINGS.into_iter().map(move |filtering| (mapping, filtering)))
}

fn world(mapping: Mapping, filtering: Filtering) -> World {
    World::new(Nat::new(mapping, filtering), vec![Server::new(1)], 1)
}

#[test]
fn every_kind_is_told_without_loss() {
    for (mapping, filtering) in kinds() {
        let report = world(mapping, filtering).run(&[]);
        assert_eq!(report.mapping.known(), Some(&mapping));
        assert_eq!(report.filtering.known(), Some(&filtering), "{mapping}");
        assert_eq!(report.port_preservation.known(), Some(&PortPreservation::Never));
        assert_eq!(report.hairpin.known(), Some(&Hairpin::Fails));
        assert_eq!(report.lifetime, Axis::NotMeasured);
        assert_eq!(report.external.map(|external| external.ip()), Some(world::NAT.into()));
        assert_eq!(report.internal.map(|internal| internal.ip()), Some(world::CLIENT.into()));
        assert!(report.took < Duration::from_secs(12), "{:?}", report.took);
    }
}

#[test]
fn no_kind_is_told_wrong_with_loss_and_most_are_still_told() {
    for (loss, at_least) in [(10, 95), (30, 60), (60, 0)] {
        let (mut told, mut all) = (0, 0);
        for (mapping, filtering) in kinds() {
            for seed in 0..30 {
                let mut world =
                    World::new(Nat::new(mapping, filtering), vec![Server::new(1)], seed);
                world.loss = loss;
                let report = world.run(&[]);
                let right = |axis: bool, verdict: bool| !verdict || axis;
                let context =
                    format!("{mapping}, {filtering}, {loss} % loss, seed {seed}: {report:?}");
                assert!(
                    right(
                        report.mapping.known() == Some(&mapping),
                        report.mapping.known().is_some()
                    ),
                    "{context}"
                );
                assert!(
                    right(
                        report.filtering.known() == Some(&filtering),
                        report.filtering.known().is_some()
                    ),
                    "{context}"
                );
                all += 1;
                told += usize::from(
                    report.mapping.known().is_some() && report.filtering.known().is_some(),
                );
            }
        }
        assert!(told * 100 >= all * at_least, "{told} of {all} told with {loss} % loss");
    }
}

#[test]
fn the_original_s_names() {
    use Filtering as F;
    use Mapping as M;
    let table = [
        (true, M::EndpointIndependent, F::EndpointIndependent, LegacyType::FullConeNat, 1),
        (true, M::EndpointIndependent, F::AddressDependent, LegacyType::RestrictedConeNat, 2),
        (
            true,
            M::EndpointIndependent,
            F::AddressAndPortDependent,
            LegacyType::PortRestrictedConeNat,
            3,
        ),
        (true, M::AddressDependent, F::EndpointIndependent, LegacyType::SymmetricNat, -1),
        (
            true,
            M::AddressAndPortDependent,
            F::AddressAndPortDependent,
            LegacyType::SymmetricNat,
            -1,
        ),
        (false, M::EndpointIndependent, F::EndpointIndependent, LegacyType::OpenInternet, 0),
        (false, M::EndpointIndependent, F::AddressDependent, LegacyType::RestrictedConeFirewall, 2),
        (
            false,
            M::EndpointIndependent,
            F::AddressAndPortDependent,
            LegacyType::PortRestrictedConeFirewall,
            3,
        ),
    ];
    for (translates, mapping, filtering, legacy, code) in table {
        let mut world = world(mapping, filtering);
        world.nat.translates = translates;
        let report = world.run(&[]);
        assert_eq!(report.legacy_type(), legacy);
        assert_eq!(report.legacy_type().code(), code);
        assert_eq!(report.is_translated(), translates);
    }
}

#[test]
fn blocked_is_told_after_the_whole_schedule_and_by_several_servers_more_surely() {
    let mut world = world(Mapping::EndpointIndependent, Filtering::EndpointIndependent);
    world.nat.blocks = true;
    let report = world.run(&[]);
    assert_eq!(report.legacy_type(), LegacyType::Blocked);
    assert_eq!(report.udp.confidence().map(Confidence::percent), Some(50));
    assert_eq!(report.took, Duration::from_millis(39_500));
    assert_eq!(report.mapping, Axis::Inconclusive(Why::NoAnswer));
    assert_eq!(report.traffic.sent, 7);

    world.servers = vec![Server::new(1), Server::new(2), Server::new(3)];
    let report = world.run(&[]);
    assert_eq!(report.udp.confidence().map(Confidence::percent), Some(87));
}

#[test]
fn a_machine_that_can_t_send_is_not_blocked_by_anybody() {
    let server = Server::new(1).answerer.listen;
    let start = world(Mapping::EndpointIndependent, Filtering::EndpointIndependent).now;
    let mut discovery =
        Discovery::new(Plan { servers: vec![server], ladder: Vec::new() }, [7; 32], start);
    let report = loop {
        while discovery.poll_transmit().is_some() {
            discovery.unsent();
        }
        match (discovery.report(), discovery.next_deadline()) {
            (Some(report), _) => break report,
            (None, deadline) => discovery.handle_timeout(deadline.expect("unfinished")),
        }
    };
    assert_eq!(report.udp, Axis::Inconclusive(Why::Unsent));
    assert_eq!(report.legacy_type(), LegacyType::Unknown);
}

/// Filters of 30 s are common, and a mapping test that has to wait for its sixth request takes
/// longer than that.
#[test]
fn a_filter_that_forgets_during_the_test_is_still_told() {
    for slow in [1, 2, 3] {
        let mut world = world(Mapping::EndpointIndependent, Filtering::AddressAndPortDependent);
        world.nat.forgets = Duration::from_secs(30);
        let endpoints =
            Endpoints::new(world.servers[0].answerer.listen, world.servers[0].answerer.alternate);
        world.slow = endpoints.map(|endpoints| endpoints.all()[slow]);
        let report = world.run(&[]);
        assert!(report.took > Duration::from_secs(31), "{report:?}");
        assert_eq!(
            report.filtering.known(),
            Some(&Filtering::AddressAndPortDependent),
            "{report:?}"
        );
    }
}

#[test]
fn filtering_is_tested_before_any_other_endpoint_is_contacted() {
    let mut world = world(Mapping::EndpointIndependent, Filtering::AddressAndPortDependent);
    world.run(&[]);
    let server = world.servers[0].answerer;
    let first_other =
        world.sent_to.iter().position(|(_, to)| *to != server.listen).expect("the mapping test");
    let filtering =
        world.sent_to[..first_other].iter().filter(|(socket, _)| *socket == SocketId(0)).count();
    assert!(filtering > 20, "the rounds come first");
    let (socket, _) = world.sent_to[first_other];
    assert_ne!(socket, SocketId(0), "and the socket of the filtering test contacts nobody else");
    assert!(
        world.sent_to.iter().all(|(socket, to)| *socket != SocketId(0) || *to == server.listen)
    );
}

#[test]
fn a_server_that_is_down_is_passed_over() {
    let mut world = world(Mapping::EndpointIndependent, Filtering::AddressDependent);
    world.servers = vec![Server { down: true, ..Server::new(1) }, Server::new(2)];
    let report = world.run(&[]);
    assert_eq!(report.server, Some(world.servers[1].answerer.listen));
    assert_eq!(report.legacy_type(), LegacyType::RestrictedConeNat);
    assert!(report.took < Duration::from_secs(12));
}

#[test]
fn plain_servers_tell_the_mapping_only_and_a_full_one_is_preferred() {
    let plain = |number| Server { plain: true, ..Server::new(number) };
    let mut world = world(Mapping::EndpointIndependent, Filtering::AddressDependent);
    world.servers = vec![plain(1), plain(2)];
    let report = world.run(&[]);
    assert_eq!(report.mapping.known(), Some(&Mapping::EndpointIndependent));
    assert_eq!(report.filtering, Axis::Inconclusive(Why::NoAlternate));
    assert_eq!(report.legacy_type(), LegacyType::Unknown);

    world.nat.mapping = Mapping::AddressDependent;
    assert_eq!(world.run(&[]).mapping, Axis::Inconclusive(Why::KindUnknown));

    world.servers = vec![plain(1)];
    assert_eq!(world.run(&[]).mapping, Axis::Inconclusive(Why::NoAlternate));

    world.servers = vec![plain(1), Server::new(2)];
    assert_eq!(world.run(&[]).filtering.known(), Some(&Filtering::AddressDependent));
}

#[test]
fn a_server_that_can_t_do_the_test_makes_no_verdict() {
    let strict = Filtering::AddressAndPortDependent;
    for (mapping, server, why) in [
        (
            Mapping::EndpointIndependent,
            Server { ignores_change: true, ..Server::new(1) },
            Why::ChangeIgnored,
        ),
        (
            Mapping::EndpointIndependent,
            Server { never_changes: true, ..Server::new(1) },
            Why::ChangeUnproven,
        ),
        (
            Mapping::EndpointIndependent,
            Server { half_dead: true, ..Server::new(1) },
            Why::AlternateSilent,
        ),
        (
            Mapping::AddressAndPortDependent,
            Server { half_dead: true, ..Server::new(1) },
            Why::AlternateSilent,
        ),
    ] {
        // an open NAT, too: the same silence must not make it a strict one
        for filtering in [strict, Filtering::EndpointIndependent] {
            let mut world = world(mapping, filtering);
            world.servers = vec![server];
            assert_eq!(world.run(&[]).filtering, Axis::Inconclusive(why));
        }
    }
}

#[test]
fn forged_and_foreign_answers_are_not_believed() {
    let forged: SocketAddr = "192.0.2.66:6666".parse().unwrap();
    let liar = |request: &[u8], _: SocketAddr| {
        let liar: SocketAddr = "192.0.2.66:6666".parse().unwrap();
        let id = TransactionId::from(u128::from_be_bytes(request[4..20].try_into().unwrap()));
        (liar, stun::encode_success(id, liar, liar, liar))
    };
    let guesser = |_: &[u8], server: SocketAddr| {
        let liar: SocketAddr = "192.0.2.66:6666".parse().unwrap();
        (server, stun::encode_success(TransactionId::from(1), liar, liar, liar))
    };
    let junk = |_: &[u8], server: SocketAddr| (server, vec![0xff; 2000]);
    let asker = |_: &[u8], server: SocketAddr| {
        (server, stun::encode_request(TransactionId::from(1), Route::PLAIN))
    };
    let noises: [Noise; 4] = [liar, guesser, junk, asker];
    for noise in noises {
        let mut world = world(Mapping::EndpointIndependent, Filtering::EndpointIndependent);
        world.noise = Some(noise);
        let report = world.run(&[]);
        assert_ne!(report.external, Some(forged));
        assert_eq!(report.legacy_type(), LegacyType::FullConeNat);
        assert!(report.traffic.strange > 0);
    }
}

#[test]
fn port_preservation_and_hairpinning_are_seen() {
    let mut world = world(Mapping::EndpointIndependent, Filtering::AddressAndPortDependent);
    world.nat.preserves = true;
    world.nat.hairpins = true;
    let report = world.run(&[]);
    assert_eq!(report.port_preservation.known(), Some(&PortPreservation::Always));
    assert_eq!(report.hairpin.known(), Some(&Hairpin::Works));
    world.nat.translates = false;
    let report = world.run(&[]);
    assert_eq!(report.hairpin, Axis::NotMeasured, "without a NAT it means nothing");
}

#[test]
fn a_server_can_t_send_us_into_our_own_network() {
    let inside: SocketAddr = "10.0.0.1:53".parse().unwrap();
    let mut world = world(Mapping::EndpointIndependent, Filtering::EndpointIndependent);
    world.servers = vec![Server { claims: Some(inside), ..Server::new(1) }];
    let report = world.run(&[]);
    assert_eq!(report.hairpin, Axis::Inconclusive(Why::Implausible));
    assert!(world.sent_to.iter().all(|(_, to)| *to != inside));
}

#[test]
fn the_lifetime_is_bracketed_by_the_ladder() {
    for (lives, alive, gone) in
        [(10, 0, Some(25)), (30, 25, Some(35)), (90, 85, Some(115)), (200, 145, None)]
    {
        for (mapping, filtering) in [
            (Mapping::EndpointIndependent, Filtering::EndpointIndependent),
            (Mapping::AddressAndPortDependent, Filtering::AddressAndPortDependent),
        ] {
            let mut world = world(mapping, filtering);
            world.nat.lifetime = Duration::from_secs(lives);
            world.loss = 5;
            let report = world.run(&LADDER);
            let lifetime =
                Lifetime { alive: Duration::from_secs(alive), gone: gone.map(Duration::from_secs) };
            assert_eq!(
                report.lifetime.known(),
                Some(&lifetime),
                "{lives} s, {mapping}: {report:?}"
            );
        }
    }
}

#[test]
fn an_outage_is_not_taken_for_a_filter() {
    for filtering in FILTERINGS {
        for (begin, lasts) in
            (0..6000).step_by(250).flat_map(|begin| [(begin, 3000), (begin, 8000)])
        {
            let mut world = world(Mapping::EndpointIndependent, filtering);
            world.outage = begin..begin + lasts;
            let report = world.run(&[]);
            let unsure = lasts > 3000 && report.filtering == Axis::Inconclusive(Why::Lossy);
            assert!(
                unsure || report.filtering.known() == Some(&filtering),
                "outage from {begin} ms: {report:?}"
            );
            assert_eq!(report.mapping.known(), Some(&Mapping::EndpointIndependent));
        }
    }
}

#[test]
fn losing_nearly_everything_makes_no_verdict() {
    let mut world = world(Mapping::EndpointIndependent, Filtering::AddressAndPortDependent);
    world.loss = 97;
    for _ in 0..20 {
        let report = world.run(&[]);
        assert_eq!(report.filtering.known(), None, "{report:?}");
        assert!(report.took <= Duration::from_secs(150));
    }
}
