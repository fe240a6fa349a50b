use super::*;
use crate::identity::Ed25519Identity;

fn permid(seed: u8) -> Permid {
    Ed25519Identity::from_seed([seed; 32]).permid()
}

#[test]
fn a_list_is_permids_and_comments() {
    let (a, b) = (permid(1), permid(2));
    let text = format!("\u{feff}# a lab\n\n  {a}\t# with a comment\r\n#{b}\n{b}\n{b}\n   ");
    let list = AllowList::parse(text.as_bytes()).unwrap();
    assert_eq!(list.len(), 2);
    assert!(list.contains(&a) && list.contains(&b) && !list.contains(&permid(3)));
    assert!(AllowList::parse(b"").unwrap().is_empty());
    assert!(AllowList::parse(b"# \xff not UTF-8, but a comment").unwrap().is_empty());
}

#[test]
fn the_example_allows_nobody() {
    let text = include_bytes!("../../../../../keys/crawlers.txt");
    assert!(AllowList::parse(text).unwrap().is_empty());
    let example = text
        .split(|byte| *byte == b'\n')
        .rev()
        .find_map(|line| line.strip_prefix(b"# MCow"))
        .unwrap();
    assert_eq!(
        AllowList::parse(&[b"MCow", example].concat()).unwrap().len(),
        1,
        "its example line is one"
    );
}

#[test]
fn a_wrong_line_is_named() {
    let a = permid(1);
    let error = |line: &[u8]| {
        let text = [format!("# first\n{a}\n").as_bytes(), line, b"\n!\n"].concat();
        AllowList::parse(&text).unwrap_err()
    };
    for (line, cause, found) in [
        (&b"hello world"[..], LineError::Permid(PermidError::Base64), "`hello world`"),
        (b"-----BEGIN PRIVATE KEY-----", LineError::Pem, "`-----BEGIN PRIVATE KEY--…`"),
        (b"hello!", LineError::Permid(PermidError::Base64), "`hello!`"),
        (b"AAAA", LineError::Permid(PermidError::Shape(3)), "`AAAA`"),
        (b"\x1b[31m", LineError::Permid(PermidError::Base64), "`\\x1b[31m`"),
        (b"\xff\xfe", LineError::NotText, "`\\xff\\xfe`"),
        (
            &a.to_string().as_bytes()[..59],
            LineError::Permid(PermidError::Base64),
            "`MCowBQYDK2VwAyEAiojj3XQJ…`",
        ),
    ] {
        let error = error(line);
        assert_eq!((error.line, &error.cause, error.found.as_str()), (3, &cause, found));
        assert!(error.to_string().contains("line 3: found `"), "{error}");
        assert!(error.to_string().contains("swarmscope key show"), "{error}");
    }
}

#[test]
fn a_permid_may_have_a_role() {
    let (a, b) = (permid(1), permid(2));
    let text = format!("{a} ids=3 # not for long\n{b}\n{a}  ids=9\n");
    let list = AllowList::parse(text.as_bytes()).unwrap();
    let role = |permid| list.roles().find(|(other, _)| **other == permid).unwrap().1.clone();
    assert_eq!(role(a).ids, Some([crate::MessageId(9)].into()), "the later line");
    assert_eq!(role(b), Role::default());
    let error = AllowList::parse(format!("{a} {b}").as_bytes()).unwrap_err();
    assert_eq!(error.cause, LineError::Role(RoleError::Word));
    assert!(error.to_string().contains("min-frequency=60"), "{error}");
}

#[test]
fn keys_that_are_none_are_refused() {
    let line = |permid: Permid| AllowList::parse(permid.to_string().as_bytes());
    let refused = |permid| {
        matches!(line(permid), Err(AllowListError { line: 1, cause: LineError::NotAKey, .. }))
    };
    assert!(
        refused(Permid::Ed25519([0; 32])),
        "a point of small order, for which anybody can sign"
    );
    assert!(refused(Permid::Ed25519([2; 32])), "no point");
    if cfg!(feature = "legacy") {
        assert!(refused(Permid::Sect233k1([0; 60])));
    }
}
