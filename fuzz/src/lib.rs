//! What each fuzz target does with its bytes, and what must hold. `fuzz_targets/` only calls these.

#[cfg(feature = "peer")]
pub mod case;
pub mod connection;
#[cfg(feature = "peer")]
pub mod engine;
#[cfg(feature = "peer")]
pub mod files;
#[cfg(feature = "peer")]
pub mod lookup;
pub mod networks;
#[cfg(feature = "peer")]
pub mod operators;
pub mod people;
#[cfg(feature = "peer")]
pub mod replies;
#[cfg(feature = "peer")]
pub mod session;
#[cfg(feature = "peer")]
pub mod talk;
pub mod values;

/// Takes what a target decides by off its bytes; zeros where there are none left, so that every
/// input means something.
pub struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub const fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Up to 255 bytes.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}
