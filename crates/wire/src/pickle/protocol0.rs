//! The escaped texts of pickle protocol 0.

/// A `str` as Python 2's `repr` writes it, with its quotes; `None` where it is not one.
pub(super) fn string(line: &[u8]) -> Option<Vec<u8>> {
    let [quote @ (b'\'' | b'"'), inside @ .., last] = line else { return None };
    if quote != last {
        return None;
    }
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [first, after @ ..] = rest {
        rest = after;
        if first == quote {
            return None;
        }
        if *first == b'\\' {
            rest = escape(after, &mut bytes)?;
        } else {
            bytes.push(*first);
        }
    }
    Some(bytes)
}

/// Reads what follows a backslash; gives what follows that.
fn escape<'a>(rest: &'a [u8], bytes: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (kind, mut after) = rest.split_first()?;
    let byte = match kind {
        b'\\' | b'\'' | b'"' => *kind,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'x' => {
            let code = digits(after.get(..2)?, 16)?;
            after = &after[2..];
            u8::try_from(code).ok()?
        }
        b'0'..=b'7' => {
            let len = rest.iter().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
            after = &rest[len..];
            digits(&rest[..len], 8)?.to_le_bytes()[0] // three octal digits above 255 wrap, as in Python
        }
        other => {
            bytes.push(b'\\');
            *other
        }
    };
    bytes.push(byte);
    Some(after)
}

/// A `unicode` as Python's raw-unicode-escape codec writes it: Latin-1, and `\u` or `\U` for what
/// is beyond. A Python whose characters have 16 bits (a narrow build, as on Windows) writes a
/// character beyond U+FFFF as two surrogates. With how many surrogates have no partner: they are no
/// characters, and U+FFFD stands for each.
pub(super) fn unicode(line: &[u8]) -> Option<(String, usize)> {
    let mut units = Vec::with_capacity(line.len());
    let mut rest = line;
    let mut backslashes = 0_usize;
    while let [first, after @ ..] = rest {
        rest = after;
        let len = match after.first() {
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        if *first == b'\\' && len > 0 && backslashes.is_multiple_of(2) {
            let code = digits(after.get(1..=len)?, 16)?;
            match (char::from_u32(code), u16::try_from(code)) {
                (Some(character), _) => {
                    units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                }
                (None, Ok(surrogate)) => units.push(surrogate),
                (None, Err(_)) => return None, // beyond Unicode, which the codec refuses too
            }
            rest = &after[1 + len..];
            backslashes = 0;
        } else {
            backslashes = if *first == b'\\' { backslashes + 1 } else { 0 };
            units.push((*first).into());
        }
    }
    let mut unpaired = 0;
    let text = char::decode_utf16(units).map(|unit| {
        unit.unwrap_or_else(|_| {
            unpaired += 1;
            char::REPLACEMENT_CHARACTER
        })
    });
    Some((text.collect(), unpaired))
}

fn digits(digits: &[u8], radix: u32) -> Option<u32> {
    let text = str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u32::from_str_radix(text, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_unescaped_as_python_does() {
        for (line, bytes) in [
            (&br"'abc'"[..], &b"abc"[..]),
            (br#""it's""#, b"it's"),
            (br"'a\x00\xff\n\r\t\\\''", b"a\x00\xff\n\r\t\\'"),
            (br"'\0\12\1234\a\b\f\v'", b"\0\n\x534\x07\x08\x0c\x0b"),
            (br"'\q'", br"\q"),
            (b"''", b""),
        ] {
            assert_eq!(string(line).as_deref(), Some(bytes), "{line:?}");
        }
        for line in [
            &b""[..],
            b"'",
            b"abc",
            b"'abc\"",
            br"'a\'",
            br"'\x4'",
            br"'\x4g'",
            br"'\x+4'",
            b"'a'b'",
        ] {
            assert_eq!(string(line), None, "{line:?}");
        }
    }

    #[test]
    fn unicode_is_latin_1_with_escapes() {
        let read = |line: &[u8]| unicode(line);
        assert_eq!(read(b"caf\xe9 \\u20ac \\U0001f600"), Some(("café € 😀".into(), 0)));
        assert_eq!(read(br"\\u20ac \n"), Some((r"\\u20ac \n".into(), 0)));
        assert_eq!(read(br"\ud800"), Some(("\u{fffd}".into(), 1)));
        assert_eq!(read(br"\u20"), None);
        assert_eq!(read(br"\U00110000"), None);
    }
}
