//! The columns that an SQL request asks for, by the names that its SELECT gives them. Only the text
//! of our own request is read: nothing is claimed where it does not say.

/// What ends the list of columns, outside of brackets and quotes.
const ENDS: [&str; 11] = [
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "intersect",
    "except",
    "window",
    "values",
];
/// The most columns that are named: SQLite's own limit is 2000.
const MOST: usize = 2000;

/// The names of the columns, where the text is one SELECT that lists them, or several that list
/// the same. `SELECT *` names none.
#[must_use]
pub fn columns(sql: &str) -> Option<Vec<String>> {
    let statements = split(sql, ';');
    let mut lists = statements.iter().filter(|text| !text.trim().is_empty()).map(|one| list(one));
    let first = lists.next()??;
    lists.all(|list| list.as_ref() == Some(&first)).then_some(first)
}

fn list(statement: &str) -> Option<Vec<String>> {
    let rest = after_word(statement.trim(), "select")?;
    let rest = after_word(rest, "distinct").or_else(|| after_word(rest, "all")).unwrap_or(rest);
    let items = split(&rest[..end_of_list(rest)], ',');
    if items.len() > MOST {
        return None;
    }
    items.iter().map(|item| name(item)).collect()
}

/// What follows a word that the text begins with.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    let rest = &text[word.len()..];
    let ends = rest.starts_with(|c: char| !is_of_word(c));
    (head.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start())
}

/// What a column is called: behind its last AS, else as it is written.
fn name(item: &str) -> Option<String> {
    let words: Vec<&str> = item.split_whitespace().collect();
    let (last, before) = words.split_last()?;
    if *last == "*" || last.ends_with(".*") {
        return None;
    }
    let named = before.last().is_some_and(|word| word.eq_ignore_ascii_case("as"));
    let name = if named { (*last).to_owned() } else { words.join(" ") };
    let quoted = |quote: char| name.len() > 2 && name.starts_with(quote) && name.ends_with(quote);
    let bare =
        ['"', '\'', '`'].into_iter().any(|quote| quoted(quote) && name.matches(quote).count() == 2);
    Some(if bare { name[1..name.len() - 1].to_owned() } else { name })
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// Where the list of columns ends.
fn end_of_list(text: &str) -> usize {
    let mut scan = Scan::new(text);
    let mut begins = true;
    while let Some((at, c)) = scan.next_outside() {
        if begins && is_of_word(c) {
            let end = text[at..].find(|c| !is_of_word(c)).map_or(text.len(), |length| at + length);
            if ENDS.iter().any(|word| text[at..end].eq_ignore_ascii_case(word)) {
                return at;
            }
        }
        begins = !is_of_word(c);
    }
    text.len()
}

/// Pieces of a text between separators that stand outside of brackets, quotes and comments.
/// Comments are left out.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut scan = Scan::new(text);
    let (mut pieces, mut piece, mut from) = (Vec::new(), String::new(), 0);
    while let Some((at, c)) = scan.next_outside() {
        if let Some(end) = scan.comment.take() {
            piece.push_str(&text[from..at]);
            piece.push(' ');
            from = end;
        } else if c == separator {
            piece.push_str(&text[from..at]);
            pieces.push(std::mem::take(&mut piece));
            from = at + c.len_utf8();
        }
    }
    piece.push_str(text.get(from..).unwrap_or_default());
    pieces.push(piece);
    pieces
}

/// Goes through a text, past what stands in brackets and quotes.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Where the comment ends that the last character begins.
    comment: Option<usize>,
}

impl<'t> Scan<'t> {
    const fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0, comment: None }
    }

    /// The next character that is in neither; the first of a comment stands for all of it.
    fn next_outside(&mut self) -> Option<(usize, char)> {
        loop {
            let at = self.at;
            let rest = &self.text[at..];
            let c = rest.chars().next()?;
            self.at += c.len_utf8();
            if let Some(end) = comment(rest) {
                self.at = at + end;
                self.comment = Some(self.at);
                return Some((at, ' '));
            }
            match c {
                '\'' | '"' | '`' => self.skip_to(c),
                '[' => self.skip_to(']'),
                '(' => self.depth += 1,
                ')' => self.depth = self.depth.saturating_sub(1),
                _ if self.depth == 0 => return Some((at, c)),
                _ => {}
            }
        }
    }

    fn skip_to(&mut self, quote: char) {
        let rest = &self.text[self.at..];
        self.at += rest.find(quote).map_or(rest.len(), |end| end + quote.len_utf8());
    }
}

/// The length of a comment that the text begins with.
fn comment(text: &str) -> Option<usize> {
    let (begin, end) = if text.starts_with("--") { (2, "\n") } else { (2, "*/") };
    if !text.starts_with("--") && !text.starts_with("/*") {
        return None;
    }
    let rest = &text[begin..];
    Some(rest.find(end).map_or(text.len(), |at| begin + at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sql: &str) -> String {
        columns(sql).map_or_else(|| "–".to_owned(), |names| names.join("|"))
    }

    #[test]
    fn columns_are_called_what_the_select_calls_them() {
        for (sql, names) in [
            ("SELECT category, count(*)\n  FROM Torrent GROUP BY category", "category|count(*)"),
            ("select name AS who, 1 as \"one\" from Peer", "who|one"),
            ("SELECT DISTINCT a, b FROM c", "a|b"),
            ("SELECT last_seen / 86400, count(*) FROM Peer", "last_seen / 86400|count(*)"),
            (
                "SELECT max(a, b), 'x, y', (SELECT 1 FROM d) FROM c",
                "max(a, b)|x, y|(SELECT 1 FROM d)",
            ),
            ("SELECT a -- not, this\n, b /* nor; this */ FROM c;", "a|b"),
            ("SELECT fromage, whereabouts FROM c", "fromage|whereabouts"),
            ("SELECT 1, 2", "1|2"),
            ("SELECT a FROM x UNION SELECT b FROM y", "a"),
            ("SELECT count(*) FROM a; SELECT count(*) FROM b;", "count(*)"),
        ] {
            assert_eq!(named(sql), names, "{sql}");
        }
    }

    #[test]
    fn where_it_does_not_say_nothing_is_claimed() {
        for sql in [
            "SELECT * FROM Torrent",
            "SELECT a, t.* FROM Torrent t",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "SELECT a FROM x; SELECT b FROM y",
            "PRAGMA table_info(Peer)",
            "SELECTED a FROM b",
            "select",
            "",
            "'",
            "SELECT , FROM a",
            "日本",
            "SELECT",
        ] {
            assert_eq!(named(sql), "–", "{sql}");
        }
    }

    #[test]
    fn whatever_the_text_is_it_is_read_to_its_end() {
        for sql in ["SELECT 'a", "SELECT (((", "SELECT /*", "SELECT --", "SELECT \"日", "SELECT [x"]
        {
            let _ = columns(sql);
        }
        assert_eq!(columns(&format!("SELECT {}1", "1,".repeat(5_000))), None);
    }
}
