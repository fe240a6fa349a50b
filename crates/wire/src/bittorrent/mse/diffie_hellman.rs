//! Diffie–Hellman over the 768-bit prime of Message Stream Encryption, with the generator 2.
//!
//! Multiplication doubles and adds: 5 lines that are seen to be right, a few milliseconds a key. No
//! secrecy rests on it, so it takes no care to run in constant time.

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

fn multiply(one: &Number, other: &Number) -> Number {
    let mut product = [0; LIMBS];
    for bit in (0..LIMBS * 64).rev() {
        product = add(&product, &product);
        if other[bit / 64] >> (bit % 64) & 1 == 1 {
            product = add(&product, one);
        }
    }
    product
}

fn power(base: &Number, exponent: &[u8; SECRET_LEN]) -> Number {
    let mut result = [0; LIMBS];
    result[0] = 1;
    for byte in exponent {
        for bit in (0..8).rev() {
            result = multiply(&result, &result);
            if byte >> bit & 1 == 1 {
                result = multiply(&result, base);
            }
        }
    }
    result
}
