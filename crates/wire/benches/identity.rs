//! sect233k1 signatures beside a floor of the same run: `cargo bench --bench identity`. Sign ≤ 1
//! ms, verify ≤ 2 ms.

use divan::{Bencher, black_box};
use sha1::{Digest as _, Sha1};
use swarmscope_wire::identity::sect233k1::{COORDINATE_LEN, FieldElement, Point};
use swarmscope_wire::identity::{Ed25519Identity, LegacyIdentity, verify_legacy};

/// As long as what an authentication signs: two nonces of 1024 bytes, a peer id and the bencoding
/// around them.
const MESSAGE: [u8; 2085] = [0x5a; 2085];

fn main() {
    divan::main();
}

fn identity() -> LegacyIdentity {
    LegacyIdentity::from_seed([7; 64])
}

mod floor {
    use super::*;

    #[divan::bench]
    fn sha1_of_the_message() -> [u8; 20] {
        Sha1::digest(black_box(MESSAGE)).into()
    }

    #[divan::bench]
    fn one_field_multiplication(bencher: Bencher) {
        let a = FieldElement::from_bytes(&[1; COORDINATE_LEN]).expect("233 bits");
        bencher.bench(|| black_box(a).multiply(black_box(a)));
    }
}

mod legacy {
    use super::*;

    #[divan::bench]
    fn sign(bencher: Bencher) {
        let identity = identity();
        bencher.bench(|| identity.sign(black_box(&MESSAGE)));
    }

    #[divan::bench]
    fn verify(bencher: Bencher) {
        let identity = identity();
        let (permid, signature) = (identity.permid(), identity.sign(&MESSAGE));
        bencher.bench(|| {
            verify_legacy(black_box(&permid), black_box(&MESSAGE), &signature)
                .expect("it is valid");
        });
    }

    #[divan::bench]
    fn make_a_key(bencher: Bencher) {
        bencher.bench(|| LegacyIdentity::from_seed(black_box([7; 64])));
    }

    #[divan::bench]
    fn check_a_permid(bencher: Bencher) {
        let point = Point::BASE.to_bytes();
        bencher.bench(|| Point::from_bytes(black_box(&point)));
    }
}

mod ed25519 {
    use super::*;

    #[divan::bench]
    fn make_a_key(bencher: Bencher) {
        bencher.bench(|| Ed25519Identity::from_seed(black_box([7; 32])));
    }
}
