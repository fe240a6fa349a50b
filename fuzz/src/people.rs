//! What people write, and what is shown to them.

use swarmscope_wire::identity::{AllowList, Key};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{Permid, text as shown};

/// Key files, allow-lists and permids: read, or refused in words that can be shown.
pub fn identity(data: &[u8]) {
    match Key::from_pem(data) {
        Ok(key) => {
            let again = Key::from_pem(key.pem().as_bytes()).expect("what was written is read");
            assert_eq!(again.permid(), key.permid());
        }
        Err(error) => printable(&error.to_string()),
    }
    if let Err(error) = AllowList::parse(data) {
        printable(&error.to_string());
    }
    if let Ok(permid) =
        str::from_utf8(data).map_err(drop).and_then(|text| Permid::from_base64(text).map_err(drop))
    {
        assert_eq!(Permid::from_base64(&permid.to_string()), Ok(permid));
    }
}

/// Cleaning is final, cutting keeps its promise, and masking leaves no address.
pub fn text(data: &[u8]) {
    let clean = shown::clean_bytes(data);
    printable(&clean);
    for max in [0, 1, 7, 80] {
        assert!(shown::clip(data, max).chars().count() <= max);
    }
    if let Ok(text) = str::from_utf8(data) {
        let line = shown::json(&text).expect("serialises");
        assert_eq!(shown::clean(&line), line);
        if let Ok(bytes) = shown::read_hex(text) {
            assert_eq!(shown::read_hex(&shown::hex(&bytes)), Ok(bytes));
        }
        let mask = Mask::new([7; 32]);
        let once = mask.text(text).into_owned();
        assert_eq!(mask.text(&once), once, "a pseudonym is no secret");
    }
}

pub(crate) fn printable(text: &str) {
    assert_eq!(shown::clean(text), text);
}
