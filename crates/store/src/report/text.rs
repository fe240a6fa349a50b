//! Text and numbers as the page writes them.

/// Text in HTML. What peers say passed the database and may hold anything.
pub(super) fn escape(text: &str) -> String {
    let clean = swarmscope_wire::text::clip(text.as_bytes(), 200);
    clean
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// `31 204`: thousands are parted by a narrow space that does not break.
pub(super) fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// The same of a figure that was worked out, to the nearest whole number.
pub(super) fn whole(figure: f64) -> String {
    grouped(&format!("{:.0}", figure.max(0.0)))
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `98.0 %` of a share of 0.98.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{202f}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_markup() {
        assert_eq!(number(1_031_204), "1\u{202f}031\u{202f}204");
        assert_eq!(number(204), "204");
        assert_eq!(escape("<b a=\"1\">&'"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
    }
}
