//! The little of DER (X.690) that signatures and key files need. Strict: definite lengths in their
//! shortest form, no surplus bytes.
#![cfg_attr(not(feature = "legacy"), allow(dead_code))] // sect233k1 keys use more of it

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;

/// `id-Ed25519` (RFC 8410).
pub const ED25519_OID: [u8; 3] = [0x2b, 0x65, 0x70];
/// `id-ecPublicKey` (RFC 5480).
pub const EC_OID: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// The curve sect233k1 (SEC 2).
pub const SECT233K1_OID: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x1a];

/// The constructed, context-specific tag `[n]`.
#[must_use]
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// Goes through values that follow one another.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[must_use]
    pub const fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The contents of the next value, where it has this tag and is whole; else `None`, and nothing
    /// is taken.
    pub fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (length, contents) = match *self.rest.strip_prefix(&[tag])? {
            [length @ 0..=0x7f, ref contents @ ..]
            | [0x81, length @ 0x80..=0xff, ref contents @ ..] => (usize::from(length), contents),
            [0x82, high @ 1..=0xff, low, ref contents @ ..] => {
                (usize::from(high) << 8 | usize::from(low), contents)
            }
            _ => return None, // nothing here has 64 KiB
        };
        let (value, rest) = contents.split_at_checked(length)?;
        self.rest = rest;
        Some(value)
    }

    /// The next value as a number that is not negative, big-endian, without a sign byte.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.value(INTEGER)? {
            [0, number @ ..] if number.first().is_some_and(|top| *top >= 0x80) => Some(number),
            number @ ([0] | [1..=0x7f, ..]) => Some(number),
            _ => None,
        }
    }
}

/// A value of fewer than 256 bytes, as all are here.
#[must_use]
pub fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length =
        u8::try_from(contents.len()).expect("keys and signatures are shorter than 256 bytes");
    let head: &[u8] = if length < 0x80 { &[tag, length] } else { &[tag, 0x81, length] };
    [head, contents].concat()
}

/// A big-endian number as an INTEGER in its shortest form.
#[must_use]
pub fn unsigned(number: &[u8]) -> Vec<u8> {
    let leading = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[leading..];
    let sign: &[u8] = if number.first().is_none_or(|top| *top >= 0x80) { &[0] } else { &[] };
    value(INTEGER, &[sign, number].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_encoding() {
        for (number, encoded) in [
            (&[][..], &[2, 1, 0][..]),
            (&[0, 0], &[2, 1, 0]),
            (&[0, 0x7f], &[2, 1, 0x7f]),
            (&[0x80], &[2, 2, 0, 0x80]),
        ] {
            assert_eq!(unsigned(number), encoded);
            assert!(Reader::new(encoded).unsigned().is_some());
        }
        for wrong in [
            &[2, 0][..],
            &[2, 2, 0, 0x7f],
            &[2, 1, 0x80],
            &[2, 2, 0, 0],
            &[2, 0x81, 1, 1],
            &[2, 2, 1],
            &[3, 1, 1],
        ] {
            assert_eq!(Reader::new(wrong).unsigned(), None, "{wrong:02x?}");
        }
    }

    #[test]
    fn lengths_have_one_encoding() {
        for length in [0, 1, 127, 128, 255] {
            let contents = vec![7; length];
            let encoded = value(SEQUENCE, &contents);
            let mut reader = Reader::new(&encoded);
            assert_eq!(reader.value(SEQUENCE), Some(&contents[..]));
            assert!(reader.is_empty());
            assert_eq!(Reader::new(&encoded[..encoded.len() - 1]).value(SEQUENCE), None);
        }
        assert_eq!(Reader::new(&[0x30, 0x81, 0x7f]).value(SEQUENCE), None);
        assert_eq!(Reader::new(&[0x30, 0x80, 0, 0]).value(SEQUENCE), None);
    }
}
