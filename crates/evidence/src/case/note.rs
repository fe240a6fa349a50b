//! Checkpoints as signed notes: the formats of C2SP, `signed-note`, `tlog-checkpoint` and
//! `tlog-cosignature`.
//!
//! A note is a text, an empty line, and a line for each signature. The text of a checkpoint is
//! origin, size and root. The origin begins with [`ORIGIN`], which no other use of an operator's
//! key signs: that is its context.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use swarmscope_wire::Permid;
use swarmscope_wire::identity::Ed25519Identity;

use super::format::Hash;

/// What the origin of a case begins with; the hexadecimal case id follows.
pub const ORIGIN: &str = "swarmscope-case/";
/// The most that is read as a note: text, and as many signatures as anybody collects.
pub const MAX_NOTE: usize = 64 << 10;
/// What a signature line begins with.
const DASH: &str = "\u{2014} ";
/// Ed25519 over the text itself.
const ED25519: u8 = 1;
/// Ed25519 over the text after a line that says when: what a witness makes.
const COSIGNATURE: u8 = 4;

/// 16 random bytes that name a case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CaseId(pub [u8; 16]);

impl CaseId {
    /// The first line of every checkpoint of this case, and the name of its key.
    #[must_use]
    pub fn origin(self) -> String {
        format!("{ORIGIN}{self}")
    }

    /// From 32 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// How many entries there were, and the root of the tree over them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which case: [`CaseId::origin`].
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The signed text: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// Reads a text, which must be exactly what [`Self::text`] writes.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        let checkpoint = Self { origin: origin.into(), size: size.parse().ok()?, root };
        (checkpoint.text() == text).then_some(checkpoint)
    }

    /// The note, signed by the operator.
    #[must_use]
    pub fn signed(self, key: &Ed25519Identity) -> Note {
        let name = self.origin.clone();
        let mut blob = key_id(&name, ED25519, &public(key)).to_vec();
        blob.extend(key.sign(self.text().as_bytes()));
        Note { checkpoint: self, signatures: vec![SignatureLine { name, blob }] }
    }
}

/// A signature as it stands in a note: a name, four bytes that hint at the key, and what its
/// algorithm wants.
#[derive(Clone, PartialEq, Eq, Debug)]
struct SignatureLine {
    name: String,
    blob: Vec<u8>,
}

/// A signed checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What is signed.
    pub checkpoint: Checkpoint,
    signatures: Vec<SignatureLine>,
}

/// Why a note is none, or is not signed as it has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// Not the three lines, the empty line and the signatures.
    #[error("not a signed checkpoint")]
    Malformed,
    /// No signature by the case's key.
    #[error("it is not signed by the key of the case")]
    Unsigned,
    /// A signature that claims to be by that key and is not.
    #[error("its signature is invalid")]
    Wrong,
}

impl Note {
    /// Reads a note. Signatures are looked at by [`Self::verify`] only.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE || note.contains(|c: char| c.is_control() && c != '\n') {
            return Err(NoteError::Malformed);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let checkpoint = Checkpoint::parse(&format!("{text}\n")).ok_or(NoteError::Malformed)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let signatures = signatures.split('\n').map(signature_line).collect::<Option<Vec<_>>>();
        Ok(Self { checkpoint, signatures: signatures.ok_or(NoteError::Malformed)? })
    }

    /// Whether the operator with this public key signed it.
    ///
    /// # Errors
    /// Nobody did, or the signature is wrong.
    pub fn verify(&self, key: &[u8; 32]) -> Result<(), NoteError> {
        let id = key_id(&self.checkpoint.origin, ED25519, key);
        let by_key = |line: &&SignatureLine| {
            line.name == self.checkpoint.origin && line.blob.starts_with(&id)
        };
        let line = self.signatures.iter().find(by_key).ok_or(NoteError::Unsigned)?;
        verified(key, self.checkpoint.text().as_bytes(), &line.blob[id.len()..])
    }

    /// Adds a witness's signature, which says when it saw the checkpoint: seconds since 1970 by its
    /// own clock.
    pub fn cosign(&mut self, name: &str, key: &Ed25519Identity, time: u64) {
        let mut blob = key_id(name, COSIGNATURE, &public(key)).to_vec();
        blob.extend(time.to_be_bytes());
        blob.extend(key.sign(self.cosigned_text(time).as_bytes()));
        self.signatures.push(SignatureLine { name: name.into(), blob });
    }

    /// When the witness of this name and key signed it, if it did.
    ///
    /// # Errors
    /// It did not, or its signature is wrong.
    pub fn cosigned(&self, name: &str, key: &[u8; 32]) -> Result<u64, NoteError> {
        let id = key_id(name, COSIGNATURE, key);
        let by_key = |line: &&SignatureLine| line.name == name && line.blob.starts_with(&id);
        let blob =
            &self.signatures.iter().find(by_key).ok_or(NoteError::Unsigned)?.blob[id.len()..];
        let (time, signature) = blob.split_first_chunk::<8>().ok_or(NoteError::Wrong)?;
        let time = u64::from_be_bytes(*time);
        verified(key, self.cosigned_text(time).as_bytes(), signature).map(|()| time)
    }

    fn cosigned_text(&self, time: u64) -> String {
        format!("cosignature/v1\ntime {time}\n{}", self.checkpoint.text())
    }

    /// The names on its signatures, the operator's first.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|line| line.name.as_str())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.checkpoint.text())?;
        for SignatureLine { name, blob } in &self.signatures {
            writeln!(f, "{DASH}{name} {}", BASE64.encode(blob))?;
        }
        Ok(())
    }
}

fn signature_line(line: &str) -> Option<SignatureLine> {
    let (name, blob) = line.strip_prefix(DASH)?.split_once(' ')?;
    let blob = BASE64.decode(blob.as_bytes()).ok().filter(|blob| blob.len() > 4)?;
    is_key_name(name).then(|| SignatureLine { name: name.into(), blob })
}

/// Whether a key may have this name: not empty, no space, no plus.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, algorithm: u8, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm])
        .chain_update(key)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn verified(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Wrong)?;
    let signature = Signature::from_slice(signature).map_err(|_| NoteError::Wrong)?;
    key.verify_strict(message, &signature).map_err(|_| NoteError::Wrong)
}

/// The public key of an identity.
#[must_use]
pub fn public(key: &Ed25519Identity) -> [u8; 32] {
    match key.permid() {
        Permid::Ed25519(bytes) => bytes,
        Permid::Sect233k1(_) => unreachable!("the permid of an Ed25519 identity is of its kind"),
    }
}

/// A verifier key in the text form of signed notes: name, key id in hexadecimal, algorithm and key
/// in base64.
#[must_use]
pub fn verifier_key(name: &str, key: &[u8; 32]) -> String {
    let id = u32::from_be_bytes(key_id(name, ED25519, key));
    let mut with_algorithm = vec![ED25519];
    with_algorithm.extend(key);
    format!("{name}+{id:08x}+{}", BASE64.encode(&with_algorithm))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> (Ed25519Identity, Note) {
        let key = Ed25519Identity::from_seed([7; 32]);
        let checkpoint = Checkpoint { origin: CaseId([9; 16]).origin(), size: 12, root: [3; 32] };
        let note = checkpoint.signed(&key);
        (key, note)
    }

    #[test]
    fn a_note_comes_back_from_its_text_and_verifies() {
        let (key, note) = note();
        let parsed = Note::parse(&note.to_string()).expect("a note");
        assert_eq!(parsed, note);
        assert_eq!(parsed.verify(&public(&key)), Ok(()));
        assert_eq!(
            parsed.verify(&public(&Ed25519Identity::from_seed([8; 32]))),
            Err(NoteError::Unsigned)
        );
    }

    #[test]
    fn no_byte_of_a_note_can_change() {
        let (key, note) = note();
        let whole = note.to_string();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                let verified = Note::parse(&changed).and_then(|note| note.verify(&public(&key)));
                assert!(verified.is_err(), "byte {at}, bit {bit}: {changed:?}");
            }
        }
    }

    #[test]
    fn a_witness_signs_with_its_time_and_leaves_the_operators_signature_valid() {
        let (key, mut note) = note();
        let witness = Ed25519Identity::from_seed([5; 32]);
        note.cosign("witness.example/1", &witness, 1_764_324_271);
        let note = Note::parse(&note.to_string()).expect("a note");
        assert_eq!(note.cosigned("witness.example/1", &public(&witness)), Ok(1_764_324_271));
        assert_eq!(note.cosigned("witness.example/2", &public(&witness)), Err(NoteError::Unsigned));
        assert_eq!(note.verify(&public(&key)), Ok(()));
    }

    #[test]
    fn leading_zeros_and_further_lines_are_no_checkpoint() {
        let (_, note) = note();
        let text = note.to_string();
        for wrong in [
            text.replace("\n12\n", "\n012\n"),
            text.replacen("\n\n", "\nmore\n\n", 1),
            String::new(),
        ] {
            assert_eq!(Note::parse(&wrong), Err(NoteError::Malformed), "{wrong:?}");
        }
    }
}
