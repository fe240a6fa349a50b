//! `swarmscope key`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::process::Home;

#[test]
fn a_new_key_is_private_and_shows_its_permid_on_the_first_line() {
    let home = Home::new();
    for (kind, length) in [
        (&["key", "new", "--out", "a.pem"][..], 60),
        (&["key", "new", "--legacy", "--out", "b.pem"], 112),
    ] {
        let made = home.run(kind);
        assert_eq!(made.code, 0, "{made:?}");
        let permid = made.stdout.lines().next().expect("a line");
        assert_eq!(permid.len(), length, "base64 of DER: {permid}");
        let file = kind.last().expect("a name");
        let shown = home.run(&["key", "show", file]);
        assert_eq!(shown.stdout.lines().next(), Some(permid));
        let permissions = fs::metadata(home.path().join(file)).expect("a file").permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }
}

#[test]
fn a_key_is_never_replaced() {
    let home = Home::new();
    assert_eq!(home.run(&["key", "new", "--out", "a.pem"]).code, 0);
    let before = fs::read(home.path().join("a.pem")).expect("a key");
    let again = home.run(&["key", "new", "--out", "a.pem"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("a.pem") && again.stderr.contains("exists"), "{again:?}");
    assert_eq!(fs::read(home.path().join("a.pem")).expect("a key"), before);
}

#[test]
fn default_identities_are_made_once_in_the_data_directory() {
    let home = Home::new();
    assert_eq!(home.permid(false), home.permid(false));
    assert_ne!(home.permid(true), home.permid(false));
    let keys =
        fs::read_dir(home.path().join(".local/share/swarmscope")).expect("the data directory");
    assert_eq!(keys.count(), 2);
}
