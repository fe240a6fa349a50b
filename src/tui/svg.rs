//! A frame as an SVG picture: text in runs, blocks and lines as shapes, so that nothing depends on
//! how a font draws them.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::theme::Theme;

mod film;

pub use film::{Shot, film};

/// The cell of JetBrains Mono at 14 px.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.48;
/// From the top of a cell to its text's baseline.
const BASELINE: f64 = 14.2;
const MARGIN: f64 = 10.0;
/// What all text has in common.
const BASE: &str = "<g transform=\"translate(10,10)\" \
     font-family=\"JetBrains Mono,DejaVu Sans Mono,Menlo,Consolas,monospace\" font-size=\"14\" \
     style=\"font-variant-ligatures:none\">\n";
/// What a blank is in a picture: browsers make one of several blanks in a row, of these never.
const BLANK: &str = "\u{a0}";
/// What a terminal without a theme shows.
const PAPER: (u32, u32) = (0x00c8_c8c8, 0x0000_0000);

/// How one cell looks once reverse and dim are worked out.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    ink: u32,
    paper: u32,
    bold: bool,
    dim: bool,
    underlined: bool,
}

/// The picture of a frame; `cursor` is drawn as the bar it is.
#[must_use]
pub fn picture(cells: &Buffer, theme: &Theme, cursor: Option<(u16, u16)>, title: &str) -> String {
    let area = cells.area;
    let (width, height) = (f64::from(area.width) * WIDTH, f64::from(area.height) * HEIGHT);
    let (whole_width, whole_height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let ground = colour(theme.base.bg, PAPER.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\"><title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>{BASE}",
        number(whole_width),
        number(whole_height),
        whole_width.round(),
        whole_height.round(),
        escaped(title),
        hex(ground),
    );
    for y in 0..area.height {
        row(&mut out, cells, theme, y, ground);
    }
    if let Some((x, y)) = cursor {
        rect(&mut out, x, y, 0.0, 0.0, WIDTH / 4.0, HEIGHT, colour(theme.accent.fg, PAPER.0), 1.0);
    }
    out.push_str("</g></svg>\n");
    out
}

fn row(out: &mut String, cells: &Buffer, theme: &Theme, y: u16, ground: u32) {
    let looks: Vec<(Look, &str)> = (0..cells.area.width)
        .map(|x| (look(&cells[(x, y)], theme), cells[(x, y)].symbol()))
        .collect();
    let mut x = 0;
    while x < looks.len() {
        let paper = looks[x].0.paper;
        let end = looks[x..]
            .iter()
            .position(|(look, _)| look.paper != paper)
            .map_or(looks.len(), |n| x + n);
        if paper != ground {
            rect(out, at(x), y, 0.0, 0.0, (end - x) as f64 * WIDTH, HEIGHT, paper, 1.0);
        }
        x = end;
    }
    let mut x = 0;
    while x < looks.len() {
        let (look, symbol) = looks[x];
        if shape(out, at(x), y, symbol, look) || (symbol == " " && !look.underlined) {
            x += 1;
            continue;
        }
        let alone = |symbol: &str| !symbol.is_ascii();
        let same = |(other, symbol): &(Look, &str)| *other == look && !alone(symbol);
        let length =
            if alone(symbol) { 1 } else { looks[x..].iter().take_while(|cell| same(cell)).count() };
        let mut text: String = looks[x..x + length].iter().map(|(_, symbol)| *symbol).collect();
        if !look.underlined {
            text.truncate(text.trim_end().len());
        }
        run(out, at(x), y, &text, look);
        x += length;
    }
}

fn at(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}

fn run(out: &mut String, x: u16, y: u16, text: &str, look: Look) {
    let (left, base) = (f64::from(x) * WIDTH, f64::from(y) * HEIGHT + BASELINE);
    let length = f64::from(super::canvas::width(text)) * WIDTH;
    let bold = if look.bold { " font-weight=\"700\"" } else { "" };
    let dim = if look.dim { " fill-opacity=\"0.66\"" } else { "" };
    let line = if look.underlined { " text-decoration=\"underline\"" } else { "" };
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" fill=\"{}\" textLength=\"{}\"{bold}{dim}{line}>{}</text>",
        number(left),
        number(base),
        hex(look.ink),
        number(length),
        escaped(text).replace(' ', BLANK),
    );
}

/// Draws a sign that is a shape; returns whether it was one.
fn shape(out: &mut String, x: u16, y: u16, symbol: &str, look: Look) -> bool {
    let (middle_x, middle_y) = (WIDTH / 2.0 - 0.5, HEIGHT / 2.0 - 0.5);
    let ink = look.ink;
    let dim = if look.dim { 0.66 } else { 1.0 };
    let mut part = |left, top, width, height, opacity: f64| {
        rect(out, x, y, left, top, width, height, ink, opacity * dim);
    };
    let (right, below) = (WIDTH - middle_x, HEIGHT - middle_y);
    match symbol {
        "▓" => part(0.5, 3.2, WIDTH - 1.0, 12.08, 0.85),
        "░" => part(0.5, 3.2, WIDTH - 1.0, 12.08, 0.28),
        "▌" => part(0.0, 0.0, WIDTH / 2.0, HEIGHT, 1.0),
        "│" => part(middle_x, 0.0, 1.0, HEIGHT, 1.0),
        "─" => part(0.0, middle_y, WIDTH, 1.0, 1.0),
        "┌" => [(middle_x, middle_y, right, 1.0), (middle_x, middle_y, 1.0, below)]
            .into_iter()
            .for_each(|(a, b, c, d)| part(a, b, c, d, 1.0)),
        "┐" => [(0.0, middle_y, middle_x + 1.0, 1.0), (middle_x, middle_y, 1.0, below)]
            .into_iter()
            .for_each(|(a, b, c, d)| part(a, b, c, d, 1.0)),
        "└" => [(middle_x, middle_y, right, 1.0), (middle_x, 0.0, 1.0, middle_y + 1.0)]
            .into_iter()
            .for_each(|(a, b, c, d)| part(a, b, c, d, 1.0)),
        "┘" => [(0.0, middle_y, middle_x + 1.0, 1.0), (middle_x, 0.0, 1.0, middle_y + 1.0)]
            .into_iter()
            .for_each(|(a, b, c, d)| part(a, b, c, d, 1.0)),
        _ => return false,
    }
    true
}

#[expect(
    clippy::too_many_arguments,
    reason = "a rectangle in a cell is two points, two sizes and a colour"
)]
fn rect(
    out: &mut String,
    x: u16,
    y: u16,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    colour: u32,
    opacity: f64,
) {
    let (left, top) = (f64::from(x) * WIDTH + left, f64::from(y) * HEIGHT + top);
    let opacity = if opacity < 1.0 {
        format!(" fill-opacity=\"{}\"", number(opacity))
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{opacity}/>",
        number(left),
        number(top),
        number(width),
        number(height),
        hex(colour),
    );
}

fn look(cell: &Cell, theme: &Theme) -> Look {
    let (ink, paper) = (colour(theme.base.fg, PAPER.0), colour(theme.base.bg, PAPER.1));
    let ink = resolved(cell.fg, ink);
    let paper = resolved(cell.bg, paper);
    let has = |modifier| cell.modifier.contains(modifier);
    let (ink, paper) = if has(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
    Look {
        ink,
        paper,
        bold: has(Modifier::BOLD),
        dim: has(Modifier::DIM),
        underlined: has(Modifier::UNDERLINED),
    }
}

fn colour(colour: Option<Color>, or: u32) -> u32 {
    colour.map_or(or, |colour| resolved(colour, or))
}

/// The usual sixteen colours, for themes that name them.
fn resolved(colour: Color, or: u32) -> u32 {
    const SIXTEEN: [u32; 16] = [
        0x00_0000, 0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x24_72c8, 0xbc_3fbc, 0x11_a8cd, 0xe5_e5e5,
        0x66_6666, 0xf1_4c4c, 0x23_d18b, 0xf5_f543, 0x3b_8eea, 0xd6_70d6, 0x29_b8db, 0xff_ffff,
    ];
    match colour {
        Color::Rgb(r, g, b) => u32::from_be_bytes([0, r, g, b]),
        Color::Indexed(n) => SIXTEEN.get(usize::from(n)).copied().unwrap_or(or),
        _ => or,
    }
}

fn hex(colour: u32) -> String {
    format!("#{colour:06x}")
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn a_picture_has_the_text_its_grounds_and_its_shapes() {
        let theme = Theme::built_in("dark", Depth::True).unwrap();
        let mut cells = Buffer::empty(Rect::new(0, 0, 12, 2));
        cells.set_style(cells.area, theme.base);
        cells.set_string(1, 0, "a<b&c", Style::new());
        cells.set_string(7, 0, " 254 ", theme.pill);
        cells.set_string(0, 1, "▌▓░│", theme.accent);
        cells.set_string(5, 1, "x  y", theme.base);
        let svg = picture(&cells, &theme, Some((2, 1)), "t & t");
        assert!(svg.contains("<title>t &amp; t</title>"));
        assert!(svg.contains(">a&lt;b&amp;c</text>"));
        assert!(svg.contains("fill=\"#dfb8ff\"") && svg.contains(">254</text>"));
        assert!(svg.contains(">x\u{a0}\u{a0}y</text>"), "a browser must not make one blank of two");
        assert!(
            !svg.contains('▌') && !svg.contains('▓') && !svg.contains('│'),
            "shapes are shapes"
        );
        assert_eq!(svg.matches("<rect").count(), 1 + 1 + 4 + 1, "ground, pill, four signs, cursor");
    }
}
