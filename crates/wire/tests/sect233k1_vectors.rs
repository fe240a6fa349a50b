//! Keys and signatures that OpenSSL made, and wrong ones that it refuses
//! (`tests/vectors/sect233k1`).
#![cfg(feature = "legacy")]
#![allow(clippy::unwrap_used)] // a test's helpers may fail

use swarmscope_wire::Permid;
use swarmscope_wire::identity::sect233k1::SecretKey;
use swarmscope_wire::identity::verify_legacy;

const VALID: &str = include_str!("../../../tests/vectors/sect233k1/valid.txt");
const WRONG: &str = include_str!("../../../tests/vectors/sect233k1/wrong.txt");

/// Hex of whole bytes; `-` is none.
fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.trim_start_matches('-');
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn keys_and_signatures_of_openssl_are_right() {
    let (mut keys, mut signatures) = (0, 0);
    let mut permid = None;
    for line in VALID.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["key", secret, public] => {
                let secret = SecretKey::from_bytes(&bytes(&format!("{secret:0>58}"))).unwrap();
                let public = Permid::from_base64(public).unwrap();
                assert_eq!(Permid::Sect233k1(secret.public().to_bytes()), public, "{line}");
                let signature = secret.sign(line.as_bytes());
                assert!(signature.len() >= 63);
                assert_eq!(verify_legacy(&public, line.as_bytes(), &signature), Ok(()), "{line}");
                permid = Some(public);
                keys += 1;
            }
            ["sig", message, signature] => {
                let permid = permid.expect("a key comes before its signatures");
                assert_eq!(
                    verify_legacy(&permid, &bytes(message), &bytes(signature)),
                    Ok(()),
                    "{line}"
                );
                signatures += 1;
            }
            _ => panic!("neither a key nor a signature: {line}"),
        }
    }
    assert_eq!((keys, signatures), (100, 300));
}

#[test]
fn wrong_keys_and_signatures_are_refused() {
    let mut refused = 0;
    for line in WRONG.lines() {
        let [permid, message, signature, why] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("four words: {line}");
        };
        let permid = Permid::from_base64(permid).unwrap();
        assert!(
            verify_legacy(&permid, &bytes(message), &bytes(signature)).is_err(),
            "{why}: {line}"
        );
        refused += 1;
    }
    assert_eq!(refused, 280);
}
