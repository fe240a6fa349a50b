use std::sync::LazyLock;

use super::*;
use swarmscope_peer::crawler::field::{Field, Kind, Value};
use swarmscope_peer::crawler::{Question, Recipient};

fn composer(payload: &str) -> Composer {
    let mut composer = Composer::new(&Registry::default(), MessageId::DATABASE_QUERY);
    composer.insert(payload);
    composer
}

#[test]
fn a_form_is_filled_in_where_the_message_has_one() {
    let registry = Registry::default().with_question(WithForm);
    let mut composer = Composer::new(&registry, MessageId(200));
    assert!(composer.is_form());
    assert_eq!(composer.bytes(&registry), Ok(Bytes::from_static(b"filled: 0")));
    assert!(!composer.command(&registry, "h:1").contains("fields"), "the default needs no words");
    let form = composer.form_mut().unwrap();
    form.inputs[0] = Input::new("7");
    composer.edited = true;
    assert!(
        composer.command(&registry, "h:1").contains(" fields:since=7 "),
        "{}",
        composer.command(&registry, "h:1")
    );
    composer.turn(&registry);
    assert_eq!(composer.text(), "filled: 7", "as text, what the form makes");
    composer.turn(&registry);
    composer.form_mut().unwrap().inputs[0] = Input::new("x");
    assert!(composer.bytes(&registry).unwrap_err().contains("since: \"x\" is not a whole number"));
    composer.clear();
    composer.insert("fields:since=5");
    assert_eq!(
        composer.bytes(&registry),
        Ok(Bytes::from_static(b"filled: 5")),
        "a form in words, too"
    );
    composer.clear();
    composer.insert("text:fields:x");
    assert_eq!(composer.bytes(&registry), Ok(Bytes::from_static(b"fields:x")));
    composer.take_over(MessageId(200), Frequency(0), b"fields:x");
    assert_eq!(composer.text(), "text:fields:x");
    composer.choose(&Registry::default(), MessageId(201), OverlayVersion::CURRENT.into());
    composer.insert("fields:x");
    let bytes = composer.bytes(&Registry::default());
    assert_eq!(bytes, Ok(Bytes::from_static(b"fields:x")), "no form, a text as any other");
}

struct WithForm;

impl Question for WithForm {
    fn id(&self) -> MessageId {
        MessageId(200)
    }
    fn name(&self) -> &'static str {
        "WITH_FORM"
    }
    fn doc(&self) -> &'static str {
        "for tests"
    }
    fn initiate(&self, _: &Recipient) -> Bytes {
        Bytes::from_static(b"default")
    }
    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> =
            LazyLock::new(|| [Field::new("since", Kind::Int { min: 0, max: 9 }, "0")]);
        &*FIELDS
    }
    fn fill(&self, values: &[Value], _: &Recipient) -> Result<Bytes, String> {
        Ok(format!("filled: {}", values[0].write()).into())
    }
}

#[test]
fn the_preview_is_the_frame() {
    let registry = Registry::default();
    let (preview, bytes) = composer("SELECT 1").preview(&registry).unwrap();
    assert_eq!(preview, "0000000d e8 01 ·· 0e10 53454c4543542031");
    assert_eq!(bytes, 17);
    assert_eq!(composer("").preview(&registry).unwrap(), ("00000005 e8 01 ·· 0e10".to_owned(), 9));
}

#[test]
fn payloads_are_text_or_hexadecimal() {
    let bytes = |text: &str| composer(text).bytes(&Registry::default());
    assert_eq!(bytes("hex:00 ff\n0A").unwrap(), Bytes::from_static(&[0, 255, 10]));
    assert_eq!(bytes("text:hex:00").unwrap(), "hex:00");
    assert_eq!(bytes("a\nb").unwrap(), "a\nb");
    assert!(bytes("hex:0").unwrap_err().contains("odd number"));
    assert!(bytes("hex:0g").unwrap_err().contains("'g'"));
}

#[test]
fn what_is_taken_over_is_sent_again_unchanged() {
    for payload in
        [&b"SELECT 1"[..], b"hex:zz", b"text:", b"\x00\xff", b"a\r\n", "ü".as_bytes(), b""]
    {
        let mut composer = composer("other");
        composer.take_over(MessageId(41), Frequency(7), payload);
        assert_eq!(composer.bytes(&Registry::default()).unwrap(), payload);
        assert_eq!(composer.frequency(), Ok(Frequency(7)));
    }
}

#[test]
fn the_command_is_quoted_for_a_shell() {
    let registry = Registry::default();
    assert_eq!(
        composer("it's\n@x").command(&registry, "10.0.0.1:7"),
        r"swarmscope request 10.0.0.1:7 database 'it'\''s
@x' --frequency 3600"
    );
    assert!(
        composer("@x")
            .command(&registry, "[::1]:7")
            .starts_with("swarmscope request '[::1]:7' database text:@x")
    );
}

#[test]
fn a_frequency_is_a_number_of_seconds() {
    let mut composer = composer("");
    for (text, good) in
        [("0", true), (" 65535 ", true), ("65536", false), ("x", false), ("", false)]
    {
        composer.frequency = Input::new(text);
        assert_eq!(composer.frequency().is_ok(), good, "{text:?}");
    }
}

#[test]
fn a_huge_paste_is_refused() {
    let mut composer = composer("");
    assert!(!composer.insert(&"x".repeat(MOST_PAYLOAD + 1)));
    assert!(composer.text().is_empty() && !composer.edited);
}
