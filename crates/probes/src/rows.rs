//! How the reply to an SQL question reads: as a table, in whichever encoding its peer's generation
//! sends it.

use super::sql::MAX_ROWS;
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_wire::Decoded;
use swarmscope_wire::formats::{self, Format};
use swarmscope_wire::tree::Node;

/// A table from encoding "a" (the original from 5.3.9 on) or from a pickle (before), plain or in a
/// zlib stream.
///
/// # Errors
/// The payload is in neither encoding, or not a list of rows.
pub fn decode(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    let mut decoded = read(payload)?;
    let is_row = |row: &serde_json::Value| row.is_array();
    if !decoded.json.as_array().is_some_and(|rows| rows.iter().all(is_row)) {
        return Err(ReplyDecodeError("not a list of rows".into()));
    }
    decoded.summary = describe(&mut decoded.tree);
    Ok(decoded)
}

/// A value in either of the encodings.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    let format = match formats::sniff(payload) {
        format @ (Format::Pickle | Format::Zlib) => format,
        _ => Format::A,
    };
    let decoded =
        formats::decode_as(format, payload).map_err(|error| ReplyDecodeError(error.to_string()))?;
    let inside = decoded.format.rsplit(", ").next().unwrap_or_default();
    if ![Format::A.name(), Format::Pickle.name()].contains(&inside) {
        return Err(ReplyDecodeError(format!("{} instead of rows", decoded.format)));
    }
    Ok(decoded)
}

/// Refuses more rows than any peer sends: as objects they take many times the memory that they took
/// in the payload.
///
/// # Errors
/// There are more.
pub(super) fn check_number(rows: usize) -> Result<(), ReplyDecodeError> {
    (rows <= MAX_ROWS)
        .then_some(())
        .ok_or_else(|| ReplyDecodeError(format!("{rows} rows; the maximum is {MAX_ROWS}")))
}

/// Says how many rows there are, also where there are none.
pub(super) fn describe(table: &mut Node) -> String {
    if table.children.is_empty() {
        "0 rows".clone_into(&mut table.value);
    }
    table.value.clone()
}

/// Gives the values of each row the names of their columns, where a row has as many.
pub(super) fn name_columns(table: &mut Node, columns: &[&str]) {
    for row in table.children.iter_mut().filter(|row| row.children.len() == columns.len()) {
        for (value, column) in row.children.iter_mut().zip(columns) {
            (*column).clone_into(&mut value.label);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_in_every_encoding() {
        let pickle = b"\x80\x02]q\x01K\x01\x85q\x02a.";
        let zlib = b"x\xdak`\x8a\xd5\x03\x00\x02\xf2\x01\x0e"; // of the original, 5.3.8: no rows
        for (payload, format, summary) in [
            (&b"a1l1t1i1"[..], "a", "1 row"),
            (pickle, "pickle", "1 row"),
            (zlib, "zlib, pickle", "0 rows"),
        ] {
            let decoded = decode(payload).unwrap();
            assert_eq!((decoded.format.as_str(), decoded.summary.as_str()), (format, summary));
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for payload in [
            &b""[..],
            b"a1i1",
            b"a1l1i1",
            b"a2l1t1i11i2",
            b"part1",
            b"a1l1t",
            b"\x80\x02K\x01.",
            b"\x80\x02]q",
            b"le",
            b"\x80\x02]cos\nsystem\na.",
            b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D",
        ] {
            assert!(decode(payload).is_err(), "{payload:?}");
        }
    }

    #[test]
    fn columns_get_names_where_they_fit() {
        let mut decoded = decode(b"a2l2t1i11i21t1i3").unwrap();
        name_columns(&mut decoded.tree, &["one", "two"]);
        let labels = |row: usize| {
            decoded.tree.children[row]
                .children
                .iter()
                .map(|value| &*value.label)
                .collect::<Vec<_>>()
        };
        assert_eq!((labels(0), labels(1)), (vec!["one", "two"], vec!["0"]));
    }
}
