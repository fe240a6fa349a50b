//! A cursor over received bytes that names the field it fails on and refuses what is left over.

/// Why bytes ended early or did not end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The input ends inside a field.
    #[error("{field} needs {needed} bytes, {left} are left")]
    Short {
        /// Which field.
        field: &'static str,
        /// How many bytes it takes.
        needed: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// The input goes on after the last field.
    #[error("{count} bytes are left over after {of}")]
    Trailing {
        /// Of what the last field was.
        of: &'static str,
        /// How many bytes follow it.
        count: usize,
    },
}

/// Reads fields one after the other. No method panics, whatever the bytes; none copies before it
/// has checked the length.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bytes have been read: where the next field begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What has not been read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.position..]
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`ReadError::Short`]; the position stays.
    pub fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], ReadError> {
        let rest = self.rest();
        let taken =
            rest.get(..len).ok_or(ReadError::Short { field, needed: len, left: rest.len() })?;
        self.position += len;
        Ok(taken)
    }

    /// A field of fixed length.
    ///
    /// # Errors
    /// [`ReadError::Short`].
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`ReadError::Short`].
    pub fn byte(&mut self, field: &'static str) -> Result<u8, ReadError> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    /// The bytes up to `stop`, which is read too but not returned.
    ///
    /// # Errors
    /// [`ReadError::Short`] where `stop` does not come.
    pub fn until(&mut self, stop: u8, field: &'static str) -> Result<&'a [u8], ReadError> {
        let rest = self.rest();
        let len = rest.iter().position(|byte| *byte == stop);
        let len =
            len.ok_or(ReadError::Short { field, needed: rest.len() + 1, left: rest.len() })?;
        self.position += len + 1;
        Ok(&rest[..len])
    }

    /// Leading bytes that satisfy `wanted`; may be none.
    pub fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.position += len;
        &rest[..len]
    }

    /// Says that `of` ends here.
    ///
    /// # Errors
    /// [`ReadError::Trailing`].
    pub fn end(self, of: &'static str) -> Result<(), ReadError> {
        match self.rest().len() {
            0 => Ok(()),
            count => Err(ReadError::Trailing { of, count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_order_and_the_end_is_checked() {
        let mut reader = Reader::new(b"\x01ab12;rest");
        assert_eq!(reader.byte("kind"), Ok(1));
        assert_eq!(reader.array::<2>("name"), Ok(*b"ab"));
        assert_eq!(reader.take_while(|byte| byte.is_ascii_digit()), b"12");
        assert_eq!(reader.until(b';', "separator"), Ok(&b""[..]));
        assert_eq!(reader.position(), 6);
        assert_eq!(
            reader.clone().end("message"),
            Err(ReadError::Trailing { of: "message", count: 4 })
        );
        assert_eq!(reader.take(4, "rest"), Ok(&b"rest"[..]));
        assert_eq!(reader.end("message"), Ok(()));
    }

    #[test]
    fn a_short_field_is_named_and_nothing_is_read() {
        let mut reader = Reader::new(b"abc");
        let error = reader.take(usize::MAX, "payload").unwrap_err();
        assert_eq!(error, ReadError::Short { field: "payload", needed: usize::MAX, left: 3 });
        assert_eq!(
            reader.until(b';', "text").unwrap_err().to_string(),
            "text needs 4 bytes, 3 are left"
        );
        assert_eq!(reader.rest(), b"abc");
    }
}
