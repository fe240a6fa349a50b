//! Pickles of protocol 2, as far as replies of the older generation need them (protocol.md §5, ids
//! 2, 6 and 7): lists, tuples and scalars. What is made is made of opcodes that push and collect;
//! none that calls anything.

/// A value without others in it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// Python's None.
    None,
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A `unicode` of Python 2.
    Text(&'a str),
    /// A `str` of Python 2.
    Bytes(&'a [u8]),
}

/// Values one after the other, without a beginning or an end: what a list or a pickle is made of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Opcodes(Vec<u8>);

impl Opcodes {
    /// How many bytes the opcodes take so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Panics
    /// On a string of 4 GiB: nothing here holds one.
    pub fn scalar(&mut self, value: Scalar<'_>) {
        match value {
            Scalar::None => self.0.push(b'N'),
            Scalar::Int(number) => self.int(number),
            Scalar::Float(number) => self.with(b'G', &number.to_be_bytes()),
            Scalar::Text(text) => self.sized(b'X', text.as_bytes()),
            Scalar::Bytes(bytes) => match u8::try_from(bytes.len()) {
                Ok(len) => self.with(b'U', &[&[len], bytes].concat()),
                Err(_) => self.sized(b'T', bytes),
            },
        }
    }

    /// A row.
    pub fn tuple<'a>(&mut self, values: impl IntoIterator<Item = Scalar<'a>>) {
        self.0.push(b'(');
        values.into_iter().for_each(|value| self.scalar(value));
        self.0.push(b't');
    }

    /// A list of all these values.
    pub fn list(&mut self, items: &Self) {
        self.0.push(b']');
        if !items.is_empty() {
            self.0.push(b'(');
            self.0.extend_from_slice(&items.0);
            self.0.push(b'e');
        }
    }

    /// The pickle of the one value that this is.
    #[must_use]
    pub fn into_pickle(mut self) -> Vec<u8> {
        self.0.splice(..0, [0x80, 2]);
        self.0.push(b'.');
        self.0
    }

    fn int(&mut self, number: i64) {
        if let Ok(small) = u8::try_from(number) {
            self.with(b'K', &[small]);
        } else if let Ok(medium) = u16::try_from(number) {
            self.with(b'M', &medium.to_le_bytes());
        } else if let Ok(large) = i32::try_from(number) {
            self.with(b'J', &large.to_le_bytes());
        } else {
            self.with(0x8a, &[&[8], &number.to_le_bytes()[..]].concat());
        }
    }

    fn sized(&mut self, opcode: u8, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).expect("a string is far shorter than 4 GiB");
        self.with(opcode, &len.to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn with(&mut self, opcode: u8, operand: &[u8]) {
        self.0.push(opcode);
        self.0.extend_from_slice(operand);
    }
}
