//! The help as rows, in one column or two.

use super::help::{HelpLine, HelpSection, help, searched};
use crate::screen::mode::Mode;
use crate::screen::model::Model;

/// From this many columns of the terminal on there are two columns.
const TWO: u16 = 96;
/// Rows of the screen that the help has not: status bar, footer, frame.
const AROUND: usize = 4;
/// Rows that its search takes.
const SEARCH: usize = 2;

/// A row: heading, command, or a sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpRow {
    Blank,
    Heading { title: String, elsewhere: bool },
    Command(HelpLine),
    Sign { sign: &'static str, doc: &'static str },
}

/// The signs, in the order in which one meets them.
const SIGNS: [(&str, &str); 13] = [
    ("●", "connected"),
    ("…", "connecting, waiting"),
    ("○", "gone, may dial back"),
    ("■", "refused by the peer"),
    ("×", "failed: cause in its row"),
    ("254 41:07", "not yet: again in 41:07"),
    ("254 ≤52:10", "not yet: at latest"),
    ("▲", "signal: open to read why"),
    ("▓▓▓░░", "parts in, parts to come"),
    ("17 clear", "legacy, not encrypted"),
    ("18 tls", "encrypted"),
    ("+", "marked"),
    ("▌", "selected"),
];

/// Whether there is room for two columns.
#[must_use]
pub const fn help_has_two_columns(model: &Model) -> bool {
    model.size.0 >= TWO
}

/// How far it can be scrolled, in rows.
#[must_use]
pub fn help_rest(model: &Model) -> usize {
    let search = if matches!(model.mode, Mode::Help { search: Some(_), .. }) { SEARCH } else { 0 };
    let seen = usize::from(model.size.1).saturating_sub(AROUND + search);
    help_rows(model).len().saturating_sub(seen)
}

/// What is for here and the signs, then what is for elsewhere; each row with one or two columns.
#[must_use]
pub fn help_rows(model: &Model) -> Vec<Vec<HelpRow>> {
    let two = help_has_two_columns(model);
    let (near, far): (Vec<_>, Vec<_>) =
        help(model).into_iter().partition(|section| !section.elsewhere);
    let near = near.into_iter().map(block).chain(signs(model)).collect();
    let far = far.into_iter().map(block).collect();
    let mut rows = if two { columns(near) } else { single(near) };
    let more = if two { columns(far) } else { single(far) };
    if !rows.is_empty() && !more.is_empty() {
        rows.push(Vec::new());
    }
    rows.extend(more);
    rows
}

fn single(blocks: Vec<Vec<HelpRow>>) -> Vec<Vec<HelpRow>> {
    joined(blocks).into_iter().map(|row| vec![row]).collect()
}

/// Blocks in two columns, about as long as each other, in their order.
fn columns(mut blocks: Vec<Vec<HelpRow>>) -> Vec<Vec<HelpRow>> {
    let half = blocks.iter().map(|block| block.len() + 1).sum::<usize>().div_ceil(2);
    let mut sum = 0;
    let at = blocks.iter().position(|block| {
        sum += block.len() + 1;
        sum > half
    });
    let right = blocks.split_off(at.unwrap_or(blocks.len()).max(1).min(blocks.len()));
    let (mut left, mut right) = (joined(blocks).into_iter(), joined(right).into_iter());
    let mut rows = Vec::new();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return rows,
            (one, other) => {
                rows.push(vec![one.unwrap_or(HelpRow::Blank), other.unwrap_or(HelpRow::Blank)]);
            }
        }
    }
}

fn joined(blocks: Vec<Vec<HelpRow>>) -> Vec<HelpRow> {
    let mut rows = Vec::new();
    for block in blocks {
        if !rows.is_empty() {
            rows.push(HelpRow::Blank);
        }
        rows.extend(block);
    }
    rows
}

fn block(section: HelpSection) -> Vec<HelpRow> {
    let heading = HelpRow::Heading { title: section.title, elsewhere: section.elsewhere };
    std::iter::once(heading).chain(section.lines.into_iter().map(HelpRow::Command)).collect()
}

fn signs(model: &Model) -> Option<Vec<HelpRow>> {
    let words = searched(model);
    let found = |(sign, doc): &(&str, &str)| {
        words.iter().all(|word| format!("{sign} {doc} signs").contains(word))
    };
    let mut rows = vec![HelpRow::Heading { title: "SIGNS".to_owned(), elsewhere: false }];
    rows.extend(SIGNS.into_iter().filter(found).map(|(sign, doc)| HelpRow::Sign { sign, doc }));
    (rows.len() > 1).then_some(rows)
}
