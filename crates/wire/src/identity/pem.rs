//! The text form of PEM (RFC 7468), written strictly and read as leniently as OpenSSL does: lines
//! of any length, white space anywhere between them, anything before, between and after the blocks.

use data_encoding::BASE64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// The length of a line of base64 (RFC 7468 §2).
const LINE: usize = 64;

/// What stands between a BEGIN and its END.
pub(super) struct Block<'a> {
    /// `PRIVATE KEY`.
    pub label: &'a str,
    /// The lines between, each with its number in the text; `None` where the END is missing.
    lines: Option<Vec<(usize, &'a [u8])>>,
}

/// The blocks of a text, in order.
pub(super) fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text); // the mark that some editors leave at the beginning
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).zip(1..).peekable();
    let mut blocks = Vec::new();
    while let Some((line, _)) = lines.next() {
        let Some(label) = label(line, BEGIN) else { continue };
        let mut inside = Vec::new();
        let mut ended = false;
        while let Some((line, number)) = lines.next_if(|(line, _)| !line.starts_with(BEGIN)) {
            ended = self::label(line, END) == Some(label);
            if ended {
                break;
            }
            inside.push((number, line));
        }
        blocks.push(Block { label, lines: ended.then_some(inside) });
    }
    blocks
}

fn label<'a>(line: &'a [u8], before: &[u8]) -> Option<&'a str> {
    str::from_utf8(line.strip_prefix(before)?.strip_suffix(DASHES)?).ok()
}

impl Block<'_> {
    /// Whether a header of RFC 1421 says that the rest needs a passphrase.
    pub(super) fn is_encrypted(&self) -> bool {
        self.lines
            .iter()
            .flatten()
            .any(|(_, line)| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED"))
    }

    /// The bytes that the base64 stands for.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        let Some(lines) = &self.lines else {
            return Err(format!("no line `-----END {}-----`", self.label));
        };
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/= \t".contains(byte);
        if let Some((number, _)) = lines.iter().find(|(_, line)| !line.iter().all(is_base64)) {
            return Err(format!("line {number} is not base64"));
        }
        let digits: Vec<u8> = lines
            .iter()
            .flat_map(|(_, line)| *line)
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        BASE64.decode(&digits).map_err(|_| "its base64 is cut or misses characters".into())
    }
}

/// The text of one block, with lines as everybody reads them.
pub(super) fn write(label: &str, bytes: &[u8]) -> String {
    let digits = BASE64.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = &*digits;
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text + &format!("-----END {label}-----\n")
}
