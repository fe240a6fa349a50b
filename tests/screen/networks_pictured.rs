//! What the pictures of the networks' screens show.

use super::*;

/// The same with more of everybody, as pictures show them.
fn everybody() -> Model {
    let mut model = mixed();
    let clients = ["Transmission/3.00", "aria2/1.36.0", "libtorrent/2.0.8.0", "rtorrent/0.13.8"];
    for (n, client) in (50..).zip(clients) {
        let peer = format!("bt://203.0.113.{n}:6881");
        ask(&mut model, 9_000 - n, &peer, "HELLO", n);
        let says = json!({ "client": client, "encryption": "open", "reqq": 512,
            "extensions": { "ut_pex": 1 } });
        answer(&mut model, 8_900 - n, &peer, n, &format!("{client}, plain"), says);
    }
    for (n, v) in (70..).zip(["LT 02 08", "LT 01 02", "UT B6 1F", "A2 00 03", "lt 0D 80"]) {
        let peer = format!("dht://198.51.100.{n}:{}", 6881 + n);
        ask(&mut model, 8_000 - n, &peer, "PING", n);
        let says = json!({ "rtt_ms": 0.4 * f64::from(u32::try_from(n).expect("small")), "v": v,
            "id": format!("{n}{}", &NODE[2..]), "bep42": "invalid" });
        answer(&mut model, 7_900 - n, &peer, n, "answers", says);
    }
    let refused = failure(Cause::TcpRefused, By::Network, Delivered::No, "connection refused");
    let peer = key("bt://198.51.100.8:6881");
    ask(&mut model, 7_000, "bt://198.51.100.8:6881", "REACH", 90);
    tell(&mut model, 6_900, Told::Failed { peer, ticket: Ticket(90), failure: refused });
    model
}

/// All networks in one list.
pub fn pictured_list() -> Model {
    let mut model = everybody();
    select(&mut model, BT);
    model
}

/// The ladder of a client that forces encryption.
pub fn pictured_ladder() -> Model {
    let mut model = everybody();
    select(&mut model, FORCED);
    keys(&mut model, &["i"]);
    model
}

/// A lookup, some seconds after it began.
pub fn pictured_lookup() -> Model {
    let mut model = everybody();
    let ways = [157, 157, 151, 152, 149, 149, 151, 147, 143, 145, 141, 142, 139, 140, 139, 138];
    for (index, log2) in (6..).zip(ways.into_iter().chain((0..22).map(|n| 136 + n * 7 % 5))) {
        hop(&mut model, 6, index, log2);
    }
    select(&mut model, DHT);
    keys(&mut model, &["i"]);
    model
}
