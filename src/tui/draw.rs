//! One frame: every block in its place, overlays on top.

use super::tops::Tops;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::{Canvas, to_ascii};
use super::layout::{Grid, Request};
use super::theme::Theme;
use super::{
    against, case, channels, columns, debug, filter_prompt, footer, frames, help, log_line,
    log_view, many, map, overview, palette, peer_line, peer_screen, peers, reach, reply, request,
    saved_filters, showing, signal_cards, status_bar, throughput, which_key,
};
use crate::screen::keys::spot::Spot;
use crate::screen::{Class, Mode, Model, Pane, Screen};

/// Draws a frame. Returns where the terminal's cursor stands, if text is typed.
pub fn draw(
    cells: &mut Buffer,
    model: &Model,
    theme: &Theme,
    tops: &mut Tops,
) -> Option<(u16, u16)> {
    let mut canvas =
        Canvas::new(cells, theme, model.setup.naming.privacy.then_some(&model.setup.naming.mask));
    all(&mut canvas, model, tops);
    let cursor = canvas.cursor;
    if theme.ascii {
        to_ascii(cells);
    }
    cursor
}

/// What stands in this cell of the frame that shows this model: whatever is drawn there says so
/// itself.
#[must_use]
pub fn spot(model: &Model, theme: &Theme, mut tops: Tops, (x, y): (u16, u16)) -> Spot {
    let mut cells = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    let mut canvas = Canvas::new(&mut cells, theme, None);
    all(&mut canvas, model, &mut tops);
    canvas.spot(x, y)
}

fn all(canvas: &mut Canvas, model: &Model, tops: &mut Tops) {
    let grid = Grid::of(model);
    if grid.class == Class::TooSmall {
        return too_small(canvas);
    }
    match model.screen {
        // the composer belongs to the main screen, wherever it was opened
        Screen::Peer if !model.mode.composes() => {
            peer_screen::status(canvas, model, &grid);
            peer_screen::draw(canvas, model, &grid, tops);
        }
        Screen::Main | Screen::Peer => {
            status_bar::draw(canvas, model, &grid);
            throughput::draw(canvas, model, &grid);
            main(canvas, model, &grid, tops);
        }
        Screen::Many => {
            status_bar::draw(canvas, model, &grid);
            many::draw(canvas, model, &grid);
        }
        Screen::Overview => {
            status_bar::draw(canvas, model, &grid);
            overview::draw(canvas, model, &grid);
        }
        Screen::Map => {
            status_bar::draw(canvas, model, &grid);
            map::draw(canvas, model, &grid);
        }
        Screen::Reach => {
            status_bar::draw(canvas, model, &grid);
            reach::draw(canvas, model, &grid);
        }
        Screen::Signals => {
            status_bar::draw(canvas, model, &grid);
            signal_cards::draw(canvas, model, &grid);
        }
        Screen::Case => {
            status_bar::draw(canvas, model, &grid);
            case::draw(canvas, model, &grid);
        }
    }
    if !filter_prompt::draw(canvas, model, &grid) {
        log_line::draw(canvas, model, &grid);
    }
    footer::draw(canvas, model, &grid);
    overlay(canvas, model, &grid);
    showing::cast(canvas, model, &grid);
    which_key::draw(canvas, model, &grid);
    debug::draw(canvas, model, &grid);
}

fn main(canvas: &mut Canvas, model: &Model, grid: &Grid, tops: &mut Tops) {
    rules(canvas, grid);
    if let Some(area) = grid.peers {
        canvas.block_zone(&area, Spot::Pane(Pane::Peers));
        peers::draw(canvas, model, area, grid.headings, &mut tops.peers);
    }
    if let Some(area) = grid.peer {
        let next = grid.channels.or(grid.reply).map_or(area.y, |below| below.y);
        peer_line::draw(canvas, model, area, next > area.y + 1);
    }
    if let Some(area) = grid.channels {
        canvas.block_zone(&area, Spot::Pane(Pane::Channels));
        channels::draw(canvas, model, area, &mut tops.channels);
    }
    if let Some(area) = grid.reply {
        canvas.block_zone(&area, Spot::Pane(Pane::Reply));
        reply::draw(canvas, model, area, grid.class, tops);
    }
    if let Some(area) = grid.frames {
        frames::draw(canvas, model, area);
    }
    match grid.request {
        Some(Request::Line(area)) => {
            canvas.block_zone(&area, Spot::Pane(Pane::Request));
            request::line(canvas, model, area);
        }
        Some(Request::Block(area) | Request::Sheet(area)) => {
            canvas.block_zone(&area, Spot::Pane(Pane::Request));
            request::block(canvas, model, area);
        }
        None => {}
    }
}

fn rules(canvas: &mut Canvas, grid: &Grid) {
    let style = canvas.theme.rule;
    if let Some((x, first, end)) = grid.rule {
        for y in first..end {
            canvas.text(x, x + 1, y, "│", style);
        }
    }
    if let Some(y) = grid.sheet_rule {
        canvas.text(0, grid.columns, y, &"─".repeat(usize::from(grid.columns)), style);
    }
}

fn overlay(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    match &model.mode {
        Mode::Help { .. } => help::draw(canvas, model, grid),
        Mode::Palette(picker) => palette::draw(canvas, model, grid, picker),
        Mode::Against(picker, all) => against::draw(canvas, model, grid, picker, all),
        Mode::Log { back } => log_view::draw(canvas, model, grid, *back),
        Mode::Columns { at } => columns::draw(canvas, model, grid, *at),
        Mode::Filters { .. } | Mode::FilterName(..) => saved_filters::draw(canvas, model, grid),
        Mode::Campaigns { at } => many::list::draw(canvas, model, grid, *at),
        Mode::LogFilter => log_view::draw(canvas, model, grid, 0),
        _ => return,
    }
    footer::draw(canvas, model, grid);
}

fn too_small(canvas: &mut Canvas) {
    let (columns, rows) = canvas.size();
    let style = canvas.theme.strong();
    for (text, y) in [("swarmscope needs 40×10", 0), ("this is smaller; q quits", 1)] {
        if y < rows {
            canvas.text(0, columns, y, text, style);
        }
    }
}
