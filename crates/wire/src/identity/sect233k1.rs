//! ECDSA over the curve sect233k1 (NIST K-233) with SHA-1, for the old authentication (protocol.md
//! §3).
//!
//! **What it is good for: talking to old peers, nothing else.** SHA-1 and a 112-bit binary curve
//! are what the deployed protocol has; version 18 uses Ed25519 and none of this.
//!
//! **How constant-time it is.** Everything that touches a secret (the ladder, arithmetic mod n, the
//! nonce's inverse) runs a fixed sequence of operations without branches or table look-ups that
//! depend on it, written in plain Rust: a compiler may still undo that, and nobody has measured or
//! reviewed it. The number of rejected nonce candidates and of signatures that came out too short
//! is visible in the time; neither tells of the nonce that was used. Verification handles public
//! values.
//!
//! This is one file, longer than any other here, so that a reviewer has the whole chain from field
//! to signature in one place. The parts, in order: GF(2^233), the curve and its Montgomery ladder,
//! arithmetic mod n, nonces (RFC 6979), signatures. Vectors in `tests/vectors/sect233k1` were made
//! by OpenSSL; `tests/openssl_differential.rs` compares the two.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};

use super::SignatureError;
use super::der;

/// The bytes of a coordinate: 233 bits.
pub const COORDINATE_LEN: usize = 30;
/// The bytes of a number mod n: 232 bits.
pub const SCALAR_LEN: usize = 29;

/// 256 bits, least significant word first. Field elements use 233 of them, scalars 232.
type Words = [u64; 4];

fn words_from_be(bytes: &[u8]) -> Words {
    let mut words = [0; 4];
    for (i, byte) in bytes.iter().rev().enumerate() {
        words[i / 8] |= u64::from(*byte) << (i % 8 * 8);
    }
    words
}

fn words_to_be<const N: usize>(words: &Words) -> [u8; N] {
    std::array::from_fn(|i| words[(N - 1 - i) / 8].to_be_bytes()[7 - (N - 1 - i) % 8])
}

/// All ones where `bit` is 1, zero where it is 0; hidden from the optimiser so that what uses it
/// stays free of branches.
fn mask(bit: u64) -> u64 {
    std::hint::black_box(bit.wrapping_neg())
}

// ------------------------------------------------------------------------------------------------
// GF(2^233), modulo x^233 + x^74 + 1

/// An element of GF(2^233): a polynomial, bit i the coefficient of x^i.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldElement(Words);

/// The low 64 bits of a product without carries. Bits that stand four apart are multiplied as
/// integers: up to 15 of them add up in the gap, and the one place where 16 can meet is the
/// topmost, whose carry leaves the word.
const fn multiply_low(a: u64, b: u64) -> u64 {
    const EVERY_FOURTH: u64 = 0x1111_1111_1111_1111;
    let mut product = 0;
    let mut lane = 0;
    while lane < 4 {
        let mut sum = 0;
        let mut i = 0;
        while i < 4 {
            let j = (4 + lane - i) % 4;
            sum ^= (a & EVERY_FOURTH << i).wrapping_mul(b & EVERY_FOURTH << j);
            i += 1;
        }
        product |= sum & EVERY_FOURTH << lane;
        lane += 1;
    }
    product
}

/// The whole product without carries, low word first. The high half is the low half of the mirrored
/// product.
const fn multiply_words(a: u64, b: u64) -> [u64; 2] {
    [multiply_low(a, b), multiply_low(a.reverse_bits(), b.reverse_bits()).reverse_bits() >> 1]
}

/// Karatsuba: three products of halves instead of four.
fn multiply_pairs(a: [u64; 2], b: [u64; 2]) -> Words {
    let low = multiply_words(a[0], b[0]);
    let high = multiply_words(a[1], b[1]);
    let mid = multiply_words(a[0] ^ a[1], b[0] ^ b[1]);
    [low[0], low[1] ^ mid[0] ^ low[0] ^ high[0], high[0] ^ mid[1] ^ low[1] ^ high[1], high[1]]
}

/// The lower 32 bits of `word`, a zero after each.
const fn spread(word: u64) -> u64 {
    let mut x = word & 0xffff_ffff;
    x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

impl FieldElement {
    const ZERO: Self = Self([0; 4]);
    const ONE: Self = Self([1, 0, 0, 0]);
    /// The bits of the top word that are in use: 233 − 192.
    const TOP_BITS: u32 = 41;

    /// Reads a coordinate, big-endian; `None` where it has more than 233 bits.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; COORDINATE_LEN]) -> Option<Self> {
        let words = words_from_be(bytes);
        (words[3] >> Self::TOP_BITS == 0).then_some(Self(words))
    }

    /// Big-endian, as in an encoded point.
    #[must_use]
    pub fn to_bytes(self) -> [u8; COORDINATE_LEN] {
        words_to_be(&self.0)
    }

    /// Brings a product of up to 465 bits below x^233, a word at a time from the top: x^233 = x^74
    /// + 1.
    fn reduce(mut c: [u64; 8]) -> Self {
        for i in (4..8).rev() {
            let word = c[i]; // stands for word · x^(64·i), and 64·i = 233 + 64·(i−4) + 23
            c[i - 4] ^= word << 23;
            c[i - 3] ^= word >> 41 ^ word << 33;
            c[i - 2] ^= word >> 31;
        }
        let top = c[3] >> Self::TOP_BITS;
        Self([c[0] ^ top, c[1] ^ top << 10, c[2], c[3] & ((1 << Self::TOP_BITS) - 1)])
    }

    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] ^ other.0[i]))
    }

    /// The product in the field.
    #[must_use]
    pub fn multiply(self, other: Self) -> Self {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.0, other.0);
        let low = multiply_pairs([a0, a1], [b0, b1]);
        let high = multiply_pairs([a2, a3], [b2, b3]);
        let mid = multiply_pairs([a0 ^ a2, a1 ^ a3], [b0 ^ b2, b1 ^ b3]);
        let mut c = [0; 8];
        c[..4].copy_from_slice(&low);
        c[4..].copy_from_slice(&high);
        for i in 0..4 {
            c[i + 2] ^= mid[i] ^ low[i] ^ high[i];
        }
        Self::reduce(c)
    }

    fn square(self) -> Self {
        Self::reduce(std::array::from_fn(|i| spread(self.0[i / 2] >> (i % 2 * 32))))
    }

    /// `self` to the power 2^n.
    fn square_times(self, n: u32) -> Self {
        (0..n).fold(self, |x, _| x.square())
    }

    /// The inverse, and zero for zero: `self` to the power 2^233 − 2 (Itoh and Tsujii). With b(k) =
    /// self^(2^k − 1), b(j + k) = b(j)^(2^k) · b(k); the chain is 1, 2, 3, 6, 7, 14, 28, 29, 58,
    /// 116, 232.
    fn invert(self) -> Self {
        let double = |b: Self, k: u32| b.square_times(k).multiply(b);
        let next = |b: Self| b.square().multiply(self);
        let b3 = next(double(self, 1));
        let b7 = next(double(b3, 3));
        let b29 = next(double(double(b7, 7), 14));
        double(double(double(b29, 29), 58), 116).square()
    }

    /// The sum of all conjugates, 0 or 1: for this polynomial the sum of two coefficients.
    fn trace(self) -> u64 {
        (self.0[0] ^ self.0[2] >> (159 - 128)) & 1
    }

    /// A solution z of z² + z = `self`, where the trace of `self` is 0: the sum of self^(4^i) for i
    /// up to 116.
    fn half_trace(self) -> Self {
        let mut sum = self;
        for _ in 0..116 {
            sum = sum.square_times(2).add(self);
        }
        sum
    }

    fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Exchanges the two where `bit` is 1, in the same time where it is 0.
    fn swap_if(bit: u64, a: &mut Self, b: &mut Self) {
        let mask = mask(bit);
        for (a, b) in a.0.iter_mut().zip(&mut b.0) {
            let differ = mask & (*a ^ *b);
            *a ^= differ;
            *b ^= differ;
        }
    }
}

// ------------------------------------------------------------------------------------------------
// The curve y² + xy = x³ + 1: 4·n points, of which those of order n are used

/// A point other than the one at infinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    x: FieldElement,
    y: FieldElement,
}

/// Where a ladder stands: the x-coordinates, as fractions, of m·P and of (m + 1)·P.
struct Ladder {
    x0: FieldElement,
    z0: FieldElement,
    x1: FieldElement,
    z1: FieldElement,
}

impl Ladder {
    /// Goes up k from its top bit, one addition and one doubling a bit whatever the bit is (López
    /// and Dahab, CHES 1999). The formulas hold at infinity (z = 0) too, so that leading zeros of k
    /// need no care.
    fn climb(k: &Scalar, x: FieldElement) -> Self {
        let mut at =
            Self { x0: FieldElement::ONE, z0: FieldElement::ZERO, x1: x, z1: FieldElement::ONE };
        let mut swapped = 0;
        for i in (0..Scalar::BITS).rev() {
            let bit = k.0[i / 64] >> (i % 64) & 1;
            at.swap_if(swapped ^ bit);
            swapped = bit;
            at.step(x);
        }
        at.swap_if(swapped);
        at
    }

    /// From (m, m + 1) to (2m, 2m + 1).
    fn step(&mut self, x: FieldElement) {
        let (a, b) = (self.x0.multiply(self.z1), self.x1.multiply(self.z0));
        self.z1 = a.add(b).square();
        self.x1 = x.multiply(self.z1).add(a.multiply(b));
        let (xx, zz) = (self.x0.square(), self.z0.square());
        self.z0 = xx.multiply(zz);
        self.x0 = xx.add(zz).square();
    }

    fn swap_if(&mut self, bit: u64) {
        FieldElement::swap_if(bit, &mut self.x0, &mut self.x1);
        FieldElement::swap_if(bit, &mut self.z0, &mut self.z1);
    }
}

impl Point {
    /// The base point G (SEC 2 §3.2.1).
    pub const BASE: Self = Self {
        x: FieldElement([
            0x0a4c_9d6e_efad_6126,
            0x1495_63a4_19c2_6bf5,
            0x7e73_1af1_29f2_2ff4,
            0x0000_0172_32ba_853a,
        ]),
        y: FieldElement([
            0x56e0_c110_56fa_e6a3,
            0x27a8_cd9b_f18a_eb9b,
            0x19b7_f70f_555a_67c4,
            0x0000_01db_537d_ece8,
        ]),
    };

    /// Reads x and y as a permid holds them; `None` where they are no point of order n on the
    /// curve.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 2 * COORDINATE_LEN]) -> Option<Self> {
        let (x, y) = bytes.split_at(COORDINATE_LEN);
        let point = Self {
            x: FieldElement::from_bytes(x.try_into().ok()?)?,
            y: FieldElement::from_bytes(y.try_into().ok()?)?,
        };
        (point.is_on_curve() && point.has_order_n()).then_some(point)
    }

    /// Both coordinates: x, then y.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 2 * COORDINATE_LEN] {
        let (x, y) = (self.x.to_bytes(), self.y.to_bytes());
        std::array::from_fn(|i| if i < COORDINATE_LEN { x[i] } else { y[i - COORDINATE_LEN] })
    }

    fn is_on_curve(&self) -> bool {
        let Self { x, y } = *self;
        y.square().add(x.multiply(y)) == x.square().multiply(x).add(FieldElement::ONE)
    }

    /// Whether this point of the curve is four times another one, which is to say in the subgroup
    /// of prime order n. A point can be halved where the trace of its x is 0; the half's own x is
    /// the root of y + (λ + 1)·x with λ² + λ = x, and has the trace of its square (Knudsen,
    /// ASIACRYPT 1999). This takes a hundredth of the time of multiplying by n.
    fn has_order_n(&self) -> bool {
        let lambda = self.x.half_trace();
        let half_squared = self.y.add(lambda.add(FieldElement::ONE).multiply(self.x));
        self.x.trace() == 0 && half_squared.trace() == 0
    }

    /// k·P; `None` is the point at infinity. The ladder gives the x-coordinates of k·P and (k +
    /// 1)·P, which fix y.
    fn multiply(&self, k: &Scalar) -> Option<Self> {
        let Self { x, y } = *self;
        let Ladder { x0, z0, x1, z1 } = Ladder::climb(k, x);
        if z0.is_zero() {
            return None;
        }
        if z1.is_zero() {
            return Some(self.negate()); // (k + 1)·P is at infinity
        }
        let inverses = x.multiply(z0).multiply(z1).invert(); // one inversion for three: 1/x, 1/z0, 1/z1
        let x_inverse = inverses.multiply(z0).multiply(z1);
        let kx = x0.multiply(inverses.multiply(x).multiply(z1));
        let next_x = x1.multiply(inverses.multiply(x).multiply(z0));
        let slope = kx.add(x).multiply(next_x.add(x)).add(x.square()).add(y);
        Some(Self { x: kx, y: kx.add(x).multiply(slope).multiply(x_inverse).add(y) })
    }

    fn negate(&self) -> Self {
        Self { x: self.x, y: self.x.add(self.y) }
    }

    /// The sum of two points of order n; `None` is infinity.
    fn add(&self, other: &Self) -> Option<Self> {
        if *self == other.negate() {
            return None;
        }
        let slope = if self == other {
            self.x.add(self.y.multiply(self.x.invert()))
        } else {
            self.y.add(other.y).multiply(self.x.add(other.x).invert())
        };
        let x = slope.square().add(slope).add(self.x).add(other.x);
        Some(Self { x, y: slope.multiply(self.x.add(x)).add(x).add(self.y) })
    }

    /// Checks an ECDSA signature in DER over the SHA-1 digest of `message` (SEC 1 §4.1.4). Takes
    /// signatures of any length that DER allows, shorter ones than the original accepts too.
    ///
    /// # Errors
    /// Anything that is not this key's signature of `message`, in the one encoding that DER gives
    /// it.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let Signature { r, s } = Signature::from_der(signature).ok_or(SignatureError)?;
        let inverse = s.invert();
        let from_base = Self::BASE.multiply(&digest(message).multiply(&inverse));
        let from_key = self.multiply(&r.multiply(&inverse));
        let sum = match (from_base, from_key) {
            (Some(a), Some(b)) => a.add(&b),
            (a, b) => a.or(b),
        };
        let valid = sum.is_some_and(|point| Scalar::reduce(point.x.0) == r);
        valid.then_some(()).ok_or(SignatureError)
    }
}

// ------------------------------------------------------------------------------------------------
// Numbers mod n, the order of G

/// A number below n.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Scalar(Words);

/// `a − b` and 1 where that is below zero.
const fn subtract(a: &Words, b: &Words) -> (Words, u64) {
    let mut difference = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (d, first) = a[i].overflowing_sub(b[i]);
        let (d, second) = d.overflowing_sub(borrow as u64);
        difference[i] = d;
        borrow = first | second;
        i += 1;
    }
    (difference, borrow as u64)
}

/// `a · b + c + d`, which fits: low word, high word.
#[allow(clippy::cast_possible_truncation)] // the two halves of a double word
const fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let wide = a as u128 * b as u128 + c as u128 + d as u128;
    (wide as u64, (wide >> 64) as u64)
}

impl Scalar {
    const BITS: usize = 232;
    const ZERO: Self = Self([0; 4]);
    const ONE: Self = Self([1, 0, 0, 0]);
    /// n (SEC 2 §3.2.1).
    const N: Words = [0x6efb_1ad5_f173_abdf, 0x0006_9d5b_b915_bcd4, 0, 0x0000_0080_0000_0000];
    /// −1/n mod 2^64, by Newton's iteration: each step doubles the bits that are right, and an odd
    /// number is its own inverse mod 8.
    const MINUS_INVERSE: u64 = {
        let mut inverse = Self::N[0];
        let mut right = 3;
        while right < 64 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(Self::N[0].wrapping_mul(inverse)));
            right *= 2;
        }
        inverse.wrapping_neg()
    };
    /// 2^512 mod n, by which a number enters Montgomery's form.
    const R_SQUARED: Self = {
        let mut power = [1, 0, 0, 0];
        let mut exponent = 0;
        while exponent < 512 {
            let doubled = [
                power[0] << 1,
                power[1] << 1 | power[0] >> 63,
                power[2] << 1 | power[1] >> 63,
                power[3] << 1 | power[2] >> 63,
            ];
            let (reduced, below) = subtract(&doubled, &Self::N);
            power = if below == 1 { doubled } else { reduced };
            exponent += 1;
        }
        Self(power)
    };

    /// a · b / 2^256 mod n, for any 256-bit a and b < n (Handbook of Applied Cryptography,
    /// algorithm 14.36).
    fn montgomery(a: &Words, b: &Self) -> Self {
        let mut t = [0_u64; 5];
        for &word in a {
            let mut carry = 0;
            for (t, b) in t.iter_mut().zip(b.0) {
                (*t, carry) = multiply_add(word, b, *t, carry);
            }
            t[4] = carry;
            let factor = t[0].wrapping_mul(Self::MINUS_INVERSE);
            (_, carry) = multiply_add(factor, Self::N[0], t[0], 0);
            for i in 1..4 {
                (t[i - 1], carry) = multiply_add(factor, Self::N[i], t[i], carry);
            }
            (t[3], _) = multiply_add(1, t[4], carry, 0); // below 2n, so nothing is left for t[4]
        }
        Self::subtract_n(&[t[0], t[1], t[2], t[3]])
    }

    /// A number below 2n, mod n.
    fn subtract_n(words: &Words) -> Self {
        let (reduced, below) = subtract(words, &Self::N);
        let keep = mask(below);
        Self(std::array::from_fn(|i| words[i] & keep | reduced[i] & !keep))
    }

    /// Any 256-bit number mod n.
    fn reduce(words: Words) -> Self {
        Self::montgomery(&Self::montgomery(&words, &Self::R_SQUARED).0, &Self::ONE)
    }

    /// Reads a big-endian number of at most 29 significant bytes in 1..n − 1.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let leading = bytes.len().saturating_sub(SCALAR_LEN);
        let (zeros, number) = bytes.split_at(leading);
        let words = words_from_be(number);
        let (_, below) = subtract(&words, &Self::N);
        (zeros.iter().all(|zero| *zero == 0) && below == 1 && words != Self::ZERO.0)
            .then_some(Self(words))
    }

    fn to_bytes(self) -> [u8; SCALAR_LEN] {
        words_to_be(&self.0)
    }

    fn add(&self, other: &Self) -> Self {
        let mut sum = [0; 4];
        let mut carry = 0;
        for (i, sum) in sum.iter_mut().enumerate() {
            (*sum, carry) = multiply_add(1, self.0[i], other.0[i], carry);
        }
        Self::subtract_n(&sum)
    }

    fn multiply(&self, other: &Self) -> Self {
        Self::montgomery(&Self::montgomery(&self.0, &Self::R_SQUARED).0, other)
    }

    /// The inverse by Fermat: to the power n − 2, whose bits are no secret.
    fn invert(&self) -> Self {
        let (exponent, _) = subtract(&Self::N, &[2, 0, 0, 0]);
        let base = Self::montgomery(&self.0, &Self::R_SQUARED);
        let mut power = base; // the top bit
        for i in (0..Self::BITS - 1).rev() {
            power = Self::montgomery(&power.0, &power);
            if exponent[i / 64] >> (i % 64) & 1 == 1 {
                power = Self::montgomery(&power.0, &base);
            }
        }
        Self::montgomery(&power.0, &Self::ONE)
    }
}

/// The SHA-1 digest as a number; its 160 bits are fewer than n has.
fn digest(message: &[u8]) -> Scalar {
    Scalar(words_from_be(&Sha1::digest(message)))
}

// ------------------------------------------------------------------------------------------------
// Keys and signatures

/// A secret key: a number in 1..n − 1.
pub struct SecretKey(Scalar);

/// The numbers of a signature, each in 1..n − 1.
struct Signature {
    r: Scalar,
    s: Scalar,
}

/// What the original refuses signatures below (§3): it compares with a sample that it signs itself.
pub const SHORTEST_SIGNATURE: usize = 63;
/// After so many short signatures in a row, each a chance of one in 30 000, the last one is given
/// out: it is valid all the same.
const MAX_ATTEMPTS: u8 = 16;

impl SecretKey {
    /// A key from 64 random bytes: so many more than n has that the reduction leaves no bias.
    #[must_use]
    pub fn from_seed(seed: &[u8; 64]) -> Self {
        let (high, low) = seed.split_at(32);
        let high = Scalar::montgomery(&words_from_be(high), &Scalar::R_SQUARED); // high · 2^256 mod n
        let key = high.add(&Scalar::reduce(words_from_be(low)));
        Self(if key == Scalar::ZERO { Scalar::ONE } else { key })
    }

    /// Reads a big-endian number; `None` where it isn't in 1..n − 1.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Scalar::from_bytes(bytes).map(Self)
    }

    /// The secret itself, for a key file.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SCALAR_LEN] {
        self.0.to_bytes()
    }

    /// The public key of this secret key.
    #[must_use]
    pub fn public(&self) -> Point {
        Point::BASE
            .multiply(&self.0)
            .expect("a key in 1..n − 1 times a point of order n is not infinity")
    }

    /// ECDSA over the SHA-1 digest of `message`, in DER, at least [`SHORTEST_SIGNATURE`] long.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let digest = digest(message);
        let mut signature = Vec::new();
        for attempt in 0..MAX_ATTEMPTS {
            let nonce = nonce(&self.0, &digest, attempt);
            if let Some(made) = self.sign_with(&digest, &nonce) {
                signature = made.to_der();
            }
            if signature.len() >= SHORTEST_SIGNATURE {
                break;
            }
        }
        signature
    }

    /// SEC 1 §4.1.3 with a given nonce; `None` where r or s is 0.
    fn sign_with(&self, digest: &Scalar, nonce: &Scalar) -> Option<Signature> {
        let r = Scalar::reduce(Point::BASE.multiply(nonce)?.x.0);
        let s = nonce.invert().multiply(&digest.add(&r.multiply(&self.0)));
        (r != Scalar::ZERO && s != Scalar::ZERO).then_some(Signature { r, s })
    }
}

/// The nonce of RFC 6979 §3.2 with HMAC-SHA1, the attempt number as the additional data of §3.6
/// from the second attempt on.
fn nonce(key: &Scalar, digest: &Scalar, attempt: u8) -> Scalar {
    let additional: &[u8] = if attempt == 0 { &[] } else { &[attempt] };
    let (mut k, mut v) = ([0; 20], [1; 20]);
    for round in [0, 1] {
        k = hmac(&k, &[&v, &[round], &key.to_bytes(), &digest.to_bytes(), additional]);
        v = hmac(&k, &[&v]);
    }
    loop {
        let first = hmac(&k, &[&v]);
        v = hmac(&k, &[&first]);
        let candidate = [first, v].concat();
        if let Some(nonce) = Scalar::from_bytes(&candidate[..SCALAR_LEN]) {
            return nonce;
        }
        k = hmac(&k, &[&v, &[0]]);
        v = hmac(&k, &[&v]);
    }
}

fn hmac(key: &[u8; 20], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl Signature {
    fn from_der(der: &[u8]) -> Option<Self> {
        let mut reader = der::Reader::new(der);
        let mut numbers = der::Reader::new(reader.value(der::SEQUENCE)?);
        let signature = Self { r: Self::number(&mut numbers)?, s: Self::number(&mut numbers)? };
        (reader.is_empty() && numbers.is_empty()).then_some(signature)
    }

    fn number(reader: &mut der::Reader<'_>) -> Option<Scalar> {
        Scalar::from_bytes(reader.unsigned()?)
    }

    fn to_der(&self) -> Vec<u8> {
        let numbers = [&self.r, &self.s].map(|number| der::unsigned(&number.to_bytes()));
        der::value(der::SEQUENCE, &numbers.concat())
    }
}

#[cfg(test)]
mod tests;
