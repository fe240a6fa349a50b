//! Characters on whose width terminals agree. Where one takes another number of cells than was
//! counted on, all that follows it in its row stands elsewhere than the program believes, and cells
//! of an older frame stay as text that nobody sent.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What stands for a character that some terminals do not know, or measure otherwise.
const UNSURE: &str = "\u{fffd}";
/// The characters of Unicode 9, of 2016: since then emoji have two cells, and whatever is still in
/// use knows them. Newer ones have one cell in one terminal, two in another, none in the next.
const KNOWN: &str = r"\p{age=9.0}";

/// Ranges of the characters that terminals know, in their order.
static RANGES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let class = regex_syntax::parse(KNOWN).map(regex_syntax::hir::Hir::into_kind);
    match class {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.ranges().iter().map(|range| (range.start(), range.end())).collect()
        }
        _ => Vec::new(), // a test sees that they are there
    }
});

/// Below this all are old, and have a cell each: Latin, Greek, Cyrillic without their marks.
const PLAIN: char = '\u{300}';

/// Whether all terminals give this text as many cells as the program does: old letters, and the
/// signs that the program itself draws.
fn is_plain(text: &str) -> bool {
    let is_sign = |c: char| matches!(c, '\u{2010}'..='\u{2027}' | '\u{2190}'..='\u{22ff}' | '\u{2500}'..='\u{25fc}');
    text.is_ascii() || text.chars().all(|c| c < PLAIN || is_sign(c))
}

/// A text with [`UNSURE`] for what terminals disagree about.
#[must_use]
pub fn sure(text: &str) -> Cow<'_, str> {
    if is_plain(text) || text.graphemes(true).all(is_sure) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.graphemes(true).map(|of| if is_sure(of) { of } else { UNSURE }).collect())
}

/// Every character of it is known, and together they are as wide as they are one by one: no
/// terminal has to know what they mean together.
fn is_sure(grapheme: &str) -> bool {
    is_plain(grapheme)
        || grapheme.chars().all(is_known) && {
            let alone = grapheme.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
            alone == grapheme.width()
        }
}

fn is_known(c: char) -> bool {
    let at = RANGES.partition_point(|(_, last)| *last < c);
    RANGES.get(at).is_some_and(|(first, _)| *first <= c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_measure_otherwise_is_replaced() {
        for same in ["häuser", "日本語", "😀 ▲ ●", "Ω…│", "e\u{301}", "안녕"] {
            assert_eq!(sure(same), same);
        }
        for (text, shown) in [
            ("a🪿b", "a\u{fffd}b"),      // U+1FABF, Unicode 15
            ("🫨", "\u{fffd}"),          // U+1FAE8, Unicode 15
            ("❤\u{fe0f}x", "\u{fffd}x"), // one cell by itself, two with the selector
            ("👍🏽", "\u{fffd}"),          // two cells, or four
            ("👨\u{200d}👩", "\u{fffd}"),
        ] {
            assert_eq!(sure(text), shown, "{text:?}");
            assert_eq!(sure(shown).width(), shown.chars().count());
        }
    }
}
