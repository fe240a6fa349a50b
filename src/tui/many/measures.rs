//! How long first parts took, and how large the answers are.

use ratatui::style::Style;

use super::{Draw, bar};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::stack::Block;
use swarmscope_facts::format::{counted, size, thousands, took};
use swarmscope_facts::many::Campaign;
use swarmscope_networks::target::Network;

/// Where the bars stand.
const BAR: u16 = 10;

/// The two blocks.
pub fn blocks(campaign: &Campaign) -> Vec<(Block, Draw<'_>)> {
    let rows = u16::try_from(campaign.latencies.rows().len()).unwrap_or(u16::MAX);
    let mut blocks: Vec<(Block, Draw)> = vec![(
        Block::new(1 + rows, 1, 3).whole(),
        Box::new(move |canvas, area| latencies(canvas, campaign, area)),
    )];
    if campaign.plan.network == Network::Overlay {
        // of others no bytes are kept
        let draw = Box::new(move |canvas: &mut Canvas, area| sizes(canvas, campaign, area));
        blocks.push((Block::new(2, 1, 2), draw));
    }
    blocks
}

fn latencies(canvas: &mut Canvas, campaign: &Campaign, area: Area) {
    let percentile = |hundredths| campaign.latencies.percentile(hundredths).map(took);
    let note = match (percentile(50), percentile(95)) {
        (Some(half), Some(most)) => format!("p50 {half}, p95 {most}"),
        _ => "none yet".to_owned(),
    };
    let title = if area.width() >= 40 { "FIRST PART AFTER" } else { "FIRST PART" };
    canvas.heading(&area, title, false, &note);
    let rows = campaign.latencies.rows();
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let list = area.rows(1, u16::MAX);
    if usize::from(list.height) < rows.len() {
        return; // half a histogram would mislead
    }
    let muted = canvas.theme.muted;
    for ((name, count), y) in rows.into_iter().zip(list.y..list.bottom()) {
        canvas.text(area.x, area.right, y, name, muted);
        bar(canvas, area.x + BAR, area.right.saturating_sub(7), y, count, most, muted);
        let style = if count == 0 { muted } else { Style::new() };
        canvas.right(area.right, y, &thousands(count as u64), style);
    }
}

fn sizes(canvas: &mut Canvas, campaign: &Campaign, area: Area) {
    let bytes = |number: Option<u64>| {
        number.map(|number| size(usize::try_from(number).unwrap_or(usize::MAX)))
    };
    let note = match (bytes(campaign.sizes.median()), bytes(campaign.sizes.largest())) {
        (Some(median), Some(largest)) => format!("median {median}, largest {largest}"),
        _ => "no answer yet".to_owned(),
    };
    canvas.heading(&area, "SIZE", false, &note);
    if area.height < 2 {
        return;
    }
    let kinds = counted(campaign.by_content().len(), "kind");
    let text = format!("{kinds} of answers, {} of them odd", campaign.signals());
    canvas.text(area.x, area.right, area.y + 1, &text, canvas.theme.muted);
}
