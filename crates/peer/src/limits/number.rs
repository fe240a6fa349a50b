//! Limits are of several widths; the table sees them as one.

/// A number of [`Limits`](super::Limits).
pub(super) trait Number: Copy {
    fn get(self) -> u64;
    fn of(value: u64) -> Option<Self>;
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            fn get(self) -> u64 {
                u64::try_from(self).unwrap_or(u64::MAX)
            }
            fn of(value: u64) -> Option<Self> {
                Self::try_from(value).ok()
            }
        }
    )*};
}

number!(u32, u64, usize);
