//! Strings that must not be found, in every form that a program may have written them in.

use data_encoding::{BASE32, BASE64, BASE64URL, Encoding, HEXLOWER, HEXUPPER};
use regex::bytes::{Regex, RegexBuilder};

/// What is looked for, as one pattern.
pub struct Marks {
    pattern: Regex,
    /// Each form, with what it is a form of.
    forms: Vec<(Vec<u8>, String)>,
}

impl Marks {
    /// Each mark with what it says of whom.
    pub fn new(marks: &[(String, Vec<u8>)]) -> Self {
        let mut forms = Vec::new();
        for (name, mark) in marks {
            forms.extend(written(mark).into_iter().map(|form| (form, name.clone())));
        }
        let escaped = |bytes: &[u8]| {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            bytes.concat()
        };
        let alternatives: Vec<String> = forms.iter().map(|(form, _)| escaped(form)).collect();
        let pattern = RegexBuilder::new(&alternatives.join("|"))
            .unicode(false)
            .size_limit(256 << 20)
            .dfa_size_limit(64 << 20)
            .build()
            .expect("a pattern");
        Self { pattern, forms }
    }

    /// What these bytes tell, each once.
    pub fn found(&self, bytes: &[u8]) -> Vec<String> {
        let name_of = |found: &[u8]| {
            let form = self.forms.iter().find(|(form, _)| form == found);
            form.map_or_else(String::new, |(_, name)| name.clone())
        };
        let mut names: Vec<String> =
            self.pattern.find_iter(bytes).map(|found| name_of(found.as_bytes())).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The bytes themselves, in other letters, in digits, and inside of texts in base32 and base64.
fn written(mark: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![mark.to_vec(), HEXLOWER.encode(mark).into(), HEXUPPER.encode(mark).into()];
    if mark.is_ascii() {
        forms.extend([mark.to_ascii_lowercase(), mark.to_ascii_uppercase()]);
        let wide = |order: fn(u16) -> [u8; 2]| {
            mark.iter().flat_map(|byte| order(u16::from(*byte))).collect::<Vec<u8>>()
        };
        forms.extend([wide(u16::to_le_bytes), wide(u16::to_be_bytes)]);
    }
    for encoding in [BASE64, BASE64URL] {
        forms.extend(inside(mark, &encoding, 6));
    }
    let base32 = inside(mark, &BASE32, 5);
    forms.extend(base32.iter().map(|form| form.to_ascii_lowercase()));
    forms.extend(base32);
    forms.sort();
    forms.dedup();
    forms
}

/// The digits that depend on nothing but the mark, at each place where it can begin in a text.
fn inside(mark: &[u8], encoding: &Encoding, bits: usize) -> Vec<Vec<u8>> {
    let digits = |before: usize| {
        let whole = [vec![0; before], mark.to_vec()].concat();
        let (first, last) = ((before * 8).div_ceil(bits), whole.len() * 8 / bits);
        encoding.encode(&whole).as_bytes()[first..last].to_vec()
    };
    (0..bits).map(digits).collect()
}

#[test]
fn a_mark_is_found_in_every_form() {
    let marks = Marks::new(&[("a name".into(), b"MarkedNameOfAlice".to_vec())]);
    let text = "…the MarkedNameOfAlice…";
    let bytes = text.as_bytes();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for holds in [
        bytes.to_vec(),
        text.to_uppercase().into(),
        HEXLOWER.encode(bytes).into(),
        BASE64.encode(&bytes[1..]).into(),
        BASE64URL.encode(&bytes[2..]).into(),
        BASE32.encode(&bytes[3..]).to_lowercase().into(),
        wide,
    ] {
        assert_eq!(marks.found(&holds), ["a name"], "{}", String::from_utf8_lossy(&holds));
    }
    assert!(marks.found(b"MarkedNameOfAlic").is_empty());
}
