use super::*;

/// RFC 8410 §10.3: the same key without and with its public key, and an attribute.
const RFC_8410_V1: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
const RFC_8410_V2: &str = "-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
";
const RFC_8410_PUBLIC: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

#[test]
fn ed25519_keys_round_trip() {
    let key = Key::from_pem(RFC_8410_V1.as_bytes()).unwrap();
    assert_eq!(key.kind(), PermidKind::Ed25519);
    assert_eq!(key.permid().to_string(), RFC_8410_PUBLIC);
    assert_eq!(key.pem(), RFC_8410_V1);
    assert_eq!(Key::from_pem(RFC_8410_V2.as_bytes()).unwrap().permid(), key.permid());
    let Key::Ed25519(key) = key else { panic!("a key of the new kind") };
    let with_public = pem::write("PRIVATE KEY", &key.pkcs8_der());
    for text in [with_public.clone(), with_public.replace('\n', "\r\n")] {
        assert_eq!(Key::from_pem(text.as_bytes()).unwrap().permid(), key.permid());
    }
    let mut other = key.pkcs8_der();
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(
        Key::from_pem(pem::write("PRIVATE KEY", &other).as_bytes()).unwrap_err(),
        KeyError::Mismatch
    );
}

#[test]
fn what_is_no_key_is_told_apart() {
    let pem = pem::write;
    let error = |text: &str| Key::from_pem(text.as_bytes()).unwrap_err();
    assert_eq!(error(""), KeyError::NotPem);
    assert_eq!(error(RFC_8410_PUBLIC), KeyError::NotPem);
    assert_eq!(Key::from_pem(&[0xff; 99]).unwrap_err(), KeyError::NotPem);
    assert_eq!(error("-----BEGIN PRIVATE KEY"), KeyError::NotPem);
    assert!(matches!(error(&RFC_8410_V1[..90]), KeyError::DamagedPem(_)));
    for (from, to, why) in [
        ("INTu", "IN?u", "line 2 is not base64"),
        ("INTu", "INu", "its base64 is cut or misses characters"),
        ("-----END", "-----DNE", "no line `-----END PRIVATE KEY-----`"),
        ("-----END", "-----BEGIN X-----\n-----END", "no line `-----END PRIVATE KEY-----`"),
    ] {
        assert_eq!(error(&RFC_8410_V1.replace(from, to)), KeyError::DamagedPem(why.into()));
    }
    assert_eq!(error(&pem("PUBLIC KEY", &[1])), KeyError::Public);
    assert_eq!(error(&pem("ENCRYPTED PRIVATE KEY", &[1])), KeyError::Encrypted);
    let encrypted = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
    assert_eq!(error(encrypted), KeyError::Encrypted);
    assert_eq!(
        error(&pem("OPENSSH PRIVATE KEY", &[1])),
        KeyError::Label("OPENSSHPRIVATEKEY".into())
    );
    assert_eq!(error(&pem("PRIVATE KEY", &[1])), KeyError::Malformed("PKCS#8"));
    let x25519 = pem(
        "PRIVATE KEY",
        &[&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20][..], &[1; 32]]
            .concat(),
    );
    assert_eq!(error(&x25519), KeyError::Algorithm("X25519"));
    let short = pem("PRIVATE KEY", &[0x30, 0x0c, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0]);
    assert_eq!(error(&short), KeyError::Malformed("Ed25519"));
}

#[cfg(feature = "legacy")]
mod legacy {
    use super::*;

    /// Made by `openssl ecparam -name sect233k1 -genkey`, and the same key by `openssl pkcs8 -topk8
    /// -nocrypt`.
    const SEC1: &str = "-----BEGIN EC PARAMETERS-----
BgUrgQQAGg==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MG0CAQEEHThjl/u738UETv7Z/mXGHvvWZ83xrB90S6F2U3dboAcGBSuBBAAaoUAD
PgAEAKmR6S6VFomodwmQnZ1kJ67P5HmFrUnzLad8YSI+AbP29y9CWrC3UI0QmkWx
7BOOmu6hZm9zkuVZFyXh
-----END EC PRIVATE KEY-----
";
    const PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MH0CAQAwEAYHKoZIzj0CAQYFK4EEABoEZjBkAgEBBB04Y5f7u9/FBE7+2f5lxh77
1mfN8awfdEuhdlN3W6FAAz4ABACpkekulRaJqHcJkJ2dZCeuz+R5ha1J8y2nfGEi
PgGz9vcvQlqwt1CNEJpFsewTjpruoWZvc5LlWRcl4Q==
-----END PRIVATE KEY-----
";
    const PUBLIC: &str = "MFIwEAYHKoZIzj0CAQYFK4EEABoDPgAEAKmR6S6VFomodwmQnZ1kJ67P5HmFrUnzLad8YSI+AbP29y9CWrC3UI0QmkWx7BOOmu6hZm9zkuVZFyXh";

    #[test]
    fn sect233k1_keys_round_trip() {
        for text in [SEC1, PKCS8] {
            let key = Key::from_pem(text.as_bytes()).unwrap();
            assert_eq!(key.kind(), PermidKind::Sect233k1);
            assert_eq!(key.permid().to_string(), PUBLIC);
            assert!(SEC1.ends_with(&key.pem()), "as OpenSSL wrote it, after the parameters");
        }
        let made = Key::Sect233k1(LegacyIdentity::from_seed([7; 64]));
        assert_eq!(Key::from_pem(made.pem().as_bytes()).unwrap().permid(), made.permid());
    }

    /// The DER of [`SEC1`] with bytes changed.
    fn altered(at: usize, bytes: &[u8]) -> Result<Key, KeyError> {
        let mut der = pem::blocks(SEC1.as_bytes())[1].bytes().unwrap();
        der[at..at + bytes.len()].copy_from_slice(bytes);
        Key::from_pem(pem::write("EC PRIVATE KEY", &der).as_bytes())
    }

    #[test]
    fn wrong_sect233k1_keys_are_told_apart() {
        assert!(altered(0, &[0x30]).is_ok());
        assert_eq!(altered(4, &[2]).unwrap_err(), KeyError::Malformed("EC"), "the version");
        assert_eq!(altered(7, &[0; 29]).unwrap_err(), KeyError::OutOfRange, "zero");
        assert_eq!(altered(7, &[0xff; 29]).unwrap_err(), KeyError::OutOfRange, "above n");
        assert_eq!(altered(34, &[0x11, 0x22]).unwrap_err(), KeyError::Mismatch);
        assert_eq!(altered(44, &[0x1b]).unwrap_err(), KeyError::Curve, "sect233r1");
        assert_eq!(altered(109, &[0, 0]).unwrap_err(), KeyError::Mismatch);
    }
}

#[cfg(not(feature = "legacy"))]
#[test]
fn a_build_without_legacy_says_so() {
    let pem = pem::write("EC PRIVATE KEY", &[0x30, 0]);
    assert_eq!(Key::from_pem(pem.as_bytes()).unwrap_err(), KeyError::NoLegacy);
}
