use super::*;
use crate::identity::Ed25519Identity;
use swarmscope_wire::Permid;

fn permid(seed: u8) -> Permid {
    Ed25519Identity::from_seed([seed; 32]).permid()
}

#[test]
fn a_changed_file_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("crawlers.txt");
    let mut file = AllowFile::open(&path).unwrap();
    assert!(file.list().is_empty(), "no file: nobody");
    assert!(!file.refresh().unwrap());

    fs::write(&path, permid(1).to_string()).unwrap();
    assert!(file.refresh().unwrap());
    assert!(file.list().contains(&permid(1)));
    assert!(!file.refresh().unwrap(), "not changed since");

    let replacement = directory.path().join("replacement");
    fs::write(&replacement, permid(2).to_string()).unwrap();
    fs::rename(&replacement, &path).unwrap();
    assert!(file.refresh().unwrap(), "another file of the same length");
    assert!(file.list().contains(&permid(2)) && !file.list().contains(&permid(1)));

    fs::write(&path, "#\nnonsense").unwrap();
    let error = file.refresh().unwrap_err().to_string();
    assert!(error.contains("crawlers.txt: line 2: found `nonsense`"), "{error}");
    assert!(file.list().contains(&permid(2)), "the last good list stays");
    assert!(!file.refresh().unwrap(), "told once");

    fs::write(&path, format!("# the same again\n{}", permid(2))).unwrap();
    assert!(!file.refresh().unwrap(), "read, and nothing else in it");

    fs::remove_file(&path).unwrap();
    assert!(file.refresh().unwrap());
    assert!(file.list().is_empty(), "the file is gone: nobody");
}

#[test]
fn files_that_are_no_lists_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = read_list(directory.path()).unwrap_err();
    assert!(matches!(error.cause, AllowFileCause::Read(_)), "{error}");
    let path = directory.path().join("large");
    fs::write(&path, vec![b'\n'; usize::try_from(MAX_FILE).unwrap() + 1]).unwrap();
    let error = AllowFile::open(&path).unwrap_err();
    assert!(
        matches!(error.cause, AllowFileCause::TooLarge) && error.to_string().contains("1024 KiB"),
        "{error}"
    );
}
