//! Keys that are pressed, and the frames in which they are seen.

use std::time::{Duration, Instant};

use crate::terminal::{FRAME_ENDS, Terminal};

/// A frame: when its end was seen, and what is selected in it.
pub struct Frame {
    pub at: Instant,
    pub selected: Option<String>,
}

/// All frames so far.
pub fn frames(terminal: &Terminal, (columns, rows): (u16, u16)) -> Vec<Frame> {
    let (printed, came) = terminal.printed();
    let size = |cells: u16| cells.try_into().expect("a terminal has cells");
    let mut parser = vt100::Parser::new(size(rows), size(columns), 0);
    let mut frames = Vec::new();
    let mut parsed = 0;
    for end in ends(&printed) {
        parser.process(&printed[parsed..end]);
        parsed = end;
        let piece = came.partition_point(|(upto, _)| *upto < end);
        frames.push(Frame { at: came[piece].1, selected: selected(parser.screen()) });
    }
    frames
}

/// Where frames end.
fn ends(printed: &[u8]) -> impl Iterator<Item = usize> {
    let long = FRAME_ENDS.len();
    printed
        .windows(long)
        .enumerate()
        .filter(|(_, bytes)| *bytes == FRAME_ENDS)
        .map(move |(at, _)| at + long)
}

/// Who is selected: the word with the ellipsis of a permid in the row with the bar.
fn selected(screen: &vt100::Screen) -> Option<String> {
    let (rows, columns) = screen.size();
    let is_it = |row: u16| screen.cell(row, 0).is_some_and(|cell| cell.contents() == "▌");
    let row = (0..rows.into()).find(|row| is_it(*row))?;
    let text = screen.rows(0, columns.into()).nth(row.into())?;
    text.split_whitespace()
        .find(|word| word.contains('…') && word.chars().count() > 1)
        .map(str::to_owned)
}

/// From each key to the end of the first frame that shows it. `None`: it was not seen before the
/// next one.
pub fn delays(pressed: &[Instant], frames: &[Frame]) -> Vec<Option<Duration>> {
    let delay = |(number, key): (usize, &Instant)| {
        let next = frames.partition_point(|frame| frame.at <= *key);
        let before = &frames[next.checked_sub(1)?].selected;
        let shown = frames[next..].iter().find(|frame| frame.selected != *before)?;
        let in_time = pressed.get(number + 1).is_none_or(|after| shown.at <= *after);
        in_time.then(|| shown.at - *key)
    };
    pressed.iter().enumerate().map(delay).collect()
}

/// Numbers that look random, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// From `least` up to `most`, in milliseconds.
    pub fn between(&mut self, least: u64, most: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(least * 1000 + self.0 % ((most - least) * 1000))
    }
}
