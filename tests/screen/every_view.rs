//! Every view as people see it: at the three sizes of the pictures, without colour, and in plain
//! characters.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;
use swarmscope::screen::Model;
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;

use crate::fixture::drawn;
use crate::pictures::session;
use crate::views::{VIEWS, View, go};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn rows(cells: &Buffer) -> String {
    let width = usize::from(cells.area.width);
    let row = |cells: &[Cell]| {
        cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n"
    };
    cells.content.chunks(width).map(row).collect()
}

fn at(model: &mut Model, (columns, rows): (u16, u16), theme: &Theme) -> Buffer {
    drawn(model, columns, rows, theme).0
}

/// The view in one text: each size under its name, then in plain characters.
fn text(view: &View) -> String {
    let dark = Theme::built_in("dark", Depth::True).expect("built in");
    let mono = Theme::built_in("mono", Depth::None).expect("built in");
    let mut plain = Theme::built_in("dark", Depth::Sixteen).expect("built in");
    plain.ascii = true;
    let mut model = session();
    go(&mut model, view, "nat:open");
    let mut text = String::new();
    for size in SIZES {
        let (coloured, without) = (at(&mut model, size, &dark), at(&mut model, size, &mono));
        assert_eq!(
            rows(&coloured),
            rows(&without),
            "{}: the same characters without colour",
            view.0
        );
        let has_colour = |cell: &Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert!(
            !without.content.iter().any(has_colour),
            "{}: a colour where there are none",
            view.0
        );
        text.extend([format!("{}×{}\n", size.0, size.1), rows(&coloured)]);
    }
    let plain = rows(&at(&mut model, SIZES[1], &plain));
    assert!(plain.is_ascii(), "{}", view.0);
    text + "120×40 in plain characters\n" + &plain
}

#[test]
fn every_view_at_every_size_without_colour_and_in_plain_characters() {
    for view in VIEWS {
        let name = view.0.replace([' ', ','], "_").replace('\'', "");
        insta::assert_snapshot!(format!("view_{name}"), text(view));
    }
}
