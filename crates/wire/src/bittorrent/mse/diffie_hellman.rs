//! Diffie–Hellman over the 768-bit prime of Message Stream Encryption, with the generator 2.
//!
//! Products are Montgomery's, held against plain doubling and adding in a test. No secrecy rests on
//! it, so it takes no care to run in constant time.

/// The length of a key in bytes.
pub const KEY_LEN: usize = 96;
/// The length of a secret exponent in bytes: 160 bits, as the protocol's text proposes.
pub const SECRET_LEN: usize = 20;

const LIMBS: usize = KEY_LEN / 8;
/// 64-bit digits, least significant first.
type Number = [u64; LIMBS];

/// The prime: that of the first Oakley group (RFC 2409), with its last 64 bits replaced.
const PRIME: Number = [
    0x0000_0000_0009_0563,
    0xF44C_42E9_A63A_3621,
    0xE485_B576_625E_7EC6,
    0x4FE1_356D_6D51_C245,
    0x302B_0A6D_F25F_1437,
    0xEF95_19B3_CD3A_431B,
    0x514A_0879_8E34_04DD,
    0x020B_BEA6_3B13_9B22,
    0x2902_4E08_8A67_CC74,
    0xC4C6_628B_80DC_1CD1,
    0xC90F_DAA2_2168_C234,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// What one side sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicKey(pub [u8; KEY_LEN]);

/// What one side keeps.
#[derive(Clone)]
pub struct SecretKey([u8; SECRET_LEN]);

impl SecretKey {
    /// From 20 random bytes.
    #[must_use]
    pub const fn new(random: [u8; SECRET_LEN]) -> Self {
        Self(random)
    }

    /// What the other side gets.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut two = [0; LIMBS];
        two[0] = 2;
        PublicKey(to_bytes(&power(&two, &self.0)))
    }

    /// What both sides then know.
    #[must_use]
    pub fn shared(&self, theirs: &PublicKey) -> [u8; KEY_LEN] {
        to_bytes(&power(&reduce(from_bytes(&theirs.0)), &self.0))
    }
}

fn from_bytes(bytes: &[u8; KEY_LEN]) -> Number {
    let mut number = [0; LIMBS];
    for (limb, chunk) in number.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_be_bytes(*chunk);
    }
    number
}

fn to_bytes(number: &Number) -> [u8; KEY_LEN] {
    let mut bytes = [0; KEY_LEN];
    for (limb, chunk) in number.iter().rev().zip(bytes.as_chunks_mut::<8>().0) {
        *chunk = limb.to_be_bytes();
    }
    bytes
}

/// Below the prime; enough for anything of 768 bits, since the prime's highest bit is set.
fn reduce(number: Number) -> Number {
    let (less, borrow) = subtract(&number, &PRIME);
    if borrow { number } else { less }
}

fn subtract(one: &Number, other: &Number) -> (Number, bool) {
    let (mut result, mut borrow) = ([0; LIMBS], false);
    for ((out, a), b) in result.iter_mut().zip(one).zip(other) {
        (*out, borrow) = borrowing(*a, *b, borrow);
    }
    (result, borrow)
}

const fn borrowing(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (first, below) = a.overflowing_sub(b);
    let (second, again) = first.overflowing_sub(borrow as u64);
    (second, below || again)
}

/// The sum of two numbers below the prime, below the prime.
fn add(one: &Number, other: &Number) -> Number {
    let (mut sum, mut carry) = ([0; LIMBS], false);
    for ((out, a), b) in sum.iter_mut().zip(one).zip(other) {
        let (first, above) = a.overflowing_add(*b);
        let (second, again) = first.overflowing_add(u64::from(carry));
        (*out, carry) = (second, above || again);
    }
    if carry { subtract(&sum, &PRIME).0 } else { reduce(sum) }
}

/// The product of two numbers, divided by 2⁷⁶⁸, below the prime (Montgomery's, word by word).
fn multiply(one: &Number, other: &Number) -> Number {
    let (mut sum, mut above) = ([0; LIMBS], 0_u64);
    for digit in other {
        let first = add_multiple(&mut sum, one, *digit);
        // As many primes as make the lowest word 0, which then is shifted out.
        let primes = sum[0].wrapping_mul(NEGATED_INVERSE);
        let second = add_multiple(&mut sum, &PRIME, primes);
        sum.rotate_left(1);
        let (with_first, carry) = above.overflowing_add(first);
        let (with_both, again) = with_first.overflowing_add(second);
        sum[LIMBS - 1] = with_both;
        above = u64::from(carry) + u64::from(again);
    }
    if above > 0 { subtract(&sum, &PRIME).0 } else { reduce(sum) }
}

/// Adds a number `times` to `sum`, and gives what does not fit into it.
fn add_multiple(sum: &mut Number, number: &Number, times: u64) -> u64 {
    let mut carry = 0_u128;
    for (out, word) in sum.iter_mut().zip(number) {
        carry += u128::from(*out) + u128::from(*word) * u128::from(times);
        #[allow(clippy::cast_possible_truncation, reason = "the lower half")]
        let low = carry as u64;
        (*out, carry) = (low, carry >> 64);
    }
    u64::try_from(carry).unwrap_or(0) // always fits: (2⁶⁴ − 1)² + 2 · (2⁶⁴ − 1) < 2¹²⁸
}

/// What the prime's lowest word times it gives −1, modulo 2⁶⁴: each step of Newton's doubles the
/// bits that are right, of which an odd number has three.
const NEGATED_INVERSE: u64 = {
    let (mut inverse, mut step) = (PRIME[0], 0);
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(PRIME[0].wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
};

/// All numbers within are times 2⁷⁶⁸, which the products divide out.
fn power(base: &Number, exponent: &[u8; SECRET_LEN]) -> Number {
    let shifted = |number: &Number| (0..LIMBS * 64).fold(*number, |sum, _| add(&sum, &sum));
    let (mut one, base) = ([0; LIMBS], shifted(base));
    one[0] = 1;
    let mut result = shifted(&one);
    for byte in exponent {
        for bit in (0..8).rev() {
            result = multiply(&result, &result);
            if byte >> bit & 1 == 1 {
                result = multiply(&result, &base);
            }
        }
    }
    multiply(&result, &one)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Doubling and adding: slow, and seen to be right.
    fn plain_product(one: &Number, other: &Number) -> Number {
        let mut product = [0; LIMBS];
        for bit in (0..LIMBS * 64).rev() {
            product = add(&product, &product);
            if other[bit / 64] >> (bit % 64) & 1 == 1 {
                product = add(&product, one);
            }
        }
        product
    }

    proptest! {
        #[test]
        fn both_products_are_the_same(one in any::<Number>(), other in any::<Number>(), high in any::<bool>()) {
            let near = |number: Number| reduce(if high { subtract(&PRIME, &[number[0], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).0 } else { number });
            let (one, other) = (near(one), near(other));
            let shifted = (0..LIMBS * 64).fold(other, |sum, _| add(&sum, &sum));
            prop_assert_eq!(multiply(&one, &shifted), plain_product(&one, &other));
        }
    }
}
