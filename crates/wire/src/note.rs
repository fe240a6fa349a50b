//! What a reader noticed about a payload besides its values: damage, deviations, what was left out.
//! Every output carries the same notes: text and screen show the words, JSON the words and a stable
//! code.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::serial;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident: $code:literal;)*) => {
        /// What kind of thing a note says.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum NoteKind { $($(#[doc = $doc])+ $variant,)* }

        impl NoteKind {
            /// All of them, for tests and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// A stable code for scripts.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// When it is said.
            #[must_use]
            pub const fn meaning(self) -> &'static str { match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* } }
        }
    };
}

kinds! {
    /// A compressed stream ends before its end mark; what came before is shown.
    StreamCut: "stream-cut";
    /// A compressed stream is damaged, or its checksum does not fit; what came before is shown.
    StreamDamaged: "stream-damaged";
    /// A compressed stream inflates to more than the limit; the rest was not inflated.
    InflateLimit: "inflate-limit";
    /// A compressed stream inside others was left as it is.
    StreamNested: "stream-nested";
    /// Bytes follow the value, or the compressed stream; they were not read.
    TrailingBytes: "trailing-bytes";
    /// A dict has the same key twice; both values are shown.
    DuplicateKey: "duplicate-key";
    /// A dict's keys are not sorted, as the encoding demands.
    UnsortedKeys: "unsorted-keys";
    /// A number is written with zeros before it, or as `-0`.
    LeadingZero: "leading-zero";
    /// A pickle would have imported or called something; it is shown and was not run.
    NotRun: "not-run";
    /// Half of a character without its other half; U+FFFD stands for it.
    LoneSurrogate: "lone-surrogate";
    /// The payload begins like a format that it is not in; it is shown as text or bytes.
    NotTheFormat: "not-the-format";
    /// Characters that would act on a terminal are not shown.
    HiddenCharacters: "hidden-characters";
    /// Values are nested deeper than is shown.
    TooDeep: "too-deep";
    /// There is more than is shown; the rest is in the raw payload.
    LeftOut: "left-out";
    /// Something that only the decoder of this message knows to be odd.
    Unexpected: "unexpected";
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// By its code, which is stable; its variant's name is not.
impl Serialize for NoteKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for NoteKind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let named = |code: &str| Self::ALL.iter().find(|kind| kind.code() == code).copied();
        serial::text(from, |code| {
            named(code).ok_or_else(|| format!("no note has the code {code:?}"))
        })
    }
}

/// One thing that was noticed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What kind of thing; `code` in JSON.
    #[serde(rename = "code")]
    pub kind: NoteKind,
    /// The particulars, in words, free of control characters.
    pub text: String,
}

impl Note {
    /// A note with its particulars.
    #[must_use]
    pub fn new(kind: NoteKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

/// Its words.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_code_by_which_it_is_written_and_read() {
        let codes: HashSet<_> = NoteKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), NoteKind::ALL.len());
        for kind in NoteKind::ALL {
            let note = Note::new(*kind, "words");
            let json = serde_json::to_string(&note).unwrap();
            assert_eq!(json, format!(r#"{{"code":"{kind}","text":"words"}}"#));
            assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), note);
            assert!(kind.meaning().ends_with('.') && !kind.meaning().starts_with(' '));
        }
        assert!(serde_json::from_str::<Note>(r#"{"code":"no-such","text":""}"#).is_err());
    }
}
