//! What speaks, by its first bytes.

/// The most that is kept of what something else says, in bytes.
pub const MAX_BANNER: usize = 256;

/// The protocol that these bytes are of, if they are of a common one.
#[must_use]
pub fn protocol(bytes: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &'static str); 9] = [
        (b"HTTP/", "a web server (HTTP)"),
        (b"<!DOCTYPE", "a web server (HTTP)"),
        (b"<html", "a web server (HTTP)"),
        (b"SSH-", "an SSH server"),
        (b"220 ", "a mail or file server (SMTP or FTP)"),
        (b"220-", "a mail or file server (SMTP or FTP)"),
        (b"+OK", "a mail server (POP3)"),
        (b"* OK", "a mail server (IMAP)"),
        (b"-ERR", "a server that refuses the bytes it got (Redis or POP3)"),
    ];
    // A record of an alert (21) or a handshake (22) of TLS 1.0 to 1.3 (RFC 8446, section 5.1).
    if let [21 | 22, 3, 0..=4, ..] = bytes {
        return Some("a TLS server");
    }
    starts.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_protocols_are_known_by_their_first_bytes() {
        assert_eq!(protocol(b"HTTP/1.0 400 Bad Request"), Some("a web server (HTTP)"));
        assert_eq!(protocol(b"SSH-2.0-OpenSSH_9.2"), Some("an SSH server"));
        assert_eq!(protocol(b"\x15\x03\x03\x00\x02\x02\x46"), Some("a TLS server"));
        assert_eq!(protocol(b"\x15\x03"), None);
        assert_eq!(protocol(b""), None);
    }
}
