//! The answers in groups of identical content, and what there is to see of the selected one.

use ratatui::style::Style;

use super::{Draw, blocks, detail};
use crate::screen::many::view::Pane;
use crate::screen::{Class, Model};
use crate::tui::canvas::{Area, Canvas, follow, width};
use crate::tui::found::mark_all;
use crate::tui::stack::Block;
use swarmscope_facts::format::{counted, size, thousands};
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::groups::{Group, Grouping, Norm};
use swarmscope_networks::target::Network;

/// Groups that the list has room for where there is much else to see.
const MOST_ROWS: usize = 12;
/// The same beside the peers of one of them.
const FEW_ROWS: usize = 6;

/// The right pane.
pub fn draw(canvas: &mut Canvas, model: &Model, campaign: &Campaign, area: Area) {
    let view = &model.many.view;
    let listed = campaign.groups().listed().count();
    let others = usize::from(campaign.groups().others().0 > 0);
    let most = if view.inside { FEW_ROWS } else { MOST_ROWS };
    let rows = u16::try_from((listed + others).clamp(1, most)).unwrap_or(u16::MAX);
    let mut all: Vec<(Block, Draw)> = Vec::new();
    let list_rank =
        if view.inside && Class::of(model.size.0, model.size.1) <= Class::Compact { 7 } else { 0 };
    all.push((
        Block::new(2 + rows, 4, list_rank),
        Box::new(move |canvas, area| list(canvas, model, campaign, area)),
    ));
    all.extend(detail::blocks(model, campaign, area.width()));
    blocks(canvas, area, all);
}

/// Where the columns end; those for which there is no room are left out whole.
struct Columns {
    peers: u16,
    digest: Option<u16>,
    content: u16,
    content_end: u16,
    share: Option<u16>,
    right: u16,
}

impl Columns {
    fn of(area: &Area) -> Self {
        let (x, right) = (area.x, area.right);
        let wide = area.width() >= 50;
        let peers = x + 7;
        Self {
            peers,
            digest: wide.then_some(peers + 2),
            content: peers + if wide { 9 } else { 2 },
            content_end: right - if wide { 17 } else { 10 },
            share: wide.then_some(right - 9),
            right,
        }
    }
}

fn list(canvas: &mut Canvas, model: &Model, campaign: &Campaign, area: Area) {
    let view = &model.many.view;
    let (theme, muted) = (canvas.theme, canvas.theme.muted);
    let focused = view.pane == Pane::Answers && !view.inside;
    let in_groups: usize = campaign.grouped();
    let kinds = counted(campaign.groups().len(), "kind");
    let brief = format!("{kinds} in {}", thousands(in_groups as u64));
    let brief = if campaign.grouping == Grouping::Shape {
        format!("{brief}, numbers left out")
    } else {
        brief
    };
    let note = format!("{brief}, {}", campaign.groups().order.name());
    let most_differ = campaign.grouping == Grouping::Content
        && in_groups >= 8
        && 2 * campaign.groups().len() > in_groups;
    let hint = format!("{brief}; {} leaves numbers out", model.key_of("group by"));
    let note = if most_differ { hint } else { note };
    let fits = width("ANSWERS  ") + width(&note) <= area.width();
    canvas.heading(&area, "ANSWERS", focused, if fits { &note } else { &brief });
    let columns = Columns::of(&area);
    let y = area.y + 1;
    canvas.right(columns.peers, y, "PEERS", muted);
    if let Some(x) = columns.digest {
        canvas.text(x, columns.content, y, "DIGEST", muted);
    }
    canvas.text(columns.content, columns.content_end, y, "CONTENT", muted);
    if let Some(right) = columns.share {
        canvas.right(right, y, "SHARE", muted);
    }
    if campaign.plan.network == Network::Overlay {
        canvas.right(columns.right, y, "SIZE", muted); // others' bytes are not kept
    }
    if campaign.groups().is_empty() {
        canvas.text(area.x, area.right, y + 1, "no answer yet", muted);
        return;
    }
    let groups: Vec<&Group> = campaign.groups().listed().collect();
    let at = view.group.and_then(|id| groups.iter().position(|group| group.id == id)).unwrap_or(0);
    let rows = area.rows(2, u16::MAX);
    let (unlisted, their_peers) = campaign.groups().others();
    let cut = unlisted > 0 || groups.len() > usize::from(rows.height);
    let height = usize::from(rows.height).saturating_sub(usize::from(cut));
    let top = follow(0, at, height, groups.len());
    let below = groups.get(top + height..).unwrap_or_default();
    let kinds = unlisted + below.len();
    let peers = their_peers + below.iter().map(|group| group.peers).sum::<usize>();
    let norm = campaign.norm();
    let mut y = rows.y;
    for (i, group) in groups.iter().enumerate().skip(top).take(height) {
        let here = i == at;
        if here {
            canvas.selected(&area, y, focused);
        }
        row(canvas, &columns, &area, group, in_groups, norm, y, here);
        marks(canvas, &columns, group, y, model.many.find.text());
        y += 1;
    }
    if kinds > 0 && y < rows.bottom() {
        let text = format!("… {} more, of {}", counted(kinds, "kind"), counted(peers, "peer"));
        canvas.text(area.x, area.right, y, &text, theme.muted);
    }
}

#[expect(clippy::too_many_arguments, reason = "one row, with all that its cells depend on")]
fn row(
    canvas: &mut Canvas,
    columns: &Columns,
    area: &Area,
    group: &Group,
    all: usize,
    norm: Norm,
    y: u16,
    here: bool,
) {
    let theme = canvas.theme;
    let plain = if here { theme.strong() } else { Style::new() };
    if group.signal(norm).is_some() {
        canvas.text(area.x, area.right, y, "▲", theme.caution.patch(theme.strong()));
    }
    canvas.right(columns.peers, y, &thousands(group.peers as u64), theme.strong());
    if let Some(x) = columns.digest {
        canvas.text(x, columns.content - 1, y, &group.id.short(), theme.muted);
    }
    let line = group.sample.as_ref().map_or("content dropped", |sample| sample.line.as_str());
    canvas.text(columns.content, columns.content_end, y, line, plain);
    if let Some(right) = columns.share {
        canvas.right(right, y, &share(group.peers, all), theme.muted);
    }
    if group.bytes > 0 {
        canvas.right(columns.right, y, &size(group.bytes), plain);
    }
}

/// Marks what was looked for.
fn marks(canvas: &mut Canvas, columns: &Columns, group: &Group, y: u16, words: &str) {
    let Some(sample) = group.sample.as_ref().filter(|_| !words.is_empty()) else { return };
    for word in words.split_whitespace() {
        mark_all(canvas, columns.content, columns.content_end, y, &sample.line, word);
    }
}

/// `81.8 %`, rounded; never 100 or 0 where it is not.
pub(in crate::tui) fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    match (part.saturating_mul(2000) / whole).div_ceil(2) {
        0 if part > 0 => "<0.1 %".to_owned(),
        1000 if part < whole => ">99.9 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// Rows that the blocks about the selected group have, at most, by the size of the terminal.
pub const fn most_rows(class: Class) -> u16 {
    match class {
        Class::Wide => 8,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_none_or_all() {
        assert_eq!(share(238, 291), "81.8 %", "rounded");
        assert_eq!((share(1, 6), share(1, 3)), ("16.7 %".into(), "33.3 %".into()));
        assert_eq!(share(1, 50_000), "<0.1 %", "fifty of these are no 5 %");
        assert_eq!(share(49_999, 50_000), ">99.9 %");
        assert_eq!((share(1, 1000), share(0, 7)), ("0.1 %".into(), "0.0 %".into()));
        assert_eq!(share(3, 3), "100.0 %");
        assert_eq!(share(0, 0), "–");
    }
}
