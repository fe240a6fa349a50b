use proptest::prelude::*;

use super::*;

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let text = format!("{text:0>width$}", width = 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

fn scalar(text: &str) -> Scalar {
    Scalar(words_from_be(&hex::<32>(text)))
}

fn field(words: Words) -> FieldElement {
    FieldElement::reduce([words[0], words[1], words[2], words[3], 0, 0, 0, 0])
}

/// RFC 6979, A.2.9: the key pair and the two signatures over SHA-1.
#[test]
fn rfc_6979_vectors() {
    let secret = SecretKey(scalar("103B2142BDC2A3C3B55080D09DF1808F79336DA2399F5CA7171D1BE9B0"));
    assert_eq!(
        secret.public().x.to_bytes(),
        hex("0682886F36C68473C1A221720C2B12B9BE13458BA907E1C4736595779F2")
    );
    assert_eq!(
        secret.public().y.to_bytes(),
        hex("1B20639B41BE0927090999B7817A3B3928D20503A39546044EC13A10309")
    );
    let digest = digest(b"sample");
    let nonce = nonce(&secret.0, &digest, 0);
    assert_eq!(nonce.to_bytes(), hex("273179E3E12C69591AD3DD9C7CCE3985820E3913AB6696EB14486DDBCF"));
    let Signature { r, s } = secret.sign_with(&digest, &nonce).unwrap();
    assert_eq!(r.to_bytes(), hex("5474541C988A9A1F73899F55EF28963DFFBBF0C2B1A1EE787C6A76C6A4"));
    assert_eq!(s.to_bytes(), hex("46301F9EC6624257BFC70D72186F17898EDBD0A3522560A88DD1B7D45A"));
}

#[test]
fn the_base_point_has_order_n() {
    assert!(Point::BASE.is_on_curve() && Point::BASE.has_order_n());
    assert_eq!(Point::BASE.multiply(&Scalar(Scalar::N)), None);
    let minus_one = Scalar(subtract(&Scalar::N, &[1, 0, 0, 0]).0);
    assert_eq!(Point::BASE.multiply(&minus_one), Some(Point::BASE.negate()));
    assert_eq!(Point::BASE.multiply(&Scalar::ONE), Some(Point::BASE));
    assert_eq!(Point::BASE.multiply(&Scalar::ZERO), None);
    assert_eq!(Point::BASE.multiply(&Scalar([2, 0, 0, 0])), Point::BASE.add(&Point::BASE));
}

/// The points of order 1, 2 and 4 times n: G plus each of the small points (0, 1), (1, 0), (1, 1).
#[test]
fn points_of_another_order_are_refused() {
    let (zero, one) = (FieldElement::ZERO, FieldElement::ONE);
    for (x, y) in [(zero, one), (one, zero), (one, one)] {
        let small = Point { x, y };
        assert!(small.is_on_curve());
        assert_eq!(Point::from_bytes(&small.to_bytes()), None);
        let sum = Point::BASE.add(&small).unwrap();
        assert!(sum.is_on_curve());
        assert_eq!(Point::from_bytes(&sum.to_bytes()), None);
    }
}

#[test]
fn coordinates_that_are_no_point_are_refused() {
    let mut bytes = Point::BASE.to_bytes();
    bytes[59] ^= 1;
    assert_eq!(Point::from_bytes(&bytes), None, "off the curve");
    bytes = Point::BASE.to_bytes();
    bytes[0] |= 2;
    assert_eq!(Point::from_bytes(&bytes), None, "a coordinate of 234 bits");
    assert_eq!(Point::from_bytes(&[0; 60]), None);
    assert_eq!(Point::from_bytes(&[0xff; 60]), None);
}

/// A first signature that comes out too short (this message was searched for) is made again with
/// the next nonce.
#[test]
fn a_short_signature_is_made_again() {
    let secret = SecretKey::from_seed(&[1; 64]);
    let message = SHORT_FIRST;
    let digest = digest(message);
    let first = secret.sign_with(&digest, &nonce(&secret.0, &digest, 0)).unwrap().to_der();
    let second = secret.sign_with(&digest, &nonce(&secret.0, &digest, 1)).unwrap().to_der();
    assert_eq!(first.len(), 62);
    assert!(second.len() >= SHORTEST_SIGNATURE);
    assert_eq!(secret.sign(message), second);
    assert_eq!(
        secret.public().verify(message, &first),
        Ok(()),
        "a short one is accepted from others"
    );
    assert_eq!(secret.public().verify(message, &second), Ok(()));
}

/// What [`SecretKey::from_seed`] of sixty-four ones signs in 62 bytes at first.
const SHORT_FIRST: &[u8] = b"short first 12840";

#[test]
fn signatures_have_one_encoding() {
    let secret = SecretKey::from_seed(&[2; 64]);
    let (public, message) = (secret.public(), b"message");
    let good = secret.sign(message);
    assert_eq!(public.verify(message, &good), Ok(()));
    let wrong = |signature: &[u8]| {
        assert_eq!(public.verify(message, signature), Err(SignatureError), "{signature:02x?}");
    };
    for cut in 0..good.len() {
        wrong(&good[..cut]);
    }
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        wrong(&flipped);
    }
    wrong(&[&good[..], &[0]].concat());
    let Signature { r, s } = Signature::from_der(&good).unwrap();
    let number = |bytes: &[u8]| der::value(der::INTEGER, bytes);
    let sequence =
        |r: &[u8], s: &[u8], more: &[u8]| der::value(der::SEQUENCE, &[r, s, more].concat());
    let (r, s) = (r.to_bytes(), s.to_bytes());
    assert!(r[0] < 0x80 && s[0] < 0x80 && r[0] > 0 && s[0] > 0, "as short as they are");
    assert_eq!(public.verify(message, &sequence(&number(&r), &number(&s), &[])), Ok(()));
    wrong(&sequence(&number(&[&[0], &r[..]].concat()), &number(&s), &[]));
    wrong(&sequence(&number(&r), &number(&[&[0], &s[..]].concat()), &[]));
    wrong(&sequence(&number(&r), &number(&s), &number(&[1])));
    let n: [u8; SCALAR_LEN] = words_to_be(&Scalar::N);
    let n = der::unsigned(&n);
    for bad in [&number(&[0]), &n, &number(&[0xff])] {
        wrong(&sequence(bad, &number(&s), &[]));
        wrong(&sequence(&number(&r), bad, &[]));
    }
    // s + n is the same number, written longer
    let mut plus = [0_u64; 4];
    let mut carry = 0;
    for (i, word) in words_from_be(&s).into_iter().enumerate() {
        (plus[i], carry) = multiply_add(1, word, Scalar::N[i], carry);
    }
    wrong(&sequence(&number(&r), &der::unsigned(&words_to_be::<SCALAR_LEN>(&plus)), &[]));
}

#[test]
fn secrets_are_in_range() {
    assert!(SecretKey::from_bytes(&[]).is_none());
    assert!(SecretKey::from_bytes(&[0; 40]).is_none());
    assert!(SecretKey::from_bytes(&words_to_be::<SCALAR_LEN>(&Scalar::N)).is_none());
    assert!(SecretKey::from_bytes(&[0xff; 30]).is_none());
    assert_eq!(SecretKey::from_bytes(&[0, 0, 7]).unwrap().0.0, [7, 0, 0, 0]);
    assert!(SecretKey::from_seed(&[0; 64]).0 == Scalar::ONE);
}

proptest! {
    #[test]
    fn the_field_is_a_field(a: Words, b: Words, c: Words) {
        let (a, b, c) = (field(a), field(b), field(c));
        prop_assert_eq!(a.multiply(b), b.multiply(a));
        prop_assert_eq!(a.multiply(b).multiply(c), a.multiply(b.multiply(c)));
        prop_assert_eq!(a.multiply(b.add(c)), a.multiply(b).add(a.multiply(c)));
        prop_assert_eq!(a.square(), a.multiply(a));
        prop_assert_eq!(a.multiply(a.invert()), if a.is_zero() { FieldElement::ZERO } else { FieldElement::ONE });
        prop_assert_eq!(FieldElement::from_bytes(&a.to_bytes()), Some(a));
    }

    /// The product bit by bit, as one learns it.
    #[test]
    fn words_multiply_without_carries(a: u64, b: u64) {
        let product = (0..64).filter(|i| a >> i & 1 == 1).fold(0_u128, |sum, i| sum ^ u128::from(b) << i);
        let [low, high] = multiply_words(a, b);
        prop_assert_eq!(u128::from(high) << 64 | u128::from(low), product);
        prop_assert_eq!(u128::from(multiply_words(u64::MAX, a)[0]), (0..64).fold(0_u128, |sum, i| sum ^ u128::from(a) << i) & u128::from(u64::MAX));
    }

    #[test]
    fn traces(a: Words) {
        let a = field(a);
        let sum = (1..233).fold((a, a), |(sum, power), _| (sum.add(power.square()), power.square())).0;
        prop_assert_eq!(sum, FieldElement([a.trace(), 0, 0, 0]));
        if a.trace() == 0 {
            let z = a.half_trace();
            prop_assert_eq!(z.square().add(z), a);
        }
    }

    #[test]
    fn numbers_mod_n(a: Words, b: Words) {
        let (a, b) = (Scalar::reduce(a), Scalar::reduce(b));
        prop_assert!(subtract(&a.0, &Scalar::N).1 == 1);
        prop_assert!(a.multiply(&b) == b.multiply(&a));
        prop_assert!(a == Scalar::ZERO || a.multiply(&a.invert()) == Scalar::ONE);
        let by_doubling = (0..Scalar::BITS).rev().fold(Scalar::ZERO, |sum, i| {
            let doubled = sum.add(&sum);
            if b.0[i / 64] >> (i % 64) & 1 == 1 { doubled.add(&a) } else { doubled }
        });
        prop_assert!(a.multiply(&b) == by_doubling);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_ladder_is_a_homomorphism(a: Words, b: Words) {
        let (a, b) = (Scalar::reduce(a), Scalar::reduce(b));
        let (pa, pb) = (Point::BASE.multiply(&a).unwrap(), Point::BASE.multiply(&b).unwrap());
        prop_assert!(pa.is_on_curve());
        prop_assert_eq!(pa.add(&pb), Point::BASE.multiply(&a.add(&b)));
        prop_assert_eq!(pa.multiply(&b), pb.multiply(&a));
    }

    /// The quick test of a point's order says what multiplying by n says, for points of all orders.
    #[test]
    fn halving_tells_the_order(x: Words) {
        let x = field(x);
        // y² + xy = x³ + 1, divided by x²: z² + z = x + 1/x² with y = z·x
        let c = x.add(x.square().invert());
        prop_assume!(!x.is_zero() && c.trace() == 0);
        let point = Point { x, y: c.half_trace().multiply(x) };
        prop_assert!(point.is_on_curve());
        prop_assert_eq!(point.has_order_n(), point.multiply(&Scalar(Scalar::N)).is_none());
    }

    #[test]
    fn what_is_signed_verifies(seed: [u8; 32], message: Vec<u8>, bit: usize) {
        let secret = SecretKey::from_seed(&std::array::from_fn(|i| seed[i / 2] ^ u8::try_from(i).unwrap()));
        let signature = secret.sign(&message);
        prop_assert!(signature.len() >= SHORTEST_SIGNATURE);
        let public = Point::from_bytes(&secret.public().to_bytes()).unwrap();
        prop_assert_eq!(public.verify(&message, &signature), Ok(()));
        let mut other = [&message[..], &[0]].concat();
        prop_assert_eq!(public.verify(&other, &signature), Err(SignatureError));
        let bit = bit % (8 * other.len());
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(public.verify(&other, &signature), Err(SignatureError));
    }
}
