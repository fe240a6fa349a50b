//! One page about a store: complete in itself, no script, nothing loaded from anywhere, light and
//! dark.
//!
//! Every sentence is a template with figures in it; every figure says what it is of, and every
//! estimate has its interval.

mod chart;
mod text;

use std::fmt::Write as _;

use crate::error::StoreError;
use crate::figures::{Figures, total};
use crate::outcome::REACHED;
use crate::records::{Network, Round, State};
use crate::store::{Shares, Store};
use crate::time::Time;
use text::{escape, number, percent, whole};

/// A figure of a round, where it can be had.
type Of = fn(&Figures) -> Option<f64>;

const STYLE: &str = include_str!("report/style.css");
/// Rounds drawn at most: the newest. More would be closer than a pixel.
const DRAWN: usize = 720;
/// Groups of fewer peers are not broken down: a group of one is somebody.
const LEAST_GROUP: u64 = 5;
/// Rounds before the newest that a range "as usual" needs.
const LEAST_HISTORY: usize = 8;

/// Writes the page.
///
/// # Errors
/// What the database says.
pub fn page(store: &mut Store, made: Time) -> Result<String, StoreError> {
    let rounds = store.rounds()?;
    let mut body = String::new();
    let mut title = "No round has ended yet".to_owned();
    let mut networks = 0;
    for network in Network::ALL {
        let complete: Vec<&Round> = rounds
            .iter()
            .filter(|round| {
                round.network == network
                    && round.state == State::Complete
                    && round.figures.is_some()
            })
            .collect();
        if let Some((newest, figures)) =
            complete.last().and_then(|round| Some((*round, round.figures.as_ref()?)))
        {
            let headline = headline(&complete, newest, figures);
            if networks == 0 {
                title.clone_from(&headline);
            }
            networks += 1;
            let history = &complete[complete.len().saturating_sub(DRAWN)..];
            body += &section(store, network, newest, figures, history)?;
        }
    }
    let span = match (rounds.first(), rounds.last()) {
        (Some(first), Some(last)) => {
            format!("{} to {}", first.began, last.ended.unwrap_or(last.began))
        }
        _ => "nothing yet".to_owned(),
    };
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Crawl report</title><style>{STYLE}</style></head><body>\n\
         <header class=\"mast\"><b>swarmscope</b><span>Crawl report · {span} · made {made}</span></header>\n\
         <main><h1>{}</h1>\n{body}{}</main>\n\
         <footer>No script, nothing loaded. Figures are those of <code>swarmscope store rounds</code>.</footer></body></html>\n",
        escape(&title),
        method(&rounds)
    ))
}

/// What the newest round says, and whether that is as usual.
fn headline(complete: &[&Round], newest: &Round, figures: &Figures) -> String {
    let reached = format!(
        "{} of {} peers visited were reached in round {}",
        number(figures.reached()),
        number(figures.dialled),
        newest.id.0
    );
    let before: Vec<&Figures> =
        complete.iter().rev().skip(1).filter_map(|round| round.figures.as_ref()).collect();
    if before.len() < LEAST_HISTORY {
        return format!("{reached}; {LEAST_HISTORY} earlier rounds are needed for a usual range");
    }
    let watched: [(&str, Of); 4] = [
        ("peers reached", |figures| Some(figures.reached() as f64)),
        ("coverage", |figures| figures.coverage().map(|share| share.mid)),
        ("distortion", Figures::distortion),
        ("visits a second", Figures::visits_per_second),
    ];
    let unusual: Vec<&str> = watched
        .iter()
        .filter(|(_, of)| {
            let range: Vec<f64> = before.iter().filter_map(|figures| of(figures)).collect();
            let (low, high) = range
                .iter()
                .fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(*at), high.max(*at)));
            of(figures)
                .is_some_and(|now| range.len() >= LEAST_HISTORY && !(low..=high).contains(&now))
        })
        .map(|(name, _)| *name)
        .collect();
    let of = format!("outside the range of the {} rounds before", before.len());
    match unusual.len() {
        0 => format!(
            "{} of {} figures are within the range of the {} rounds before",
            watched.len(),
            watched.len(),
            before.len()
        ),
        count => format!(
            "{count} of {} figures {} {of}: {}",
            watched.len(),
            if count == 1 { "is" } else { "are" },
            unusual.join(", ")
        ),
    }
}

fn section(
    store: &mut Store,
    network: Network,
    newest: &Round,
    figures: &Figures,
    history: &[&Round],
) -> Result<String, StoreError> {
    let mut out = format!("<section><h2>{}: round {}</h2>\n", name(network), newest.id.0);
    if let Some(bits) = newest.zone_bits() {
        let _ = writeln!(
            out,
            "<p>All figures are of one zone, 1 in {} of the network.</p>",
            whole(f64::from(bits).exp2())
        );
    }
    out += &keys(figures);
    let series = |of: Of| -> Vec<(Time, Option<f64>)> {
        history.iter().map(|round| (round.began, round.figures.as_ref().and_then(of))).collect()
    };
    out += &chart::line(
        "Peers reached",
        "in each complete round; each has authenticated",
        &series(|figures| Some(figures.reached() as f64)),
        &whole,
    );
    out += "<div class=\"two\">";
    out += &chart::line(
        "Coverage",
        "share of the peers that can be reached, as estimated from two rounds in a row",
        &series(|figures| figures.coverage().map(|share| share.mid)),
        &percent,
    );
    out += &chart::line(
        "Distortion",
        "share of the peers of two rounds in a row that are in only one of them; less is better",
        &series(Figures::distortion),
        &percent,
    );
    out += "</div>\n";
    out += &outcomes(figures);
    out += &said(store, newest)?;
    out += "</section>\n";
    Ok(out)
}

fn keys(figures: &Figures) -> String {
    let coverage = figures.coverage().map_or_else(
        || ("–".to_owned(), "known from the second round on".to_owned()),
        |share| {
            (
                percent(share.mid),
                format!("{} to {} (95\u{202f}%)", percent(share.low), percent(share.high)),
            )
        },
    );
    let size = figures.estimate().map_or_else(
        || ("–".to_owned(), "estimated from the second round on".to_owned()),
        |size| {
            let [low, mid, high] = [size.low, size.mid, size.high].map(whole);
            (mid, format!("{low} to {high} (95\u{202f}%), by capture and recapture"))
        },
    );
    let distortion = figures.pair().and_then(|pair| Some((pair, pair.distortion()?))).map_or_else(
        || ("–".to_owned(), "known from the second round on".to_owned()),
        |(pair, share)| {
            let detail = format!(
                "{} of {} peers are in only one of two rounds in a row",
                number(pair.only_one()),
                number(pair.union())
            );
            (percent(share), detail)
        },
    );
    let reached = (
        number(figures.reached()),
        format!(
            "of {} visited and {} known, in {:.0} s",
            number(figures.dialled),
            number(figures.known),
            figures.seconds
        ),
    );
    let hearsay = (
        figures.hearsay_share().map_or("–".to_owned(), percent),
        format!(
            "{} of {} known peers were never reached: known from gossip only",
            number(figures.hearsay),
            number(figures.known)
        ),
    );
    let mut out = String::from("<div class=\"keys\">");
    for (title, (big, detail)) in [
        ("Peers reached", reached),
        ("Reachable peers", size),
        ("Coverage of those", coverage),
        ("Distortion", distortion),
        ("Hearsay only", hearsay),
    ] {
        let _ = write!(
            out,
            "<div><p class=\"k\">{title}</p><p class=\"big\">{big}</p><p>{detail}</p></div>"
        );
    }
    out + "</div>\n"
}

fn outcomes(figures: &Figures) -> String {
    let mut rows: Vec<(&String, &u64)> = figures.outcomes.iter().collect();
    rows.sort_by_key(|(code, count)| (code.as_str() != REACHED, std::cmp::Reverse(**count)));
    let mut out = format!(
        "<h3>Outcomes of {} visits</h3><table><thead><tr><th>Outcome</th><th class=\"n\">Visits</th><th class=\"n\">Share</th>\
         <th class=\"bar\"></th></tr></thead><tbody>",
        number(figures.dialled)
    );
    for (code, count) in rows {
        let share = *count as f64 / (figures.dialled.max(1)) as f64;
        let _ = write!(
            out,
            "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td \
             class=\"bar\">{}</td></tr>",
            escape(code),
            number(*count),
            percent(share),
            chart::bar(share, code == REACHED)
        );
    }
    out += "</tbody></table>\n";
    for (question, outcomes) in &figures.asked {
        let total = total(outcomes);
        let parts: Vec<String> = outcomes
            .iter()
            .map(|(code, count)| format!("{} {}", number(*count), escape(code)))
            .collect();
        let _ = write!(
            out,
            "<p><b>{}</b>, asked {} times: {}.</p>",
            escape(question),
            number(total),
            parts.join(", ")
        );
    }
    out
}

/// What peers report about themselves: versions, and each declared text that few values fill.
fn said(store: &mut Store, newest: &Round) -> Result<String, StoreError> {
    let mut out = String::from(
        "<h3>What peers report about themselves</h3><p>Shares are of the peers that reported anything. Peers can report anything they like.</p>\
         <div class=\"two\">",
    );
    let values: Vec<(String, u64)> = store
        .versions(newest.id.0)?
        .into_iter()
        .map(|(version, count)| (format!("version {version}"), count))
        .collect();
    let versions = Shares { peers: values.iter().map(|(_, count)| count).sum(), values };
    out += &breakdown("Overlay versions", &versions);
    for (question, column) in store.text_columns(newest.network)? {
        let shares = store.shares(&question, &column, newest.id.0)?;
        out += &breakdown(&format!("{}, {column}", question.to_uppercase()), &shares);
    }
    Ok(out + "</div>\n")
}

/// Values with their shares; small groups together. Where a peer says several values, who says none
/// but rare ones is not known, and no figure is given for them.
fn breakdown(title: &str, Shares { peers, values }: &Shares) -> String {
    const SHOWN: usize = 8;
    if *peers == 0 {
        return String::new();
    }
    let shown: Vec<&(String, u64)> =
        values.iter().filter(|(_, count)| *count >= LEAST_GROUP).take(SHOWN).collect();
    let said = |values: &mut dyn Iterator<Item = &u64>| values.sum::<u64>();
    let is_one_each = said(&mut values.iter().map(|(_, count)| count)) == *peers;
    let rest = peers.saturating_sub(said(&mut shown.iter().map(|(_, count)| count)));
    let note = if is_one_each { "" } else { "; one may say several values" };
    let mut out = format!(
        "<figure><figcaption><b>{}</b>, {} peers{note}</figcaption><table><tbody>",
        escape(title),
        number(*peers)
    );
    let others = (format!("others, or groups below {LEAST_GROUP}"), rest);
    for (value, count) in shown.into_iter().chain((is_one_each && rest > 0).then_some(&others)) {
        let share = *count as f64 / *peers as f64;
        let _ = write!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td \
             class=\"bar\">{}</td></tr>",
            escape(value),
            number(*count),
            percent(share),
            chart::bar(share, true)
        );
    }
    out + "</tbody></table></figure>"
}

fn method(rounds: &[Round]) -> String {
    let stopped = rounds.iter().filter(|round| round.state == State::Stopped).count();
    format!(
        "<section class=\"note\"><h2>How it was measured</h2>\
         <p>A round visits every known peer that is due once: it dials, authenticates, asks whom the peer knows, and puts the \
         declared questions. {} rounds are in this store; {stopped} of them were stopped before their end and are in no chart.</p>\
         <p><b>Reachable peers</b> is Chapman’s capture–recapture estimate of the peers that can be reached, from this round and the complete round before. \
         It assumes that every peer is equally likely to be met and that none joins or leaves in between; churn makes it too large. <b>Coverage</b> is this round’s peers divided by that estimate. <b>Distortion</b> is the share of the peers of \
         both rounds that are in only one of them; Stutzbach and Rejaie divide by the sum of both sizes instead.</p>\
         <p>Peers behind NATs that never dial in cannot be visited and are in no estimate.</p>\
         <h2>What is not in here</h2><p>No address, no name, no identity: peers are counted under a keyed hash, and values about a person or place are digests. Groups of fewer than {LEAST_GROUP} peers are not broken down.</p></section>\n",
        rounds.len()
    )
}

const fn name(network: Network) -> &'static str {
    match network {
        Network::Overlay => "Overlay",
        Network::Dht => "Mainline DHT",
        Network::Bt => "BitTorrent",
    }
}
