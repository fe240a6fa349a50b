use super::*;

fn cause<T: fmt::Debug>(result: Result<T, KeyFileError>) -> (String, KeyFileCause) {
    let error = result.unwrap_err();
    (error.to_string(), error.cause)
}

#[test]
fn a_key_is_made_once_and_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/deeper/identity.pem");
    let made = ed25519_or_new(&path).unwrap();
    let found = ed25519_or_new(&path).unwrap();
    assert_eq!(made.key.permid(), found.key.permid());
    assert_eq!((made.exposed, found.exposed), (None, None));
    let names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["identity.pem"], "nothing unfinished is left");
    assert_ne!(
        create(&directory.path().join("other"), PermidKind::Ed25519).unwrap().permid(),
        found.key.permid()
    );
}

#[test]
fn a_key_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("identity.pem");
    fs::write(&path, "precious").unwrap();
    let (text, cause) = cause(create(&path, PermidKind::Ed25519));
    assert!(matches!(cause, KeyFileCause::Exists), "{text}");
    assert!(text.contains("identity.pem") && text.contains("file exists"), "{text}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private_and_what_is_not_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sub/identity.pem");
    let permid = create(&path, PermidKind::Ed25519).unwrap().permid();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    for open in [0o640, 0o604, 0o666, 0o444] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let KeyFile { key, exposed } = read(&path).unwrap();
        assert_eq!(key.permid(), permid);
        let warning = exposed.unwrap().to_string();
        assert!(warning.contains(&format!("chmod 600 {}", path.display())), "{warning}");
        assert!(warning.contains(&format!("{open:04o}")), "{warning}");
    }
    for closed in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(closed)).unwrap();
        assert_eq!(read(&path).unwrap().exposed, None);
    }
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("identity.pem");
    let (text, missing) = cause(read(&path));
    assert!(
        matches!(missing, KeyFileCause::Missing) && text.contains("swarmscope key new"),
        "{text}"
    );
    let (text, is_directory) = cause(read(directory.path()));
    assert!(matches!(is_directory, KeyFileCause::Read(_)), "{text}");
    fs::write(&path, vec![b'-'; usize::try_from(MAX_FILE).unwrap() + 1]).unwrap();
    let (text, too_large) = cause(read(&path));
    assert!(matches!(too_large, KeyFileCause::TooLarge) && text.contains("64 KiB"), "{text}");
    fs::write(&path, "hello").unwrap();
    let (text, no_key) = cause(read(&path));
    assert!(
        matches!(no_key, KeyFileCause::Key(KeyError::NotPem)) && text.contains("BEGIN"),
        "{text}"
    );
    let (text, no_directory) = cause(create(&path.join("identity.pem"), PermidKind::Ed25519));
    assert!(matches!(&no_directory, KeyFileCause::NotADirectory(file) if *file == path), "{text}");
}

#[cfg(feature = "legacy")]
#[test]
fn each_kind_has_its_option() {
    let directory = tempfile::tempdir().unwrap();
    let (current, legacy) = (directory.path().join("current"), directory.path().join("legacy"));
    create(&current, PermidKind::Ed25519).unwrap();
    let made = legacy_or_new(&legacy).unwrap().key.permid();
    assert_eq!(read_legacy(&legacy).unwrap().key.permid(), made);
    let (text, wrong) = cause(read_legacy(&current));
    assert!(matches!(wrong, KeyFileCause::NotSect233k1) && text.contains("--identity"), "{text}");
    let (text, wrong) = cause(read_ed25519(&legacy));
    assert!(
        matches!(wrong, KeyFileCause::NotEd25519) && text.contains("--legacy-identity"),
        "{text}"
    );
}

#[cfg(not(feature = "legacy"))]
#[test]
fn a_build_without_legacy_makes_no_legacy_key() {
    let directory = tempfile::tempdir().unwrap();
    let (text, cause) = cause(create(&directory.path().join("legacy"), PermidKind::Sect233k1));
    assert!(matches!(cause, KeyFileCause::Key(KeyError::NoLegacy)), "{text}");
}

#[test]
fn an_identity_in_use_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("identity.pem");
    let (text, missing) = cause(lock(&path));
    assert!(matches!(missing, KeyFileCause::Lock(_)), "{text}");
    create(&path, PermidKind::Ed25519).unwrap();
    let held = lock(&path).unwrap();
    let (text, in_use) = cause(lock(&path));
    assert!(matches!(in_use, KeyFileCause::InUse) && text.contains("another process"), "{text}");
    assert!(read(&path).is_ok(), "it can be read all the same");
    drop(held);
    lock(&path).unwrap();
}
